/** What a disk says no with, in words for whoever has to mend it. */
import { Fault } from '../mail/fault.ts'

export function unlessAbsent<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** What an operator has to mend. Making a folder on a read-only disk is told as ENOENT. */
const TROUBLES: Readonly<Record<string, string>> = {
  EROFS: 'lies on a read-only disk: mount it writable, or set spool.folder',
  ENOENT: 'cannot be made: its disk is read-only or not there; mount it, or set spool.folder',
  EACCES: 'may not be written by this user: change the owner of spool.folder',
  EPERM: 'may not be written by this user: change the owner of spool.folder',
  EIO: 'cannot be read or written: the disk reports an error',
}

export const full = (cause: unknown): Fault => new Fault('4.3.1', 'the spool is full', { scope: 'ledger', cause })

/** A full or read-only disk concerns everybody; other trouble of the disk is not the mail's fault either. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Fault) throw error
    const code = codeOf(error)
    if (code === 'ENOSPC' || code === 'EDQUOT') throw full(error)
    throw new Fault('4.3.1', `the spool ${TROUBLES[code] ?? `cannot be used (${code})`}`, {
      scope: 'ledger',
      cause: error,
    })
  }
}
