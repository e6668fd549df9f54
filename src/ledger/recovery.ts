/** After an unclean end: which mails were being tried, and whether one of them was alone and so may be the cause. */
import { settleIfDone } from './conclusions.ts'
import { type EntryRow, writeTrace } from './rows.ts'
import type { Db } from './tables.ts'
import { forsaken } from './turns.ts'

/** `after`: unclean ends in a row, alone, that make a suspect. `calmIn`: milliseconds until this process may try one. */
export type Suspects = { readonly after: number; readonly calmIn: () => number }

/**
 * Marks what earlier starts of the process left behind; only the one worker may ask for this. An end while several mails were active, or after
 * the mail had got somewhere in its try, says nothing against any of them. A notice that was on its way is never sent again: nobody knows whether it arrived.
 */
export async function recover(db: Db, boot: string, now: Date, suspects: Suspects): Promise<void> {
  const left = await db
    .selectFrom('entry')
    .select(['id', 'boot', 'standing', 'moved', 'crashes', 'attempts'])
    .where('boot', 'is not', null)
    .where('boot', '!=', boot)
    .where('standing', '!=', 'orphan')
    .execute()
  for (const one of left)
    await orphan(
      db,
      one,
      left.every(other => other.id === one.id || other.boot !== one.boot),
      now,
    )
  await timeOrphans(db, now, suspects)
  await recoverNotices(db, boot, now)
}

type Left = Pick<EntryRow, 'id' | 'boot' | 'moved' | 'crashes' | 'attempts'>

async function orphan(db: Db, one: Left, alone: boolean, now: Date): Promise<number> {
  const crashes = one.moved === 1 ? 0 : one.crashes + (alone ? 1 : 0)
  await db
    .updateTable('entry')
    .set(eb => ({ standing: 'orphan', crashes, interrupted: eb('interrupted', '+', 1) }))
    .where('id', '=', one.id)
    .execute()
  await writeTrace(db, one.id, now, one.attempts, [
    `the program ended while this was being tried${alone ? ', and nothing else was' : ''}`,
  ])
  return crashes
}

/**
 * The same for replicas, any of which may ask at any time: a lease that ran out is all that tells of an end. Whoever still lives and has only been
 * silent finds that its try has passed on. What else the silent one has in hand shows whether a mail was alone, whether it has lapsed already or not.
 */
export async function lapse(db: Db, boot: string, now: Date, suspects: Suspects, first: boolean): Promise<void> {
  const lapsed = await db
    .selectFrom('entry')
    .select(['id', 'boot', 'moved', 'crashes', 'attempts'])
    .where('boot', 'is not', null)
    .where('boot', '!=', boot)
    .where('standing', '!=', 'orphan')
    .where('due_at', '<=', now.getTime())
    .orderBy('id')
    .forUpdate()
    .skipLocked()
    .execute()
  for (const one of lapsed) {
    const beside = db.selectFrom('entry').select('id').where('boot', '=', one.boot).where('id', '!=', one.id)
    const crashes = await orphan(db, one, (await beside.limit(1).executeTakeFirst()) === undefined, now)
    const due = now.getTime() + (crashes >= suspects.after ? suspects.calmIn() : 0)
    await db.updateTable('entry').set({ due_at: due }).where('id', '=', one.id).execute()
  }
  // Whoever has only just started may not take a suspect before it is calm.
  if (first) await timeOrphans(db, now, suspects)
}

/** Notices that replicas were sending which are not heard of any more: never sent again, like those that an end of the one worker left. */
export async function recoverForsaken(db: Db, now: Date): Promise<void> {
  const left = await db
    .updateTable('notice')
    .set({ state: 'unknown', boot: null, reason: 'the program ended while it was being sent' })
    .where('id', 'in', forsaken(db, now))
    .returning('entry_id')
    .execute()
  for (const { entry_id } of left) await settleIfDone(db, entry_id, now)
}

/** Due at once, and suspects when this process has proven that it lives; those that earlier starts did not come to are timed anew. */
async function timeOrphans(db: Db, now: Date, { after, calmIn }: Suspects): Promise<void> {
  const orphans = db.updateTable('entry').where('standing', '=', 'orphan').where('boot', 'is not', null)
  await orphans.set({ due_at: now.getTime() }).where('crashes', '<', after).execute()
  await orphans
    .set({ due_at: now.getTime() + calmIn() })
    .where('crashes', '>=', after)
    .execute()
}

async function recoverNotices(db: Db, boot: string, now: Date): Promise<void> {
  const left = await db
    .updateTable('notice')
    .set({ state: 'unknown', boot: null, reason: 'the program ended while it was being sent' })
    .where('state', '=', 'sending')
    .where('boot', '!=', boot)
    .returning('entry_id')
    .execute()
  for (const { entry_id } of left) await settleIfDone(db, entry_id, now)
}
