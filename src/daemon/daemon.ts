/** The daemon: one loop per mailbox that sights, and hands that try what is due; schedule, IDLE and due times wake them. */
import type { Suspension } from '../gateway/ports.ts'
import { type Road, resting, type Signals } from '../gateway/road.ts'
import { settleAll } from '../gateway/settle.ts'
import { look, work } from '../gateway/sweep.ts'
import { type Fault, isFault } from '../mail/fault.ts'
import { startSchedule } from './schedule.ts'
import { Bell } from './wakes.ts'

export type DaemonOptions = {
  readonly schedule: string
  readonly timezone: string
  readonly idle: boolean
}

/** A road whose mailbox can tell of news by itself (IDLE). */
export type WatchedRoad = Road & { readonly news: (signal: AbortSignal) => Promise<void> }

/** Asked of the ledger so often at the least: an operator's corrections are written by another process. */
const LONGEST_SLEEP = 30_000
/** After a full disk or a locked ledger. */
const LEDGER_PAUSE = 5_000

export type Ending = Signals & {
  /** Aborts `stop`, and `cut` after the time to drain: an orderly end from within, for who cannot go on. Twice is fine. */
  readonly end: () => void
}

/**
 * Runs until `signals.stop` is aborted; then what is under way ends, or is cut by `signals.cut`. Rejects only when the ledger cannot be
 * worked with at all (5.3.x: corrupt), once all loops have ended; a full disk is waited out. `ticks`: rung by whoever knows of something to do.
 */
export async function daemon(
  roads: readonly WatchedRoad[],
  options: DaemonOptions,
  signals: Ending,
  ticks = new Bell(),
): Promise<void> {
  const stopSchedule = startSchedule(options.schedule, options.timezone, () => ticks.ring())
  try {
    await allEnded(
      roads.flatMap(road => loopsOf(road, ticks, options, signals)),
      signals.end,
    )
  } finally {
    stopSchedule()
  }
}

/** The first that fails ends the others: one that went on behind its back would keep a process alive that does nothing any more. */
export async function allEnded(loops: readonly Promise<void>[], end: () => void): Promise<void> {
  for (const loop of loops) loop.catch(end)
  await Promise.allSettled(loops)
  await Promise.all(loops)
}

function loopsOf(
  road: WatchedRoad,
  ticks: Bell,
  options: DaemonOptions,
  signals: Signals,
): readonly [Promise<void>, Promise<void>] {
  const due = new Bell()
  const { stop } = signals
  const sighting = repeat(road, stop, async () => {
    const started = road.clock.now()
    const sighted = await look(road, signals, () => due.ring())
    due.ring()
    if (sighted !== undefined) {
      await settleAll(road, signals)
      const ms = road.clock.now().getTime() - started.getTime()
      road.observe({ kind: 'swept', mailbox: road.mailbox.name, sighted, attempted: 0, ms })
    }
    if (sighted === undefined) await rested(road, ticks, stop)
    else await news(road, ticks, options.idle, stop)
  })
  const working = repeat(road, stop, async () => {
    await work(road, signals, async over => {
      await nextDue(road, due, over)
      return true
    })
  })
  return [sighting, working]
}

/** A loop that outlives what it meets: a full ledger is waited out, a bug is told and the loop goes on. */
async function repeat(road: Road, stop: AbortSignal, once: () => Promise<void>): Promise<void> {
  while (!stop.aborted) {
    try {
      await once()
    } catch (error) {
      if (stop.aborted) return
      if (!isFault(error)) road.observe({ kind: 'bug', where: 'daemon', error })
      else if (error.scope === 'ledger' && error.status.startsWith('5')) throw error
      else tell(road, error)
      await new Bell().wait(LEDGER_PAUSE, stop)
    }
  }
}

const tell = (road: Road, fault: Fault): void =>
  road.observe({ kind: 'trouble', what: fault.scope, status: fault.status, reason: fault.message })

/** Until the schedule's next tick, or sooner when the server tells of a newcomer. */
async function news(road: WatchedRoad, ticks: Bell, idle: boolean, stop: AbortSignal): Promise<void> {
  const enough = new AbortController()
  const either = AbortSignal.any([stop, enough.signal])
  const waits = [ticks.wait(Number.POSITIVE_INFINITY, either)]
  if (idle) waits.push(road.news(either).catch(() => ticks.wait(Number.POSITIVE_INFINITY, either)))
  await Promise.race(waits)
  enough.abort()
  await Promise.all(waits)
}

/** Until the schedule's next tick, or sooner when the mailbox has rested: it tells of no newcomer before it is asked again. */
async function rested(road: WatchedRoad, ticks: Bell, stop: AbortSignal): Promise<void> {
  const until = (await road.sites.suspended(road.mailboxSite))?.until.getTime()
  const wait = until === undefined ? LEDGER_PAUSE : Math.max(until - road.clock.now().getTime(), 250)
  await ticks.wait(Math.min(wait, LONGEST_SLEEP), stop)
}

async function nextDue(road: Road, due: Bell, stop: AbortSignal): Promise<void> {
  const now = road.clock.now().getTime()
  const suspended = await resting(road)
  const next = suspended.length > 0 ? latest(suspended) : (await road.ledger.nextDue(road.mailbox.name))?.getTime()
  // What is due and yet not claimed waits for another mail to end: a short pause, not a busy loop.
  const wait = next === undefined ? LONGEST_SLEEP : Math.max(next - now, 250)
  await due.wait(Math.min(wait, LONGEST_SLEEP), stop)
}

const latest = (suspended: readonly Suspension[]): number => Math.max(...suspended.map(({ until }) => until.getTime()))
