/** When to look: node-cron, which only wakes; what happens then never overlaps, for the loop that is woken is one loop. */
import { createTask, schedule } from 'node-cron'

/** Milliseconds between the next two ticks: what "an interval" means to /ready. */
export function intervalOf(expression: string, timezone: string): number {
  const [next, after] = createTask(expression, () => undefined, { timezone, logger: SILENT }).getNextRuns(2)
  return next === undefined || after === undefined ? 60_000 : after.getTime() - next.getTime()
}

/**
 * Calls `tick` at every time of the expression (5 or 6 fields) in the time zone, until the returned function is called. A tick missed
 * while the process slept is not made up: the next one sights everything.
 */
export function startSchedule(expression: string, timezone: string, tick: () => void): () => Promise<void> {
  const task = schedule(expression, tick, { timezone, logger: SILENT, noOverlap: true })
  return async () => {
    await task.destroy()
  }
}

/** node-cron tells the console of what it misses; a missed tick is no trouble of ours. */
const SILENT = { info() {}, warn() {}, error() {}, debug() {} }
