/** What is decided but not yet visible: filings until they are done, notices at most once and under their caps. */
import { sql } from 'kysely'
import type { Filed, Unsettled } from '../gateway/ports.ts'
import { Fault } from '../mail/fault.ts'
import type { Notice } from '../mail/notice.ts'
import type { FinalKind } from '../mail/outcome.ts'
import { dropDelay, settleIfDone } from './conclusions.ts'
import { dateOf, type EntryRow, filingOf, lost, refOf, rowOf } from './rows.ts'
import { statement } from './statement.ts'
import type { Db } from './tables.ts'

/** Notices in any 24 hours to one address, and in any hour to anybody. */
export type Caps = { readonly perSenderPerDay: number; readonly perHour: number }

/** What lies beyond was written under a clock that was ahead, and is due as well. */
export type Due = { readonly now: number; readonly beyond: number }

const HOUR = 3_600_000

/** Oldest conclusion first. */
export async function unsettled(db: Db, due: Due, mailbox: string, limit: number): Promise<readonly Unsettled[]> {
  const rows = await db
    .selectFrom('entry')
    .selectAll()
    .where('concluded_at', 'is not', null)
    .where('settled_at', 'is', null)
    .where(({ or, eb, exists, selectFrom }) =>
      or([
        eb('filing', '=', 'due'),
        exists(
          selectFrom('notice')
            .select('notice.id')
            .whereRef('notice.entry_id', '=', 'entry.id')
            .where('notice.state', '=', 'queued')
            .where(isDue(due)),
        ),
      ]),
    )
    .where('mailbox', '=', mailbox)
    .orderBy('concluded_at')
    .orderBy('id')
    .limit(limit)
    .execute()
  const delays = await delayed(db, due, mailbox, limit)
  const notices = await dueNotices(db, due, [...rows, ...delays])
  return [...rows, ...delays].slice(0, limit).map(row => unsettledOf(row, notices.get(row.id)))
}

/** One of them; undefined when nothing is left to do for it now. */
export async function unsettledOne(db: Db, due: Due, entry: number): Promise<Unsettled | undefined> {
  const [row, ...others] = (await ONE(db, { entry, ...due })).rows
  if (row === undefined || row.settled_at !== null) return undefined
  const waits = row.concluded_at === null && (row.state === 'deferred' || row.state === 'queued')
  if (row.concluded_at === null && !waits) return undefined
  const first = others.reduce((before, one) => ((one.notice ?? 0) < (before.notice ?? 0) ? one : before), row)
  const notice = first.notice === null ? undefined : waitingOf({ id: first.notice, content: first.content })
  const isOver = row.filing !== 'due' && notice === undefined
  return isOver || (waits && notice?.notice.kind !== 'delayed') ? undefined : unsettledOf(row, notice)
}

/** Once for each of its notices that are due: to sort them in the database costs more than the rest of the query. */
const ONE = statement((db, { entry, now, beyond }: Due & { entry: number }) =>
  db
    .selectFrom('entry')
    .leftJoin('notice', join =>
      join
        .onRef('notice.entry_id', '=', 'entry.id')
        .on('notice.state', '=', 'queued')
        .on(isDue({ now, beyond }))
        .on('notice.content', 'is not', null),
    )
    .select([
      'entry.id',
      'mailbox',
      'folder',
      'uid_validity',
      'entry.message_id',
      'uid',
      'lies_folder',
      'lies_uid_validity',
      'lies_uid',
      'entry.state',
      'filing',
      'filing_folder',
      'filing_flag',
      'concluded_at',
      'settled_at',
      'notice.id as notice',
      'notice.content',
    ])
    .where('entry.id', '=', entry),
)

type Waiting = { readonly row: number; readonly notice: Notice }

/** Of an entry what is told of one that is not settled. */
type Open = Parameters<typeof refOf>[0] &
  Parameters<typeof filingOf>[0] &
  Pick<EntryRow, 'id' | 'message_id' | 'state' | 'filing' | 'concluded_at'>

const unsettledOf = (row: Open, notice: Waiting | undefined): Unsettled => ({
  id: String(row.id),
  ref: refOf(row),
  messageId: row.message_id ?? undefined,
  // Concluded and not settled: the backlog not taken is settled from the start, so this is one of the four; or it waits.
  kind: row.state as FinalKind | 'deferred' | 'queued',
  filing: filingOf(row),
  filed: row.filing !== 'due',
  concludedAt: dateOf(row.concluded_at === null ? null : Number(row.concluded_at)),
  notice,
})

const isDue = ({ now, beyond }: Due) => sql<boolean>`(notice.due_at <= ${now} or notice.due_at > ${beyond})`

/** Mails that have waited for so long that their senders are told. One that is being tried just now may have its final word in a moment. */
const delayed = (db: Db, due: Due, mailbox: string, limit: number): Promise<readonly EntryRow[]> =>
  db
    .selectFrom('entry')
    .selectAll()
    .where('state', 'in', ['deferred', 'queued'])
    .where('concluded_at', 'is', null)
    .where(({ eb, selectFrom }) =>
      eb(
        'entry.id',
        'in',
        selectFrom('notice')
          .select('notice.entry_id')
          .where('notice.kind', '=', 'delayed')
          .where('notice.state', '=', 'queued')
          .where(isDue(due)),
      ),
    )
    .where('mailbox', '=', mailbox)
    .orderBy('id')
    .limit(limit)
    .execute()

