/** One item at a time: written down, then done. Every transition names the states it comes from. */

import { sql, type UpdateObject } from 'kysely'
import type { Claim, Doubt, ItemRecord } from '../gateway/ports.ts'
import { Fault } from '../mail/fault.ts'
import type { ItemState } from '../mail/outcome.ts'
import type { Because } from '../mail/status.ts'
import { assertLease } from './attempts.ts'
import { statement } from './statement.ts'
import type { Db, Tables } from './tables.ts'

const OPEN_STATES = ['pending', 'begun', 'uncertain'] as const
const SENT_STATES = ['begun', 'uncertain'] as const

export async function begin(
  db: Db,
  claim: Claim,
  item: number,
  snapshot: readonly string[] | undefined,
  now: Date,
): Promise<void> {
  const entry = await assertLease(db, claim, true)
  const { numAffectedRows } = await BEGIN(db, {
    item,
    entry,
    snapshot: snapshot === undefined ? null : JSON.stringify(snapshot),
    now: now.getTime(),
  })
  if (numAffectedRows !== 1n) throw misplaced('begun')
}

const BEGIN = statement(
  (db, { item, entry, snapshot, now }: { item: number; entry: number; snapshot: string | null; now: number }) =>
    db
      .updateTable('item')
      .set(eb => ({
        state: 'begun',
        snapshot,
        begun_at: now,
        acknowledged: 0,
        absent_at: null,
        posts: eb('posts', '+', 1),
        status: null,
        code: null,
        reason: null,
      }))
      .where('id', '=', item)
      .where('entry_id', '=', entry)
      .where('state', '=', 'pending'),
)

export const depart = (db: Db, claim: Claim, item: number, now: Date): Promise<void> =>
  move(db, claim, item, ['begun'], { begun_at: now.getTime() })

export async function acknowledge(db: Db, claim: Claim, item: number): Promise<void> {
  const entry = await assertLease(db, claim, true)
  const { numAffectedRows } = await ACKNOWLEDGE(db, { item, entry })
  if (numAffectedRows !== 1n) throw misplaced('acknowledged')
}

const ACKNOWLEDGE = statement((db, { item, entry }: { item: number; entry: number }) =>
  db
    .updateTable('item')
    .set({ acknowledged: 1 })
    .where('id', '=', item)
    .where('entry_id', '=', entry)
    .where('state', '=', 'begun'),
)

export async function deliver(
  db: Db,
  claim: Claim,
  item: number,
  documentId: string | undefined,
  now: Date,
): Promise<boolean> {
  const entry = await assertLease(db, claim, true)
  if (documentId !== undefined) {
    const holder = await holderOf(db, item, documentId)
    if (holder !== undefined) return holder === item
  }
  const document = documentId ?? null
  const { numAffectedRows } = await DELIVER(db, { item, entry, document, now: now.getTime() })
  if (numAffectedRows !== 1n) throw misplaced('delivered')
  return true
}

const DELIVER = statement(
  (db, { item, entry, document, now }: { item: number; entry: number; document: string | null; now: number }) =>
    db
      .updateTable('item')
      .set({
        state: 'delivered',
        document_id: document,
        delivered_at: now,
        absent_at: null,
        status: null,
        code: null,
        reason: null,
      })
      .where('id', '=', item)
      .where('entry_id', '=', entry)
      .where('state', 'in', OPEN_STATES),
)

const holderOf = async (db: Db, item: number, documentId: string): Promise<number | undefined> =>
  (await HOLDER(db, { item, documentId })).rows[0]?.id

const HOLDER = statement((db, { item, documentId }: { item: number; documentId: string }) =>
  db
    .selectFrom('item')
    .select('id')
    .where('document_id', '=', documentId)
    .where('ticket', '=', eb => eb.selectFrom('item as ours').select('ours.ticket').where('ours.id', '=', item)),
)

export const refuse = (db: Db, claim: Claim, item: number, { status, code, reason }: Because): Promise<void> =>
  move(db, claim, item, OPEN_STATES, { state: 'refused', acknowledged: 0, absent_at: null, status, code, reason })

export const skip = (db: Db, claim: Claim, item: number, reason: string): Promise<void> =>
  move(db, claim, item, OPEN_STATES, {
    state: 'skipped',
    acknowledged: 0,
    absent_at: null,
    status: null,
    code: null,
    reason,
  })

export const doubt = (
  db: Db,
  claim: Claim,
  item: number,
  { status, code, reason }: Because,
  now: Date,
): Promise<void> =>
  move(db, claim, item, SENT_STATES, {
    state: 'uncertain',
    begun_at: sql<number>`case when state = 'begun' then ${now.getTime()} else begun_at end`,
    acknowledged: 0,
    status,
    code,
    reason,
  })

