/** The dispatch made durable: an item row for each file and ticket, with whatever is already known of it kept. */
import type { Insertable } from 'kysely'
import type { Claim, ItemRecord } from '../gateway/ports.ts'
import type { Dispatch, Fate, Item } from '../mail/dispatch.ts'
import { assertLease } from './attempts.ts'
import { type ItemRow, itemOf, itemsOf, writeTrace } from './rows.ts'
import type { Db, ItemTable } from './tables.ts'
import { addFiles } from './words.ts'

/**
 * Rows of an earlier routing that were never sent give way to the new ones. Rows that are on the ticket, or may be, stay for ever:
 * the new routing takes them over where it wants the same octets on the same ticket.
 */
export async function dispatch(
  db: Db,
  claim: Claim,
  { description, items }: Dispatch,
  trace: readonly string[],
  now: Date,
): Promise<readonly ItemRecord[]> {
  const entry = await assertLease(db, claim, true)
  const { routing, attempts } = await db
    .updateTable('entry')
    .set(eb => ({ description, routing: eb('routing', '+', 1) }))
    .where('id', '=', entry)
    .returning(['routing', 'attempts'])
    .executeTakeFirstOrThrow()
  const before = routing === 1 ? [] : await leftOver(db, entry)
  const kept = takeOver(before, items)
  for (const [n, row] of kept)
    await db.updateTable('item').set({ routing, part: items[n]?.part }).where('id', '=', row.id).execute()
  const added = await insert(
    db,
    items.filter((_, n) => !kept.has(n)).map(item => rowFor(item, entry, routing)),
  )
  await addFiles(db, entry, items)
  await writeTrace(db, entry, now, attempts, trace)
  return (before.length === 0 ? added : await itemsOf(db, entry)).map(itemOf)
}

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

/** Values in one query; a mail has few files, and one of thousands must not meet an engine's limit. */
const MOST_AT_ONCE = 100

/** In the order of their ids, which is the order given. */
async function insert(db: Db, rows: readonly Insertable<ItemTable>[]): Promise<readonly ItemRow[]> {
  const added: ItemRow[] = []
  for (let at = 0; at < rows.length; at += MOST_AT_ONCE)
    added.push(
      ...(await db
        .insertInto('item')
        .values(rows.slice(at, at + MOST_AT_ONCE))
        .returningAll()
        .execute()),
    )
  return added.toSorted((a, b) => a.id - b.id)
}

function rowFor(item: Item, entry: number, routing: number): Insertable<ItemTable> {
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
    snapshot: null,
    begun_at: null,
    absent_at: null,
    document_id: null,
    delivered_at: null,
    ...bornAs(fate),
  }
}

function bornAs(fate: Fate): Pick<Insertable<ItemTable>, 'state' | 'status' | 'code' | 'reason'> {
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
