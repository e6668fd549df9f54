/** One attempt at a time: claims with a lease, given back or concluded by whoever still holds it. */
import { type ExpressionBuilder, type QueryResult, sql } from 'kysely'
import type { Claim, Conclusion, ItemRecord } from '../gateway/ports.ts'
import { applyConclusion } from './conclusions.ts'
import { claimOf, type EntryRow, lost, rowOf, writeTrace } from './rows.ts'
import { statement } from './statement.ts'
import type { Db, Standing, Tables } from './tables.ts'

export type Lease = {
  /** Of this start of the process. */
  readonly boot: string
  readonly token: string
  readonly now: Date
  /** By the clock of this process, which times what it begins. */
  readonly ours: Date
  /** Milliseconds. */
  readonly length: number
  /** Other replicas claim beside this one: what they have in hand is passed over. */
  readonly shared: boolean
  /** Milliseconds that nothing is due beyond. */
  readonly horizon: number
}

/** `blocked`: a mail that an unclean end left active waits until nothing else is being tried. */
export type Claimed = { readonly claim: Claim | undefined; readonly blocked: boolean }

/**
 * Mails that an unclean end left active go before everything else of their mailbox, alone, those that crashed least first; suspects among them
 * are not due before the process is calm.
 */
export async function claim(db: Db, mailbox: string, lease: Lease): Promise<Claimed> {
  const [found, now] = [lease.shared ? SHARED : ALONE, lease.now.getTime()]
  const unusual = (await UNUSUAL(db, {})).rows.length > 0
  const { rows: active } = unusual ? await ACTIVE(db, { boot: lease.boot, now }) : NONE
  if (active.some(({ standing }) => standing === 'alone')) return { claim: undefined, blocked: false }
  const orphan = unusual ? await first(found.orphan, db, mailbox, now) : undefined
  if (orphan !== undefined && active.length > 0) return { claim: undefined, blocked: true }
  const next =
    orphan ??
    (await first(found.due, db, mailbox, now)) ??
    (await first(found.beyond, db, mailbox, now + lease.horizon))
  return { claim: next === undefined ? undefined : await take(db, next, orphan !== undefined, lease), blocked: false }
}

/** Mostly there is none, and then neither of the questions below has an answer. */
const UNUSUAL = statement(db =>
  db
    .selectFrom('entry')
    .select('id')
    .where('standing', 'in', ['orphan', 'alone'])
    .where('boot', 'is not', null)
    .limit(1),
)

const NONE = { rows: [] }

const ACTIVE = statement((db, { boot, now }: { boot: string; now: number }) =>
  db.selectFrom('entry').select('standing').where('boot', '=', boot).where('due_at', '>', now),
)

/** Of replicas each passes over what another has in its hands. */
type Search = (db: Db, values: { readonly mailbox: string; readonly now: number }) => Promise<QueryResult<EntryRow>>

const search = (shared: boolean) => ({
  orphan: statement((db, { mailbox, now }: { mailbox: string; now: number }) =>
    orphans(db, mailbox)
      .selectAll()
      // The plus keeps SQLite from walking through all that is due, which a backlog makes many, for the few that are orphans.
      .where(sql`+due_at`, '<=', now)
      .orderBy('crashes')
      .orderBy('id')
      .limit(1)
      .$if(shared, query => query.forUpdate().skipLocked()),
  ),
  /** A lease that has run out makes its entry due like any other. */
  due: statement((db, { mailbox, now }: { mailbox: string; now: number }) =>
    waiting(db, mailbox, shared).where('due_at', '<=', now),
  ),
  /** Nobody waits that long: the clock was ahead when this was written, and it is due now. */
  beyond: statement((db, { mailbox, now }: { mailbox: string; now: number }) =>
    waiting(db, mailbox, shared).where('due_at', '>', now),
  ),
})

const ALONE = search(false)
const SHARED = search(true)

const first = async (found: Search, db: Db, mailbox: string, now: number): Promise<EntryRow | undefined> =>
  (await found(db, { mailbox, now })).rows[0]

const orphans = (db: Db, mailbox: string) =>
  db.selectFrom('entry').where('standing', '=', 'orphan').where('mailbox', '=', mailbox).where('boot', 'is not', null)

export const suspects = async (db: Db, mailbox: string): Promise<boolean> =>
  (await orphans(db, mailbox).select('id').limit(1).executeTakeFirst()) !== undefined

const waiting = (db: Db, mailbox: string, shared: boolean) =>
  db
    .selectFrom('entry')
    .selectAll()
    .where('mailbox', '=', mailbox)
    .where('standing', '!=', 'orphan')
    .orderBy('due_at')
    .orderBy('returns')
    .orderBy('id')
    .limit(1)
    .$if(shared, query => query.forUpdate().skipLocked())

/** The row is ours since it was found: nobody else can have changed it. */
async function take(db: Db, found: EntryRow, alone: boolean, lease: Lease): Promise<Claim> {
  const now = lease.now.getTime()
  const taken = {
    lease: lease.token,
    boot: lease.boot,
    due_at: now + lease.length,
    attempts: found.attempts + 1,
    first_attempt_at: found.first_attempt_at ?? now,
    standing: alone ? ('alone' as const) : found.standing,
  }
  await TAKE(db, { id: found.id, ...taken })
  const row = { ...found, ...taken }
  const entry = row.id
  const tried = alone ? 'tried, and nothing else beside it' : 'tried'
  if (row.returns > 0) await retrace(db, entry, lease.now, row.attempts, tried)
  else await writeTrace(db, entry, lease.now, row.attempts, [tried])
  const claim = await claimOf(db, row)
  if (!claim.items.some(item => isAhead(item, lease.ours))) return claim
  await rebase(db, entry, lease.ours.getTime())
  return claimOf(db, row)
}

