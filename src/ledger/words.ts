/** The words by which people find a mail again: subject, sender and file names, without case and accents. */
import type { Envelope } from '../mail/envelope.ts'
import { statement } from './statement.ts'
import type { Db } from './tables.ts'

/** Octets are not what people type: `Été.PDF` and `ete.pdf` are the same word. */
export const folded = (text: string): string =>
  text
    .toWellFormed()
    .normalize('NFKD')
    .replace(/\p{Mark}+/gu, '')
    .toLowerCase()
    .replaceAll('\0', '')

/** At sight: what the header and the part list name. */
export async function writeWords(db: Db, entry: number, { subject, from, outline = [] }: Envelope): Promise<void> {
  const sender = folded(`${from?.name ?? ''} ${from?.address ?? ''}`)
  const files = folded(outline.map(({ name }) => name ?? '').join('\n'))
  await WORDS(db, { entry, subject: folded(subject), sender, files })
}

const WORDS = statement(
  (db, { entry, subject, sender, files }: { entry: number; subject: string; sender: string; files: string }) =>
    db.insertInto('words').values({ entry_id: entry, subject, sender, files }),
)

/** Once the mail has been parsed: names inside a winmail.dat, or that the server's list has left out. */
export async function addFiles(
  db: Db,
  entry: number,
  items: readonly { readonly name: string; readonly originalName: string | undefined }[],
): Promise<void> {
  const [row] = (await FILES(db, { entry })).rows
  if (row === undefined) return
  const named = items.flatMap(({ name, originalName }) => [folded(name), folded(originalName ?? '')])
  const known = row.files.split('\n')
  if (named.every(name => name === '' || known.includes(name))) return
  const files = new Set([...known, ...named].filter(Boolean))
  await db
    .updateTable('words')
    .set({ files: [...files].join('\n') })
    .where('entry_id', '=', entry)
    .execute()
}

const FILES = statement((db, { entry }: { entry: number }) =>
  db.selectFrom('words').select('files').where('entry_id', '=', entry),
)
