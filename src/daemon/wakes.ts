/** Waking sleepers: a bell that several loops may wait at, with a time limit and a stop. */

export class Bell {
  #rung = Promise.withResolvers<void>()

  /** Wakes everybody who waits now. */
  ring(): void {
    this.#rung.resolve()
    this.#rung = Promise.withResolvers<void>()
  }

  /** Resolves at the next ring, after `ms`, or when `stop` is aborted, whichever comes first. */
  async wait(ms: number, stop: AbortSignal): Promise<void> {
    if (stop.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    // setTimeout counts in 32 bits; whoever sleeps for longer than an hour may look once in between.
    const timer = setTimeout(resolve, Math.min(Math.max(ms, 0), 3_600_000))
    const end = (): void => resolve()
    stop.addEventListener('abort', end, { once: true })
    this.#rung.promise.then(end, end)
    await promise
    clearTimeout(timer)
    stop.removeEventListener('abort', end)
  }
}
