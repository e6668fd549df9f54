/** Octets downloaded from a mailbox on a UTC day: one fact a mailbox and day; those of days gone by are cleared away as we go. */
import { sql } from 'kysely'
import type { Db } from './tables.ts'

const PREFIX = 'downloaded '

export async function spent(db: Db, mailbox: string, day: string): Promise<number> {
  const row = await db.selectFrom('fact').select('value').where('key', '=', keyOf(mailbox, day)).executeTakeFirst()
  return Number(row?.value ?? 0)
}

/** Adds in the database, so that two workers do not overwrite each other's count. */
export async function spend(db: Db, mailbox: string, day: string, octets: number): Promise<void> {
  await db.deleteFrom('fact').where('key', '>=', PREFIX).where('key', '<', keyOf('', day)).execute()
  await db
    .insertInto('fact')
    .values({ key: keyOf(mailbox, day), value: String(octets) })
    .onConflict(conflict =>
      conflict.column('key').doUpdateSet({ value: sql<string>`cast(cast(fact.value as bigint) + ${octets} as text)` }),
    )
    .execute()
}

/** The day first: older ones sort before. */
const keyOf = (mailbox: string, day: string): string => `${PREFIX}${day} ${mailbox}`
