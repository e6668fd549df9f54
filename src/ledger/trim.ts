/** Forgetting: what has long been over loses its trace and everything personal; a stub stays, so that the mail is known where it lies. */
import type { Db } from './tables.ts'

/** Entries in one transaction: bounds how long it stops the loop. */
const BATCH = 200

/** Milliseconds without a new mail after which the clock is no longer believed. */
const SILENCE = 31 * 86_400_000

/** Trims one batch of entries that were settled more than `keep` milliseconds ago; resolves with how many it was (0 = nothing is left to do). */
export async function trim(db: Db, now: Date, keep: number): Promise<number> {
  const rows = await db
    .selectFrom('entry')
    .select(['id', 'settled_at'])
    .where('settled_at', 'is not', null)
    .where('trimmed_at', 'is', null)
    .where('settled_at', '<', now.getTime() - keep)
    .orderBy('settled_at')
    .limit(BATCH)
    .execute()
  // Nothing is old, mostly; only then are all mails asked for the newest.
  if (rows.length === 0) return 0
  const limit = (await believable(db, now)) - keep
  const ids = rows.filter(({ settled_at }) => Number(settled_at) < limit).map(({ id }) => id)
  if (ids.length === 0) return 0
  await strip(db, ids, now)
  return ids.length
}

/**
 * What is forgotten cannot be had back, so a clock that runs years ahead must not decide it alone: by the mail server's word (INTERNALDATE) it is
 * no later than a month after the newest mail. A mailbox that nobody writes to is not trimmed further; `mailclip forget` is for that.
 */
async function believable(db: Db, now: Date): Promise<number> {
  const { newest } = await db
    .selectFrom('entry')
    .select(({ fn }) => fn.max('arrived_at').as('newest'))
    .executeTakeFirstOrThrow()
  return newest === null ? now.getTime() : Math.min(now.getTime(), Number(newest) + SILENCE)
}

/** What is left of these settled entries is a stub. */
export async function strip(db: Db, ids: readonly number[], now: Date): Promise<void> {
  for (let at = 0; at < ids.length; at += BATCH) await stripBatch(db, ids.slice(at, at + BATCH), now)
}

async function stripBatch(db: Db, ids: readonly number[], now: Date): Promise<void> {
  await db.deleteFrom('trace').where('entry_id', 'in', ids).execute()
  await db.deleteFrom('notice').where('entry_id', 'in', ids).execute()
  await db.deleteFrom('words').where('entry_id', 'in', ids).execute()
  // Document ids stay: no later upload may take one of them for its own. Reasons go: they name files.
  await db.updateTable('item').set({ name: '', original_name: null, reason: '' }).where('entry_id', 'in', ids).execute()
  await db
    .updateTable('entry')
    .set({
      subject: '',
      from_address: null,
      message_id: null,
      envelope: null,
      parts: null,
      description: null,
      reason: '',
      trimmed_at: now.getTime(),
    })
    .where('id', 'in', ids)
    .execute()
}
