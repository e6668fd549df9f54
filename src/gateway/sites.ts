/** Sites that must rest: a desk or mailbox that is down is not the mail's fault, so it is suspended and the tries are given back. */
import { type Fault, isFault } from '../mail/fault.ts'
import { type Backoff, backoff, later } from './backoff.ts'
import type { Observe } from './events.ts'
import type { Clock, Random, Site, Suspension, Suspensions } from './ports.ts'
import { Turns } from './turns.ts'

export type SitesOptions = {
  readonly ledger: Suspensions
  readonly clock: Clock
  readonly random: Random
  readonly observe: Observe
  readonly backoff: Backoff
  /** SHA-256 of the credentials in use per site: changed ones end a suspension that was about credentials. */
  readonly credentials: ReadonlyMap<Site, string>
}

export class Sites {
  readonly #options: SitesOptions
  /** Sites that have answered well since they were last in doubt: before that one request at a time probes them. */
  readonly #well = new Set<Site>()
  readonly #troubled = new Map<Site, string>()
  readonly #probes = new Turns()

  constructor(options: SitesOptions) {
    this.#options = options
  }

  /** The suspension that is in force, if any. */
  async suspended(site: Site): Promise<Suspension | undefined> {
    const { ledger, clock } = this.#options
    const suspension = await ledger.suspended(site)
    if (suspension === undefined || suspension.until <= clock.now()) return undefined
    return this.#changed(suspension) ? undefined : suspension
  }

  /**
   * Asks a site something. Until it has answered once, callers go one by one, so that a desk that refuses us is asked once
   * and not by every mail at hand. Throws `Resting` when the site is (or has just been) suspended.
   */
  async ask<T>(site: Site, question: () => Promise<T>): Promise<T> {
    if (this.#well.has(site)) return question()
    using _turn = await this.#probes.take(site)
    if (this.#well.has(site)) return question()
    const suspension = await this.suspended(site)
    if (suspension !== undefined) throw new Resting(suspension)
    try {
      const answer = await question()
      await this.answered(site)
      return answer
    } catch (error) {
      // Before the turn passes on: whoever waits for it must find the site suspended.
      if (isFault(error) && concerns(error, site)) await this.suspend(site, error)
      throw error
    }
  }

  /** It works: whatever was held against it is forgotten. */
  async answered(site: Site): Promise<void> {
    this.#troubled.delete(site)
    if (this.#well.has(site)) return
    this.#well.add(site)
    if (await this.#options.ledger.resume(site)) this.#options.observe({ kind: 'resumed', site })
  }

  /** A failure that by its meaning concerns everybody. */
  async suspend(site: Site, fault: Fault): Promise<Suspension> {
    const { ledger, clock, random, observe, backoff: growth, credentials } = this.#options
    const now = clock.now()
    const before = await ledger.suspended(site)
    this.#well.delete(site)
    // Those that were under way when the site was suspended fail too: that is no new failure.
    if (before !== undefined && before.until > now && !this.#changed(before)) return before
    const times = (before?.times ?? 0) + 1
    const suspension: Suspension = {
      site,
      since: before?.since ?? now,
      until: later(now, Math.max(fault.retryAfter ?? 0, backoff(times, growth, random))),
      status: fault.status,
      reason: fault.message,
      times,
      credentials: fault.status === '4.7.8' ? credentials.get(site) : undefined,
    }
    await ledger.suspend(suspension)
    observe({ kind: 'suspended', site, until: suspension.until, status: suspension.status, reason: suspension.reason })
    return suspension
  }

  /** A failure that may be this mail's own: only the second mail in a row that meets it speaks against the site (Postfix's cohort, in small). */
  async trouble(site: Site, mail: string, fault: Fault): Promise<Suspension | undefined> {
    const before = this.#troubled.get(site)
    this.#troubled.set(site, mail)
    if (before === undefined || before === mail) return undefined
    this.#troubled.delete(site)
    return this.suspend(site, fault)
  }

  /** Other credentials than the refused ones may try at once. */
  #changed({ site, credentials }: Suspension): boolean {
    return credentials !== undefined && credentials !== this.#options.credentials.get(site)
  }
}

const concerns = ({ scope }: Fault, site: Site): boolean => site.startsWith(`${scope} `)

/** Thrown to a caller whose site rests; the try is given back. */
export class Resting extends Error {
  readonly suspension: Suspension

  constructor(suspension: Suspension) {
    super(suspension.reason)
    this.suspension = suspension
  }
}
