/** The operator's corrections: `retry`, `hold`, `release`, `discard`; beside a running daemon, each with its line in the trace. */
import type { Command } from 'commander'
import type { Settings } from '../config/schema.ts'
import type { Correction } from '../gateway/operator.ts'
import type { SqlLedger } from '../ledger/ledger.ts'
import type { Corrected, FilingFor, RetryOptions } from '../ledger/operator.ts'
import type { EntryState } from '../mail/outcome.ts'
import { type TicketNumber, ticketPattern, ticketsIn } from '../mail/subject.ts'
import { EXIT } from './exit.ts'
import { openBeside } from './open-ledger.ts'
import { filingOf } from './policy.ts'
import { openSettings } from './settings.ts'
import type { World } from './world.ts'

export type CorrectOptions = {
  readonly ticket?: string
  readonly allParts?: true
  readonly all?: true
  readonly state?: EntryState
  readonly ofTicket?: string
  readonly since?: Date
  readonly dryRun?: true
  readonly json?: true
}

/** Ids as they were written, or the states that `--all` means. */
export type Chosen = { readonly ids: readonly string[]; readonly states: readonly EntryState[] }

/** Corrected at once; between two such batches progress is told. */
const BATCH = 100

const DONE: Readonly<Record<Correction, string>> = {
  retry: 'will be tried again',
  hold: 'is held',
  release: 'is released',
  discard: 'is discarded',
}

/** Resolves with 66 when one of the ids could not be corrected (unknown, being tried, in another state), else 0; the others are done. */
export async function correct(
  correction: Correction,
  chosen: Chosen,
  options: CorrectOptions,
  program: Command,
  world: World,
): Promise<number> {
  const settings = await openSettings(program, world)
  const ticket = ticketGiven(options.ticket, settings)
  if (ticket === undefined && options.ticket !== undefined) {
    world.err.write(`mailclip: ${options.ticket} does not look like a ticket number (ticket.pattern)\n`)
    return EXIT.usage
  }
  await using ledger = await openBeside(settings, world)
  const ids = options.all === true ? await matching(chosen.states, options, ledger) : chosen.ids
  if (ids.length === 0) world.err.write('mailclip: no mail is meant; mailclip list tells what there is\n')
  let failed = false
  for (let from = 0; from < ids.length; from += BATCH) {
    const batch = ids.slice(from, from + BATCH)
    const corrected = options.dryRun
      ? batch.map((id): Corrected => ({ id, done: true }))
      : await carryOut(correction, batch, retryOptions(ticket, options), filingFor(settings), ledger)
    failed ||= corrected.some(({ done }) => !done)
    tell(correction, corrected, options, world)
    progress(from + batch.length, ids.length, world)
  }
  return failed ? EXIT.input : EXIT.ok
}

/** Taken down before the first is corrected: a correction must not change what is still to come. */
async function matching(
  states: readonly EntryState[],
  { ofTicket: ticket, since }: CorrectOptions,
  books: Pick<SqlLedger, 'list'>,
): Promise<readonly string[]> {
  const ids: string[] = []
  const filter = { ...(ticket === undefined ? {} : { ticket }), ...(since === undefined ? {} : { since }) }
  for (const state of states) for await (const { id } of books.list({ ...filter, state })) ids.push(id)
  return ids.toSorted((a, b) => Number(a) - Number(b))
}

function tell(
  correction: Correction,
  corrected: readonly Corrected[],
  { json, dryRun }: CorrectOptions,
  { out, err }: World,
): void {
  for (const { id, done, why = null } of corrected) {
    if (json) out.write(`${JSON.stringify({ id, correction, done: done && dryRun !== true, why })}\n`)
    else if (done) out.write(dryRun ? `mail ${id} would be meant\n` : `mail ${id} ${DONE[correction]}\n`)
    else err.write(`mailclip: mail ${id}: ${why}\n`)
  }
}

/** On a terminal alone, and only where there is something to wait for. */
function progress(done: number, all: number, { err }: World): void {
  if (err.isTTY !== true || all <= BATCH) return
  err.write(`\r\u001b[K${done === all ? '' : `${done} of ${all} mails`}`)
}

/** As one of the mailboxes would find it in a subject. */
export const ticketGiven = (ticket = '', { mailboxes }: Settings): TicketNumber | undefined =>
  mailboxes
    .flatMap(({ ticket: { pattern } }) => ticketsIn(ticket, ticketPattern(pattern)))
    .find(found => found === ticket.toUpperCase())

export const retryOptions = (ticket: TicketNumber | undefined, { allParts }: CorrectOptions): RetryOptions => ({
  ...(ticket === undefined ? {} : { ticket }),
  ...(allParts === undefined ? {} : { allParts }),
})

export const filingFor =
  ({ mailboxes }: Settings) =>
  (kind: 'held' | 'discarded'): FilingFor =>
  name => {
    const box = mailboxes.find(one => one.name === name)
    return box === undefined ? undefined : filingOf(box, kind)
  }

/** `by` is recorded; undefined = an operator. */
export function carryOut(
  correction: Correction,
  ids: readonly string[],
  options: RetryOptions,
  filing: ReturnType<typeof filingFor>,
  ledger: SqlLedger,
  by?: string,
): Promise<readonly Corrected[]> {
  switch (correction) {
    case 'retry':
      return ledger.retry(ids, options, by)
    case 'hold':
      return ledger.hold(ids, filing('held'), by)
    case 'release':
      return ledger.release(ids, by)
    case 'discard':
      return ledger.discard(ids, filing('discarded'), by)
    default:
      return correction satisfies never
  }
}
