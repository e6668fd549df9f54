/** The parser as the road sees it: a small pool of child processes, each parsing one mail at a time. */
import type { Parser } from '../gateway/ports.ts'
import type { ParsedMail } from '../mail/part.ts'
import { type Limits, Reader } from './reader.ts'

/** `children`: parsed at once, at most; 2 when absent. */
export type ParserOptions = Limits & { readonly children?: number }

/** Milliseconds an idle child is kept. */
const IDLE = 60_000

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

  /** Waits for a child to be free; first come, first served. */
  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    while (this.#busy.size >= this.#children) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.push(resolve)
      signal.addEventListener('abort', () => resolve(), { once: true })
      await promise
      if (signal.aborted) {
        // The turn may have been ours: it goes to the next.
        this.#waiting.shift()?.()
        throw signal.reason
      }
    }
  }

  async #giveBack(reader: Reader): Promise<void> {
    if (!reader.alive || (await reader.spent())) await reader.end()
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