export const noteAbsence = (db: Db, claim: Claim, item: number, now: Date): Promise<void> =>
  move(db, claim, item, SENT_STATES, { absent_at: now.getTime() })

export const clear = (db: Db, claim: Claim, item: number): Promise<void> => putBack(db, claim, item, 1)

export const reject = (db: Db, claim: Claim, item: number): Promise<void> => putBack(db, claim, item, 0)

/** `uncounted`: POSTs that do not count. */
const putBack = (db: Db, claim: Claim, item: number, uncounted: 0 | 1): Promise<void> =>
  move(db, claim, item, SENT_STATES, {
    state: 'pending',
    snapshot: null,
    begun_at: null,
    acknowledged: 0,
    absent_at: null,
    posts: sql<number>`posts - ${uncounted}`,
    status: null,
    code: null,
    reason: null,
  })

async function move(
  db: Db,
  claim: Claim,
  item: number,
  from: readonly ItemState[],
  values: UpdateObject<Tables, 'item'> & { readonly state?: ItemState },
): Promise<void> {
  const entry = await assertLease(db, claim, true)
  const { numUpdatedRows } = await db
    .updateTable('item')
    .set(values)
    .where('id', '=', item)
    .where('entry_id', '=', entry)
    .where('state', 'in', [...from])
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw misplaced(values.state ?? 'changed')
}

const misplaced = (to: string): Fault =>
  new Fault('4.3.0', `an attachment cannot be ${to} from the state it is in`, { scope: 'ledger' })

/** Another mail of the same Message-ID and sender has had the same octets put on this ticket under this name, or still has them looked for. */
export async function copied(
  db: Db,
  claim: Claim,
  { item, ticket, name, sha256 }: ItemRecord,
  elsewhere: readonly string[],
): Promise<'there' | 'in doubt' | undefined> {
  const { messageId, from } = claim.envelope
  if (messageId === undefined || from === undefined) return undefined
  const sought = { item, ticket, name, sha256, entry: Number(claim.id), messageId, sender: from.address }
  const { rows } = await COPIES(db, sought)
  const copies = rows.filter(({ mailbox }) => !elsewhere.includes(mailbox))
  if (copies.some(({ state }) => state === 'delivered')) return 'there'
  // One that is over, and in doubt all the same, is a person's: nobody would wait for its end.
  return copies.some(({ due_at }) => due_at !== null) ? 'in doubt' : undefined
}

type Sought = {
  readonly item: number
  readonly ticket: string
  readonly name: string
  readonly sha256: string
  readonly entry: number
  readonly messageId: string
  readonly sender: string
}

const COPIES = statement((db, { item, ticket, name, sha256, entry, messageId, sender }: Sought) =>
  db
    .selectFrom('item')
    .innerJoin('entry', 'entry.id', 'item.entry_id')
    .select(['entry.mailbox', 'entry.due_at', 'item.state'])
    .where('item.sha256', '=', sha256)
    .where('item.ticket', '=', ticket)
    .where('item.name', '=', name)
    .where('item.state', 'in', ['delivered', ...SENT_STATES])
    .where('item.id', '!=', item)
    .where('entry.id', '!=', entry)
    .where('entry.message_id', '=', messageId)
    .where('entry.from_address', '=', sender),
)

/** Of these hashes those that lie on at least `least` tickets other than these. */
export async function recurring(
  db: Db,
  hashes: readonly string[],
  except: readonly string[],
  least: number,
): Promise<ReadonlySet<string>> {
  if (hashes.length === 0) return new Set()
  const rows = await db
    .selectFrom('item')
    .select('sha256')
    .where('sha256', 'in', [...hashes])
    .where('ticket', 'not in', ['', ...except])
    .where('state', '=', 'delivered')
    .groupBy('sha256')
    .having(({ fn }) => fn.count('ticket').distinct(), '>=', least)
    .execute()
  return new Set(rows.map(({ sha256 }) => sha256))
}

export async function held(db: Db, ticket: string): Promise<ReadonlySet<string>> {
  const { rows } = await HELD(db, { ticket })
  return new Set(rows.map(({ document_id }) => document_id ?? ''))
}

const HELD = statement((db, { ticket }: { ticket: string }) =>
  db.selectFrom('item').select('document_id').where('ticket', '=', ticket).where('document_id', 'is not', null),
)

export const inDoubt = async (db: Db, ticket: string): Promise<readonly Doubt[]> =>
  (await IN_DOUBT(db, { ticket })).rows.map(({ id, name, sha256 }) => ({ item: id, name, sha256 }))

const IN_DOUBT = statement((db, { ticket }: { ticket: string }) =>
  db
    .selectFrom('item')
    .select(['id', 'name', 'sha256'])
    .where('ticket', '=', ticket)
    .where('state', 'in', [...SENT_STATES]),
)
