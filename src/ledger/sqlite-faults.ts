/** SQLite's troubles in words: what happened, whether it can pass, and what to do (https://sqlite.org/rescode.html). */
import { Fault } from '../mail/fault.ts'

type Meaning = { readonly what: string; readonly lasting: boolean }

/** Primary result codes (the low eight bits). What is missing here is no trouble of the disk but a bug of ours. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  3: { what: 'may not be read or written by this user', lasting: false },
  5: { what: 'is locked by another process', lasting: false },
  6: { what: 'is locked', lasting: false },
  8: { what: 'is read-only', lasting: false },
  10: { what: 'cannot be read or written: the disk reports an error', lasting: false },
  11: { what: 'is damaged', lasting: true },
  13: { what: 'cannot grow: the disk is full', lasting: false },
  14: {
    what: 'cannot be opened: its disk is read-only or not there, or this user may not write to it',
    lasting: false,
  },
  23: { what: 'may not be read or written by this user', lasting: false },
  26: { what: 'is not a ledger (not a SQLite database)', lasting: true },
}

export const DAMAGED_REMEDY =
  'restore it from a backup, or move it away to start a new one (which compares what lies in the watched folders with the tickets before it sends anything)'

/** 4.3.1 scope `ledger` for what may pass, 5.3.1 for damage; undefined when it is none of SQLite's own troubles. */
export function sqliteFault(error: unknown, path: string): Fault | undefined {
  if (error instanceof Fault && error.scope === 'ledger' && error.status.endsWith('.3.1')) return error
  const code = primaryCode(error)
  const meaning = code === undefined ? undefined : MEANINGS[code]
  if (meaning === undefined) return undefined
  const { what, lasting } = meaning
  return new Fault(lasting ? '5.3.1' : '4.3.1', `the ledger ${path} ${what}${lasting ? `: ${DAMAGED_REMEDY}` : ''}`, {
    scope: 'ledger',
    cause: error,
  })
}

/** SQLITE_BUSY: somebody else holds the file. */
export const isBusy = (error: unknown): boolean => primaryCode(error) === 5

/** SQLITE_IOERR: what was asked of the disk may or may not have been done. */
export const isDiskError = (error: unknown): boolean => primaryCode(error) === SQLITE_IOERR

export const SQLITE_IOERR = 10

/** What the system says when a sync fails, as SQLite would put it. */
const SYSTEM: Readonly<Record<string, number>> = { EIO: SQLITE_IOERR, ENOSPC: 13, EDQUOT: 13, EROFS: 8 }

/** Extended codes carry the primary one in their low byte. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff
  return 'syscall' in error && 'code' in error ? SYSTEM[String(error.code)] : undefined
}
