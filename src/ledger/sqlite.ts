/** Opening a ledger in a SQLite file: made whole or not at all, looked over before it is believed, every trouble said with file and remedy. */
import { randomBytes } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { Fault } from '../mail/fault.ts'
import { Connection, nodeSqliteDialect } from './dialect.ts'
import type { Engine } from './engine.ts'
import { Journal } from './journal.ts'
import { migrate } from './migrations/migrate.ts'
import { refuseNetworkDisk } from './network-disk.ts'
import { DAMAGED_REMEDY, isDiskError, SQLITE_IOERR, sqliteFault } from './sqlite-faults.ts'
import type { Db, Tables } from './tables.ts'
import { bornWhole } from './whole-file.ts'

export type SqliteOptions = {
  /** Make it when it is not there; otherwise that is a Fault. */
  readonly create: boolean
  /** What lies on which disk, as /proc/self/mountinfo tells it; the system's own unless given. */
  readonly mountinfo?: string
}

const BEGIN = 'begin immediate'
const WORDS = {
  id: 'integer primary key autoincrement',
  integer: 'integer',
  end: 'strict',
  isThere: async (db: Db): Promise<boolean> => {
    const query = sql`select name from sqlite_schema where type = 'table' and name = 'meta'`
    return (await query.execute(db)).rows.length > 0
  },
}
/** Milliseconds that a writer waits for another process. */
const PATIENCE = 5_000
/** Its transactions are one after the other by themselves, and its worker is the only one. */
const LONELY = { alone: async () => undefined, now: undefined, isTransient: () => false }
/** A whole look over the file takes about a second at this size. */
const CHECKED_UP_TO = 50_000_000

/**
 * Opens the ledger in the file `path` and brings it to the newest shape. Missing folders are made (0700), the file is 0600.
 * Every trouble is a Fault 4.3.1 scope `ledger` that names the file: missing, damaged, locked, full, read-only, on a network file system.
 */
export async function openSqlite(path: string, { create, mountinfo }: SqliteOptions): Promise<Engine> {
  const file = resolve(path)
  try {
    refuseNetworkDisk(file, mountinfo)
    const created = ready(file) ? false : await make(file, create)
    return await migrated(file, created)
  } catch (error) {
    throw unopened(error, file)
  }
}

/** True when there is a ledger, false when there is none; damage that can be seen from outside is a Fault. */
function ready(file: string): boolean {
  const size = existsSync(file) ? statSync(file).size : undefined
  // A ledger is born whole under another name, so an empty file is what is left of one.
  if (size === 0) throw damaged(file, 'is empty')
  const journal = `${file}-wal`
  if (size === undefined && existsSync(journal) && statSync(journal).size > 0)
    throw damaged(file, 'is gone, though its journal is there')
  return size !== undefined
}

const damaged = (file: string, what: string): Fault =>
  new Fault('4.3.1', `the ledger ${file} ${what}: ${DAMAGED_REMEDY}`, { scope: 'ledger' })

/** Resolves true when it was us who made it. */
async function make(file: string, create: boolean): Promise<boolean> {
  if (!create) throw new Fault('4.3.1', `there is no ledger at ${file}`, { scope: 'ledger' })
  return bornWhole(file, async draft => (await migrated(draft, true)).close())
}

/** The secret is made here and never handed in, so that no ledger can be born with a weak one. */
const birth = (file: string) => ({ secret: randomBytes(32).toString('hex'), createdAt: statSync(file).mtime })

async function migrated(file: string, created: boolean): Promise<Engine> {
  const connected = connect(file, created)
  try {
    return { ...connected, ...(await migrate(connected.writer, BEGIN, WORDS, () => birth(file))), created }
  } catch (error) {
    await connected.close()
    throw error
  }
}

/** Two connections: one writes, the other sees only what was committed; so does the first while it is between two transactions. */
function connect(file: string, created: boolean): Omit<Engine, 'secret'> {
  const writing = open(file)
  let reading: DatabaseSync
  try {
    if (!created && statSync(file).size < CHECKED_UP_TO) look(writing, file)
    reading = open(file)
  } catch (error) {
    writing.close()
    throw error
  }
  const own = new Connection(writing)
  const writer = new Kysely<Tables>({ dialect: nodeSqliteDialect(own) })
  // Each commit makes a connection forget the pages that it had read, but for the one that wrote them.
  const reader = new Kysely<Tables>({ dialect: nodeSqliteDialect(new Connection(reading), own) })
  const journal = new Journal(file, () => checkpoint(writing))
  const sync = (): Promise<void> => journal.sync()
  return { writer, reader, begin: BEGIN, soleWorker: true, created, sync, scrub, ...LONELY, fault: faults(file), close }

  /** A reader of an older state keeps the journal from being emptied: then the next checkpoint does it. */
  async function scrub(): Promise<void> {
    writing.exec('pragma wal_checkpoint(truncate)')
  }

  async function close(): Promise<void> {
    await journal[Symbol.asyncDispose]()
    if (reading.isOpen) reading.close()
    if (writing.isOpen) writing.close()
  }
}

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: PATIENCE, enableForeignKeyConstraints: true })
  try {
    database.exec('pragma journal_mode = wal')
    // The journal syncs what is committed (journal.ts); SQLite syncs what a checkpoint moves.
    database.exec('pragma synchronous = normal')
    // What was forgotten is overwritten, not only let go of.
    database.exec('pragma secure_delete = on')
    // A list to be sorted, or returned by a write, is a file of its own otherwise: to set that up takes longer than most statements do.
    database.exec('pragma temp_store = memory')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Throws as a disk that fails does when somebody reads an older state and keeps it from being emptied. */
function checkpoint(database: DatabaseSync): void {
  const [ended] = database.prepare('pragma wal_checkpoint(truncate)').all()
  if (ended?.['busy'] !== 0) throw Object.assign(new Error('the journal cannot be emptied'), { errcode: SQLITE_IOERR })
}

function look(database: DatabaseSync, file: string): void {
  const [found] = database.prepare('pragma quick_check(1)').all()
  if (found?.['quick_check'] !== 'ok') throw damaged(file, 'is damaged')
}

/** A disk that fails once may have hiccuped; one that fails again is not to be worked with. */
function faults(file: string): Engine['fault'] {
  const seen = new WeakSet<Error>()
  let failures = 0
  return error => {
    const fault = sqliteFault(error, file)
    if (fault === undefined || !isDiskError(error)) return fault
    if (error instanceof Error && !seen.has(error)) {
      seen.add(error)
      failures += 1
    }
    return failures < 2 ? fault : new Fault('5.3.1', `${fault.message}, and again`, { scope: 'ledger', cause: error })
  }
}

function unopened(error: unknown, file: string): unknown {
  const fault = sqliteFault(error, file)
  if (fault !== undefined) return new Fault('4.3.1', fault.message, { scope: 'ledger', cause: error })
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error
  return new Fault('4.3.1', `the ledger ${file} cannot be opened: ${error.code} (${error.syscall})`, {
    scope: 'ledger',
    cause: error,
  })
}
