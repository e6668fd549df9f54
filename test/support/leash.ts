/** Children that do not outlive this process, for scripts that are stopped in the middle. */
import type { ChildProcess } from 'node:child_process'

const children = new Set<ChildProcess>()

/** Killed when this process ends, whatever ends it: itself, a signal, or a reader of what it prints that hangs up (`| head`). */
export function leashed<Child extends ChildProcess>(child: Child): Child {
  watch()
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

let watched = false

function watch(): void {
  if (watched) return
  watched = true
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL')
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
  process.stdout.once('error', () => process.exit(1))
}
