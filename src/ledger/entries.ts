/** Knowing mails: recording newcomers, and recognising known ones under a new ref. */
import type { Sighted, Twin } from '../gateway/ports.ts'
import type { Ref } from '../mail/ref.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { applyConclusion } from './conclusions.ts'
import { lost, rowOf, ticketsOf, writeEnvelope, writeTrace } from './rows.ts'
import { type Db, FINAL, OPEN } from './tables.ts'

export type Cursor = {
  readonly mailbox: string
  readonly folder: string
  readonly uidValidity: string
  readonly uid: number
}

/** Values in one list of a query; engines have limits of their own far above. */
const MOST_LISTED = 500

export async function known(db: Db, place: Omit<Cursor, 'uid'>, uids: readonly number[]): Promise<ReadonlySet<number>> {
  const found = new Set<number>()
  for (let at = 0; at < uids.length; at += MOST_LISTED) {
    const rows = await db
      .selectFrom('entry')
      .select('uid')
      .where('mailbox', '=', place.mailbox)
      .where('folder', '=', place.folder)
      .where('uid_validity', '=', place.uidValidity)
      .where('uid', 'in', uids.slice(at, at + MOST_LISTED))
      .execute()
    for (const { uid } of rows) found.add(uid)
  }
  return found
}

/** Another UIDVALIDITY of the same folder means that it was swept before, and that every mail is to be looked at again. */
export async function cursorOf(db: Db, place: Omit<Cursor, 'uid'>): Promise<number | undefined> {
  const rows = await db
    .selectFrom('cursor')
    .select(['uid_validity', 'uid'])
    .where('mailbox', '=', place.mailbox)
    .where('folder', '=', place.folder)
    .execute()
  if (rows.length === 0) return undefined
  return rows.find(row => row.uid_validity === place.uidValidity)?.uid ?? 0
}

/** What was trimmed is not called filed away: an old mail that turns up again is no wish of a person. */
export async function twins(db: Db, mailbox: string, fingerprint: string): Promise<readonly Twin[]> {
  const rows = await db
    .selectFrom('entry')
    .selectAll()
    .where('mailbox', '=', mailbox)
    .where('fingerprint', '=', fingerprint)
    .orderBy('id')
    .execute()
  return rows.map(row => ({
    id: String(row.id),
    ref: { mailbox, folder: row.folder, uidValidity: row.uid_validity, uid: row.uid },
    final: row.concluded_at !== null,
    filedAway: row.concluded_at !== null && row.filed_away === 1 && row.trimmed_at === null,
  }))
}

