/** One holder at a time, first come first served: an IMAP connection answers one question after the other. */
export class Turn {
  #last: Promise<void> = Promise.resolve()

  /** Waits for the turn; given back when disposed. */
  async take(): Promise<Disposable> {
    const before = this.#last
    const mine = Promise.withResolvers<void>()
    this.#last = mine.promise
    await before
    return { [Symbol.dispose]: () => mine.resolve() }
  }
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts; `work` then ends by itself, unheard. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
