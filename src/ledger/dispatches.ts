/** The dispatch made durable: an item row for each file and ticket, with whatever is already known of it kept. */
import type { Claim, ItemRecord } from '../gateway/ports.ts'
import type { Dispatch, Item } from '../mail/dispatch.ts'
import { assertLease } from './attempts.ts'
import { type ItemRow, itemOf, itemsOf, writeTrace } from './rows.ts'
import type { Db } from './tables.ts'
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
  await db
    .deleteFrom('item')
    .where('entry_id', '=', entry)
    .where('state', 'in', ['pending', 'skipped', 'refused'])
    .execute()
  const kept = takeOver(await itemsOf(db, entry), items)
  for (const [n, item] of items.entries()) {
    const row = kept.get(n)
    if (row === undefined) await insert(db, entry, routing, item)
    else await db.updateTable('item').set({ routing, part: item.part }).where('id', '=', row.id).execute()
  }
  await addFiles(db, entry, items)
  await writeTrace(db, entry, now, attempts, trace)
  return (await itemsOf(db, entry)).map(itemOf)
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

async function insert(db: Db, entry: number, routing: number, item: Item): Promise<void> {
  const { part, name, originalName, type, size, sha256, ticket, fate } = item
  const common = {
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
  }
  const none = { status: null, code: null, reason: null }
  switch (fate.kind) {
    case 'send':
      await db
        .insertInto('item')
        .values({ ...common, ...none, state: 'pending' })
        .execute()
      return
    case 'skip':
      await db
        .insertInto('item')
        .values({ ...common, ...none, state: 'skipped', reason: fate.reason })
        .execute()
      return
    case 'refuse': {
      const { status, code, reason } = fate
      await db
        .insertInto('item')
        .values({ ...common, state: 'refused', status, code, reason })
        .execute()
      return
    }
    default:
      fate satisfies never
  }
}