type Taken = {
  readonly id: number
  readonly lease: string
  readonly boot: string
  readonly due_at: number
  readonly attempts: number
  readonly first_attempt_at: number
  readonly standing: Standing
}

const TAKE = statement((db, { id, lease, boot, due_at, attempts, first_attempt_at, standing }: Taken) =>
  db
    .updateTable('entry')
    .set({ state: 'active', lease, boot, due_at, attempts, moved: 0, first_attempt_at, standing })
    .where('id', '=', id),
)

const isAhead = ({ state, begunAt, absentAt }: ItemRecord, now: Date): boolean =>
  (state === 'begun' || state === 'uncertain') && [begunAt, absentAt].some(at => at !== undefined && at > now)

/** What was begun later than now was begun under a clock that was ahead: its quiet time begins now, which is late enough. */
async function rebase(db: Db, entry: number, now: number): Promise<void> {
  const open = db.updateTable('item').where('entry_id', '=', entry).where('state', 'in', ['begun', 'uncertain'])
  await open.set({ begun_at: now }).where('begun_at', '>', now).execute()
  await open.set({ absent_at: now }).where('absent_at', '>', now).execute()
}

/** Every write with a claim begins here. `moved`: this write shows that the try has got somewhere. */
export async function assertLease(db: Db, claim: Claim, moved: boolean): Promise<number> {
  const [assert, id] = [moved ? MOVED : LEASED, rowOf(claim.id) ?? 0]
  const { numAffectedRows } = await assert(db, { id, lease: claim.lease })
  if (numAffectedRows !== 1n) throw lost()
  return id
}

/** The entry is being tried, and by nobody else. */
export const isHeld =
  ({ id, lease }: { readonly id: number; readonly lease: string }) =>
  (eb: ExpressionBuilder<Tables, 'entry'>) =>
    eb.and({ id, lease, state: 'active' })

const assertion = (moved: boolean) =>
  statement((db, { id, lease }: { id: number; lease: string }) =>
    db
      .updateTable('entry')
      .set(moved ? { moved: 1 } : { lease })
      .where(isHeld({ id, lease })),
  )

const MOVED = assertion(true)
const LEASED = assertion(false)

export async function renew(db: Db, claim: Claim, until: Date): Promise<void> {
  const id = await assertLease(db, claim, false)
  await db.updateTable('entry').set({ due_at: until.getTime() }).where('id', '=', id).execute()
}

/** Behind whatever is due at the same instant, or `in turn`: in the order in which it came. The attempt is not counted. */
export async function giveBack(db: Db, claim: Claim, due: Date | 'in turn', reason: string, now: Date): Promise<void> {
  const id = await assertLease(db, claim, false)
  const { attempts } = await db
    .updateTable('entry')
    .set(eb => ({
      state: 'queued',
      lease: null,
      boot: null,
      standing: 'usual',
      due_at: due === 'in turn' ? eb.ref('sighted_at') : due.getTime(),
      attempts: eb('attempts', '-', 1),
      returns: eb('returns', '+', due === 'in turn' ? 0 : 1),
      status: null,
      code: null,
      reason,
    }))
    .where('id', '=', id)
    .returning('attempts')
    .executeTakeFirstOrThrow()
  await retrace(db, id, now, attempts + 1, `given back: ${reason}`)
}

/** A try that is given back keeps its number: through an outage of days its lines are written over, not heaped up. */
async function retrace(db: Db, entry: number, at: Date, attempt: number, line: string): Promise<void> {
  await db
    .deleteFrom('trace')
    .where('entry_id', '=', entry)
    .where('attempt', '=', attempt)
    .where('line', '=', line)
    .execute()
  await writeTrace(db, entry, at, attempt, [line])
}

export async function conclude(db: Db, claim: Claim, conclusion: Conclusion, trace: readonly string[], now: Date) {
  const [row] = (await CONCLUDED(db, { id: rowOf(claim.id) ?? 0, lease: claim.lease })).rows
  if (row === undefined) throw lost()
  await writeTrace(db, row.id, now, row.attempts, trace)
  await applyConclusion(db, row.id, conclusion, now)
}

/** As `assertLease` does, and tells which try it was, for the trace; whether it got somewhere is asked of mails under way alone. */
const CONCLUDED = statement((db, { id, lease }: { id: number; lease: string }) =>
  db.updateTable('entry').set({ lease }).where(isHeld({ id, lease })).returning(['id', 'attempts']),
)

export async function nextDue(db: Db, mailbox: string): Promise<Date | undefined> {
  const { due } = await db
    .selectFrom('entry')
    .select(({ fn }) => fn.min('due_at').as('due'))
    .where('mailbox', '=', mailbox)
    .where('due_at', 'is not', null)
    .executeTakeFirstOrThrow()
  return due === null ? undefined : new Date(Number(due))
}
