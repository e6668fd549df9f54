import type { Parser } from '../gateway/ports.ts'

/** What a command needs of the process it runs in: nothing below main.ts touches the process itself. */
export type World = {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly out: NodeJS.WriteStream
  readonly err: NodeJS.WriteStream
  /** The wall's time when the process began, and on from there: setting the clock does not change it (gateway/steady.ts). */
  readonly now: () => Date
  /** Milliseconds since the process began; never jumps, whatever is done to the clock. */
  readonly uptime: () => number
  /** This boot of the machine, and milliseconds since, sleep included; undefined where it has no name. */
  readonly machine: () => { readonly boot: string; readonly up: number } | undefined
  readonly random: () => number
  readonly pid: number
  /** Calls back at every SIGTERM or SIGINT. */
  readonly onStop: (callback: () => void) => void
  /** Sets the exit code; the process ends when nothing is left to do. */
  readonly exit: (code: number) => void
  /** Ends at once, for the second signal. */
  readonly abandon: (code: number) => void
  /** Of the process, where it outlives its commands; absent: each command has children of its own, by its settings, and ends them. */
  readonly parser?: Parser
}
