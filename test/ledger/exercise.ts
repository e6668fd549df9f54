/** What every ledger must do, whatever engine it is kept in. */
import { describe } from 'vitest'
import type { SqlLedger } from '../../src/ledger/ledger.ts'
import { attemptsOf } from './exercise-attempts.ts'
import { booksOf } from './exercise-books.ts'
import { clockOf } from './exercise-clock.ts'
import { crashesOf } from './exercise-crashes.ts'
import { entriesOf } from './exercise-entries.ts'
import { operatorOf } from './exercise-operator.ts'
import { receiptsOf } from './exercise-receipts.ts'
import { searchOf } from './exercise-search.ts'
import { settlementsOf } from './exercise-settlements.ts'

export type Desktop = {
  readonly ledger: SqlLedger
  now(): Date
  /** Moves the clock. */
  pass(ms: number): void
  /** The process ends without a word and starts again: another boot of the same ledger. */
  crash(): Promise<SqlLedger>
  /** A second process beside this one, such as `mailclip retry`. */
  beside(): Promise<SqlLedger>
}

/** `open` makes a new empty ledger for each test; caps are five notices a day to a sender and eight an hour in all, leases last a minute. */
export type Open = () => Promise<Desktop>

export function exercise(name: string, open: Open): void {
  describe(name, () => {
    describe('entries', () => entriesOf(open))
    describe('attempts', () => attemptsOf(open))
    describe('unclean ends', () => crashesOf(open))
    describe('a clock that was ahead', () => clockOf(open))
    describe('receipts', () => receiptsOf(open))
    describe('settlements and suspensions', () => settlementsOf(open))
    describe('the operator', () => operatorOf(open))
    describe('the books', () => booksOf(open))
    describe('what people look for', () => searchOf(open))
  })
}
