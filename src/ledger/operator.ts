/** The operator's corrections, each with a line in the trace; a mail that is being tried is left alone. */
import type { Filing } from '../gateway/ports.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { EntryState } from '../mail/outcome.ts'
import { because, type Code } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { applyConclusion } from './conclusions.ts'
import { countSeen, writeTickets } from './entries.ts'
import { queueAnew } from './recognise.ts'
import { type EntryRow, readEnvelope, rowOf, writeTrace } from './rows.ts'
import type { Db } from './tables.ts'

/** What became of a correction, for each id in the order given. */
export type Corrected = { readonly id: string; readonly done: boolean; readonly why?: string }

export type RetryOptions = { readonly ticket?: TicketNumber; readonly allParts?: boolean }

/** Who corrects, when nobody said. */
const SOMEBODY = 'an operator'

/** How a mail that is set aside or thrown away is made visible, by its mailbox. */
export type FilingFor = (mailbox: string) => Filing | undefined

/**
 * Due at once and routed anew, with fresh tries; what is on its ticket already is not sent again. Whoever has a mail tried again that was held
 * because nobody knew whether a file had arrived has looked at the ticket: it is released.
 */
export async function retry(
  db: Db,
  id: string,
  { ticket, allParts }: RetryOptions,
  now: Date,
  by = SOMEBODY,
): Promise<Corrected> {
  return correct(db, id, ['queued', 'deferred', 'delivered', 'bounced', 'discarded', 'held', 'ignored'], async row => {
    if (row.state === 'ignored') await takeIn(db, row, now)
    const wish = [ticket && `for ticket ${ticket}`, allParts && 'with all its parts'].filter(Boolean).join(', ')
    await queueAnew(db, row.id, now, [`${by} asked to try again${wish && `, ${wish}`}`])
    if (ticket !== undefined) await writeTickets(db, row.id, [ticket])
    if (ticket !== undefined || isInDoubt(row))
      await db.updateTable('entry').set({ released: 1 }).where('id', '=', row.id).execute()
    if (allParts === true) await db.updateTable('entry').set({ all_parts: 1 }).where('id', '=', row.id).execute()
  })
}

const isInDoubt = ({ state, code }: EntryRow): boolean => state === 'held' && code === 'uncertain'

/** The backlog was not counted as seen while it was ignored. */
async function takeIn(db: Db, row: EntryRow, now: Date): Promise<void> {
  await db
    .updateTable('entry')
    .set({ state: 'queued', due_at: now.getTime(), concluded_at: null, settled_at: null })
    .where('id', '=', row.id)
    .execute()
  await countSeen(db, row.mailbox, 1)
}

/** Sets aside what waits, until it is released. */
export const hold = (db: Db, id: string, filing: FilingFor, now: Date, by = SOMEBODY): Promise<Corrected> =>
  correct(db, id, ['queued', 'deferred'], async row => {
    const outcome = { kind: 'held', ...because('operator', 'an operator set it aside') } as const
    await writeTrace(db, row.id, now, row.attempts, [`${by} set it aside`])
    await applyConclusion(db, row.id, { outcome, notice: undefined, filing: filing(row.mailbox) }, now)
  })

/** Lets a held mail go as it was dispatched, with fresh tries; the rules about its sender and a closed ticket do not hold it again. */
export const release = (db: Db, id: string, now: Date, by = SOMEBODY): Promise<Corrected> =>
  correct(db, id, ['held'], async row => {
    await queueAnew(db, row.id, now, [`${by} released it`])
    const { description, all_parts, code } = row
    const doubts_accepted = code === ('unparsable' satisfies Code) ? 1 : 0
    const kept = { description, all_parts, released: 1, doubts_accepted } as const
    await db.updateTable('entry').set(kept).where('id', '=', row.id).execute()
  })

/** A line of its own in the trace of a mail that is kept, for what an operator did beside correcting it. */
export async function note(db: Db, id: string, line: string, now: Date): Promise<void> {
  const row = await db
    .selectFrom('entry')
    .select(['id', 'attempts', 'trimmed_at'])
    .where('id', '=', rowOf(id) ?? 0)
    .executeTakeFirst()
  if (row !== undefined && row.trimmed_at === null) await writeTrace(db, row.id, now, row.attempts, [line])
}

/** Undefined for a mail that is unknown or trimmed. */
export async function envelopeOf(db: Db, id: string): Promise<Envelope | undefined> {
  const row = await db
    .selectFrom('entry')
    .selectAll()
    .where('id', '=', rowOf(id) ?? 0)
    .executeTakeFirst()
  return row === undefined || row.envelope === null ? undefined : readEnvelope(row)
}

/** Ends a mail without telling anybody. */
export const discard = (db: Db, id: string, filing: FilingFor, now: Date, by = SOMEBODY): Promise<Corrected> =>
  correct(db, id, ['queued', 'deferred', 'held'], async row => {
    const outcome = { kind: 'discarded', ...because('operator', 'an operator discarded it') } as const
    await writeTrace(db, row.id, now, row.attempts, [`${by} discarded it`])
    await db.deleteFrom('notice').where('entry_id', '=', row.id).where('state', '=', 'queued').execute()
    await applyConclusion(db, row.id, { outcome, notice: undefined, filing: filing(row.mailbox) }, now)
  })

async function correct(
  db: Db,
  id: string,
  from: readonly EntryState[],
  correction: (row: EntryRow) => Promise<void>,
): Promise<Corrected> {
  const entry = rowOf(id)
  const row = entry === undefined ? undefined : await seize(db, entry)
  const why = refusal(row, from)
  if (row === undefined || why !== undefined) return { id, done: false, ...(why === undefined ? {} : { why }) }
  await correction(row)
  return { id, done: true }
}

/** Reads it and keeps every replica from claiming it until the correction is written: a row that is only read may be another's by then. */
const seize = (db: Db, entry: number): Promise<EntryRow | undefined> =>
  db
    .updateTable('entry')
    .set(eb => ({ state: eb.ref('state') }))
    .where('id', '=', entry)
    .returningAll()
    .executeTakeFirst()

function refusal(row: EntryRow | undefined, from: readonly EntryState[]): string | undefined {
  if (row === undefined) return 'no mail has this id'
  if (row.state === 'active') return 'it is being tried right now'
  if (row.trimmed_at !== null) return 'it is too old: only a stub is kept'
  return from.includes(row.state) ? undefined : `it is ${row.state}`
}
