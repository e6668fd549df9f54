/**
 * A mailbox with a daily allowance of octets (`mailboxes[].dailyBytes`): providers lock an account that downloads too much (Gmail at about
 * 2.5 GB a day). Everything that comes from the server counts, headers too; when it is spent no mail is fetched until midnight UTC.
 */
import { Fault } from '../mail/fault.ts'
import type { Ref } from '../mail/ref.ts'
import type { Allowances, Clock, Mailbox, Sighting } from './ports.ts'
import { Turns } from './turns.ts'

/** A mailbox that knows how many octets its server has sent so far, over all connections. */
export type Metered = Mailbox & { received(): number }

export class Thrifty implements Mailbox {
  readonly name: string
  readonly #mailbox: Metered
  readonly #daily: number
  readonly #ledger: Allowances
  readonly #clock: Clock
  readonly #turns = new Turns()
  #counted = 0

  /** @param daily octets a day; the last mail of a day may exceed it */
  constructor(mailbox: Metered, daily: number, ledger: Allowances, clock: Clock) {
    this.name = mailbox.name
    this.#mailbox = mailbox
    this.#daily = daily
    this.#ledger = ledger
    this.#clock = clock
  }

  refresh(signal: AbortSignal): ReturnType<Mailbox['refresh']> {
    return this.#count(this.#mailbox.refresh(signal))
  }

  uids(after: number, signal: AbortSignal): Promise<readonly number[]> {
    return this.#count(this.#mailbox.uids(after, signal))
  }

  sight(uids: readonly number[], signal: AbortSignal): Promise<readonly Sighting[]> {
    return this.#count(this.#mailbox.sight(uids, signal))
  }

  /** One at a time, so that each is begun knowing what the one before has cost. Fault 4.4.5 scope `mailbox` until midnight when it is spent. */
  async fetch(ref: Ref, sink: NodeJS.WritableStream, signal: AbortSignal, size?: number): ReturnType<Mailbox['fetch']> {
    using _turn = await this.#turns.take('fetch')
    const now = this.#clock.now()
    if ((await this.#ledger.spent(this.name, dayOf(now))) >= this.#daily) {
      if ('destroy' in sink && typeof sink.destroy === 'function') sink.destroy()
      throw new Fault(
        '4.4.5',
        `the ${this.#daily} octets a day of mailboxes[].dailyBytes are spent until midnight UTC`,
        {
          scope: 'mailbox',
          retryAfter: DAY - (now.getTime() % DAY),
        },
      )
    }
    return await this.#count(this.#mailbox.fetch(ref, sink, signal, size))
  }

  file(...asked: Parameters<Mailbox['file']>): ReturnType<Mailbox['file']> {
    return this.#count(this.#mailbox.file(...asked))
  }

  find(...asked: Parameters<Mailbox['find']>): ReturnType<Mailbox['find']> {
    return this.#count(this.#mailbox.find(...asked))
  }

  /** What broke off has cost as well. */
  async #count<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } finally {
      const octets = this.#mailbox.received() - this.#counted
      this.#counted += octets
      if (octets > 0) await this.#ledger.spend(this.name, dayOf(this.#clock.now()), octets)
    }
  }
}

const DAY = 86_400_000

/** `2026-11-24`, UTC. */
export const dayOf = (instant: Date): string => instant.toISOString().slice(0, 10)
