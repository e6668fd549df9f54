/** The ledger in a SQLite file keeps every promise of a ledger. */
import { desktop } from './desktop.ts'
import { exercise } from './exercise.ts'

exercise('a ledger in a SQLite file', desktop)
