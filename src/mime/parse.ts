/** The parser as the road sees it: a small pool of child processes, each parsing one mail at a time. */
import type { Parser } from '../gateway/ports.ts'
import type { ParsedMail } from '../mail/part.ts'
import { type Limits, Reader } from './reader.ts'

/** `children`: parsed at once, at most; 2 when absent. */
export type ParserOptions = Limits & { readonly children?: number }

/** Milliseconds an idle child is kept. */
const IDLE = 60_000

/** Milliseconds that a mail waits for a child that is busy before another is started: starting one takes as long as parsing a hundred small mails. */
const PATIENCE = 500

/** Children are started when first needed, reused, and replaced when a mail has cost one its life. */
export class MimeParser implements Parser {
  readonly #limits: Limits
  readonly #children: number
  readonly #idle: Reader[] = []
  readonly #busy = new Set<Reader>()
  /** Wakes whoever waits, in the order in which they came. */
  readonly #waiting = new Set<() => void>()
  #reaper: NodeJS.Timeout | undefined

  /** `deadline` in milliseconds from the start of a parse, `memory` in octets resident. */
  constructor({ deadline, memory, children = 2 }: ParserOptions) {
    this.#limits = { deadline, memory }
    this.#children = children
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

  /** Waits for a child to be free, whoever waits longest first; after a while for one more to be started. */
  async #take(signal: AbortSignal): Promise<Reader> {
    signal.throwIfAborted()
    let patient = true
    let woken = Promise.withResolvers<void>()
    const wake = (): void => woken.resolve()
    const timer = setTimeout(() => {
      patient = false
      wake()
    }, PATIENCE)
    signal.addEventListener('abort', wake, { once: true })
    this.#waiting.add(wake)
    try {
      while (!this.#isFree(patient)) {
        await woken.promise
        woken = Promise.withResolvers()
        signal.throwIfAborted()
      }
      const reader = this.#idle.pop() ?? new Reader(this.#limits)
      this.#busy.add(reader)
      return reader
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      this.#waiting.delete(wake)
      // The wake-up may have been meant for more than one.
      if (this.#idle.length > 0) this.#wakeNext()
    }
  }

  #wakeNext(): void {
    const [longest] = this.#waiting
    longest?.()
  }

  #isFree(patient: boolean): boolean {
    if (this.#idle.length > 0 || this.#busy.size === 0) return true
    return !patient && this.#busy.size < this.#children
  }

  async #giveBack(reader: Reader): Promise<void> {
    const isWell = reader.alive && !reader.spent()
    if (isWell) this.#idle.push(reader)
    else await reader.end()
    this.#busy.delete(reader)
    // Where one has ended, whoever has waited long enough may start another.
    if (isWell) this.#wakeNext()
    else for (const wake of this.#waiting) wake()
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
