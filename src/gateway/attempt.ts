/** One attempt at one mail, and the one place that catches: every failure below becomes an outcome here. */
import type { Dispatch } from '../mail/dispatch.ts'
import { Fault } from '../mail/fault.ts'
import type { Outcome } from '../mail/outcome.ts'
import type { ParsedMail } from '../mail/part.ts'
import { routeByContent, settleFor } from '../mail/route.ts'
import { type Because, because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { backoff, later } from './backoff.ts'
import { type Contents, type Delivered, deliver } from './deliver.ts'
import { outcomeOf } from './items.ts'
import { namedParts, outlined } from './outlined.ts'
import type { FileFate } from './policy.ts'
import type { Claim, Conclusion, Listed } from './ports.ts'
import type { Road } from './road.ts'
import { Resting } from './sites.ts'

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
  const conclusion = concluded(claim, tried, road)
  await road.ledger.conclude(claim, conclusion, tried.trace)
  if (conclusion.outcome.kind !== 'deferred') await road.spool.clear(id)
  const { kind, status, code } = conclusion.outcome
  const until = conclusion.outcome.kind === 'deferred' ? conclusion.outcome.until : undefined
  const ms = road.clock.now().getTime() - started.getTime()
  road.observe({ kind: 'concluded', id, ref: envelope.ref, attempt: times, outcome: kind, status, code, until, ms })
  return kind
}

type Tried = {
  readonly kind: 'concluded'
  readonly outcome: Outcome
  readonly files: readonly FileFate[]
  readonly trace: readonly string[]
}
type Returned = { readonly kind: 'returned'; readonly reason: string }

function concluded({ envelope, tickets }: Claim, { outcome, files }: Tried, { policy }: Road): Conclusion {
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
  if (claim.dispatch === undefined) {
    const routed = await route(claim, await openOrStop(opened, ahead), road)
    if (routed.kind === 'concluded') return routed
    const items = await road.ledger.dispatch(claim, routed.dispatch, routed.trace)
    return finish(
      claim,
      await deliver(
        { claim, description: routed.dispatch.description, items, contents: opened.contents, ahead },
        road,
        signal,
      ),
      road,
    )
  }
  const { description } = claim.dispatch
  return finish(
    claim,
    await deliver({ claim, description, items: claim.items, contents: opened.contents, ahead }, road, signal),
    road,
  )
}

const ended = (outcome: Outcome, files: readonly FileFate[] = []): Tried => ({
  kind: 'concluded',
  outcome,
  files,
  trace: [`${outcome.kind}: ${outcome.status} ${outcome.reason}`],
})

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
  const now = road.clock.now()
  const result = outcomeOf(items)
  const files = items.map(fateOf)
  if (result.kind !== 'deferred')
    return ended(settleFor(claim.envelope, { kind: result.kind, ...result.because }), files)
  const until = result.until ?? later(now, backoff(claim.attempt, road.policy.retry, road.random))
  return outOfTries(claim, road, result.because, files) ?? ended({ kind: 'deferred', until, ...result.because }, files)
}

const fateOf = ({ name, size, state, because: why, ticket }: Delivered): FileFate => ({
  name,
  size,
  state,
  reason: why?.reason,
  code: why?.code,
  ticket,
})

function outOfTries(claim: Claim, { policy }: Road, why: Because, files: readonly FileFate[]): Tried | undefined {
  // What an unclean end of the process spent is not the mail's doing.
  if (claim.attempt - claim.interrupted < policy.retry.tries) return undefined
  return ended(
    { kind: 'held', ...because('tries', `given up after ${claim.attempt} tries; the last one: ${why.reason}`) },
    files,
  )
}

/** Failure into outcome: by its class whether to try again, by its scope whose to mend (docs/states.md). */
async function caught(error: unknown, claim: Claim, road: Road, signal: AbortSignal): Promise<Tried | Returned> {
  if (error instanceof Resting) return { kind: 'returned', reason: error.message }
  if (signal.aborted) return { kind: 'returned', reason: 'an orderly stop' }
  if (!(error instanceof Fault)) {
    road.observe({ kind: 'bug', where: 'attempt', error })
    return deferred(claim, road, { status: '4.3.0', code: 'deferred-bug', reason: 'nobody foresaw this; see the log' })
  }
  switch (error.scope) {
    case 'ledger':
      throw error
    case 'desk':
      return returned(await road.sites.suspend(road.policy.desk.site, error))
    case 'mailbox':
      return returned(await road.sites.suspend(road.mailboxSite, error))
    case 'post':
    case 'attachment':
    case 'mail':
      return ofThisMail(error, claim, road)
    default:
      return error.scope satisfies never
  }
}

const returned = ({ reason }: { readonly reason: string }): Returned => ({ kind: 'returned', reason })

async function ofThisMail(fault: Fault, claim: Claim, road: Road): Promise<Tried> {
  switch (fault.status) {
    case '5.1.1':
      return ended(
        settleFor(claim.envelope, {
          kind: 'bounced',
          ...because('unknown-ticket', `the desk knows no ticket ${claim.tickets.join(', ')}`),
        }),
      )
    case '5.6.0':
      return ended({ kind: 'held', ...because('unparsable', fault.message) })
    case '5.3.5':
      return ended({ kind: 'held', ...because('poison', fault.message) })
    default:
  }
  if (fault.status.startsWith('5')) return ended({ kind: 'held', ...because('desk-refused', fault.message) })
  if (fault.status === '4.4.2' && road.isOfDesk(fault)) await road.sites.trouble(road.policy.desk.site, claim.id, fault)
  return deferred(claim, road, { status: fault.status, code: `deferred-${fault.status}`, reason: fault.message })
}

function deferred(claim: Claim, road: Road, why: Because): Tried {
  const until = later(road.clock.now(), backoff(claim.attempt, road.policy.retry, road.random))
  return outOfTries(claim, road, why, []) ?? ended({ kind: 'deferred', until, ...why })
}

/** The mail on disk, fetched and parsed at the first need and once. */
class Opened implements AsyncDisposable {
  readonly #claim: Claim
  readonly #road: Road
  readonly #enough = new AbortController()
  readonly #signal: AbortSignal
  #mail: Promise<ParsedMail | 'gone'> | undefined

  constructor(claim: Claim, road: Road, signal: AbortSignal) {
    this.#claim = claim
    this.#road = road
    this.#signal = AbortSignal.any([signal, this.#enough.signal])
  }

  mail(): Promise<ParsedMail | 'gone'> {
    this.#mail ??= this.#open()
    return this.#mail
  }

  readonly contents: Contents = async (part, sha256) => {
    const mail = await this.mail()
    if (mail === 'gone') throw new Fault('5.3.0', 'somebody removed the mail before all its files were on the ticket')
    const found = mail.parts.find(one => one.part === part)
    if (found?.file === undefined || found.sha256 !== sha256)
      throw new Fault('5.6.0', `part ${part} is not what it was when it was chosen`)
    return found.file
  }

  /** Nothing of this attempt may still write into the spool when the entry is concluded. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#enough.abort()
    await this.#mail?.catch(() => undefined)
  }

  async #open(): Promise<ParsedMail | 'gone'> {
    const { mailbox, spool, parser } = this.#road
    const { id, envelope } = this.#claim
    const berth = await spool.berth(id, envelope.size)
    if (!berth.whole && (await mailbox.fetch(envelope.ref, spool.open(berth), this.#signal)) === 'gone') return 'gone'
    return parser.parse(berth.raw, berth.folder, this.#signal)
  }
}
