/** Moving a ledger from a file into a database: every row, checked by counts and hashes before anything counts as done. */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { Fault } from '../mail/fault.ts'
import { COPIED } from './backup.ts'
import type { Engine } from './engine.ts'
import { nulFree } from './postgres.ts'
import type { Db } from './tables.ts'

/** Whoever is referred to comes first. Turns are of the moment. */
const TABLES = [
  ...(['mailbox', 'cursor', 'entry', 'entry_ticket', 'item', 'notice'] as const),
  ...(['trace', 'words', 'suspension', 'fact', 'erasure'] as const),
]
/** Their row numbers go on from the highest. */
const NUMBERED = ['entry', 'item', 'notice', 'trace', 'erasure'] as const
const BATCH = 500

type Row = Readonly<Record<string, unknown>>

/** How many rows each table has. */
export type Copied = Readonly<Record<string, number>>

/**
 * Copies all of `from` (a file that nobody works with) into `to` (a database), in one transaction. Faults of scope `ledger`: 5.3.0 when `to` knows
 * mails already; 4.3.1 when a row did not arrive as it was, or either side cannot be used. Then `to` is as it was.
 */
export async function copyLedger(from: Engine, to: Engine): Promise<Copied> {
  try {
    return await to.writer.transaction().execute(db => copyAll(from.reader, db))
  } catch (error) {
    throw from.fault(error) ?? to.fault(error) ?? error
  }
}

async function copyAll(from: Db, to: Db): Promise<Copied> {
  for (const table of ['entry', 'mailbox'] as const)
    if ((await to.selectFrom(table).select(sql`1`.as('one')).limit(1).execute()).length > 0)
      throw new Fault('5.3.0', 'the ledger to copy into knows mails already: name an empty database', {
        scope: 'ledger',
      })
  await copyBirth(from, to)
  const copied: Record<string, number> = {}
  for (const table of TABLES) {
    const sent = await sum(rowsOf(from, table), batch => insert(to, table, batch))
    const arrived = await sum(arrivedIn(to, table))
    if (sent.hash !== arrived.hash || sent.count !== arrived.count) {
      const reason = `the rows of ${table} did not arrive as they were: ${sent.count} sent, ${arrived.count} there`
      throw new Fault('4.3.1', reason, { scope: 'ledger' })
    }
    copied[table] = sent.count
  }
  for (const table of NUMBERED) {
    const sequence = sql`pg_get_serial_sequence(${table}, 'id')`
    await sql`select setval(${sequence}, coalesce((select max(id) from ${sql.table(table)}), 0) + 1, false)`.execute(to)
  }
  return copied
}

/** The secret goes along: notices of before have Message-IDs made with it. */
async function copyBirth(from: Db, to: Db): Promise<void> {
  const rows = await from.selectFrom('meta').selectAll().where('key', 'not in', ['version', COPIED]).execute()
  for (const { key, value } of rows)
    await to
      .insertInto('meta')
      .values({ key, value })
      .onConflict(conflict => conflict.column('key').doUpdateSet({ value }))
      .execute()
}

type Table = (typeof TABLES)[number]

/** One statement, read as it is asked for. */
async function* rowsOf(db: Db, table: Table): AsyncIterable<readonly Row[]> {
  let batch: Row[] = []
  for await (const row of db.selectFrom(table).selectAll().stream()) {
    batch.push(row)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function* arrivedIn(db: Db, table: Table): AsyncIterable<readonly Row[]> {
  await sql`declare copied no scroll cursor for select * from ${sql.table(table)}`.execute(db)
  for (;;) {
    const { rows } = await sql<Row>`fetch forward ${sql.lit(BATCH)} from copied`.execute(db)
    if (rows.length === 0) break
    yield rows
  }
  await sql`close copied`.execute(db)
}

async function insert(db: Db, table: Table, rows: readonly Row[]): Promise<void> {
  // Rows of one shape of the same migrations on both sides; no type says so for a table that is a variable.
  await db
    .insertInto(table)
    .values(rows as never)
    .execute()
}

/** Whatever the order: engines do not agree on how text is sorted. */
async function sum(
  batches: AsyncIterable<readonly Row[]>,
  each: (batch: readonly Row[]) => Promise<void> = async () => undefined,
): Promise<{ readonly count: number; readonly hash: bigint }> {
  let [count, hash] = [0, 0n]
  for await (const batch of batches) {
    await each(batch)
    count += batch.length
    for (const row of batch) hash = (hash + hashOf(row)) % 2n ** 256n
  }
  return { count, hash }
}

function hashOf(row: Row): bigint {
  const told = Object.entries(row)
    .map(([name, value]) => [name, typeof value === 'string' ? nulFree(value) : value] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return BigInt(`0x${createHash('sha256').update(JSON.stringify(told)).digest('hex')}`)
}
