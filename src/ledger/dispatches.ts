/** The dispatch made durable: an item row for each file and ticket, with whatever is already known of it kept. */
import type { Claim, ItemRecord } from '../gateway/ports.ts'
import type { Dispatch, Fate, Item } from '../mail/dispatch.ts'
import { isHeld } from './attempts.ts'
import { type ItemRow, itemOf, itemsOf, lost, rowOf, writeTrace } from './rows.ts'
import { insertion, statement } from './statement.ts'
import type { Db } from './tables.ts'
import { addFiles } from './words.ts'

/**
 * Rows of an earlier routing that were never sent give way to the new ones. Rows that are on the ticket, or may be, stay for ever:
 * the new routing takes them over where it wants the same octets on the same ticket. The others are sent no more.
 */
export async function dispatch(
  db: Db,
  claim: Claim,
  { description, items }: Dispatch,
  trace: readonly string[],
  now: Date,
): Promise<readonly ItemRecord[]> {
  const entry = rowOf(claim.id) ?? 0
  const [routed] = (await ROUTED(db, { entry, lease: claim.lease, description })).rows
  if (routed === undefined) throw lost()
  const { routing, attempts } = routed
  const before = routing === 1 ? [] : await leftOver(db, entry)
  const kept = takeOver(before, items)
  for (const { id } of before) await db.updateTable('item').set({ fate: 'skip' }).where('id', '=', id).execute()
  for (const [n, { part, fate }] of items.entries()) {
    const row = kept.get(n)
    if (row === undefined) continue
    await db.updateTable('item').set({ routing, part, fate: fate.kind }).where('id', '=', row.id).execute()
  }
  await ITEMS(
    db,
    items.filter((_, n) => !kept.has(n)).map(item => rowFor(item, entry, routing)),
  )
  await addFiles(db, entry, items)
  await writeTrace(db, entry, now, attempts, trace)
  return (await itemsOf(db, entry)).map(itemOf)
}

/** As `assertLease` does, and more at once. */
const ROUTED = statement((db, { entry, lease, description }: { entry: number; lease: string; description: string }) =>
  db
    .updateTable('entry')
    .set(eb => ({ description, routing: eb('routing', '+', 1), moved: 1 }))
    .where(isHeld({ id: entry, lease }))
    .returning(['routing', 'attempts']),
)

/** What of an earlier routing stays. */
async function leftOver(db: Db, entry: number): Promise<readonly ItemRow[]> {
  await db
    .deleteFrom('item')
    .where('entry_id', '=', entry)
    .where('state', 'in', ['pending', 'skipped', 'refused'])
    .execute()
  return await itemsOf(db, entry)
}

/** Which row serves which item; equal files in one mail are as many rows, so each row serves once, the same part if it can. */
function takeOver(rows: readonly ItemRow[], items: readonly Item[]): ReadonlyMap<number, ItemRow> {
  const free = new Set(rows)
  const kept = new Map<number, ItemRow>()
  for (const samePart of [true, false])
    for (const [n, item] of items.entries()) {
      if (kept.has(n)) continue
      const row = [...free].find(
        one => one.ticket === item.ticket && one.sha256 === item.sha256 && (!samePart || one.part === item.part),
      )
      if (row === undefined) continue
      kept.set(n, row)
      free.delete(row)
    }
  return kept
}

type NewRow = Omit<
  ItemRow,
  'id' | 'snapshot' | 'begun_at' | 'acknowledged' | 'absent_at' | 'posts' | 'document_id' | 'delivered_at'
>

const ITEMS = insertion((db, rows: readonly NewRow[]) =>
  db.insertInto('item').values(
    rows.map(row => ({
      entry_id: row.entry_id,
      routing: row.routing,
      part: row.part,
      name: row.name,
      original_name: row.original_name,
      type: row.type,
      size: row.size,
      sha256: row.sha256,
      ticket: row.ticket,
      fate: row.fate,
      state: row.state,
      status: row.status,
      code: row.code,
      reason: row.reason,
    })),
  ),
)

function rowFor(item: Item, entry: number, routing: number): NewRow {
  const { part, name, originalName, type, size, sha256, ticket, fate } = item
  return {
    entry_id: entry,
    routing,
    part,
    name,
    original_name: originalName ?? null,
    type,
    size,
    sha256,
    ticket,
    fate: fate.kind,
    ...bornAs(fate),
  }
}

function bornAs(fate: Fate): Pick<NewRow, 'state' | 'status' | 'code' | 'reason'> {
  switch (fate.kind) {
    case 'send':
      return { state: 'pending', status: null, code: null, reason: null }
    case 'skip':
      return { state: 'skipped', status: null, code: null, reason: fate.reason }
    case 'refuse':
      return { state: 'refused', status: fate.status, code: fate.code, reason: fate.reason }
    default:
      return fate satisfies never
  }
}
