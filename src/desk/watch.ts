/** Watches over one request: ends it when the caller does, when its time is up, or when nothing moves any more. */

/** Ends the request for this reason. */
export type Cut = (reason: Error) => void

export class Watch {
  readonly #caller: AbortSignal
  readonly #total: NodeJS.Timeout
  readonly #forward = (): void => this.#end(this.#caller.reason)
  #step: NodeJS.Timeout | undefined
  #expired: string | undefined
  #over: { readonly reason: Error } | undefined
  #cut: Cut | undefined

  /** `total` in milliseconds: the request as a whole. */
  constructor(caller: AbortSignal, total: number) {
    this.#caller = caller
    this.#total = setTimeout(() => this.#expire(`the request took longer than ${seconds(total)}`), total)
    if (caller.aborted) this.#forward()
    else caller.addEventListener('abort', this.#forward, { once: true })
  }

  /** The sentence of the deadline that passed; undefined while none has. */
  get expired(): string | undefined {
    return this.#expired
  }

  get givenUp(): boolean {
    return this.#caller.aborted && this.#expired === undefined
  }

  get isOver(): boolean {
    return this.#over !== undefined
  }

  /** Called once in all three cases; at once when it is over already. */
  cutting(cut: Cut): void {
    this.#cut = cut
    if (this.#over !== undefined) cut(this.#over.reason)
  }

  /** From now on the next step must come within `ms`; replaces the step before. undici has no timer for a body that is stuck. */
  within(ms: number, what: string): void {
    clearTimeout(this.#step)
    if (this.#over !== undefined) return
    this.#step = setTimeout(() => this.#expire(`${what} for ${seconds(ms)}`), ms)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#step)
    clearTimeout(this.#total)
    this.#caller.removeEventListener('abort', this.#forward)
  }

  #expire(sentence: string): void {
    if (this.#over !== undefined) return
    this.#expired = sentence
    this.#end(new DOMException(sentence, 'TimeoutError'))
  }

  #end(reason: Error): void {
    if (this.#over !== undefined) return
    this.#over = { reason }
    this.#cut?.(reason)
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`
