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
  readonly #waiting: (() => void)[] = []
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
    await this.#turn(signal)
    const reader = this.#idle.pop() ?? new Reader(this.#limits)
    this.#busy.add(reader)
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

  /** Waits for a child to be free, first come, first served; after a while for one more to be started. */
  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    let patient = true
    let wake = (): void => undefined
    const lookUp = (): void => wake()
    const timer = setTimeout(() => {
      patient = false
      lookUp()
    }, PATIENCE)
    signal.addEventListener('abort', lookUp, { once: true })
    try {
      while (!this.#isFree(patient)) {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        this.#waiting.push(resolve)
        await promise
        const at = this.#waiting.indexOf(resolve)
        if (at >= 0) this.#waiting.splice(at, 1)
        if (!signal.aborted) continue
        // The turn may have been ours: it goes to the next.
        if (at < 0) this.#waiting.shift()?.()
        throw signal.reason
      }
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', lookUp)
    }
  }

  #isFree(patient: boolean): boolean {
    if (this.#idle.length > 0 || this.#busy.size === 0) return true
    return !patient && this.#busy.size < this.#children
  }

  async #giveBack(reader: Reader): Promise<void> {
    if (!reader.alive || reader.spent()) await reader.end()
    else this.#idle.push(reader)
    this.#busy.delete(reader)
    this.#waiting.shift()?.()
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
