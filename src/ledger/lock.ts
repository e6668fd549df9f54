/** One worker at a time: a lock on a file beside the ledger that the kernel frees when its holder dies, however it dies. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { Fault } from '../mail/fault.ts'
import { refuseNetworkDisk } from './network-disk.ts'
import { isBusy, sqliteFault } from './sqlite-faults.ts'

export type Holder = { readonly pid: number; readonly host: string; readonly since: Date }

export type LockOptions = {
  /** Milliseconds to wait for a worker that is just ending. */
  readonly patience?: number
  readonly signal?: AbortSignal
}

const PAUSE = 100

/**
 * Holds the ledger for the one worker until it is disposed of. Fault 4.3.0 scope `ledger` that says who holds it when somebody does after
 * `patience` (2 s unless told); 4.3.1 when the lock's file cannot be made.
 */
export async function holdLedger(path: string, holder: Holder, options: LockOptions = {}): Promise<Disposable> {
  const file = `${resolve(path)}.lock`
  refuseNetworkDisk(resolve(path))
  const tries = Math.ceil((options.patience ?? 2_000) / PAUSE)
  for (let n = 0; ; n += 1) {
    const lock = take(file)
    if (lock !== undefined) return held(lock, file, holder)
    if (n >= tries) throw new Fault('4.3.0', `another worker holds the ledger: ${whoHolds(file)}`, { scope: 'ledger' })
    await pause(PAUSE, undefined, options.signal === undefined ? {} : { signal: options.signal })
  }
}

/** Who works on this ledger now, in words; undefined when nobody does, or when that cannot be found out. Makes no file. */
export function workerOf(path: string): string | undefined {
  const file = `${resolve(path)}.lock`
  if (!existsSync(file)) return undefined
  try {
    const lock = take(file)
    lock?.close()
    return lock === undefined ? whoHolds(file) : undefined
  } catch {
    return undefined
  }
}

/** Undefined when somebody else has it. An exclusive transaction that never writes is a lock and nothing else. */
function take(file: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    closeSync(openSync(file, 'a', 0o600))
    database = new DatabaseSync(file, { timeout: 0 })
    database.exec('begin exclusive')
    return database
  } catch (error) {
    database?.close()
    if (isBusy(error)) return undefined
    const reason =
      sqliteFault(error, file)?.message ??
      `the lock ${file} cannot be made: its disk is read-only or not there, or this user may not write to it`
    throw new Fault('4.3.1', reason, { scope: 'ledger', cause: error })
  }
}

function held(lock: DatabaseSync, file: string, holder: Holder): Disposable {
  const card = `${file}.json`
  try {
    writeFileSync(card, JSON.stringify(holder), { mode: 0o600 })
  } catch (error) {
    lock.close()
    throw new Fault('4.3.1', `${card} cannot be written`, { scope: 'ledger', cause: error })
  }
  return {
    [Symbol.dispose]: () => {
      if (!lock.isOpen) return
      rmSync(card, { force: true })
      lock.close()
    },
  }
}

/** The card is for people; it may be gone or half written, and proves nothing. */
function whoHolds(file: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(`${file}.json`, 'utf8'))
    return `process ${Number(pid)} on ${String(host)}, since ${String(since)}`
  } catch {
    return 'its name is not known'
  }
}
