/** What the desk itself says of the tickets, last of all rules: is it the sender's (`senders.requester`), and is it closed (`ticket.closed`). */
import { canonical } from '../mail/address.ts'
import type { Item } from '../mail/dispatch.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { FinalOutcome } from '../mail/outcome.ts'
import type { Rules } from '../mail/route.ts'
import { type Because, because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { unlessUnknown } from './find.ts'
import type { TicketFacts } from './ports.ts'

/** `outcome`: what the whole mail comes to; else `refused` says why the files for a ticket do not go. */
export type Standing = {
  readonly outcome: FinalOutcome | undefined
  readonly refused: ReadonlyMap<TicketNumber, Because>
  readonly trace: readonly string[]
}

/** The desk's word on one ticket; throws its faults, 5.1.1 for a ticket it does not know. */
export type AskTicket = (ticket: TicketNumber) => Promise<TicketFacts | 'denied'>

type StandingRules = {
  readonly ticket: Pick<Rules['ticket'], 'closed'>
  readonly senders: Pick<Rules['senders'], 'requester'>
}

/**
 * One GET per ticket, and none where neither rule is configured. A ticket the desk does not know passes: the upload meets that. Where the desk
 * denies the look, `requester: hold` holds (nobody can say that it is the sender's), and `closed` lets pass, for the upload meets that too.
 */
export async function standingOf(
  { from }: Pick<Envelope, 'from'>,
  tickets: readonly TicketNumber[],
  rules: StandingRules,
  ask: AskTicket,
): Promise<Standing> {
  const refused = new Map<TicketNumber, Because>()
  const trace: string[] = []
  if (rules.ticket.closed === 'attach' && rules.senders.requester === 'off')
    return { outcome: undefined, refused, trace }
  for (const ticket of tickets) {
    const facts = await unlessUnknown(ask(ticket), 'unknown')
    // Among several, one that is not there must look like one that is somebody else's.
    if (facts === 'unknown' && (tickets.length === 1 || rules.senders.requester === 'off')) continue
    const stranger = rules.senders.requester === 'hold' ? strangerTo(ticket, facts, from?.address) : undefined
    if (stranger !== undefined) return held(stranger, trace)
    if (rules.senders.requester === 'hold') trace.push(`desk: ${ticket} is the sender's`)
    if (facts === 'denied') trace.push(`desk: it does not let us see whether ${ticket} is closed`)
    else if (facts !== 'unknown' && facts.closed && rules.ticket.closed !== 'attach') {
      const why = because('closed', `the ticket ${ticket} is closed`)
      if (rules.ticket.closed === 'hold') return held(why, trace)
      refused.set(ticket, why)
      trace.push(`desk: ${why.reason}`)
    }
  }
  return { outcome: undefined, refused, trace }
}

/** The items for closed tickets are refused, those for the others go on. */
export const withStanding = (items: readonly Item[], refused: Standing['refused']): readonly Item[] =>
  items.map(item => {
    const why = refused.get(item.ticket)
    return why === undefined || item.fate.kind !== 'send' ? item : { ...item, fate: { kind: 'refuse', ...why } }
  })

const held = (why: Because, trace: readonly string[]): Standing => ({
  outcome: { kind: 'held', ...why },
  refused: new Map(),
  trace: [...trace, `${why.code}: ${why.reason}`],
})

/** Why the sender is not known to be one of the ticket's people: requestor or recipient, compared as addresses are. */
function strangerTo(ticket: TicketNumber, facts: TicketFacts | 'denied' | 'unknown', sender = ''): Because | undefined {
  if (facts === 'denied')
    return because('not-requester', `the desk does not let us see whose ticket ${ticket} is (a right is missing)`)
  const address = canonical(sender)
  const people = facts === 'unknown' ? [] : facts.people
  const theirs = address !== undefined && people.some(one => canonical(one) === address)
  return theirs ? undefined : because('not-requester', `the sender is neither requestor nor recipient of ${ticket}`)
}
