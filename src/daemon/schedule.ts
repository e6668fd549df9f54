/** When to look: node-cron, which only wakes; what happens then never overlaps, for the loop that is woken is one loop. */
import { createTask } from 'node-cron'

const INTERVALS = 3

/**
 * Milliseconds until so many whole intervals will have gone by from now on, for /ready. They are not alike: of a schedule for office hours the
 * longest is a weekend. Asked again and again, it reckons once an interval.
 */
export function threeIntervals(expression: string, timezone: string): () => number {
  const task = createTask(expression, () => undefined, { timezone, logger: SILENT })
  let reckoned = { at: Number.POSITIVE_INFINITY, next: 0, last: 0 }
  return () => {
    const now = Date.now()
    if (now >= reckoned.next || now < reckoned.at) {
      const runs = task.getNextRuns(INTERVALS + 1).map(run => run.getTime())
      reckoned = { at: now, next: runs[0] ?? now, last: runs.at(-1) ?? now + INTERVALS * 60_000 }
    }
    return reckoned.last - now
  }
}

/** Milliseconds after which the wall's clock is looked at anew: it may have been set. */
const LONGEST = 15_000

/**
 * Calls `tick` at every time of the expression (5 or 6 fields) in the time zone, until the returned function is called. A tick missed
 * while the process slept is not made up: the next one sights everything. node-cron only says when: its own timer makes up every tick of the
 * days that a clock was set forward by (40 days of seconds: minutes of a whole core, and gigabytes), and after one that was set back it waits
 * until that time has come again.
 */
export function startSchedule(expression: string, timezone: string, tick: () => void): () => void {
  const task = createTask(expression, () => undefined, { timezone, logger: SILENT })
  let timer: NodeJS.Timeout | undefined
  const wait = (): void => {
    const [next] = task.getNextRuns(1)
    const left = next === undefined ? LONGEST : next.getTime() - Date.now()
    timer = setTimeout(
      () => {
        if (next !== undefined && Date.now() >= next.getTime()) tick()
        wait()
      },
      Math.min(Math.max(left, 1), LONGEST),
    )
  }
  wait()
  return () => clearTimeout(timer)
}

/** node-cron would write to the console. */
const SILENT = { info() {}, warn() {}, error() {}, debug() {} }
