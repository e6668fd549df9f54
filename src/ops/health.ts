/** Whether the gateway does its work, judged from what it tells of itself: silence is the alarm. */
import type { Event } from '../gateway/events.ts'

export type Ready = {
  readonly ready: boolean
  /** One sentence each, with the names of sites; empty when ready. */
  readonly reasons: readonly string[]
  /** What else is worth knowing. */
  readonly details: readonly string[]
}

export type ReadinessOptions = {
  /** Three intervals of the schedule from now on, milliseconds; asked at each sign of life, for schedules are uneven. */
  readonly intervals: () => number
  /** When the process started: the first sweep gets its three intervals too. */
  readonly started: Date
  /** Names of the mailboxes; each has a loop of its own and is judged by itself. */
  readonly mailboxes: readonly string[]
  /** A site may rest this long, milliseconds; default 15 minutes. */
  readonly patience?: number
}

/** A sign of life, and milliseconds after which another must have come. */
type Life = { readonly at: Date; readonly limit: number }
type Rest = { readonly since: Date; readonly reason: string }

const PATIENCE = 15 * 60_000
/** A disk that was full so long ago is not full any more, else it would have been told again. */
const MEMORY = 2 * 60_000
const MAILBOX = 'mailbox '

export class Readiness {
  readonly #options: ReadinessOptions
  readonly #now: () => Date
  /** Last sign of life by mailbox. */
  readonly #alive: Map<string, Life>
  readonly #resting = new Map<string, Rest>()
  #unwritable: { readonly reason: string; readonly at: Date } | undefined

  /** How the last canary ended. */
  #canary: { readonly isWell: boolean; readonly told: string } | undefined

  constructor(options: ReadinessOptions, now: () => Date) {
    this.#options = options
    this.#now = now
    const limit = options.intervals()
    this.#alive = new Map(options.mailboxes.map(name => [name, { at: options.started, limit }]))
  }

  /** Takes what happened, at the moment it happens. A property, so that it can be handed on by itself. */
  readonly observe = (event: Event): void => {
    const now = this.#now()
    if (event.kind === 'canary') this.#canary = canaryTold(event) ?? this.#canary
    else if (event.kind === 'swept') this.#lives(event.mailbox, now)
    else if (event.kind === 'concluded') this.#wrote(event.ref.mailbox, now)
    else if (event.kind === 'trouble' && event.status === '4.3.1') this.#unwritable = { reason: event.reason, at: now }
    // Later suspensions of a site that never came back belong to the first.
    else if (event.kind === 'suspended')
      this.#resting.set(event.site, { since: this.#resting.get(event.site)?.since ?? now, reason: event.reason })
    else if (event.kind === 'resumed') {
      this.#resting.delete(event.site)
      if (event.site.startsWith(MAILBOX)) this.#lives(event.site.slice(MAILBOX.length), now)
    }
  }

  /** @param suspended the sites that rest, as the ledger has it; undefined = it cannot be asked, what was observed must do */
  ready(now: Date, suspended?: readonly (Rest & { readonly site: string })[]): Ready {
    const resting = suspended === undefined ? this.#resting : new Map(suspended.map(one => [one.site, one]))
    const canary = this.#canary
    const reasons = [
      ...this.#full(now),
      ...this.#silent(now, resting),
      ...this.#tired(now, resting),
      ...(canary?.isWell === false ? [canary.told] : []),
    ]
    return { ready: reasons.length === 0, reasons, details: canary?.isWell === true ? [canary.told] : [] }
  }

  /** It is tried again every few seconds, so what has not been told for a while has been mended. */
  #full(now: Date): readonly string[] {
    const trouble = this.#unwritable
    if (trouble === undefined || now.getTime() - trouble.at.getTime() > MEMORY) return []
    return [`the ledger or the spool cannot be written: ${trouble.reason}`]
  }

  /** What was just concluded was also written. */
  #wrote(mailbox: string, now: Date): void {
    this.#lives(mailbox, now)
    this.#unwritable = undefined
  }

  #lives(mailbox: string, at: Date): void {
    this.#alive.set(mailbox, { at, limit: this.#options.intervals() })
  }

  /** A mailbox that rests is silent for a known reason. */
  #silent(now: Date, resting: ReadonlyMap<string, Rest>): readonly string[] {
    return [...this.#alive]
      .filter(([name, { at, limit }]) => !resting.has(`${MAILBOX}${name}`) && now.getTime() - at.getTime() > limit)
      .map(
        ([name, { at }]) => `mailbox ${name}: no sweep has ended and no mail was concluded since ${at.toISOString()}`,
      )
  }

  #tired(now: Date, resting: ReadonlyMap<string, Rest>): readonly string[] {
    const limit = this.#options.patience ?? PATIENCE
    return [...resting]
      .filter(([, { since }]) => now.getTime() - since.getTime() > limit)
      .map(([site, { since, reason }]) => `${site} has been suspended since ${since.toISOString()}: ${reason}`)
  }
}

/** Undefined for one that is under way. */
function canaryTold({ result, at, ms, reason }: Extract<Event, { kind: 'canary' }>) {
  if (result === 'sent') return undefined
  if (result === 'failed' || result === 'lost')
    return { isWell: false, told: `canary ${result} at ${at.toISOString()}: ${reason ?? 'no reason is known'}` }
  const seconds = ((ms ?? 0) / 1000).toFixed(1)
  return { isWell: true, told: `canary: the last one was on its ticket at ${at.toISOString()}, after ${seconds} s` }
}
