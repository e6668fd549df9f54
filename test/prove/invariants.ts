/** The invariants of exactly-once, judged from outside: the desk's journal and documents, the relay's journal, the ledger as `list --json` tells it. */
import type { MailRow } from '../../src/gateway/books.ts'
import type { JournalRow } from '../../src/simulator/desk/journal.ts'
import type { DeskSimulator } from '../../src/simulator/desk/start.ts'
import type { SmtpSink } from '../../src/simulator/smtp.ts'
import { sha256 } from '../support/letters.ts'
import { type Mode, QUIET, type StormMail } from './storm.ts'

/** `list --json` in the midst of it, while no process was alive, and how many rows the desk's journal had then. */
export type Export = { readonly mails: readonly MailRow[]; readonly row: number }

export type Count = Readonly<Record<string, number>>

/** How the documents on the tickets differ from the files of the mails; 0 everywhere is as promised. */
export function compare(mails: Iterable<StormMail>, desk: DeskSimulator, rows: readonly MailRow[]): Count {
  const found = { lost: 0, 'left to a person': 0, doubled: 0, surplusUnexplained: 0, foreign: 0, wrong: 0 }
  const asked = Map.groupBy(desk.journal(), row => row.ticket)
  const told = new Map(rows.map(row => [row.ticket, row]))
  for (const { ticket, files } of mails) {
    const kept = desk.documents(ticket)
    const row = told.get(ticket)
    for (const [name, content] of Object.entries(files)) {
      const copies = kept.filter(document => document.name === name)
      if (copies.length === 0) found[isVisible(row, name) ? 'left to a person' : 'lost'] += 1
      const posts = (asked.get(ticket) ?? []).filter(one => namesIn(one).includes(name)).length
      found.doubled += Math.max(0, copies.length - 1)
      // The last POST ended the matter, so those before it were the ones whose answer nobody knew.
      found.surplusUnexplained += Math.max(0, copies.length - Math.max(posts, 1))
      found.wrong += copies.filter(document => document.sha256 !== sha256(content)).length
    }
    found.foreign += kept.filter(({ name }) => !(name in files)).length
  }
  return found
}

/** I1: what is not on the ticket is named by the ledger, with its mail held. */
const isVisible = (row: MailRow | undefined, name: string): boolean =>
  row?.state === 'held' && row.attachments.some(one => one.name === name && one.state !== 'delivered')

const namesIn = ({ method, documents, unstored }: JournalRow): readonly string[] =>
  method === 'POST' ? [...documents, ...unstored].map(({ name }) => name) : []

/** I4, I10: what an earlier export calls final stays so, and is not posted again. */
export function monotone(exports: readonly Export[], desk: DeskSimulator): Count {
  const found = { 'final and changed': 0, 'final and posted again': 0 }
  for (const [at, { mails, row }] of exports.entries()) {
    const later = desk.journal().filter(one => one.row > row)
    for (const mail of mails) {
      const next = exports[at + 1]?.mails.find(({ id }) => id === mail.id)
      if (mail.concludedAt !== null && next !== undefined && next.state !== mail.state) found['final and changed'] += 1
      for (const { name, state, ticket } of mail.attachments) {
        const changed = next?.attachments.find(one => one.name === name && one.ticket === ticket)
        if (!isFinal(state)) continue
        if (changed !== undefined && changed.state !== state) found['final and changed'] += 1
        if (later.some(one => one.ticket === ticket && namesIn(one).includes(name)))
          found['final and posted again'] += 1
      }
    }
  }
  return found
}

const isFinal = (state: string): boolean => state === 'delivered' || state === 'refused' || state === 'skipped'

/** I5: a file is posted again only when the desk had said no, or after the quiet time and two looks at the list. */
export function quiet(desk: DeskSimulator): Count {
  const found = { 'posted again too soon': 0, 'posted again without two looks': 0 }
  const before = new Map<string, JournalRow>()
  const journal = desk.journal()
  for (const row of journal)
    for (const name of namesIn(row)) {
      const key = `${row.ticket} ${name}`
      const first = before.get(key)
      before.set(key, row)
      if (first === undefined || first.status === 503) continue
      const looks = journal.filter(
        one => one.method === 'GET' && one.ticket === row.ticket && one.row > first.row && one.row < row.row,
      )
      if (Date.parse(row.at) - Date.parse(first.at) < QUIET) found['posted again too soon'] += 1
      if (looks.length < 2) found['posted again without two looks'] += 1
    }
  return found
}

/** I9: one notice a mail at the most, and none for a mail that is not held. */
export function notices({ journal }: SmtpSink, rows: readonly MailRow[]): Count {
  const held = rows.filter(({ state }) => state === 'held').length
  const answered = journal.map(({ raw }) => /^In-Reply-To: *(.*)$/im.exec(raw)?.[1] ?? raw)
  return {
    'notices too many': Math.max(0, journal.length - held),
    'answered twice': answered.length - new Set(answered).size,
  }
}

export const wantedBy = (mode: Mode): ReadonlySet<string> =>
  new Set(mode === 'hold' ? ['left to a person', 'held', 'notices'] : mode === 'repost' ? ['doubled'] : [])
