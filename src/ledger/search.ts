/** Finding a mail again: a page of what has all the words, newest first, by indexes. */
import { type ExpressionBuilder, sql } from 'kysely'
import type { MailPage, MailSearch } from '../gateway/books.ts'
import { factsOf } from './books.ts'
import { mailRow } from './mail-row.ts'
import { rowOf } from './rows.ts'
import type { Db, Tables } from './tables.ts'
import { folded } from './words.ts'

const MOST_WORDS = 8

export async function search(db: Db, wanted: MailSearch): Promise<MailPage> {
  const { beside, most } = wanted
  const towardsNewer = beside?.side === 'newer'
  const found = await matching(db, wanted)
    .orderBy('words.entry_id', towardsNewer ? 'asc' : 'desc')
    // One more tells whether there is another page.
    .limit(most + 1)
    .execute()
  const ids = found.map(({ entry_id }) => entry_id).slice(0, most)
  const more = found.length > most
  const rows = ids.length === 0 ? [] : await db.selectFrom('entry').selectAll().where('id', 'in', ids).execute()
  const facts = await factsOf(db, rows)
  const mails = rows.toSorted((a, b) => b.id - a.id).map(row => mailRow(row, facts))
  return { mails, newer: towardsNewer ? more : beside !== undefined, older: towardsNewer ? true : more }
}

function matching(db: Db, { words = '', within, states, since, before, beside }: MailSearch) {
  let query = db.selectFrom('words').innerJoin('entry', 'entry.id', 'words.entry_id').select('words.entry_id')
  if (states !== undefined) query = query.where('entry.state', 'in', states)
  // Backlog that was not taken is shown when it is asked for.
  else query = query.where('entry.state', '!=', 'ignored')
  if (since !== undefined) query = query.where('entry.sighted_at', '>=', since.getTime())
  if (before !== undefined) query = query.where('entry.sighted_at', '<', before.getTime())
  const next = beside === undefined ? undefined : rowOf(beside.id)
  if (next !== undefined) query = query.where('words.entry_id', beside?.side === 'newer' ? '>' : '<', next)
  for (const word of folded(words).split(/\s+/).filter(Boolean).slice(0, MOST_WORDS))
    query = query.where(eb => hasWord(eb, word, within))
  return query
}

function hasWord(eb: ExpressionBuilder<Tables, 'words'>, word: string, within: MailSearch['within']) {
  const anywhere = `%${literal(word)}%`
  const subject = like('words.subject', anywhere)
  const sender = like('words.sender', anywhere)
  const file = like('words.files', anywhere)
  // Numbers are kept in capitals. By their beginning: a word in the midst of a number is no number.
  const tickets = eb('words.entry_id', 'in', ofTicket(eb, `${literal(word.toUpperCase())}%`))
  switch (within) {
    case 'subject':
      return subject
    case 'sender':
      return sender
    case 'file':
      return file
    case 'ticket':
      return tickets
    case undefined:
      return eb.or([subject, sender, file, tickets])
    default:
      return within satisfies never
  }
}

/** A mail is found under the ticket it was meant for and under the ones its files went to. */
const ofTicket = (eb: ExpressionBuilder<Tables, 'words'>, number: string) =>
  eb
    .selectFrom('entry_ticket')
    .select('entry_id')
    .where(like('entry_ticket.ticket', number))
    .union(eb.selectFrom('item').select('entry_id').where(like('item.ticket', number)))

const like = (column: string, pattern: string) => sql<boolean>`${sql.ref(column)} like ${pattern} escape '!'`

const literal = (word: string): string => word.replace(/[!%_]/g, '!$&')
