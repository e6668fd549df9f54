/** From rows to the nouns of the road, and back. */
import type { Selectable } from 'kysely'
import type { Claim, Filing, ItemRecord } from '../gateway/ports.ts'
import type { Dispatch, Fate, Item } from '../mail/dispatch.ts'
import type { Envelope } from '../mail/envelope.ts'
import { Fault } from '../mail/fault.ts'
import type { Ref } from '../mail/ref.ts'
import type { Because, Code, Status } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { insertion, statement } from './statement.ts'
import type { Db, EntryTable, ItemTable } from './tables.ts'

export type EntryRow = Selectable<EntryTable>
export type ItemRow = Selectable<ItemTable>

/** Ids are row numbers, printed; undefined for what cannot be one. */
export const rowOf = (id: string): number | undefined => (/^[1-9]\d{0,15}$/.test(id) ? Number(id) : undefined)

export const lost = (): Fault => new Fault('4.3.0', 'the lease has passed to another try', { scope: 'ledger' })

/** Where the mail lies: where we filed it, else where it was sighted. */
export function refOf(
  row: Pick<EntryRow, 'mailbox' | 'folder' | 'uid_validity' | 'uid' | 'lies_folder' | 'lies_uid_validity' | 'lies_uid'>,
): Ref {
  const { mailbox, folder, uid_validity: uidValidity, uid } = row
  if (row.lies_folder === null || row.lies_uid === null || row.lies_uid_validity === null)
    return { mailbox, folder, uidValidity, uid }
  return { mailbox, folder: row.lies_folder, uidValidity: row.lies_uid_validity, uid: row.lies_uid }
}

export function writeEnvelope({ ref: _ref, arrivedAt, ...rest }: Envelope): string {
  return JSON.stringify({ ...rest, arrivedAt: arrivedAt.getTime() })
}

/** Our own JSON: written by `writeEnvelope` and by nobody else, so its shape is not checked again. */
export function readEnvelope(row: EntryRow): Envelope {
  if (row.envelope === null)
    throw new Fault('5.3.0', 'the mail is too old: its envelope was removed', { scope: 'ledger' })
  const { arrivedAt, ...rest } = JSON.parse(row.envelope)
  // JSON leaves out what is undefined; the type wants it said.
  const absent = { from: undefined, messageId: undefined, machine: undefined, silent: undefined, outline: undefined }
  return { ...absent, ...rest, arrivedAt: new Date(arrivedAt), ref: refOf(row) }
}

export function becauseOf(row: {
  readonly status: string | null
  readonly code: string | null
  readonly reason: string | null
}): Because | undefined {
  if (row.reason === null) return undefined
  // Written from a Because; a skipped part carries its reason alone, and nothing failed.
  return { status: (row.status ?? '2.0.0') as Status, code: (row.code ?? 'delivered') as Code, reason: row.reason }
}

export const filingOf = (row: Pick<EntryRow, 'filing_folder' | 'filing_flag'>): Filing => ({
  folder: row.filing_folder ?? undefined,
  flag: row.filing_flag ?? undefined,
})

export const itemOf = (row: ItemRow): ItemRecord => ({
  item: row.id,
  part: row.part,
  name: row.name,
  originalName: row.original_name ?? undefined,
  type: row.type,
  size: row.size,
  sha256: row.sha256,
  ticket: row.ticket as TicketNumber,
  state: row.state,
  because: becauseOf(row),
  wanted: row.fate === 'send',
  snapshot: row.snapshot === null ? undefined : JSON.parse(row.snapshot),
  begunAt: dateOf(row.begun_at),
  acknowledged: row.acknowledged === 1,
  absentAt: dateOf(row.absent_at),
  posts: row.posts,
  documentId: row.document_id ?? undefined,
})

export const dateOf = (instant: number | null): Date | undefined => (instant === null ? undefined : new Date(instant))

export const itemsOf = async (db: Db, entry: number): Promise<ItemRow[]> => (await ITEMS(db, { entry })).rows

const ITEMS = statement((db, { entry }: { entry: number }) =>
  db.selectFrom('item').selectAll().where('entry_id', '=', entry).orderBy('id'),
)

export const ticketsOf = async (db: Db, entry: number): Promise<TicketNumber[]> =>
  (await TICKETS(db, { entry })).rows.map(({ ticket }) => ticket as TicketNumber)

const TICKETS = statement((db, { entry }: { entry: number }) =>
  db.selectFrom('entry_ticket').select('ticket').where('entry_id', '=', entry).orderBy('ordinal'),
)

/** An entry that was just claimed, with all that an attempt needs. */
export async function claimOf(db: Db, row: EntryRow): Promise<Claim> {
  // Before the first dispatch there are none.
  const items = row.routing === 0 ? [] : await itemsOf(db, row.id)
  const tickets = await ticketsOf(db, row.id)
  return {
    id: String(row.id),
    lease: row.lease ?? '',
    attempt: row.attempts - row.attempts_before,
    envelope: readEnvelope(row),
    tickets,
    dispatch: dispatchOf(row, items),
    items: items.map(itemOf),
    allParts: row.all_parts === 1,
    released: row.released === 1,
    doubtsAccepted: row.doubts_accepted === 1,
    firstAttemptAt: new Date(row.first_attempt_at ?? 0),
    crashes: row.crashes,
    interrupted: row.interrupted,
  }
}

function dispatchOf(row: EntryRow, items: readonly ItemRow[]): Dispatch | undefined {
  if (row.description === null) return undefined
  const current = items.filter(({ routing }) => routing === row.routing)
  return { description: row.description, items: current.map(dispatched) }
}

function dispatched(row: ItemRow): Item {
  const { part, name, originalName, type, size, sha256, ticket } = itemOf(row)
  return { part, name, originalName, type, size, sha256, ticket, fate: fateOf(row) }
}

function fateOf(row: ItemRow): Fate {
  const why = becauseOf(row)
  switch (row.fate) {
    case 'send':
      return { kind: 'send' }
    case 'skip':
      return { kind: 'skip', reason: why?.reason ?? '' }
    case 'refuse':
      return { kind: 'refuse', ...(why ?? { status: '5.3.0', code: 'desk-refused', reason: '' }) }
    default:
      return row.fate satisfies never
  }
}

export const writeTrace = (db: Db, entry: number, at: Date, attempt: number, lines: readonly string[]): Promise<void> =>
  TRACE(
    db,
    lines.map(line => ({ entry, at: at.getTime(), attempt, line })),
  )

const TRACE = insertion((db, rows: readonly { entry: number; at: number; attempt: number; line: string }[]) =>
  db.insertInto('trace').values(rows.map(({ entry, at, attempt, line }) => ({ entry_id: entry, at, attempt, line }))),
)
