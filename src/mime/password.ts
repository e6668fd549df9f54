/**
 * Whether a file opens only with a password: an archive (ZIP, 7z, RAR), a PDF, a document of an
 * office.
 *
 * 1. The first bytes tell the format.
 * 2. The format's own headers tell whether its content is encrypted; they are read by position.
 * 3. Where a program opens the file with a password that everybody knows (none for a PDF,
 *    `VelvetSweatshop` for Excel), the file needs none.
 */
import { closeSync, openSync } from 'node:fs'
import { FileBytes } from './file-bytes.ts'
import { isLockedOffice } from './password-office.ts'
import { isLockedPdf } from './password-pdf.ts'
import { isLockedRar4, isLockedRar5 } from './password-rar.ts'
import { isLockedSevenZip } from './password-seven-zip.ts'
import { isLockedZip } from './password-zip.ts'
import type { Store } from './store.ts'

export type KeptFile = {
  readonly path: string
  /** Bytes. */
  readonly size: number
}

/**
 * Bytes of one file that are read to find out; a PDF is searched for one object, all others need
 * far less.
 */
const BUDGET = 64 * 1024 * 1024

/** Keeps an attached file where it is stored, and says whether it opens only with a password. */
export function keptFile(store: Store, head: Buffer): { readonly file: string; readonly locked?: true } {
  const file = store.keep()
  return needsPassword({ path: file, size: store.size }, head) ? { file, locked: true } : { file }
}

/**
 * Whether a person needs a password to open this file; false where that cannot be told. Linear in
 * what is read, which is at most 64 MiB. Never throws.
 * @param head the first bytes of the file, at least 1 KiB of a longer file
 */
export function needsPassword({ path, size }: KeptFile, head: Buffer): boolean {
  const isLocked = formatOf(head)
  if (isLocked === undefined) return false
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    return isLocked(new FileBytes(file, size, BUDGET))
  } catch {
    // A file that is cut short or made up tells nothing; that is no failure of the mail.
    return false
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

type Format = (file: FileBytes) => boolean

function formatOf(head: Buffer): Format | undefined {
  if (head.subarray(0, 1024).includes('%PDF-')) return isLockedPdf
  const start = head.subarray(0, 8).toString('hex')
  return FORMATS.find(([magic]) => start.startsWith(magic))?.[1]
}

const FORMATS: readonly (readonly [magic: string, format: Format])[] = [
  ['504b0304', isLockedZip],
  ['504b0708504b0304', isLockedZip],
  ['504b3030504b0304', isLockedZip],
  ['377abcaf271c', isLockedSevenZip],
  ['526172211a0700', isLockedRar4],
  ['526172211a070100', isLockedRar5],
  ['d0cf11e0a1b11ae1', isLockedOffice],
]