/** The first that waits of each mail. */
async function dueNotices(db: Db, due: Due, entries: readonly EntryRow[]) {
  const found = new Map<number, Waiting>()
  for (let at = 0; at < entries.length; at += 500) {
    const ids = entries.slice(at, at + 500).map(({ id }) => id)
    const rows = await db
      .selectFrom('notice')
      .select(['id', 'entry_id', 'content'])
      .where('entry_id', 'in', ids)
      .where('state', '=', 'queued')
      .where(isDue(due))
      .orderBy('id', 'desc')
      .execute()
    for (const row of rows) if (row.content !== null) found.set(row.entry_id, waitingOf(row))
  }
  return found
}

const waitingOf = ({ id, content }: { readonly id: number; readonly content: string | null }): Waiting => ({
  row: id,
  notice: readNotice(content ?? '{}'),
})

/** Our own JSON, which leaves out what is undefined. */
const readNotice = (content: string): Notice => ({ inReplyTo: undefined, html: undefined, ...JSON.parse(content) })

export async function filed(db: Db, id: string, filed: Filed | undefined, now: Date): Promise<void> {
  const entry = rowOf(id)
  if (entry === undefined) throw lost()
  const { numAffectedRows = 0n } =
    filed === undefined
      ? await GONE(db, { entry })
      : await FILED(db, { entry, folder: filed.folder, uidValidity: filed.uidValidity ?? null, uid: filed.uid ?? null })
  // An operator may have asked for another try meanwhile, and filing twice is filing once.
  if (numAffectedRows > 0n) await settleIfDone(db, entry, now)
}

type Place = {
  readonly entry: number
  readonly folder: string
  readonly uidValidity: string | null
  readonly uid: number | null
}

const FILED = statement((db, { entry, folder, uidValidity, uid }: Place) =>
  db
    .updateTable('entry')
    .set({
      filing: 'done',
      lies_folder: folder,
      lies_uid_validity: uidValidity,
      lies_uid: uid,
      filed_away: sql<0 | 1>`case when filing_folder is not null and folder <> ${folder} then 1 else 0 end`,
    })
    .where('id', '=', entry)
    .where('filing', '=', 'due'),
)

const GONE = statement((db, { entry }: { entry: number }) =>
  db.updateTable('entry').set({ filing: 'done' }).where('id', '=', entry).where('filing', '=', 'due'),
)

export async function beginNotice(db: Db, row: number, now: Date, caps: Caps, boot: string): Promise<boolean> {
  const notice = await db
    .selectFrom('notice')
    .select(['entry_id', 'recipient'])
    .where('id', '=', row)
    .where('state', '=', 'queued')
    .executeTakeFirst()
  if (notice === undefined) return false
  const over = await overCap(db, row, notice.recipient, now, caps)
  await db
    .updateTable('notice')
    .set(
      over === undefined
        ? { state: 'sending', boot, begun_at: now.getTime(), due_at: null }
        : { state: 'suppressed', reason: over, due_at: null },
    )
    .where('id', '=', row)
    .where('state', '=', 'queued')
    .execute()
  if (over !== undefined) await settleIfDone(db, notice.entry_id, now)
  return over === undefined
}

async function overCap(db: Db, row: number, recipient: string, now: Date, caps: Caps): Promise<string | undefined> {
  const begunSince = (ago: number) =>
    db
      .selectFrom('notice')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('begun_at', '>', now.getTime() - ago)
      // Those of a clock that was ahead do not count until it is reached again.
      .where('begun_at', '<', now.getTime() + ago)
      .where('id', '!=', row)
  const { count: hour } = await begunSince(HOUR).executeTakeFirstOrThrow()
  if (Number(hour) >= caps.perHour) return `${caps.perHour} notices were sent within the hour`
  const { count: day } = await begunSince(24 * HOUR)
    .where('recipient', '=', recipient)
    .executeTakeFirstOrThrow()
  if (Number(day) >= caps.perSenderPerDay) return `${caps.perSenderPerDay} notices went to this sender within a day`
  return undefined
}

export async function endNotice(
  db: Db,
  row: number,
  end: {
    readonly state: 'sent' | 'failed' | 'unknown'
    readonly reason: string | undefined
    readonly retryAt: Date | undefined
  },
  now: Date,
): Promise<void> {
  const { state, reason, retryAt } = end
  const again = state === 'failed' && retryAt !== undefined
  const ended = await db
    .updateTable('notice')
    .set({
      state: again ? 'queued' : state,
      reason: reason ?? null,
      due_at: again ? retryAt.getTime() : null,
      boot: null,
      // Nobody was written to, so it takes no other notice's place under the caps.
      ...(again ? { begun_at: null } : {}),
    })
    .where('id', '=', row)
    .where('state', '=', 'sending')
    .returning('entry_id')
    .executeTakeFirst()
  if (ended === undefined) throw new Fault('4.3.0', 'this notice is not being sent', { scope: 'ledger' })
  // It may have got its final word while the relay said no: what waits for another go is news no more.
  if (again) await dropDelay(db, ended.entry_id)
  await settleIfDone(db, ended.entry_id, now)
}
