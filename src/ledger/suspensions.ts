/** Sites that rest, and the small facts that outlive the process. */
import type { Selectable } from 'kysely'
import type { Site, Suspension } from '../gateway/ports.ts'
import type { Status } from '../mail/status.ts'
import { statement } from './statement.ts'
import type { Db, SuspensionTable } from './tables.ts'

export async function suspended(db: Db, site: Site): Promise<Suspension | undefined> {
  const row = await db.selectFrom('suspension').selectAll().where('site', '=', site).executeTakeFirst()
  return row === undefined ? undefined : suspensionOf(row)
}

export async function suspensions(db: Db): Promise<readonly Suspension[]> {
  const { rows } = await SUSPENSIONS(db, {})
  return rows.map(suspensionOf)
}

const SUSPENSIONS = statement(db => db.selectFrom('suspension').selectAll().orderBy('since').orderBy('site'))

/** Written from a Suspension and by nobody else. */
const suspensionOf = (row: Selectable<SuspensionTable>): Suspension => ({
  site: row.site as Site,
  since: new Date(row.since),
  until: new Date(row.until),
  status: row.status as Status,
  reason: row.reason,
  times: row.times,
  credentials: row.credentials ?? undefined,
})

export async function suspend(db: Db, suspension: Suspension): Promise<void> {
  const { site, since, until, status, reason, times, credentials } = suspension
  const values = {
    since: since.getTime(),
    until: until.getTime(),
    status,
    reason,
    times,
    credentials: credentials ?? null,
  }
  await db
    .insertInto('suspension')
    .values({ site, ...values })
    .onConflict(conflict => conflict.column('site').doUpdateSet(values))
    .execute()
}

export async function resume(db: Db, site: Site): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('suspension').where('site', '=', site).executeTakeFirst()
  if (numDeletedRows > 0n) await regain(db)
  return numDeletedRows > 0n
}

/** A mail that was set back more often may itself be what ails the site, and stays behind the others. */
const TRUSTED = 2

/**
 * Whoever asked a site that was down was set back for it; now the oldest go first again, and before those sighted at the same instant, of which
 * they were the first. An upload whose end nobody knows is looked for once more by that, no sooner sent.
 */
async function regain(db: Db): Promise<void> {
  await db
    .updateTable('entry')
    .set(eb => ({ due_at: eb('sighted_at', '-', 1) }))
    .where('standing', '=', 'usual')
    .where('returns', '<=', TRUSTED)
    .where('attempts', '<=', TRUSTED)
    .where(eb =>
      eb.or([
        eb('state', '=', 'queued').and('returns', '>', 0),
        eb('state', '=', 'deferred').and('code', 'in', ['deferred-4.4.2', 'deferred-uncertain']),
      ]),
    )
    .execute()
}

export async function recall(db: Db, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('fact').select('value').where('key', '=', key).executeTakeFirst()
  return row?.value
}

export async function remember(db: Db, key: string, value: string): Promise<void> {
  await db
    .insertInto('fact')
    .values({ key, value })
    .onConflict(conflict => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

/** See `Facts.exchange`. */
export async function exchange(db: Db, key: string, before: string | undefined, value: string): Promise<boolean> {
  if (before !== undefined) {
    const { numUpdatedRows } = await db
      .updateTable('fact')
      .set({ value })
      .where('key', '=', key)
      .where('value', '=', before)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('fact')
    .values({ key, value })
    .onConflict(conflict => conflict.column('key').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows > 0n
}
