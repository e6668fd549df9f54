/** Whether a broken mail still yields the files of the unbroken one, or asks to be held. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isFault } from '../../src/mail/fault.ts'
import type { ParsedMail } from '../../src/mail/part.ts'
import { readMail } from '../../src/mime/read.ts'
import type { BrokenMail } from './broken-mails.ts'

let count = 0

/** `lost`: hashes of files that are in no part that is a file, of a mail that is not held. */
export async function lostFiles(
  { raw, files }: Pick<BrokenMail, 'raw' | 'files'>,
  folder: string,
): Promise<{ readonly lost: readonly string[]; readonly held: boolean }> {
  const place = join(folder, String(++count))
  await mkdir(place)
  try {
    const path = join(place, 'raw.eml')
    await writeFile(path, raw)
    const mail = await read(path, place)
    if (mail === undefined || mail.doubts.length > 0) return { lost: [], held: true }
    const found = new Set(mail.parts.filter(({ file }) => file !== undefined).map(({ sha256 }) => sha256))
    return { lost: files.filter(hash => !found.has(hash)), held: false }
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

const read = (path: string, folder: string): Promise<ParsedMail | undefined> =>
  readMail(path, folder).catch((error: unknown) => {
    if (isFault(error)) return undefined
    throw error
  })
