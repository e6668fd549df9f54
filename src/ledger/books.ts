/** The books: reading beside the road, in pages, whatever is durable. */
import type { Account, Held, MailFilter, MailRow, Story, Tally } from '../gateway/books.ts'
import { type MailFacts, mailRow, noticeRow } from './mail-row.ts'
import { type EntryRow, rowOf } from './rows.ts'
import type { Db } from './tables.ts'

const PAGE = 200

/** Oldest sighted first; a page at a time is in memory. */
export async function* list(db: Db, filter: MailFilter): AsyncIterable<MailRow> {
  for (let after = await start(db, filter); ; ) {
    const rows = await matching(db, filter).where('id', '>', after).orderBy('id').limit(PAGE).execute()
    const facts = await factsOf(db, rows)
    for (const row of rows) yield mailRow(row, facts)
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.id
  }
}

/** The id before the first row: with `last` the newest so many are left, however long the ledger is. */
async function start(db: Db, filter: MailFilter): Promise<number> {
  if (filter.last === undefined) return 0
  const newest = matching(db, filter).clearSelect().select('id').orderBy('id', 'desc').limit(filter.last)
  const ids = (await newest.execute()).map(({ id }) => id)
  return ids.length === 0 ? 0 : Math.min(...ids) - 1
}

function matching(db: Db, { state, ticket, since, all }: MailFilter) {
  let query = db.selectFrom('entry').selectAll()
  if (state !== undefined) query = query.where('state', '=', state)
  if (since !== undefined) query = query.where('sighted_at', '>=', since.getTime())
  if (all !== true) {
    query = query.where('trimmed_at', 'is', null)
    if (state !== 'ignored') query = query.where('state', '!=', 'ignored')
  }
  if (ticket === undefined) return query
  const number = ticket.toUpperCase()
  return query.where(({ or, eb, selectFrom }) =>
    or([
      eb('id', 'in', selectFrom('entry_ticket').select('entry_id').where('ticket', '=', number)),
      eb('id', 'in', selectFrom('item').select('entry_id').where('item.ticket', '=', number)),
    ]),
  )
}

export async function factsOf(db: Db, rows: readonly EntryRow[]): Promise<MailFacts> {
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return { tickets: [], items: [], notices: [] }
  const [tickets, items, notices] = await Promise.all([
    db.selectFrom('entry_ticket').selectAll().where('entry_id', 'in', ids).orderBy('ordinal').execute(),
    db.selectFrom('item').selectAll().where('entry_id', 'in', ids).orderBy('id').execute(),
    db.selectFrom('notice').selectAll().where('entry_id', 'in', ids).orderBy('id').execute(),
  ])
  return { tickets, items, notices }
}

export async function show(db: Db, id: string): Promise<Story | undefined> {
  const entry = rowOf(id)
  if (entry === undefined) return undefined
  const row = await db.selectFrom('entry').selectAll().where('id', '=', entry).executeTakeFirst()
  if (row === undefined) return undefined
  const lines = await db.selectFrom('trace').selectAll().where('entry_id', '=', entry).orderBy('id').execute()
  const trace = lines.map(({ at, attempt, line }) => ({ at: new Date(at).toISOString(), attempt, line }))
  const facts = await factsOf(db, [row])
  return { mail: mailRow(row, facts), trace, notices: facts.notices.map(noticeRow) }
}

/** One query, so that a mail cannot be counted in two states or in none. */
export async function accounts(db: Db): Promise<readonly Account[]> {
  const rows = await db
    .selectFrom('mailbox')
    .leftJoin('entry', 'entry.mailbox', 'mailbox.name')
    .select(({ fn }) => ['name', 'seen', 'state', fn.count('entry.id').as('count')])
    .groupBy(['name', 'seen', 'state'])
    .orderBy('name')
    .execute()
  const byName = Map.groupBy(rows, ({ name }) => name)
  return [...byName].map(([mailbox, counts]) => {
    const of = (...states: readonly string[]) =>
      counts
        .filter(({ state }) => state !== null && states.includes(state))
        .reduce((sum, one) => sum + Number(one.count), 0)
    return {
      mailbox,
      seen: Number(counts[0]?.seen ?? 0),
      delivered: of('delivered'),
      bounced: of('bounced'),
      discarded: of('discarded'),
      held: of('held'),
      deferred: of('deferred'),
      waiting: of('queued', 'active'),
      ignored: of('ignored'),
    }
  })
}

/** See `Books.tally`: the index of `days` serves it too. */
export async function tally(db: Db, from: Date, to: Date): Promise<readonly Tally[]> {
  const rows = await db
    .selectFrom('entry')
    .select(({ fn }) => ['mailbox', 'state', fn.countAll().as('count')])
    .where('sighted_at', '>=', from.getTime())
    .where('sighted_at', '<', to.getTime())
    .groupBy(['mailbox', 'state'])
    .orderBy('mailbox')
    .execute()
  return rows.map(({ mailbox, state, count }) => ({ mailbox, state, count: Number(count) }))
}

/** See `Books.heldMails`. */
export async function heldMails(db: Db, after?: Date): Promise<Held> {
  let query = db
    .selectFrom('entry')
    .select(({ fn }) => [
      fn.countAll().as('count'),
      fn.min('concluded_at').as('oldest'),
      fn.max('concluded_at').as('newest'),
    ])
    .where('state', '=', 'held')
    .where('trimmed_at', 'is', null)
  if (after !== undefined) query = query.where('concluded_at', '>', after.getTime())
  const { count, oldest, newest } = await query.executeTakeFirstOrThrow()
  // Without a row the least and the greatest are null, whatever the column's type says.
  const instant = (ms: number | null): Date | undefined => (ms === null ? undefined : new Date(Number(ms)))
  return { count: Number(count), oldest: instant(oldest), newest: instant(newest) }
}

/** Upper bounds in minutes; what is older than the last has none. */
const BUCKETS = [5, 15, 60, 240, 1440, 10080] as const
const OLDER = -1

export async function ages(db: Db, now: Date) {
  const youngerThan = (minutes: number) => now.getTime() - minutes * 60_000
  const rows = await db
    .selectFrom(
      db
        .selectFrom('entry')
        .select(({ eb }) => {
          const [first, ...more] = BUCKETS
          let bucket = eb.case().when('sighted_at', '>', youngerThan(first)).then<number>(first)
          for (const minutes of more)
            bucket = bucket.when('sighted_at', '>', youngerThan(minutes)).then<number>(minutes)
          return ['state', bucket.else(OLDER).end().as('bucket')]
        })
        .as('aged'),
    )
    .select(({ fn }) => ['state', 'bucket', fn.countAll().as('count')])
    .groupBy(['state', 'bucket'])
    .execute()
  return rows
    .map(({ state, bucket, count }) => ({
      state,
      upTo: Number(bucket) === OLDER ? null : Number(bucket),
      count: Number(count),
    }))
    .toSorted((a, b) => a.state.localeCompare(b.state) || (a.upTo ?? Infinity) - (b.upTo ?? Infinity))
}
