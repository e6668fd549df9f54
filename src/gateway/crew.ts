/** Who works: as many at once as there is work for, and no more than may be. */

/** The hands at work on one mailbox: one to begin with, and one more with each mail that is begun. */
export class Crew {
  /** A stop, or a failure of one hand: nothing more is begun. */
  readonly over: AbortSignal
  attempted = 0
  failure: { readonly error: unknown } | undefined
  readonly #most: number
  readonly #failed = new AbortController()
  readonly #gone = Promise.withResolvers<void>()
  #hand: () => Promise<void> = async () => undefined
  #hands = 0
  #busy = 0
  #isWaiting = false
  #end = Promise.withResolvers<void>()

  constructor(most: number, stop: AbortSignal) {
    this.#most = most
    this.over = AbortSignal.any([stop, this.#failed.signal])
  }

  /** Resolves when the last hand has left. */
  work(hand: () => Promise<void>): Promise<void> {
    this.#hand = hand
    this.#enlist()
    return this.#gone.promise
  }

  async busyWith(attempt: Promise<void>): Promise<void> {
    this.attempted += 1
    this.#busy += 1
    this.#enlist()
    try {
      await attempt
    } finally {
      this.#busy -= 1
      this.#end.resolve()
      this.#end = Promise.withResolvers()
    }
  }

  /** Resolves with what `wait` does; false at once when another hand waits. */
  async waitAlone(wait: () => Promise<boolean>): Promise<boolean> {
    if (this.#isWaiting) return false
    this.#isWaiting = true
    try {
      return await wait()
    } finally {
      this.#isWaiting = false
    }
  }

  /** Resolves true after the next end of an attempt, false at once when none is under way. */
  async nextEnd(): Promise<boolean> {
    if (this.#busy === 0) return false
    await this.#end.promise
    return true
  }

  #enlist(): void {
    if (this.#hands === this.#most || this.over.aborted) {
      if (this.#hands === 0) this.#gone.resolve()
      return
    }
    this.#hands += 1
    this.#hand()
      .catch((error: unknown) => {
        this.failure ??= { error }
        this.#failed.abort()
      })
      .finally(() => {
        this.#hands -= 1
        if (this.#hands === 0) this.#gone.resolve()
      })
  }
}
