/** Where the ledger says its mails lie, in pages, for the comparison with the folders. */
import type { Placed } from '../gateway/books.ts'
import type { Db } from './tables.ts'

const PAGE = 1_000

export async function* placed(db: Db, mailbox: string): AsyncIterable<Placed> {
  for (let after = 0; ; ) {
    const rows = await pageOf(db, mailbox, after)
    for (const row of rows)
      yield {
        id: String(row.id),
        state: row.state,
        sighted: { folder: row.folder, uidValidity: row.uid_validity, uid: row.uid },
        filed: filedOf(row),
        settled: row.concluded_at !== null && row.filing !== 'due',
        stub: row.trimmed_at !== null,
      }
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.id
  }
}

const pageOf = (db: Db, mailbox: string, after: number) =>
  db
    .selectFrom('entry')
    .select(['id', 'state', 'folder', 'uid_validity', 'uid', 'concluded_at', 'filing', 'trimmed_at'])
    .select(['lies_folder', 'lies_uid_validity', 'lies_uid'])
    .where('mailbox', '=', mailbox)
    .where('id', '>', after)
    .orderBy('id')
    .limit(PAGE)
    .execute()

function filedOf(row: Awaited<ReturnType<typeof pageOf>>[number]): Placed['filed'] {
  if (row.lies_folder === null) return undefined
  return {
    folder: row.lies_folder,
    ...(row.lies_uid_validity === null ? {} : { uidValidity: row.lies_uid_validity }),
    ...(row.lies_uid === null ? {} : { uid: row.lies_uid }),
  }
}
