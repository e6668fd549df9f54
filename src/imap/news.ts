/** Word of newcomers, kept until somebody asks for it. */
export class News {
  #fresh = false
  #heard = Promise.withResolvers<void>()

  tell(): void {
    this.#fresh = true
    this.#heard.resolve()
  }

  /** Whoever looks for himself needs no telling. */
  forget(): void {
    if (!this.#fresh) return
    this.#fresh = false
    this.#heard = Promise.withResolvers()
  }

  /** Resolves when there is word (which it takes with it) or `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#fresh && !signal.aborted) {
      const stopped = Promise.withResolvers<void>()
      const stop = (): void => stopped.resolve()
      signal.addEventListener('abort', stop, { once: true })
      await Promise.race([this.#heard.promise, stopped.promise])
      signal.removeEventListener('abort', stop)
    }
    this.forget()
  }
}
