/** One pass over one mailbox: sight, attempt what is due, settle. A restart needs no recovery code: it is the next sweep. */
import { type Fault, isFault } from '../mail/fault.ts'
import { attempt } from './attempt.ts'
import { untilCalm } from './calm.ts'
import { Crew } from './crew.ts'
import { LeaseLost } from './failure.ts'
import type { Claim, Suspension } from './ports.ts'
import { type Road, resting, type Signals } from './road.ts'
import { settle, settleAll } from './settle.ts'
import { sight } from './sight.ts'
import { Resting } from './sites.ts'

/** A mail of one file spends about a third of its time at the desk in its upload. */
const MAILS_PER_UPLOAD = 4

export type Swept = {
  readonly sighted: number
  readonly attempted: number
  /** Sites of this road that rest now. */
  readonly suspended: readonly Suspension[]
}

/**
 * Sights once, and tries until nothing is due, from the first newcomers on. Throws ledger faults only; a mailbox that does not answer (any more)
 * is suspended, and then nothing more is tried.
 */
export async function sweep(road: Road, signals: Signals): Promise<Swept> {
  const started = road.clock.now()
  const arrivals = new Arrivals()
  const looking = look(road, signals, () => arrivals.tell()).finally(() => arrivals.end())
  const answers = Promise.race([arrivals.first, looking.then(sighted => sighted !== undefined)])
  const works = [
    looking,
    answers.then(isThere => (isThere ? work(road, signals, over => arrivals.next(over)) : 0)),
    // What the header decided need not wait for uploads.
    looking.then(seen => (seen === undefined ? 0 : settleAll(road, signals))),
  ] as const
  // Nothing goes on behind the back of whoever is told of a failure.
  await Promise.allSettled(works)
  const [sighted, attempted] = await Promise.all(works)
  // The second round collects what the first could not settle.
  if (sighted !== undefined) await settleAll(road, signals)
  const ms = road.clock.now().getTime() - started.getTime()
  // A relay that rests keeps nothing from being attached or filed, and is told all the same.
  const suspended = await resting(road, road.policy.post)
  if (sighted !== undefined) road.observe({ kind: 'swept', mailbox: road.mailbox.name, sighted, attempted, ms })
  return { sighted: sighted ?? 0, attempted, suspended }
}

/** Newcomers that a sight records while others are tried already. */
class Arrivals {
  readonly #first = Promise.withResolvers<true>()
  #wake = Promise.withResolvers<void>()
  #some = false
  #isOver = false

  /** Resolves with the first of them; never when there are none. */
  get first(): Promise<true> {
    return this.#first.promise
  }

