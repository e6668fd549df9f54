/** A ledger that is older than what has happened: a restored backup (gateway/reconcile.ts has what follows for the mails). */
import { COPIED } from './backup.ts'
import { settleIfDone } from './conclusions.ts'
import type { Db } from './tables.ts'

/** When the backup was made that this ledger was restored from; undefined when it is none, or has been worked with since. */
export async function copiedAt(db: Db): Promise<Date | undefined> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', COPIED).executeTakeFirst()
  return row === undefined ? undefined : new Date(row.value)
}

/** It is no copy any more. Nobody knows which of the notices that waited in it have gone out since, and none is sent twice. */
export async function takeOver(db: Db, now: Date): Promise<void> {
  await db.deleteFrom('meta').where('key', '=', COPIED).execute()
  const waiting = await db
    .updateTable('notice')
    .set({
      state: 'suppressed',
      due_at: null,
      boot: null,
      reason: 'the ledger was restored: it may have gone out already',
    })
    .where('state', 'in', ['queued', 'sending'])
    .returning('entry_id')
    .execute()
  for (const { entry_id } of waiting) await settleIfDone(db, entry_id, now)
}
