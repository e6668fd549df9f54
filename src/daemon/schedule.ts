/** When to look: node-cron, which only wakes; what happens then never overlaps, for the loop that is woken is one loop. */
import { schedule, validate } from 'node-cron'

export type Schedule = {
  /** Milliseconds between the next two ticks: what "an interval" means to /ready. */
  readonly interval: number
  stop(): Promise<void>
}

/** False for an expression node-cron does not take. */
export const isSchedule = (expression: string): boolean => validate(expression)

/**
 * Calls `tick` at every time of the expression (5 or 6 fields) in the time zone. A tick missed while the process slept is not made up:
 * the next one sights everything. node-cron's own log is silenced, for a failure of `tick` is ours to tell.
 */
export function startSchedule(expression: string, timezone: string, tick: () => void): Schedule {
  const silent = { info() {}, warn() {}, error() {}, debug() {} }
  const task = schedule(expression, tick, { timezone, logger: silent, noOverlap: true })
  const [next, after] = task.getNextRuns(2)
  return {
    interval: next !== undefined && after !== undefined ? after.getTime() - next.getTime() : 60_000,
    stop: async () => {
      await task.destroy()
    },
  }
}
