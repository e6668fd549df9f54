/**
 * Group commit: the writes requested while the disk was busy with the last ones are one transaction, because every commit waits for
 * the disk.
 */
import { CompiledQuery } from 'kysely'
import { Fault } from '../mail/fault.ts'
import type { Engine } from './engine.ts'
import { ask } from './statement.ts'
import type { Db } from './tables.ts'

export type Write<T> = (db: Db) => Promise<T>

type Request = {
  readonly run: (db: Db) => Promise<void>
  readonly succeed: () => void
  readonly fail: (error: unknown) => void
}

const COMMIT = CompiledQuery.raw('commit')
const ROLLBACK = CompiledQuery.raw('rollback')
const SAVE = CompiledQuery.raw('savepoint one')
const KEEP = CompiledQuery.raw('release savepoint one')
const UNDO = CompiledQuery.raw('rollback to savepoint one')

/** Bounds how long one transaction keeps the loop. */
const MOST = 256

/** Turns of the event loop that a group waits for more of them, as long as each brings one. */
const MOST_TURNS = 8

/** That many deadlocks in a row are none by chance. */
const MOST_TIMES = 10

export class GroupCommit {
  readonly #engine: Engine
  readonly #begin: CompiledQuery
  #waiting: Request[] = []
  #running: Promise<void> | undefined
  #closed = false

  constructor(engine: Engine) {
    this.#engine = engine
    this.#begin = CompiledQuery.raw(engine.begin)
  }

  /**
   * Runs `write` in the next transaction; resolves when it is durable. A write that throws is undone alone and rejects with what it threw.
   * Fault 4.3.1 (5.3.1 when the ledger is beyond repair) scope `ledger` when nothing could be made durable.
   */
  write<T>(write: Write<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Fault('4.3.1', 'the ledger is closed', { scope: 'ledger' }))
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    let result: { readonly value: T } | undefined
    this.#waiting.push({
      run: async db => {
        result = { value: await write(db) }
      },
      succeed: () => (result === undefined ? reject(new Error('committed without a result')) : resolve(result.value)),
      fail: reject,
    })
    this.#running ??= this.#drain()
    return promise
  }

  /** Ends what is under way; later writes are refused. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather()
      await this.#commit(this.#waiting.splice(0, MOST))
    }
    this.#running = undefined
  }

  /** Who is just about to write may come along: answers that arrived together lead to writes one turn of the loop after the other. */
  async #gather(): Promise<void> {
    for (let [turn, before] = [0, 0]; turn < MOST_TURNS && this.#waiting.length > before; turn += 1) {
      before = this.#waiting.length
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  async #commit(group: readonly Request[]): Promise<void> {
    try {
      const failed = await this.#again(() => this.#engine.writer.connection().execute(db => this.#together(db, group)))
      await this.#engine.sync()
      for (const request of group) {
        if (failed.has(request)) request.fail(failed.get(request))
        else request.succeed()
      }
    } catch (error) {
      const fault = this.#engine.fault(error) ?? error
      for (const request of group) request.fail(fault)
    }
  }

  /** Of two replicas in each other's way one is told to begin anew; writes are only queries, so they may. */
  async #again<T>(transaction: () => Promise<T>): Promise<T> {
    for (let n = 1; ; n += 1) {
      try {
        return await transaction()
      } catch (error) {
        if (n >= MOST_TIMES || !this.#engine.isTransient(error)) throw error
      }
    }
  }

  /** Mostly none throws; only when one does it is worth telling them apart, which costs two questions for each. */
  async #together(db: Db, group: readonly Request[]): Promise<ReadonlyMap<Request, unknown>> {
    try {
      await this.#transact(db, async () => {
        for (const request of group) await request.run(db)
      })
      return new Map()
    } catch (error) {
      if (group.length === 1 || this.#engine.fault(error) !== undefined) throw error
      return await this.#apart(db, group)
    }
  }

  /** Each undone alone when it throws. */
  async #apart(db: Db, group: readonly Request[]): Promise<ReadonlyMap<Request, unknown>> {
    const failed = new Map<Request, unknown>()
    await this.#transact(db, async () => {
      for (const request of group) {
        const error = await this.#runAlone(db, request)
        if (error !== undefined) failed.set(request, error.thrown)
      }
    })
    return failed
  }

  async #transact(db: Db, work: () => Promise<void>): Promise<void> {
    await ask(db, this.#begin)
    try {
      await work()
      await ask(db, COMMIT)
    } catch (error) {
      // The engine may have rolled back by itself; then there is nothing left to undo.
      await ask(db, ROLLBACK).catch(() => undefined)
      throw error
    }
  }

  /** Undoes this write alone when it throws, unless it was the engine that failed: then the whole group fails with it. */
  async #runAlone(db: Db, request: Request): Promise<{ readonly thrown: unknown } | undefined> {
    await ask(db, SAVE)
    try {
      await request.run(db)
      await ask(db, KEEP)
      return undefined
    } catch (thrown) {
      if (this.#engine.fault(thrown) !== undefined) throw thrown
      await ask(db, UNDO)
      await ask(db, KEEP)
      return { thrown }
    }
  }
}
