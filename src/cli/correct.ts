/** The operator's corrections: `retry`, `hold`, `release`, `discard`; beside a running daemon, each with its line in the trace. */
import type { Command } from 'commander'
import type { Settings } from '../config/schema.ts'
import type { Correction } from '../gateway/operator.ts'
import type { SqlLedger } from '../ledger/ledger.ts'
import type { Corrected, FilingFor, RetryOptions } from '../ledger/operator.ts'
import { type TicketNumber, ticketPattern, ticketsIn } from '../mail/subject.ts'
import { EXIT } from './exit.ts'
import { openBeside } from './open-ledger.ts'
import { filingOf } from './policy.ts'
import { openSettings } from './settings.ts'
import type { World } from './world.ts'

export type CorrectOptions = { readonly ticket?: string; readonly allParts?: true }

const DONE: Readonly<Record<Correction, string>> = {
  retry: 'will be tried again',
  hold: 'is held',
  release: 'is released',
  discard: 'is discarded',
}

/** Resolves with 66 when one of the ids could not be corrected (unknown, being tried, in another state), else 0; the others are done. */
export async function correct(
  correction: Correction,
  ids: readonly string[],
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
  const corrected = await carryOut(correction, ids, retryOptions(ticket, options), filingFor(settings), ledger)
  for (const { id, done, why } of corrected) {
    if (done) world.out.write(`mail ${id} ${DONE[correction]}\n`)
    else world.err.write(`mailclip: mail ${id}: ${why}\n`)
  }
  return corrected.every(({ done }) => done) ? EXIT.ok : EXIT.input
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
