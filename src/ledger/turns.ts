/** Turns that replicas take: one holder per key, until it gives the turn back or is not heard of any more. */
import { sql } from 'kysely'
import type { Db } from './tables.ts'

export type Turn = { readonly key: string; readonly holder: string }

/** False when somebody else has it. */
export async function takeTurn(db: Db, { key, holder }: Turn, now: Date, length: number): Promise<boolean> {
  const until = now.getTime() + length
  const row = await db
    .insertInto('turn')
    .values({ key, holder, until })
    .onConflict(conflict =>
      conflict.column('key').doUpdateSet({ holder, until }).where('turn.until', '<=', now.getTime()),
    )
    .returning('holder')
    .executeTakeFirst()
  return row !== undefined
}

/** False when it has passed on. */
export async function renewTurn(db: Db, { key, holder }: Turn, until: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('turn')
    .set({ until: until.getTime() })
    .where('key', '=', key)
    .where('holder', '=', holder)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function endTurn(db: Db, { key, holder }: Turn): Promise<void> {
  await db.deleteFrom('turn').where('key', '=', key).where('holder', '=', holder).execute()
}

/** Settling a mail is a turn of this name. */
export const settling = (entry: string): string => `settle ${entry}`

/** Notices that were on their way when their sender was last heard of: nobody knows whether they arrived. */
export const forsaken = (db: Db, now: Date) =>
  db
    .selectFrom('notice')
    .select('notice.id')
    .where('notice.state', '=', 'sending')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('turn')
            .select('turn.key')
            .where(sql<boolean>`turn.key = 'settle ' || notice.entry_id`)
            .where('turn.until', '>', now.getTime()),
        ),
      ),
    )
