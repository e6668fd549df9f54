/** Mails to the operator: one a day, and one for each thing that has waited for a person too long. What was told is kept in the ledger. */
import type { Observe } from '../gateway/events.ts'
import type { Clock, Facts } from '../gateway/ports.ts'
import { isFault } from '../mail/fault.ts'
import type { OperatorFacts } from '../mail/summary/facts.ts'
import { dateIn, instantIn } from '../mail/wall-clock.ts'
import { type FactBooks, operatorFacts } from './operator-facts.ts'
import { Bell } from './wakes.ts'

export type SummaryOptions = {
  /** Minutes of the day, by the clocks of the time zone. */
  readonly at: number
  readonly timezone: string
  /** Milliseconds; undefined = no alarms. */
  readonly alarmAfter: number | undefined
  /** `cause`: the same for a repeat, and for no other mail. Throws faults; `applied: 'maybe'` when it may have gone. */
  readonly send: (facts: OperatorFacts, cause: string) => Promise<void>
  readonly ledger: Facts & FactBooks
  readonly clock: Clock
  readonly observe: Observe
}

const LOOK = 60_000
/** Whoever has begun to send is done, or dead, after so long; all relays have answered or been given up by then. */
const PATIENCE = 15 * 60_000
/** A new ledger, or one that was long away, is no reason to count for ever. */
const LONGEST_PERIOD = 31 * 86_400_000

/** What was told last, and whether somebody is just telling more. */
type State<Told> = { readonly told: Told | undefined; readonly sendingSince?: string }
/** The instant of the last daily summary. */
type Daily = { readonly at: string }
/** Held mails up to this instant, and each site with the beginning of its suspension. */
type Alarmed = { readonly heldUpTo: string; readonly sites: Readonly<Record<string, string>> }

/** Until `stop`. What fails is told as trouble and tried again: a summary must never end the daemon. */
export async function summaries(options: SummaryOptions, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await tellOperator(options)
    await new Bell().wait(LOOK, stop)
  }
}

/** Sends what is due now; never rejects. */
export async function tellOperator(options: SummaryOptions): Promise<void> {
  for (const tell of [daily, alarm])
    await tell(options).catch(error => {
      if (isFault(error))
        options.observe({ kind: 'trouble', what: 'summary', status: error.status, reason: error.message })
      else options.observe({ kind: 'bug', where: 'summary', error })
    })
}

/** The first start only takes note of the time: a summary of a day nobody saw is none. One that was missed is sent late, once. */
async function daily(options: SummaryOptions): Promise<void> {
  const { ledger, clock } = options
  const due = lastTime(options, clock.now())
  await tellOnce<Daily>('daily', options, async told => {
    if (told === undefined) return { next: { at: due.toISOString() }, facts: undefined }
    if (Date.parse(told.at) >= due.getTime()) return undefined
    const from = new Date(Math.max(Date.parse(told.at), due.getTime() - LONGEST_PERIOD))
    return { next: { at: due.toISOString() }, facts: await operatorFacts(ledger, { from, to: due }) }
  })
}

/** All that is held, and every site, is told of when one has waited too long: what comes later waits as long before it is told. */
async function alarm(options: SummaryOptions): Promise<void> {
  const { ledger, clock, alarmAfter } = options
  if (alarmAfter === undefined) return
  const long = new Date(clock.now().getTime() - alarmAfter)
  await tellOnce<Alarmed>('alarm', options, async told => {
    const held = await ledger.heldMails(told === undefined ? undefined : new Date(told.heldUpTo))
    const resting = await ledger.suspensions()
    const isOld = (since: Date | undefined): boolean => since !== undefined && since <= long
    const news = resting.some(({ site, since }) => isOld(since) && told?.sites[site] !== since.toISOString())
    // What is over is forgotten: if it begins again, it is told again.
    const known = Object.entries(told?.sites ?? {}).filter(([name, since]) =>
      resting.some(one => one.site === name && one.since.toISOString() === since),
    )
    if (!news && !isOld(held.oldest)) {
      const isSame = told === undefined || known.length === Object.keys(told.sites).length
      return isSame ? undefined : { next: { ...told, sites: Object.fromEntries(known) }, facts: undefined }
    }
    return {
      next: {
        heldUpTo: (held.newest ?? new Date(told?.heldUpTo ?? 0)).toISOString(),
        sites: Object.fromEntries(resting.map(({ site, since }) => [site, since.toISOString()])),
      },
      facts: await operatorFacts(ledger),
    }
  })
}

/** Without `facts` it is only written down. */
type Plan<Told> = { readonly next: Told; readonly facts: OperatorFacts | undefined }

/**
 * Written down, then sent, then written down: of several workers one sends, and a mail whose sender died in the midst of it is sent again
 * by the same Message-ID.
 */
async function tellOnce<Told>(
  what: 'daily' | 'alarm',
  { ledger, clock, observe, send }: SummaryOptions,
  plan: (told: Told | undefined) => Promise<Plan<Told> | undefined>,
): Promise<void> {
  const key = `summary ${what}`
  const known = await ledger.recall(key)
  const { told, sendingSince }: State<Told> = known === undefined ? { told: undefined } : JSON.parse(known)
  const now = clock.now()
  if (sendingSince !== undefined && now.getTime() - Date.parse(sendingSince) < PATIENCE) return
  const planned = await plan(told)
  if (planned === undefined) return
  const { next, facts } = planned
  const done = JSON.stringify({ told: next })
  if (facts === undefined) return void (await ledger.exchange(key, known, done))
  const begun = JSON.stringify({ told, sendingSince: now.toISOString() })
  if (!(await ledger.exchange(key, known, begun))) return
  try {
    await send(facts, `${key} ${JSON.stringify(next)}`)
  } catch (error) {
    if (!isFault(error)) throw error
    const isLost = error.applied === 'maybe'
    await ledger.exchange(key, begun, isLost ? done : JSON.stringify({ told }))
    observe({ kind: 'summary', what, result: isLost ? 'unknown' : 'failed', reason: error.message })
    return
  }
  await ledger.exchange(key, begun, done)
  observe({ kind: 'summary', what, result: 'sent', reason: undefined })
}

/** The last time that the clocks of the zone showed `at`. */
function lastTime({ at, timezone }: Pick<SummaryOptions, 'at' | 'timezone'>, now: Date): Date {
  const [year, month, day] = dateIn(now, timezone)
  const today = instantIn(timezone, year, month, day, at)
  return today <= now ? today : instantIn(timezone, year, month, day - 1, at)
}
