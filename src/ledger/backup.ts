/** A copy of a ledger that somebody is working with: whole, of one instant, looked over before it is called a backup. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '../mail/fault.ts'
import { refuseNetworkDisk } from './network-disk.ts'
import { sqliteFault } from './sqlite-faults.ts'
import { bornWhole } from './whole-file.ts'

/** Under this key of `meta` a copy carries when it was made: a ledger that starts as a copy does not know what has happened since. */
export const COPIED = 'copied'

const PATIENCE = 5_000

/**
 * Writes the ledger `from` as it is now into the new file `to` (0600), beside a running worker, which goes on writing. Faults of scope `ledger`:
 * 5.3.0 when `to` is there already; 4.3.1 when either cannot be read or written, or the copy is not whole.
 */
export async function backUp(from: string, to: string, now: Date): Promise<void> {
  const [source, target] = [resolve(from), resolve(to)]
  if (existsSync(target)) throw taken(target)
  if (!existsSync(source)) throw new Fault('4.3.1', `there is no ledger at ${source}`, { scope: 'ledger' })
  refuseNetworkDisk(source)
  try {
    const made = await bornWhole(target, draft => {
      copy(source, draft)
      mark(draft, now)
    })
    if (!made) throw taken(target)
  } catch (error) {
    throw unwritten(error, target)
  }
}

const taken = (file: string): Fault =>
  new Fault('5.3.0', `${file} is there already, and a backup never takes the place of anything`, { scope: 'ledger' })

function copy(source: string, draft: string): void {
  using database = new DatabaseSync(source, { readOnly: true, timeout: PATIENCE })
  database.prepare('vacuum into ?').run(draft)
}

function mark(draft: string, now: Date): void {
  using database = new DatabaseSync(draft)
  database.prepare('insert or replace into meta (key, value) values (?, ?)').run(COPIED, now.toISOString())
  const [found] = database.prepare('pragma integrity_check(1)').all()
  const [stray] = database.prepare('pragma foreign_key_check').all()
  if (found?.['integrity_check'] !== 'ok' || stray !== undefined)
    throw new Fault('4.3.1', 'the copy is not whole: the ledger is damaged', { scope: 'ledger' })
}

function unwritten(error: unknown, target: string): unknown {
  if (error instanceof Fault) return error
  const fault = sqliteFault(error, target)
  if (fault !== undefined)
    return new Fault('4.3.1', `no backup was made: ${fault.message}`, { scope: 'ledger', cause: error })
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error
  const reason = `${target} cannot be written: ${error.code} (${error.syscall})`
  return new Fault('4.3.1', reason, { scope: 'ledger', cause: error })
}
