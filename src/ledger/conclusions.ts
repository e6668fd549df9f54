/** Writing an outcome down: state, notice, filing and parts, all at once, whether the mail was decided at sight or after a try. */
import type { Conclusion } from '../gateway/ports.ts'
import { LONG_WAIT } from '../mail/notice.ts'
import { statement } from './statement.ts'
import type { Db } from './tables.ts'

/** The columns of an entry that has this outcome. */
export function concluded({ outcome, filing, parts }: Conclusion, now: Date) {
  const { kind, status, code, reason } = outcome
  const final = kind !== 'deferred'
  return {
    state: kind,
    status,
    code,
    reason,
    due_at: kind === 'deferred' ? outcome.until.getTime() : null,
    concluded_at: final ? now.getTime() : null,
    settled_at: null,
    filing: final && filing !== undefined ? ('due' as const) : ('none' as const),
    filing_folder: filing?.folder ?? null,
    filing_flag: filing?.flag ?? null,
    parts: parts === undefined ? null : JSON.stringify(parts),
  }
}

/** Within a transaction in which the entry was just seen to be ours to conclude. */
export async function applyConclusion(db: Db, entry: number, conclusion: Conclusion, now: Date): Promise<void> {
  await CONCLUDE(db, { entry, ...concluded(conclusion, now) })
  await dropDelay(db, entry)
  await follow(db, entry, conclusion, now)
}

/** Parts that were named before stay so when these are none. */
const CONCLUDE = statement((db, columns: ReturnType<typeof concluded> & { entry: number }) =>
  db
    .updateTable('entry')
    .set(eb => ({
      state: columns.state,
      status: columns.status,
      code: columns.code,
      reason: columns.reason,
      due_at: columns.due_at,
      concluded_at: columns.concluded_at,
      settled_at: columns.settled_at,
      filing: columns.filing,
      filing_folder: columns.filing_folder,
      filing_flag: columns.filing_flag,
      parts: eb.fn.coalesce(eb.val(columns.parts), 'parts'),
      lease: null,
      boot: null,
      standing: 'usual',
      crashes: 0,
    }))
    .where('id', '=', columns.entry),
)

/** What a conclusion brings about beside the entry: the notice; and where nothing is to be filed or told, the end. */
export async function follow(db: Db, entry: number, conclusion: Conclusion, now: Date): Promise<void> {
  await writeNotice(db, entry, conclusion.notice, now)
  if (conclusion.filing === undefined) await settleIfDone(db, entry, now)
}

/** A delay that is over before it was told of is not told of any more: the final word is. */
export async function dropDelay(db: Db, entry: number): Promise<void> {
  await DROP_DELAY(db, { entry })
}

const DROP_DELAY = statement((db, { entry }: { entry: number }) =>
  db
    .deleteFrom('notice')
    .where('entry_id', '=', entry)
    .where('kind', '=', 'delayed')
    .where('state', '=', 'queued')
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('entry').select('id').where('id', '=', entry).where('concluded_at', 'is not', null)),
    ),
)

/** At most one per mail and kind: the first stays. A delay is told of LONG_WAIT after the first deferral, as things stand at the last one. */
async function writeNotice(db: Db, entry: number, notice: Conclusion['notice'], now: Date): Promise<void> {
  if (notice === undefined) return
  const { kind, to } = notice
  const common = { entry_id: entry, kind, recipient: to.toLowerCase() }
  const content = 'suppressed' in notice ? null : JSON.stringify(notice)
  await db
    .insertInto('notice')
    .values(
      'suppressed' in notice
        ? { ...common, message_id: null, content, state: 'suppressed', reason: notice.suppressed, due_at: null }
        : {
            ...common,
            message_id: notice.messageId,
            content,
            state: 'queued',
            reason: null,
            due_at: now.getTime() + (kind === 'delayed' ? LONG_WAIT : 0),
          },
    )
    .onConflict(conflict => conflict.columns(['entry_id', 'kind']).doNothing())
    .execute()
  if (kind === 'delayed' && content !== null)
    await db
      .updateTable('notice')
      .set({ content })
      .where('entry_id', '=', entry)
      .where('kind', '=', 'delayed')
      .where('state', '=', 'queued')
      .execute()
}

/** Over when it is filed and no notice waits. */
export async function settleIfDone(db: Db, entry: number, now: Date): Promise<void> {
  await SETTLE(db, { entry, now: now.getTime() })
}

const SETTLE = statement((db, { entry, now }: { entry: number; now: number }) =>
  db
    .updateTable('entry')
    .set({ settled_at: now })
    .where('id', '=', entry)
    .where('concluded_at', 'is not', null)
    .where('settled_at', 'is', null)
    .where('filing', '!=', 'due')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('notice')
            .select('notice.id')
            .where('notice.entry_id', '=', entry)
            .where('notice.state', 'in', ['queued', 'sending']),
        ),
      ),
    ),
)
