/** One step in the life of the ledger's shape. */

import type { Db } from '../tables.ts'

/** What the engines call their columns. */
export type Words = {
  /** Column type of a row number the engine gives out. */
  readonly id: string
  /** Column type that holds epoch milliseconds. */
  readonly integer: string
  /** Behind the closing bracket of a table. */
  readonly end: string
  /** A ledger is there, of whatever version; tables that other people keep in the same database are none. */
  readonly isThere: (db: Db) => Promise<boolean>
}

export type Migration = {
  readonly number: number
  readonly name: string
  readonly statements: (words: Words) => readonly string[]
}
