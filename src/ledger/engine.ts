/** What the ledger asks of a database engine beside its queries; one file per engine fills it in. */
import type { Fault } from '../mail/fault.ts'
import type { Db } from './tables.ts'

export type Engine = {
  /** Written to by the group commit alone. */
  readonly writer: Db
  /** Sees what is committed, and only that; an engine may have the writer's connection answer while no transaction is open on it. */
  readonly reader: Db
  /** Begins a writing transaction; takes the write lock at once where the engine has one. */
  readonly begin: string
  /** At most one process works on this ledger (it holds the lock): rows of another boot are void at once. */
  readonly soleWorker: boolean
  /** It was not there before. */
  readonly created: boolean
  /** 32 random bytes in hex, made with the ledger. */
  readonly secret: string
  /** Resolves when all that was committed before the call would survive a power failure. */
  sync(): Promise<void>
  /** Until this transaction ends nobody else gets past here; what counts rows before it writes asks for it. */
  alone(db: Db): Promise<void>
  /** The clock that leases are kept on, where the engine has one that all replicas share. */
  readonly now: ((db: Db) => Promise<Date>) | undefined
  /** The transaction was given up for somebody else's: the same again may succeed. */
  isTransient(error: unknown): boolean
  /** The engine's own troubles (disk, lock, corruption) as a Fault of scope `ledger`; undefined for anything else. */
  fault(error: unknown): Fault | undefined
  /** Nothing that was overwritten is left lying about, as far as nobody else is reading. */
  scrub(): Promise<void>
  close(): Promise<void>
}
