/**
 * Taking turns: one holder per key, first come first served, and a gate that lets a few through at once.
 * Mails for the same ticket take turns, so that the documents one of them finds new on the ticket are its own.
 */
export class Turns {
  readonly #tails = new Map<string, Promise<void>>()

  /** Waits for the key and gives it back when disposed. */
  async take(key: string): Promise<Disposable> {
    const before = this.#tails.get(key)
    const mine = Promise.withResolvers<void>()
    this.#tails.set(key, mine.promise)
    await before
    return {
      [Symbol.dispose]: () => {
        if (this.#tails.get(key) === mine.promise) this.#tails.delete(key)
        mine.resolve()
      },
    }
  }
}

/** At most `width` holders at once. */
export class Gate {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(width: number) {
    this.#free = width
  }

  async enter(): Promise<Disposable> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    return {
      [Symbol.dispose]: () => {
        const next = this.#waiting.shift()
        if (next === undefined) this.#free += 1
        else next()
      },
    }
  }
}
