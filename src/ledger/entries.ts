/** Knowing mails: which there are, how far a folder was read, and recording newcomers. */
import type { Insertable } from 'kysely'
import type { Conclusion, Sighted } from '../gateway/ports.ts'
import type { Numbering, Ref } from '../mail/ref.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { concluded, follow } from './conclusions.ts'
import { type EntryRow, writeEnvelope, writeTrace } from './rows.ts'
import { insertion, statement } from './statement.ts'
import { type Db, type EntryTable, OPEN } from './tables.ts'
import { writeWords } from './words.ts'

/** Values in one list of a query; engines have limits of their own far above. */
const MOST_LISTED = 500

export async function known(db: Db, numbering: Numbering, uids: readonly number[]): Promise<ReadonlySet<number>> {
  const found = new Set<number>()
  for (let at = 0; at < uids.length; at += MOST_LISTED) {
    const rows = await db
      .selectFrom('entry')
      .select('uid')
      .where('mailbox', '=', numbering.mailbox)
      .where('folder', '=', numbering.folder)
      .where('uid_validity', '=', numbering.uidValidity)
      .where('uid', 'in', uids.slice(at, at + MOST_LISTED))
      .execute()
    for (const { uid } of rows) found.add(uid)
  }
  return found
}

/** Another UIDVALIDITY of the same folder means that it was swept before, and that every mail is to be looked at again. */
export async function cursorOf(db: Db, numbering: Numbering): Promise<number | undefined> {
  const rows = await db
    .selectFrom('cursor')
    .select(['uid_validity', 'uid'])
    .where('mailbox', '=', numbering.mailbox)
    .where('folder', '=', numbering.folder)
    .execute()
  if (rows.length === 0) return undefined
  return rows.find(row => row.uid_validity === numbering.uidValidity)?.uid ?? 0
}

export async function record(db: Db, sighted: readonly Sighted[], cursor: Ref, now: Date): Promise<string[]> {
  const ids: string[] = []
  let seen = 0
  for (const one of sighted) {
    const { id, fresh } = await recordOne(db, one, now)
    ids.push(String(id))
    if (fresh && one.decided !== 'ignored') seen += 1
  }
  await countSeen(db, cursor.mailbox, seen)
  await moveCursor(db, cursor)
  return ids
}

async function recordOne(db: Db, { envelope, tickets, trace, decided }: Sighted, now: Date) {
  const { ref } = envelope
  const found = {
    mailbox: ref.mailbox,
    folder: ref.folder,
    uid_validity: ref.uidValidity,
    uid: ref.uid,
    fingerprint: envelope.fingerprint,
    subject: envelope.subject,
    from_address: envelope.from?.address ?? null,
    message_id: envelope.messageId ?? null,
    envelope: writeEnvelope(envelope),
    arrived_at: envelope.arrivedAt.getTime(),
    sighted_at: now.getTime(),
  }
  const [row] =
    decided === undefined
      ? (await NEWCOMER(db, found)).rows
      : await insertOne(db, { ...found, ...bornAs(decided, now) }).execute()
  if (row === undefined) return { id: await idAt(db, ref), fresh: false }
  await writeWords(db, row.id, envelope)
  await insertTickets(db, row.id, tickets)
  await writeTrace(db, row.id, now, 0, trace)
  if (decided !== undefined && decided !== 'ignored') await follow(db, row.id, decided, now)
  return { id: row.id, fresh: true }
}

const insertOne = (db: Db, row: Insertable<EntryTable>) =>
  db
    .insertInto('entry')
    .values(row)
    .onConflict(conflict => conflict.columns(['mailbox', 'folder', 'uid_validity', 'uid']).doNothing())
    .returning('id')

type Newcomer = Pick<
  EntryRow,
  | 'mailbox'
  | 'folder'
  | 'uid_validity'
  | 'uid'
  | 'fingerprint'
  | 'subject'
  | 'from_address'
  | 'message_id'
  | 'envelope'
  | 'arrived_at'
  | 'sighted_at'
>

/** Due at once. */
const NEWCOMER = statement((db, row: Newcomer) =>
  insertOne(db, {
    mailbox: row.mailbox,
    folder: row.folder,
    uid_validity: row.uid_validity,
    uid: row.uid,
    fingerprint: row.fingerprint,
    subject: row.subject,
    from_address: row.from_address,
    message_id: row.message_id,
    envelope: row.envelope,
    arrived_at: row.arrived_at,
    sighted_at: row.sighted_at,
    state: 'queued',
    due_at: row.sighted_at,
  }),
)

const bornAs = (decided: Conclusion | 'ignored', now: Date) =>
  decided === 'ignored'
    ? { state: decided, due_at: null, concluded_at: now.getTime(), settled_at: now.getTime() }
    : concluded(decided, now)

async function idAt(db: Db, ref: Ref): Promise<number> {
  const { id } = await db
    .selectFrom('entry')
    .select('id')
    .where('mailbox', '=', ref.mailbox)
    .where('folder', '=', ref.folder)
    .where('uid_validity', '=', ref.uidValidity)
    .where('uid', '=', ref.uid)
    .executeTakeFirstOrThrow()
  return id
}

export async function writeTickets(db: Db, entry: number, tickets: readonly TicketNumber[]): Promise<void> {
  await db.deleteFrom('entry_ticket').where('entry_id', '=', entry).execute()
  await insertTickets(db, entry, tickets)
}

async function insertTickets(db: Db, entry: number, tickets: readonly TicketNumber[]): Promise<void> {
  await TICKETS(
    db,
    tickets.map((ticket, ordinal) => ({ entry, ordinal, ticket })),
  )
}

const TICKETS = insertion((db, rows: readonly { entry: number; ordinal: number; ticket: string }[]) =>
  db
    .insertInto('entry_ticket')
    .values(rows.map(({ entry, ordinal, ticket }) => ({ entry_id: entry, ordinal, ticket }))),
)

/** The counter of its own that `report` is checked against. */
export async function countSeen(db: Db, mailbox: string, more: number): Promise<void> {
  await db
    .insertInto('mailbox')
    .values({ name: mailbox, seen: more })
    .onConflict(conflict => conflict.column('name').doUpdateSet(eb => ({ seen: eb('mailbox.seen', '+', more) })))
    .execute()
}

/** It never moves back. */
async function moveCursor(db: Db, { mailbox, folder, uidValidity, uid }: Ref): Promise<void> {
  await db
    .insertInto('cursor')
    .values({ mailbox, folder, uid_validity: uidValidity, uid })
    .onConflict(conflict =>
      conflict.columns(['mailbox', 'folder', 'uid_validity']).doUpdateSet({ uid }).where('cursor.uid', '<', uid),
    )
    .execute()
}

/** Ids of mails that are not final: what the spool has to keep. */
export async function unfinished(db: Db): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('entry')
    .select('id')
    .where('state', 'in', [...OPEN])
    .execute()
  return new Set(rows.map(({ id }) => String(id)))
}
