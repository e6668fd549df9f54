/**
 * Taking turns: one holder per key, first come first served, and a gate that lets a few through at once.
 * Mails for the same ticket take turns, so that the documents one of them finds new on the ticket are its own.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from './ports.ts'

export interface TakingTurns {
  /** Waits for the key and gives it back when disposed. Rejects with the signal's reason when it aborts meanwhile. */
  take(key: string, signal: AbortSignal): Promise<AsyncDisposable | Disposable>
  /** Undefined when somebody else has it. */
  tryTake(key: string): Promise<AsyncDisposable | Disposable | undefined>
}

export class Turns implements TakingTurns {
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

  async tryTake(key: string): Promise<Disposable | undefined> {
    return this.#tails.has(key) ? undefined : this.take(key)
  }
}

/** Milliseconds between two looks whether another replica has given a turn back. */
const LOOK = 100

export type SharedTurnsOptions = {
  readonly ledger: SharedTurnsLedger
  readonly clock: Clock
  /** Unguessable and new at every call. */
  readonly token: () => string
  /** Milliseconds after which the turn of a replica that is not heard of passes on. */
  readonly lease: number
}

/** What the ledger keeps of turns; durable, so that they outlive a connection. */
export interface SharedTurnsLedger {
  takeTurn(turn: { readonly key: string; readonly holder: string }, now: Date): Promise<boolean>
  renewTurn(turn: { readonly key: string; readonly holder: string }, now: Date): Promise<boolean>
  endTurn(turn: { readonly key: string; readonly holder: string }): Promise<void>
}

/** Turns of several replicas: in this process first come first served, between processes by the ledger. */
export class SharedTurns implements TakingTurns {
  readonly #options: SharedTurnsOptions
  readonly #here = new Turns()

  constructor(options: SharedTurnsOptions) {
    this.#options = options
  }

  async take(key: string, signal: AbortSignal): Promise<AsyncDisposable> {
    const here = await this.#here.take(key)
    const turn = { key, holder: this.#options.token() }
    try {
      while (!(await this.#ask(turn))) await pause(LOOK, undefined, { signal })
    } catch (error) {
      here[Symbol.dispose]()
      throw error
    }
    return this.#held(turn, here)
  }

  async tryTake(key: string): Promise<AsyncDisposable | undefined> {
    const here = await this.#here.tryTake(key)
    if (here === undefined) return undefined
    const turn = { key, holder: this.#options.token() }
    try {
      if (await this.#ask(turn)) return this.#held(turn, here)
    } catch (error) {
      here[Symbol.dispose]()
      throw error
    }
    here[Symbol.dispose]()
    return undefined
  }

  #ask(turn: { readonly key: string; readonly holder: string }): Promise<boolean> {
    return this.#options.ledger.takeTurn(turn, this.#options.clock.now())
  }

  /** A ledger that does not answer lets the turn lapse: whoever waits for it gets it then. */
  #held(turn: { readonly key: string; readonly holder: string }, here: Disposable): AsyncDisposable {
    const { ledger, clock, lease } = this.#options
    const timer = setInterval(() => {
      ledger.renewTurn(turn, clock.now()).catch(() => undefined)
    }, lease / 3)
    return {
      [Symbol.asyncDispose]: async () => {
        clearInterval(timer)
        await ledger.endTurn(turn).catch(() => undefined)
        here[Symbol.dispose]()
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

/** The way to one desk, `atOnce` uploads wide. */
export class Uploads {
  /** Held while the file is on its way. */
  readonly slots: Gate
  /** Held from before an upload is written down, so that of those that wait for a slot only one is. */
  readonly anteroom: Gate

  constructor(atOnce: number) {
    this.slots = new Gate(atOnce)
    this.anteroom = new Gate(atOnce + 1)
  }
}
