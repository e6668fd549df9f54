/** System calls that fail, or end the process, at a chosen one of them: strace stands between mailclip and the kernel. */
import { execFileSync } from 'node:child_process'
import { env } from 'node:process'
import { describe } from 'vitest'
import { hasDovecot } from './dovecot-server.ts'

/** `describe` where strace may trace; elsewhere skipped loudly, and on CI a failure. */
export function describeWithStrace(name: string, tests: () => void): void {
  const able = hasDovecot && mayTrace()
  if (!able && env['CI'] === 'true') throw new Error(`strace is missing: "${name}" proves nothing`)
  if (!able) process.stderr.write(`SKIPPED: strace is missing or may not trace: "${name}" proves nothing\n`)
  describe.skipIf(!able)(name, tests)
}

/** What writes to the ledger: SQLite calls these, on the main thread. */
const WRITES = 'pwrite64,fsync,ftruncate'

/** The command to run a process under: `inject` strikes at calls on the ledger and its log (`fsync:error=EIO:when=4`, `signal=KILL:when=7`). */
export const underStrace = (ledger: string, inject: string): readonly string[] => [
  ...['strace', '-qq', '-o', '/dev/null', '-P', ledger, '-P', `${ledger}-wal`],
  ...['-e', `trace=${WRITES}`, '-e', `inject=${/^[a-z0-9,]+:/.test(inject) ? inject : `${WRITES}:${inject}`}`],
]

function mayTrace(): boolean {
  try {
    execFileSync('strace', ['-qq', '-o', '/dev/null', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
