/** Sites that must rest: a desk or mailbox that is down is not the mail's fault, so it is suspended and the tries are given back. */
import { type Fault, isFault } from '../mail/fault.ts'
import type { Status } from '../mail/status.ts'
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

/** What an answer proves: that the site works, or (a desk that tells what is on a ticket) that it is there. */
export type Proof = 'works' | 'is there'

const CLOCKS_APART = 60_000

/** Desks have been seen to fail so for uploads alone: an answer to a question does not end such a suspension. */
const OF_UPLOADS: ReadonlySet<Status> = new Set(['4.3.2', '4.3.5', '4.4.2'])

export class Sites {
  readonly #options: SitesOptions
  /** Sites that have answered well since they were last in doubt: before that one request at a time probes them. */
  readonly #well = new Set<Site>()
  /** Sites that are there, but did not take uploads when last asked: uploads go one at a time until one is taken. */
  readonly #onTrial = new Set<Site>()
  readonly #troubled = new Map<Site, string>()
  readonly #probes = new Turns()

  constructor(options: SitesOptions) {
    this.#options = options
  }

  /** The suspension that is in force, if any. */
  async suspended(site: Site): Promise<Suspension | undefined> {
    const { ledger, clock } = this.#options
    const suspension = await ledger.suspended(site)
    return suspension !== undefined && this.#isInForce(suspension, clock.now()) ? suspension : undefined
  }

  /** The suspensions in force of these sites, asked for at once. */
  async resting(sites: readonly Site[]): Promise<readonly Suspension[]> {
    const { ledger, clock } = this.#options
    const written = await ledger.suspensions()
    return written.filter(one => sites.includes(one.site) && this.#isInForce(one, clock.now()))
  }

  /**
   * Asks a site something. Until it has answered once, callers go one by one, so that a desk that refuses us is asked once
   * and not by every mail at hand. A fault that concerns the site suspends it before anybody else may ask. Throws `Resting` when the
   * site is (or has just been) suspended. The question must not ask the same site in turn.
   */
  async ask<T>(site: Site, question: () => Promise<T>, proof: Proof = 'works'): Promise<T> {
    if (this.#isFree(site, proof)) return this.#askFreely(site, question, proof)
    using _turn = await this.#probes.take(site)
    if (this.#isFree(site, proof)) return this.#askFreely(site, question, proof)
    const suspension = await this.suspended(site)
    if (suspension !== undefined) throw new Resting(suspension)
    try {
      const answer = await question()
      await this.#answered(site, proof)
      return answer
    } catch (error) {
      // Before the turn passes on: whoever waits for it must find the site suspended.
      if (isFault(error) && concerns(error, site)) await this.#rest(site, error)
      throw error
    }
  }

  /** A failure that by its meaning concerns everybody. From here on whoever asks waits, and finds the suspension written. */
  async suspend(site: Site, fault: Fault): Promise<Suspension> {
    this.#well.delete(site)
    using _turn = await this.#probes.take(site)
    return await this.#rest(site, fault)
  }

  /** A failure that may be this mail's own: only the second mail in a row that meets it speaks against the site (Postfix's cohort, in small). */
  async trouble(site: Site, mail: string, fault: Fault): Promise<Suspension | undefined> {
    const before = this.#troubled.get(site)
    this.#troubled.set(site, mail)
    if (before === undefined || before === mail) return undefined
    this.#troubled.delete(site)
    return this.suspend(site, fault)
  }

  #isFree(site: Site, proof: Proof): boolean {
    return this.#well.has(site) && (proof === 'is there' || !this.#onTrial.has(site))
  }

  async #askFreely<T>(site: Site, question: () => Promise<T>, proof: Proof): Promise<T> {
    try {
      const answer = await question()
      if (proof === 'works') this.#troubled.delete(site)
      return answer
    } catch (error) {
      if (isFault(error) && concerns(error, site)) await this.suspend(site, error)
      throw error
    }
  }

  /** What was held against it is forgotten, as far as the answer goes. */
  async #answered(site: Site, proof: Proof): Promise<void> {
    const { ledger, observe } = this.#options
    const held = await ledger.suspended(site)
    this.#well.add(site)
    if (proof === 'is there' && held !== undefined && OF_UPLOADS.has(held.status)) {
      this.#onTrial.add(site)
      return
    }
    this.#onTrial.delete(site)
    if (proof === 'works') this.#troubled.delete(site)
    if (await ledger.resume(site)) observe({ kind: 'resumed', site })
  }

  async #rest(site: Site, fault: Fault): Promise<Suspension> {
    const { ledger, clock, random, observe, backoff: growth, credentials } = this.#options
    const now = clock.now()
    const written = await ledger.suspended(site)
    const before = written === undefined || isAhead(written, now) ? undefined : written
    this.#well.delete(site)
    const asked = fault.retryAfter ?? 0
    const inForce = before !== undefined && before.until > now && !this.#changed(before)
    // Those that were under way when the site was suspended fail too: that is no new failure. What they were told to wait is heeded.
    if (inForce && later(now, asked) <= before.until) return before
    const times = inForce ? before.times : (before?.times ?? 0) + 1
    // A site that says how long knows better than we do; one that says "at once" has just failed to answer at once.
    const wait = asked > 0 ? asked : backoff(times, growth, random)
    const suspension: Suspension = {
      site,
      since: before?.since ?? now,
      until: later(now, wait),
      status: fault.status,
      reason: fault.message,
      times,
      credentials: fault.status === '4.7.8' ? credentials.get(site) : undefined,
    }
    await ledger.suspend(suspension)
    observe({ kind: 'suspended', site, until: suspension.until, status: suspension.status, reason: suspension.reason })
    return suspension
  }

  #isInForce(suspension: Suspension, now: Date): boolean {
    return suspension.until > now && !isAhead(suspension, now) && !this.#changed(suspension)
  }

  /** Other credentials than the refused ones may try at once. */
  #changed({ site, credentials }: Suspension): boolean {
    return credentials !== undefined && credentials !== this.#options.credentials.get(site)
  }
}

/** It began later than now: under a clock that was ahead, so nobody knows when it ends. The clocks of replicas need not agree to the second. */
const isAhead = ({ since }: Suspension, now: Date): boolean => since > later(now, CLOCKS_APART)

const concerns = ({ scope }: Fault, site: Site): boolean => site.startsWith(`${scope} `)

/** Thrown to a caller whose site rests; the try is given back. */
export class Resting extends Error {
  readonly suspension: Suspension

  constructor(suspension: Suspension) {
    super(suspension.reason)
    this.suspension = suspension
  }
}
