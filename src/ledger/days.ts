/** What the days were like: counted in slots of a quarter of an hour, which every time zone's days are made of, and folded into days. */
import { sql } from 'kysely'
import type { Day } from '../gateway/books.ts'
import type { EntryState } from '../mail/outcome.ts'
import type { Db } from './tables.ts'

const SLOT = 900_000
const HALF_YEAR = 183 * 86_400_000
/** Upper bounds of the classes of waiting times: 1 s, 1.41 s, 2 s, … 12 days. */
const CLASSES: readonly number[] = Array.from({ length: 41 }, (_, n) => Math.round(1000 * 2 ** (n / 2)))

export async function days(db: Db, bounds: readonly Date[]): Promise<readonly Day[]> {
  const [first, last] = [bounds[0], bounds.at(-1)]
  if (first === undefined || last === undefined || bounds.length < 2) return []
  const period = { from: first.getTime(), to: last.getTime() }
  const [counts, times, waits] = await Promise.all([countsOf(db, period), timesOf(db, period), waitsOf(db, period)])
  return bounds.slice(0, -1).map((from, n) => {
    const to = bounds[n + 1] ?? from
    const within = ({ slot }: { readonly slot: number }): boolean =>
      slot * SLOT >= from.getTime() && slot * SLOT < to.getTime()
    return {
      from,
      counts: summed(counts.filter(within)),
      toTicket: timesIn(times.filter(within)),
      waiting: waitingAt(waits, to.getTime()),
    }
  })
}

type Period = { readonly from: number; readonly to: number }

const slot = sql<number>`sighted_at / ${sql.lit(SLOT)}`.as('slot')

async function countsOf(db: Db, { from, to }: Period) {
  const rows = await db
    .selectFrom('entry')
    .select(({ fn }) => [slot, 'state', fn.countAll().as('count')])
    .where('sighted_at', '>=', from)
    .where('sighted_at', '<', to)
    .groupBy(['slot', 'state'])
    .execute()
  return rows.map(row => ({ slot: Number(row.slot), state: row.state, count: Number(row.count) }))
}

const NONE: Day['counts'] = {
  queued: 0,
  active: 0,
  deferred: 0,
  delivered: 0,
  bounced: 0,
  discarded: 0,
  held: 0,
  ignored: 0,
}

function summed(rows: readonly { readonly state: EntryState; readonly count: number }[]): Day['counts'] {
  const sums: Record<EntryState, number> = { ...NONE }
  for (const { state, count } of rows) sums[state] += count
  return sums
}

/** How many delivered mails of a slot took so long, by class. */
async function timesOf(db: Db, { from, to }: Period) {
  const took = sql<number>`concluded_at - coalesce(arrived_at, sighted_at)`
  const rows = await db
    .selectFrom(
      db
        .selectFrom('entry')
        .select(({ eb }) => {
          const [least = 0, ...more] = CLASSES
          let upTo = eb.case().when(took, '<=', least).then<number>(least)
          for (const bound of more) upTo = upTo.when(took, '<=', bound).then<number>(bound)
          return [
            slot,
            upTo
              .else(CLASSES.at(-1) ?? 0)
              .end()
              .as('took'),
          ]
        })
        .where('sighted_at', '>=', from)
        .where('sighted_at', '<', to)
        .where('state', '=', 'delivered')
        .as('timed'),
    )
    .select(({ fn }) => ['slot', 'took', fn.countAll().as('count')])
    .groupBy(['slot', 'took'])
    .execute()
  return rows.map(row => ({ slot: Number(row.slot), took: Number(row.took), count: Number(row.count) }))
}

type Timed = { readonly took: number; readonly count: number }

function timesIn(rows: readonly Timed[]): Day['toTicket'] {
  if (rows.length === 0) return undefined
  const sorted = rows.toSorted((a, b) => a.took - b.took)
  return { median: quantile(sorted, 0.5), slow: quantile(sorted, 0.95) }
}

function quantile(sorted: readonly Timed[], share: number): number {
  const wanted = share * sorted.reduce((sum, { count }) => sum + count, 0)
  let passed = 0
  const found = sorted.find(({ count }) => {
    passed += count
    return passed >= wanted
  })
  // The middle of its class: bounds grow by the square root of two.
  return (found?.took ?? 0) / 2 ** 0.25
}

/** Mails by when they were seen and when they ended, those that ended in the slot they began in left out. Held ones have no end yet. */
async function waitsOf(db: Db, { from, to }: Period) {
  const open = sql`state in ('queued', 'active', 'deferred', 'held')`
  const ended = sql<number | null>`case when ${open} then null else concluded_at / ${sql.lit(SLOT)} end`
  const rows = await db
    .selectFrom('entry')
    .select(({ fn }) => [slot, ended.as('ended'), fn.countAll().as('count'), fn.min('sighted_at').as('oldest')])
    .where('sighted_at', '>=', from - HALF_YEAR)
    .where('sighted_at', '<', to)
    .where('state', '!=', 'ignored')
    .where(sql<boolean>`(${open} or concluded_at / ${sql.lit(SLOT)} > sighted_at / ${sql.lit(SLOT)})`)
    .groupBy(['slot', 'ended'])
    .execute()
  return rows.map(row => ({
    oldest: Number(row.oldest),
    ended: row.ended === null ? Number.POSITIVE_INFINITY : Number(row.ended) * SLOT,
    count: Number(row.count),
  }))
}

function waitingAt(waits: Awaited<ReturnType<typeof waitsOf>>, at: number): Day['waiting'] {
  const there = waits.filter(({ oldest, ended }) => oldest < at && ended >= at)
  const oldest = there.reduce((least, one) => Math.min(least, one.oldest), at)
  return { count: there.reduce((sum, one) => sum + one.count, 0), oldest: at - oldest }
}
