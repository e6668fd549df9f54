/** Parsers at work for this process, seen from outside. */
import { readdirSync, readFileSync } from 'node:fs'

/** Child processes of this one that run the parser, whosever they are; Linux only. */
export const parsers = (): readonly string[] =>
  readdirSync('/proc/self/task')
    .flatMap(task => readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim().split(' '))
    .filter(pid => pid !== '' && commandOf(pid).includes('/mime/child.'))

/** Empty when it has ended meanwhile. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
