/** The parser as the road sees it: a small pool of child processes, each parsing one mail at a time. */
import type { Parser } from '../gateway/ports.ts'
import type { ParsedMail } from '../mail/part.ts'
import { type Limits, Reader } from './reader.ts'

/** `children`: parsed at once, at most; 2 when absent. */
export type ParserOptions = Limits & { readonly children?: number }

/** Milliseconds an idle child is kept. */
const IDLE = 60_000

/**
 * Milliseconds for which the line of those who wait has not moved, since the last child came up, after which another one is started: starting one takes
 * as long as parsing a hundred small mails, and on a machine of two cores somebody else has the other.
 */
const PATIENCE = 250

/** Milliseconds for which a mail has waited in a line that moves: it is too long for one child. */
const LONG = 2_000

/** Children are started when first needed, reused, and replaced when a mail has cost one its life. */
export class MimeParser implements Parser {
  readonly #limits: Limits
  readonly #children: number
  readonly #idle: Reader[] = []
  readonly #busy = new Set<Reader>()
  /** Wakes whoever waits, in the order in which they came, with the time since when. */
  readonly #waiting = new Map<() => void, number>()
  #patience: NodeJS.Timeout | undefined
  /** The line has not moved for too long. */
  #mayStart = false
  #reaper: NodeJS.Timeout | undefined

  /** `deadline` in milliseconds from the start of a parse, `memory` in octets resident. */
  constructor({ deadline, memory, children = 2 }: ParserOptions) {
    this.#limits = { deadline, memory }
    this.#children = children
  }

  expect(): void {
    if (this.#isFree() && this.#idle.length === 0) this.#idle.push(this.#start())
    this.#reapLater()
  }

  async parse(
    raw: string,
    folder: string,
    signal: AbortSignal,
    begin?: () => Promise<AsyncDisposable>,
  ): Promise<ParsedMail> {
    const reader = await this.#take(signal)
    try {
      return await reader.run({ raw, folder }, signal, begin)
    } finally {
      await this.#giveBack(reader)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#reaper)
    await Promise.all([...this.#idle.splice(0), ...this.#busy].map(reader => reader.end()))
  }

  /** Waits for a child to be free, whoever waits longest first; or for one more to be started. */
  async #take(signal: AbortSignal): Promise<Reader> {
    signal.throwIfAborted()
    let woken = Promise.withResolvers<void>()
    const wake = (): void => woken.resolve()
    signal.addEventListener('abort', wake, { once: true })
    this.#waiting.set(wake, performance.now())
    if (this.#waiting.size === 1) this.#bePatient()
    try {
      while (!this.#isFree()) {
        await woken.promise
        woken = Promise.withResolvers()
        signal.throwIfAborted()
      }
      const reader = this.#idle.pop() ?? this.#start()
      this.#busy.add(reader)
      return reader
    } finally {
      signal.removeEventListener('abort', wake)
      this.#waiting.delete(wake)
      this.#bePatient()
      // The wake-up may have been meant for more than one.
      if (this.#idle.length > 0) this.#wakeNext()
    }
  }

  #start(): Reader {
    return new Reader(this.#limits, () => this.#bePatient())
  }

  #wakeNext(): void {
    const [longest] = this.#waiting.keys()
    longest?.()
  }

  #isFree(): boolean {
    // What died while it was idle is nobody's loss.
    while (this.#idle.at(-1)?.alive === false) this.#idle.pop()
    if (this.#idle.length > 0 || this.#busy.size === 0) return true
    const [since = Number.POSITIVE_INFINITY] = this.#waiting.values()
    return (this.#mayStart || performance.now() - since > LONG) && this.#busy.size < this.#children
  }

  /** From now on, whoever waits does so for a while before there is another child. */
  #bePatient(): void {
    clearTimeout(this.#patience)
    this.#mayStart = false
    if (this.#waiting.size === 0) return
    this.#patience = setTimeout(() => {
      // One that is being started will not be here sooner for another beside it; once it is up, the line has time to move.
      if (this.#busy.values().some(({ isUp }) => !isUp)) return
      this.#mayStart = true
      this.#wakeNext()
    }, PATIENCE)
  }

  async #giveBack(reader: Reader): Promise<void> {
    const isWell = reader.alive && !reader.spent()
    if (isWell) this.#idle.push(reader)
    else await reader.end()
    this.#busy.delete(reader)
    this.#bePatient()
    this.#wakeNext()
    this.#reapLater()
  }

  #reapLater(): void {
    clearTimeout(this.#reaper)
    this.#reaper = setTimeout(() => {
      for (const reader of this.#idle.splice(0)) reader.kill()
    }, IDLE)
    this.#reaper.unref()
  }
}
