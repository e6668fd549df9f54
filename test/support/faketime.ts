/** A wall clock that can be set under a running process: libfaketime stands between it and the kernel; what cannot be set stays as it is. */
import { existsSync, globSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { env } from 'node:process'
import { describe } from 'vitest'
import { hasDovecot } from './dovecot-server.ts'

const [LIBRARY = ''] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')

export const hasFaketime = existsSync(LIBRARY)

/** `describe` where libfaketime is installed; elsewhere skipped loudly, and on CI a failure. */
export function describeWithFaketime(name: string, tests: () => void): void {
  const able = hasDovecot && hasFaketime
  const remedy = `faketime or Dovecot is not installed (apt-get install faketime): "${name}" proves nothing here`
  if (!able && env['CI'] === 'true') throw new Error(remedy)
  if (!able) process.stderr.write(`SKIPPED: ${remedy}\n`)
  describe.skipIf(!able)(name, tests)
}

export type Wall = {
  /** What a process is to be started with. */
  readonly environment: Readonly<Record<string, string>>
  /** `+40d`, `-3d`, `+0`: by how much the wall is ahead of the machine's from now on, for whoever runs and whoever starts. */
  set(ahead: string): Promise<void>
}

export async function wall(folder: string): Promise<Wall> {
  const file = join(folder, 'faketime')
  const set = (ahead: string): Promise<void> => writeFile(file, `${ahead}\n`)
  await set('+0')
  const environment = {
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  }
  return { environment, set }
}