  /** Resolves true when some have come since it was asked last, false when no more can come; or when `over` aborts. */
  async next(over: AbortSignal): Promise<boolean> {
    const ring = (): void => this.#ring()
    over.addEventListener('abort', ring, { once: true })
    while (!this.#some && !this.#isOver && !over.aborted) await this.#wake.promise
    over.removeEventListener('abort', ring)
    const some = this.#some
    this.#some = false
    return some
  }

  tell(): void {
    this.#some = true
    this.#first.resolve(true)
    this.#ring()
  }

  end(): void {
    this.#isOver = true
    this.#ring()
  }

  #ring(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }
}

/** Sights; undefined when the mailbox rests. `recorded` is called after each batch of newcomers. */
export async function look(road: Road, { stop }: Signals, recorded?: () => void): Promise<number | undefined> {
  try {
    return await sight(road, stop, recorded)
  } catch (error) {
    if (error instanceof Resting || stop.aborted || (isFault(error) && error.scope === 'mailbox')) return undefined
    throw error
  }
}

/**
 * Resolves true when something may have become due (a newcomer, a due time, an end of a suspension), or `over` aborts; false when there is
 * nothing to wait for but the mails under way.
 */
export type Wait = (over: AbortSignal) => Promise<boolean>

/**
 * Tries what is due, several mails at once, each settled by the task that concluded it. More mails than uploads: while some are
 * posted, others are fetched, parsed, or wait for the lists before and after their upload. Ends when nothing is due or to be waited for.
 * The first ledger fault (or bug) of a hand ends the work: the others finish what they have in hand, and it is thrown.
 */
export async function work(road: Road, signals: Signals, wait: Wait = NOTHING): Promise<number> {
  const crew = new Crew(road.policy.desk.concurrency * MAILS_PER_UPLOAD, signals.stop)
  await crew.work(() => hand(road, signals, crew, wait))
  if (crew.failure !== undefined) throw crew.failure.error
  return crew.attempted
}

const NOTHING: Wait = async () => false

/** A hand that finds nothing due waits for more, or leaves when another waits already: most of the time there is nothing to do. */
async function hand(road: Road, signals: Signals, crew: Crew, wait: Wait): Promise<void> {
  // A mail that has to be tried alone keeps the others waiting: they are due when its attempt has ended.
  const more = async (): Promise<boolean> =>
    (await wait(crew.over)) || (await crew.nextEnd()) || (await untilCalm(road, crew.over))
  while (!crew.over.aborted) {
    const claim =
      (await resting(road)).length > 0 ? undefined : await road.ledger.claim(road.mailbox.name, road.clock.now())
    if (claim !== undefined) await crew.busyWith(tryAndSettle(claim, road, signals))
    else if (!(await crew.waitAlone(more))) break
  }
}

async function tryAndSettle(claim: Claim, road: Road, signals: Signals): Promise<void> {
  using lease = keepLease(claim, road, signals.cut)
  try {
    const ended = await attempt(claim, road, lease.cut)
    if (ended === 'returned' || ended === 'deferred') return
  } catch (error) {
    if (!isOvertaken(error)) throw error
    road.observe({ kind: 'trouble', what: `the try of ${claim.id}`, status: error.status, reason: error.message })
    return
  }
  await settle(claim.id, road, signals, 'at once')
}

/** The lease has passed on while this one slept: what it would still write is the other try's now. */
const isOvertaken = (error: unknown): error is Fault =>
  isFault(error) && error.scope === 'ledger' && error.status === '4.3.0'

/**
 * A long upload outlives the lease, so it is lengthened as long as the attempt lasts. Once it may be another's, the upload must not go on: the other
 * looks for it, and counts on its having ended. `cut` aborts then, and with the one that was given.
 */
function keepLease(claim: Claim, road: Road, given: AbortSignal): Disposable & { readonly cut: AbortSignal } {
  const { clock, ledger, policy } = road
  const own = new AbortController()
  const abort = (): void => own.abort(given.reason)
  // Not AbortSignal.any: what it makes lives as long as it has a listener, and somebody's would be forgotten in one of a million mails.
  if (given.aborted) abort()
  else given.addEventListener('abort', abort, { once: true })
  let over = false
  let asking = false
  let renewedAt = clock.now()
  const isLate = (): boolean => clock.now().getTime() - renewedAt.getTime() >= policy.lease
  const lose = (reason: string): void => own.abort(new LeaseLost(reason))
  const renew = async (): Promise<void> => {
    // A ledger that does not answer has not said that it is ours.
    if (asking) return isLate() ? lose('the ledger has not answered for as long as the lease lasts') : undefined
    asking = true
    const now = clock.now()
    try {
      await ledger.renew(claim, now)
      renewedAt = now
    } catch (error) {
      if (over) return
      const reason = error instanceof Error ? error.message : String(error)
      road.observe({ kind: 'trouble', what: `the lease of ${claim.id}`, status: '4.3.0', reason })
      if (isOvertaken(error) || isLate()) lose(reason)
    } finally {
      asking = false
    }
  }
  const timer = setInterval(renew, policy.lease / 3)
  return {
    cut: own.signal,
    [Symbol.dispose]: () => {
      over = true
      given.removeEventListener('abort', abort)
      clearInterval(timer)
    },
  }
}