export async function record(db: Db, sighted: readonly Sighted[], cursor: Cursor, now: Date): Promise<string[]> {
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
  const ignored = decided === 'ignored'
  const row = await db
    .insertInto('entry')
    .values({
      mailbox: ref.mailbox,
      folder: ref.folder,
      uid_validity: ref.uidValidity,
      uid: ref.uid,
      fingerprint: envelope.fingerprint,
      subject: envelope.subject,
      from_address: envelope.from?.address ?? null,
      message_id: envelope.messageId ?? null,
      envelope: writeEnvelope(envelope),
      state: ignored ? 'ignored' : 'queued',
      due_at: ignored ? null : now.getTime(),
      sighted_at: now.getTime(),
      concluded_at: ignored ? now.getTime() : null,
      settled_at: ignored ? now.getTime() : null,
    })
    .onConflict(conflict => conflict.columns(['mailbox', 'folder', 'uid_validity', 'uid']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (row === undefined) return { id: await idAt(db, ref), fresh: false }
  await writeTickets(db, row.id, tickets)
  await writeTrace(db, row.id, now, 0, trace)
  if (decided !== undefined && decided !== 'ignored') await applyConclusion(db, row.id, decided, now)
  return { id: row.id, fresh: true }
}

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
  if (tickets.length === 0) return
  const values = tickets.map((ticket, ordinal) => ({ entry_id: entry, ordinal, ticket }))
  await db.insertInto('entry_ticket').values(values).execute()
}

/** The counter of its own that `report` is checked against. */
export async function countSeen(db: Db, mailbox: string, more: number): Promise<void> {
  await db
    .insertInto('mailbox')
    .values({ name: mailbox, seen: more })
    .onConflict(conflict => conflict.column('name').doUpdateSet(eb => ({ seen: eb('mailbox.seen', '+', more) })))
    .execute()
}

/** It never moves back. */
async function moveCursor(db: Db, { mailbox, folder, uidValidity, uid }: Cursor): Promise<void> {
  await db
    .insertInto('cursor')
    .values({ mailbox, folder, uid_validity: uidValidity, uid })
    .onConflict(conflict =>
      conflict.columns(['mailbox', 'folder', 'uid_validity']).doUpdateSet({ uid }).where('cursor.uid', '<', uid),
    )
    .execute()
}

/** Moves the entry to the new ref; `again` also queues it, to be routed anew with its receipts kept and its tries fresh. */
export async function recognise(db: Db, id: string, ref: Ref, again: boolean, now: Date): Promise<void> {
  const row = rowOf(id)
  if (row === undefined) throw lost()
  const { folder, uidValidity, uid } = ref
  await db
    .updateTable('entry')
    .set({
      folder,
      uid_validity: uidValidity,
      uid,
      lies_folder: null,
      lies_uid_validity: null,
      lies_uid: null,
      filed_away: 0,
    })
    .where('id', '=', row)
    .execute()
  await writeTrace(db, row, now, 0, [`it lies under a new number now: UIDVALIDITY ${uidValidity}, UID ${uid}`])
  if (again) await queueAnew(db, row, now, ['a person moved it back: it is tried again'])
}

/** From final (or waiting) to queued, with fresh tries; what is on a ticket stays known. Does nothing to an active or trimmed entry. */
export async function queueAnew(db: Db, entry: number, now: Date, trace: readonly string[]): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('entry')
    .set(eb => ({
      state: 'queued',
      due_at: now.getTime(),
      attempts_before: eb.ref('attempts'),
      interrupted: 0,
      crashes: 0,
      description: null,
      all_parts: 0,
      parts: null,
      first_attempt_at: null,
      filing: 'none',
      concluded_at: null,
      settled_at: null,
    }))
    .where('id', '=', entry)
    .where('state', 'in', ['queued', 'deferred', ...FINAL])
    .where('trimmed_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) return false
  await db.deleteFrom('notice').where('entry_id', '=', entry).where('state', '=', 'queued').execute()
  await writeTrace(db, entry, now, 0, trace)
  return true
}

/** Asked with the nearest ancestor first. The oldest entry that bears a Message-ID has it: who copies one comes later. */
export async function ticketOfThread(
  db: Db,
  mailbox: string,
  messageIds: readonly string[],
): Promise<TicketNumber | undefined> {
  for (const messageId of new Set(messageIds.slice(0, 60))) {
    const entry = (await entryOf(db, mailbox, messageId)) ?? (await entryOfNotice(db, mailbox, messageId))
    const [ticket] = entry === undefined ? [] : await ticketsOf(db, entry)
    if (ticket !== undefined) return ticket
  }
  return undefined
}

async function entryOf(db: Db, mailbox: string, messageId: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('entry')
    .innerJoin('entry_ticket', 'entry_ticket.entry_id', 'entry.id')
    .select('entry.id')
    .where('mailbox', '=', mailbox)
    .where('message_id', '=', messageId)
    .orderBy('entry.id')
    .limit(1)
    .executeTakeFirst()
  return row?.id
}

async function entryOfNotice(db: Db, mailbox: string, messageId: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('notice')
    .innerJoin('entry', 'entry.id', 'notice.entry_id')
    .select('entry.id')
    .where('entry.mailbox', '=', mailbox)
    .where('notice.message_id', '=', messageId)
    .limit(1)
    .executeTakeFirst()
  return row?.id
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
