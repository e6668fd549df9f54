/** Tests that need a program of the system: skipped loudly where it is not installed, an error where `CI` is set. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'

/**
 * `describe` where the program is there and works.
 * @param works words with which it ends with 0 where it can be used at all (a sandbox may be forbidden here)
 */
export function describeWith(
  program: string,
  debian: string,
  name: string,
  tests: () => void,
  works: readonly string[] = [],
): void {
  const there = (process.env['PATH'] ?? '').split(delimiter).some(folder => existsSync(join(folder, program)))
  const usable = there && (works.length === 0 || spawnSync(program, works).status === 0)
  const why = there ? 'cannot be used here' : `is not installed (apt-get install ${debian})`
  const remedy = `${program} ${why}: "${name}" proves nothing here`
  if (!usable && process.env['CI']) throw new Error(remedy)
  if (!usable) process.stderr.write(`SKIPPED: ${remedy}\n`)
  describe.skipIf(!usable)(name, tests)
}
