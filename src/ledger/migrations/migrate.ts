/** Bringing a ledger to the shape this program knows, in one transaction, or saying why not. */
import { sql } from 'kysely'
import { Fault } from '../../mail/fault.ts'
import type { Db } from '../tables.ts'
import { first } from './0001-first.ts'
import { search } from './0003-search.ts'
import { erasure } from './0004-erasure.ts'
import { released } from './0005-released.ts'
import { turn } from './0006-turn.ts'
import { doubts } from './0007-doubts.ts'
import type { Migration, Words } from './migration.ts'

const MIGRATIONS: readonly Migration[] = [first, search, erasure, released, turn, doubts]
const NEWEST = MIGRATIONS.at(-1)?.number ?? 0

/** What a new ledger is born with. */
export type Birth = { readonly secret: string; readonly createdAt: Date }

/**
 * Runs what is missing; resolves with what the ledger was born with. A ledger of the newest shape is only read, so a full disk or a busy
 * writer keeps nobody from opening it. `begin` starts a transaction that lets nobody else write, so two processes do not migrate at once.
 * Fault 4.3.1 scope `ledger` for a ledger written by a newer program.
 */
export async function migrate(
  db: Db,
  begin: string,
  words: Words,
  birth: () => Birth,
  missing: 'make' | 'leave' = 'make',
): Promise<{ readonly secret: string; readonly created: boolean }> {
  const found = await versionOf(db, words)
  if (found === 0 && missing === 'leave') throw new Fault('4.3.1', 'there is no ledger yet', { scope: 'ledger' })
  const created = found < NEWEST && (await transact(db, begin, one => upgrade(one, words, birth)))
  const row = await db.selectFrom('meta').select('value').where('key', '=', 'secret').executeTakeFirst()
  if (row === undefined) throw new Fault('4.3.1', 'the ledger has lost its secret', { scope: 'ledger' })
  return { secret: row.value, created }
}

/** 0 = nothing is there yet. */
async function versionOf(db: Db, words: Words): Promise<number> {
  if (!(await words.isThere(db))) return 0
  const row = await db.selectFrom('meta').select('value').where('key', '=', 'version').executeTakeFirst()
  const version = row === undefined ? 0 : Number(row.value)
  if (version <= NEWEST) return version
  const reason = `the ledger has version ${version}, this program knows up to ${NEWEST}: update the program`
  throw new Fault('4.3.1', reason, { scope: 'ledger' })
}

async function transact<T>(db: Db, begin: string, run: (one: Db) => Promise<T>): Promise<T> {
  return db.connection().execute(async one => {
    await sql.raw(begin).execute(one)
    try {
      const result = await run(one)
      await sql.raw('commit').execute(one)
      return result
    } catch (error) {
      await sql.raw('rollback').execute(one)
      throw error
    }
  })
}

/** Asks again what there is: another process may have been here first. Resolves with whether nothing was there. */
async function upgrade(db: Db, words: Words, birth: () => Birth): Promise<boolean> {
  const version = await versionOf(db, words)
  if (version === 0)
    await sql.raw(`create table meta (key text primary key, value text not null) ${words.end}`).execute(db)
  for (const migration of MIGRATIONS.filter(({ number }) => number > version)) {
    for (const statement of migration.statements(words)) await sql.raw(statement).execute(db)
    if (migration.number === 1) await bear(db, birth())
    await db
      .updateTable('meta')
      .set({ value: String(migration.number) })
      .where('key', '=', 'version')
      .execute()
  }
  return version === 0
}

async function bear(db: Db, { secret, createdAt }: Birth): Promise<void> {
  const values = [
    { key: 'version', value: '0' },
    { key: 'secret', value: secret },
    { key: 'createdAt', value: createdAt.toISOString() },
  ]
  await db.insertInto('meta').values(values).execute()
}
