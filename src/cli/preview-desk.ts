/** What would come of a mail that the rules let pass: if the desk took every file, or by what it says of the tickets (`preview --desk`). */
import { unlessUnknown } from '../gateway/find.ts'
import { outcomeOf } from '../gateway/items.ts'
import type { Policy } from '../gateway/policy.ts'
import type { Desk } from '../gateway/ports.ts'
import { type AskTicket, standingOf, withStanding } from '../gateway/standing.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { FinalOutcome } from '../mail/outcome.ts'
import { type ContentRoute, settleFor } from '../mail/route.ts'
import { because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'

export type Sent = Pick<ContentRoute, 'chosen' | 'trace'> & { readonly outcome: FinalOutcome }

/** Asks as `sweep` does before it uploads, and writes nothing: `desk` undefined = it is not asked. Throws the desk's faults but 5.1.1. */
export async function ifSent(
  { dispatch, chosen }: Pick<ContentRoute, 'dispatch' | 'chosen'>,
  envelope: Envelope,
  tickets: readonly TicketNumber[],
  { desk, policy }: { readonly desk: Desk | undefined; readonly policy: Pick<Policy, 'rules'> },
  signal: AbortSignal,
): Promise<Sent> {
  const items = dispatch?.items ?? []
  if (desk === undefined) return { outcome: ends(items, envelope), chosen, trace: [] }
  const answers = new Map<TicketNumber, ReturnType<AskTicket>>()
  const ask: AskTicket = ticket => {
    const answer = answers.get(ticket) ?? desk.ticket(ticket, signal)
    answers.set(ticket, answer)
    return answer
  }
  const standing = await standingOf(envelope, tickets, policy.rules, ask)
  const outcome = standing.outcome ?? (await unknownAmong(tickets, ask, envelope))
  if (outcome !== undefined) return { outcome, chosen, trace: standing.trace }
  const [first] = standing.refused.values()
  // A file that still goes to another ticket is not refused as a whole.
  const why = standing.refused.size === tickets.length ? first : undefined
  return {
    outcome: ends(withStanding(items, standing.refused), envelope),
    chosen:
      why === undefined
        ? chosen
        : chosen.map(one => (one.fate.kind === 'send' ? { ...one, fate: { kind: 'refuse', ...why } } : one)),
    trace: standing.trace,
  }
}

async function unknownAmong(
  tickets: readonly TicketNumber[],
  ask: AskTicket,
  envelope: Envelope,
): Promise<FinalOutcome | undefined> {
  for (const ticket of tickets) {
    if ((await unlessUnknown(ask(ticket), 'unknown')) !== 'unknown') continue
    return settleFor(envelope, { kind: 'bounced', ...because('unknown-ticket', `the desk knows no ticket ${ticket}`) })
  }
  return undefined
}

const STATES = { send: 'delivered', skip: 'skipped', refuse: 'refused' } as const

/** As if the desk took whatever goes. */
function ends(items: ReturnType<typeof withStanding>, envelope: Envelope): FinalOutcome {
  const { kind, because: why } = outcomeOf(
    items.map(({ name, fate }) => ({
      name,
      state: STATES[fate.kind],
      because: fate.kind === 'refuse' ? fate : undefined,
      lookAt: undefined,
    })),
  )
  // The kind last: that of a refusal is the file's.
  return settleFor(envelope, { ...why, kind: kind === 'deferred' ? 'held' : kind })
}
