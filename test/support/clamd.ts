/** A real clamd of one's own, with one signature: no download, gone with the test. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, onTestFinished } from 'vitest'
import { connects, freePort } from './ports.ts'

const BINARY = '/usr/sbin/clamd'

/** `describe` where clamd is installed; elsewhere skipped loudly, and an error where `CI` is set. */
export function describeWithClamd(name: string, tests: () => void): void {
  const there = existsSync(BINARY)
  const remedy = `clamd is not installed (apt-get install clamav-daemon): "${name}" proves nothing here`
  if (!there && process.env['CI']) throw new Error(remedy)
  if (!there) process.stderr.write(`SKIPPED: ${remedy}\n`)
  describe.skipIf(!there)(name, tests)
}

/** What every scanner has to find; written in pieces, so that no scanner finds it in this file. */
export const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE', '!$H+H*'].join('')

/** By MD5 and size; what clamd calls it. */
const SIGNATURE = '44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-File\n'

/** Octets a stream may have. */
export const STREAM = 1024 * 1024

export type TestClamd = {
  readonly tcp: { readonly host: string; readonly port: number }
  readonly unix: { readonly path: string }
  /** Stops it where it stands (SIGSTOP), and lets it go on. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

/** Up in a second or two. */
export async function clamd(): Promise<TestClamd> {
  const root = await mkdtemp(join(tmpdir(), 'mailclip-clamd-'))
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 3 }))
  await chmod(root, 0o755)
  await mkdir(join(root, 'signatures'))
  await writeFile(join(root, 'signatures', 'eicar.hdb'), SIGNATURE)
  const port = await freePort()
  const path = join(root, 'clamd.sock')
  await writeFile(join(root, 'clamd.conf'), configuration(root, path, port))
  const child = spawn(BINARY, ['--config-file', join(root, 'clamd.conf')], { stdio: 'ignore' })
  const stop = () => ended(child)
  onTestFinished(stop)
  await untilItListens(path, child, join(root, 'clamd.log'))
  return {
    tcp: { host: '127.0.0.1', port },
    unix: { path },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop,
  }
}

const configuration = (root: string, path: string, port: number): string =>
  [
    'Foreground yes',
    `DatabaseDirectory ${join(root, 'signatures')}`,
    `TemporaryDirectory ${root}`,
    `LogFile ${join(root, 'clamd.log')}`,
    `LocalSocket ${path}`,
    'TCPAddr 127.0.0.1',
    `TCPSocket ${port}`,
    `StreamMaxLength ${STREAM}`,
    'AlertEncrypted yes',
    'AlertExceedsMax yes',
    'MaxRecursion 8',
    'SelfCheck 0',
    '',
  ].join('\n')

async function untilItListens(path: string, child: ChildProcess, log: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null) throw new Error(`clamd ended: ${await readFile(log, 'utf8').catch(() => 'no log')}`)
    if (await connects(path)) return
    await sleep(100)
  }
  throw new Error(`clamd does not listen: ${await readFile(log, 'utf8').catch(() => 'no log')}`)
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
