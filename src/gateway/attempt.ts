/** One go at one mail, from claim to conclusion; and the one place where failures are caught: every Fault below becomes an outcome here. */
import type { Dispatch } from '../mail/dispatch.ts'
import type { Outcome } from '../mail/outcome.ts'
import type { ParsedMail } from '../mail/part.ts'
import { routeByContent, settleFor } from '../mail/route.ts'
import { because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { deliver } from './deliver.ts'
import type { Delivered } from './delivery.ts'
import { caught } from './failure.ts'
import { outcomeOf } from './items.ts'
import { Opened } from './opened.ts'
import { namedParts, outlined } from './outlined.ts'
import type { FileFate } from './policy.ts'
import type { Claim, Conclusion, ItemRecord, Listed } from './ports.ts'
import type { Road } from './road.ts'
import { deferred, ended, fateOf, type Tried } from './tried.ts'

/** Unclean ends of the process while a mail was alone in it, before it is held. */
const MOST_CRASHES = 3

/**
 * Tries a claimed mail and writes down what became of it. Resolves `returned` when the try was given back: an orderly stop,
 * or a site that rests. Throws only what concerns the ledger itself, and bugs of this function.
 */
export async function attempt(claim: Claim, road: Road, signal: AbortSignal): Promise<Outcome['kind'] | 'returned'> {
  const { id, attempt: times, envelope } = claim
  const started = road.clock.now()
  road.observe({ kind: 'claimed', id, ref: envelope.ref, attempt: times })
  const tried = await tryOnce(claim, road, signal).catch((error: unknown) => caught(error, claim, road, signal))
  if (tried.kind === 'returned') {
    // Due at once: the site's suspension holds it back, and whatever ends that sets it free.
    await road.ledger.giveBack(claim, road.clock.now(), tried.reason)
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
  if (isPoison(claim))
    return ended({
      kind: 'held',
      ...because('poison', `the program ended ${claim.crashes} times while it worked on this mail alone`),
    })
  await using opened = new Opened(claim, road, signal)
  const ahead = listAhead(claim, road, signal)
  const hand = async (description: string, items: readonly ItemRecord[]): Promise<Tried> =>
    finish(claim, await deliver({ claim, description, items, contents: opened.contents, ahead }, road, signal), road)
  if (claim.dispatch !== undefined) return await hand(claim.dispatch.description, claim.items)
  const routed = await route(claim, await openOrStop(opened, ahead), road)
  if (routed.kind === 'concluded') return routed
  return await hand(routed.dispatch.description, await road.ledger.dispatch(claim, routed.dispatch, routed.trace))
}

/**
 * A mail that has never been parsed to its end is parsed three times at most: once among others when the process ended, and twice alone,
 * are as good a proof as three times alone.
 */
const isPoison = ({ crashes, interrupted, dispatch }: Claim): boolean =>
  crashes >= MOST_CRASHES || (dispatch === undefined && crashes === MOST_CRASHES - 1 && interrupted >= MOST_CRASHES)

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

/** A ticket the desk does not know needs no content: with no other ticket to try the mail is not even parsed. */
async function openOrStop(
  opened: Opened,
  ahead: ReadonlyMap<TicketNumber, Promise<unknown>>,
): Promise<ParsedMail | 'gone'> {
  const mail = opened.mail()
  mail.catch(() => undefined)
  const [first, ...more] = ahead.values()
  if (more.length === 0) await first
  return mail
}

async function route(
  claim: Claim,
  mail: ParsedMail | 'gone',
  road: Road,
): Promise<Tried | { readonly kind: 'dispatch'; readonly dispatch: Dispatch; readonly trace: readonly string[] }> {
  if (mail === 'gone')
    return ended({ kind: 'discarded', ...because('gone', 'somebody removed the mail before anything was attached') })
  const context = { allParts: claim.allParts, recurring: new Set<string>() }
  const routed = routeByContent(claim.envelope, claim.tickets, mail, road.policy.rules, context)
  if (routed.dispatch !== undefined) return { kind: 'dispatch', dispatch: routed.dispatch, trace: routed.trace }
  const outcome = routed.outcome ?? { kind: 'held' as const, ...because('unparsable', 'the rules came to no end') }
  const files = routed.chosen.map(({ name, size, fate }): FileFate => {
    const reason = fate.kind === 'send' ? outcome.reason : fate.reason
    const code = fate.kind === 'refuse' ? fate.code : undefined
    return { name, size, state: fate.kind === 'refuse' ? 'refused' : 'skipped', reason, code, ticket: undefined }
  })
  return { ...ended(outcome, files), trace: routed.trace }
}

function finish(claim: Claim, items: readonly Delivered[], road: Road): Tried {
  const result = outcomeOf(items)
  const files = items.map(fateOf)
  if (result.kind === 'deferred') return deferred(claim, result.because, road, result.until, files)
  return ended(settleFor(claim.envelope, { kind: result.kind, ...result.because }), files)
}
