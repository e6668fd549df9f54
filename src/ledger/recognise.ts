/** Known mails under a new ref, and entries that go round again. */
import type { Twin } from '../gateway/ports.ts'
import type { Numbering, Ref } from '../mail/ref.ts'
import { lost, rowOf, writeTrace } from './rows.ts'
import { statement } from './statement.ts'
import { type Db, FINAL } from './tables.ts'

/** What was trimmed is not called filed away: an old mail that turns up again is no wish of a person. */
export async function twins(db: Db, mailbox: string, fingerprint: string): Promise<readonly Twin[]> {
  const { rows } = await TWINS(db, { mailbox, fingerprint })
  return rows.map(row => ({
    id: String(row.id),
    ref: { mailbox, folder: row.folder, uidValidity: row.uid_validity, uid: row.uid },
    final: row.concluded_at !== null,
    inHand: row.state === 'active' || row.filing === 'due',
    filedAway: row.concluded_at !== null && row.filed_away === 1 && row.trimmed_at === null,
    gone: row.concluded_at !== null && row.code === 'gone' && row.trimmed_at === null,
  }))
}

const TWINS = statement((db, { mailbox, fingerprint }: { mailbox: string; fingerprint: string }) =>
  db
    .selectFrom('entry')
    .select([
      'id',
      'folder',
      'uid_validity',
      'uid',
      'state',
      'filing',
      'filed_away',
      'code',
      'concluded_at',
      'trimmed_at',
    ])
    .where('mailbox', '=', mailbox)
    .where('fingerprint', '=', fingerprint)
    .orderBy('id'),
)

/** Moves the entry to the new ref; `again` also queues it, to be routed anew with its receipts kept and its tries fresh. */
export async function recognise(db: Db, id: string, ref: Ref, again: boolean, now: Date): Promise<void> {
  const row = rowOf(id)
  if (row === undefined) throw lost()
  const { folder, uidValidity, uid } = ref
  // Another replica has just recorded it, and then it has an entry of its own; or recognised it, and may have filed it by now.
  if (await isRecorded(db, ref)) return
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

/** What lies elsewhere by now keeps its place; the cursor keeps that the folder was swept before. */
export async function disown(db: Db, numbering: Numbering, now: Date): Promise<void> {
  const uid_validity = `${numbering.uidValidity} until ${now.toISOString()}`
  for (const table of ['entry', 'cursor'] as const)
    await db
      .updateTable(table)
      .set({ uid_validity })
      .where('mailbox', '=', numbering.mailbox)
      .where('folder', '=', numbering.folder)
      .where('uid_validity', '=', numbering.uidValidity)
      .execute()
}

async function isRecorded(db: Db, { mailbox, folder, uidValidity, uid }: Ref): Promise<boolean> {
  const other = await db
    .selectFrom('entry')
    .select('id')
    .where('mailbox', '=', mailbox)
    .where('folder', '=', folder)
    .where('uid_validity', '=', uidValidity)
    .where('uid', '=', uid)
    .executeTakeFirst()
  return other !== undefined
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
      released: 0,
      doubts_accepted: 0,
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
