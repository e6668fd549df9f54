/** Watches over one request: ends it when the caller does, when its time is up, or when nothing moves any more. */

export class Watch {
  readonly #caller: AbortSignal
  readonly #controller = new AbortController()
  readonly #total: NodeJS.Timeout
  readonly #forward: () => void
  #step: NodeJS.Timeout | undefined
  #expired: string | undefined

  /** `total` in milliseconds: the request as a whole. */
  constructor(caller: AbortSignal, total: number) {
    this.#caller = caller
    this.#forward = () => this.#controller.abort(caller.reason)
    this.#total = setTimeout(() => this.#expire(`the request took longer than ${seconds(total)}`), total)
    caller.addEventListener('abort', this.#forward, { once: true })
    if (caller.aborted) this.#forward()
  }

  /** For undici: aborted in all three cases. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The sentence of the deadline that passed; undefined while none has. */
  get expired(): string | undefined {
    return this.#expired
  }

  get givenUp(): boolean {
    return this.#caller.aborted && this.#expired === undefined
  }

  /** From now on the next step must come within `ms`; replaces the step before. undici has no timer for a body that is stuck. */
  within(ms: number, what: string): void {
    clearTimeout(this.#step)
    if (this.#controller.signal.aborted) return
    this.#step = setTimeout(() => this.#expire(`${what} for ${seconds(ms)}`), ms)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#step)
    clearTimeout(this.#total)
    this.#caller.removeEventListener('abort', this.#forward)
  }

  #expire(sentence: string): void {
    if (this.#controller.signal.aborted) return
    this.#expired = sentence
    this.#controller.abort(new DOMException(sentence, 'TimeoutError'))
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`
