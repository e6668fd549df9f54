/** One go at one mail, from claim to conclusion; and the one place where failures are caught: every Fault below becomes an outcome here. */
import type { Dispatch } from '../mail/dispatch.ts'
import type { FinalOutcome, Outcome } from '../mail/outcome.ts'
import type { ParsedMail } from '../mail/part.ts'
import { type HeaderRoute, type Rules, routeByHeader, settleFor } from '../mail/route.ts'
import type { Chosen } from '../mail/selection.ts'
import { because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { routeContent } from './content-route.ts'
import { deliver } from './deliver.ts'
import type { Delivered } from './delivery.ts'
import { caught } from './failure.ts'
import { outcomeOf } from './items.ts'
import { Opened } from './opened.ts'
import { namedParts, outlined } from './outlined.ts'
import type { FileFate } from './policy.ts'
import type { Claim, Conclusion, ItemRecord, Listed } from './ports.ts'
import type { Road } from './road.ts'
import { standingOf, withStanding } from './standing.ts'
import { deferred, ended, fateOf, type Tried } from './tried.ts'

/** A picture of the text that lies on so many other tickets is a logo. */
const LOGO_TICKETS = 3

/**
 * Unclean ends of the process in a row while a mail was alone in it and nothing of the try was written, before it is held: two at any time make
 * it a suspect, the others each ended a process that had been quiet until then (calm.ts).
 */
const MOST_CRASHES = 5

/**
 * Tries a claimed mail and writes down what became of it. Resolves `returned` when the try was given back: an orderly stop,
 * a site that rests, or a suspect that comes too early. Throws only what concerns the ledger itself, and bugs of this function.
 */
export async function attempt(claim: Claim, road: Road, signal: AbortSignal): Promise<Outcome['kind'] | 'returned'> {
  const { id, attempt: times, envelope } = claim
  const started = road.clock.now()
  road.observe({ kind: 'claimed', id, ref: envelope.ref, attempt: times })
  const tried = await tryOnce(claim, road, signal).catch((error: unknown) => caught(error, claim, road, signal))
  if (tried.kind === 'returned') {
    // Due at once: the site's suspension holds it back, and whatever ends that sets it free.
    await road.ledger.giveBack(claim, tried.due ?? road.clock.now(), tried.reason)
    road.observe({ kind: 'returned', id, ref: envelope.ref, reason: tried.reason })
    return 'returned'
  }
  const conclusion = await concluded(claim, tried, road)
  await road.ledger.conclude(claim, conclusion, tried.trace)
  if (conclusion.outcome.kind !== 'deferred') await road.spool.clear(id)
  const { kind, status, code } = conclusion.outcome
  const until = conclusion.outcome.kind === 'deferred' ? conclusion.outcome.until : undefined
  const ms = road.clock.now().getTime() - started.getTime()
  road.observe({ kind: 'concluded', id, ref: envelope.ref, attempt: times, outcome: kind, status, code, until, ms })
  return kind
}

async function concluded({ id, envelope, tickets }: Claim, tried: Tried, road: Road): Promise<Conclusion> {
  const { policy, ledger } = road
  const { outcome } = tried
  // A try that failed midway tells of no file: what earlier steps achieved is in the ledger.
  const files = tried.files.length > 0 ? tried.files : (await ledger.items(id)).map(fateOf)
  const undispatched = files.length === 0
  const told = undispatched ? outlined(envelope, outcome.reason) : files
  return {
    outcome,
    notice: policy.answer({ envelope, outcome, tickets, files: told }),
    filing: policy.filing(outcome.kind),
    ...(undispatched ? { parts: namedParts(envelope) } : {}),
  }
}

async function tryOnce(claim: Claim, road: Road, signal: AbortSignal): Promise<Tried> {
  if (claim.crashes >= MOST_CRASHES)
    return ended({
      kind: 'held',
      ...because('poison', `the program ended ${claim.crashes} times while it worked on this mail alone`),
    })
  await using opened = new Opened(claim, road, signal)
  const ahead = listAhead(claim, road, signal)
  const hand = async (description: string, items: readonly ItemRecord[]): Promise<Tried> =>
    finish(claim, await deliver({ claim, description, items, contents: opened.contents, ahead }, road, signal), road)
  if (claim.dispatch !== undefined) return await hand(claim.dispatch.description, claim.items)
  const routed = await route(claim, opened, road, signal)
  if (routed.kind === 'concluded') return routed
  return await hand(routed.dispatch.description, await road.ledger.dispatch(claim, routed.dispatch, routed.trace))
}

/** The lists are asked for while the mail is fetched and parsed: that hides the desk's latency. */
function listAhead(
  claim: Claim,
  road: Road,
  signal: AbortSignal,
): ReadonlyMap<TicketNumber, Promise<readonly Listed[] | 'denied'>> {
  if (claim.dispatch !== undefined) return new Map()
  const ahead = new Map(claim.tickets.map(ticket => [ticket, road.ask(desk => desk.list(ticket, signal))] as const))
  // Whoever needs a list awaits it and meets its fault; one that nobody comes to need must not count as unhandled.
  for (const list of ahead.values()) list.catch(() => undefined)
  return ahead
}

type Routed = { readonly kind: 'dispatch'; readonly dispatch: Dispatch; readonly trace: readonly string[] }

/** All the rules in their order, for a mail that was dragged back or is retried once more; the desk comes last. */
async function route(claim: Claim, opened: Opened, road: Road, signal: AbortSignal): Promise<Tried | Routed> {
  const { envelope } = claim
  const rules = rulesFor(claim, road.policy.rules)
  const byHeader = await headerRoute(claim, rules, road)
  if (byHeader.outcome !== undefined) return { ...ended(byHeader.outcome), trace: byHeader.trace }
  const mail = await opened.mail()
  if (mail === 'gone')
    return ended({ kind: 'discarded', ...because('gone', 'somebody removed the mail before anything was attached') })
  const recurring = await road.ledger.recurring(imagesOf(mail), byHeader.tickets, LOGO_TICKETS)
  const { allParts, doubtsAccepted } = claim
  const context = { allParts, recurring, doubtsAccepted }
  const routed = await routeContent(envelope, byHeader.tickets, mail, rules, context, () => opened.secondOpinion())
  if (routed.dispatch !== undefined) {
    const ask = (ticket: TicketNumber) => road.ask(desk => desk.ticket(ticket, signal))
    const { outcome, refused, trace } = await standingOf(envelope, byHeader.tickets, rules, ask)
    const whole = [...routed.trace, ...trace]
    if (outcome !== undefined) return { ...ended(outcome, undispatched(routed.chosen, outcome)), trace: whole }
    const items = withStanding(routed.dispatch.items, refused)
    return { kind: 'dispatch', dispatch: { ...routed.dispatch, items }, trace: whole }
  }
  const outcome = routed.outcome ?? { kind: 'held' as const, ...because('unparsable', 'the rules came to no end') }
  return { ...ended(outcome, undispatched(routed.chosen, outcome)), trace: routed.trace }
}

/** What an operator let go is not held again for its sender or a closed ticket; the other rules have not been overruled. */
const rulesFor = ({ released }: Claim, rules: Rules): Rules =>
  released ? { ...rules, senders: ANYBODY, ticket: { ...rules.ticket, closed: 'attach' } } : rules

const ANYBODY: Rules['senders'] = { allow: ['*'], authentication: 'off', authservIds: [], requester: 'off' }

/** An operator's ticket is the operator's word: the rules on header and sender do not stand against it. */
async function headerRoute(claim: Claim, rules: Rules, { ledger }: Road): Promise<HeaderRoute> {
  const { envelope, tickets } = claim
  const thread = await ledger.ticketOfThread(envelope.ref.mailbox, [...envelope.inReplyTo, ...envelope.references])
  const route = routeByHeader(envelope, rules, thread)
  const given = tickets.length > 0 && tickets.join() !== route.tickets.join()
  return given ? { tickets, outcome: undefined, trace: [`ticket: ${tickets.join(', ')}`] } : route
}

const imagesOf = ({ parts }: ParsedMail): readonly string[] =>
  parts.filter(({ cited, image }) => cited && image !== undefined).map(({ sha256 }) => sha256)

const undispatched = (chosen: readonly Chosen[], { reason: whole }: FinalOutcome): readonly FileFate[] =>
  chosen.map(({ name, size, fate }) => ({
    name,
    size,
    state: fate.kind === 'refuse' ? 'refused' : 'skipped',
    reason: fate.kind === 'send' ? whole : fate.reason,
    code: fate.kind === 'refuse' ? fate.code : undefined,
    ticket: undefined,
  }))

function finish(claim: Claim, items: readonly Delivered[], road: Road): Tried {
  const result = outcomeOf(items)
  const files = items.map(fateOf)
  if (result.kind === 'deferred') return deferred(claim, result.because, road, result.until, files)
  // A desk that takes nothing for a closed ticket says so only when it is asked to (590): that is for `ticket.closed` to judge, too.
  const closed = result.because.code === 'closed' && road.policy.rules.ticket.closed === 'hold'
  return ended(settleFor(claim.envelope, { kind: closed ? 'held' : result.kind, ...result.because }), files)
}
