/** `mailclip show ID`: the whole story of one mail. */
import type { Command } from 'commander'
import type { Books, MailRow, NoticeRow, Story, TraceLine } from '../gateway/books.ts'
import { printRef } from '../mail/ref.ts'
import { EXIT } from './exit.ts'
import { moment, type OpenBooks } from './list.ts'
import { type Cell, type Io, print, stateCell, tableLines, tame, wantsColour } from './table.ts'

export const registerShow = (program: Command, open: OpenBooks, io: Io): void => {
  program
    .command('show')
    .description('the whole story of one mail: its attachments, its notice, its trace')
    .argument('<id>', 'as list prints it')
    .option('--json', 'as JSON')
    .action(async (id: string, options: { readonly json?: boolean }) => {
      await using books = await open()
      io.exit(await show(books, id, options, io))
    })
}

/** Resolves with the exit code: 66 for an id that is not in the ledger. Throws what the books throw. */
export async function show(
  books: Pick<Books, 'show'>,
  id: string,
  { json }: { readonly json?: boolean },
  io: Pick<Io, 'out' | 'err' | 'environment'>,
): Promise<number> {
  const found = await books.show(id)
  if (found === undefined) {
    io.err.write(`mailclip: no mail in the ledger has the id ${tame(id)}; mailclip list tells them\n`)
    return EXIT.input
  }
  const { mail, trace, notices } = found
  await print(io.out, json === true ? [JSON.stringify({ ...mail, trace, notices })] : story(found, wantsColour(io)))
  return EXIT.ok
}

async function* story({ mail, trace, notices }: Story, colour: boolean): AsyncIterable<string> {
  yield* tableLines([{ title: `mail ${mail.id}` }, { title: '' }], facts(mail, notices), colour)
  yield ''
  if (mail.attachments.length === 0) yield 'No attachment is known.'
  else yield* tableLines(ATTACHMENT_COLUMNS, mail.attachments.map(attachmentCells), colour)
  yield ''
  if (trace.length === 0) yield 'No trace is kept.'
  else yield* tableLines(TRACE_COLUMNS, trace.map(traceCells), colour)
}

function facts(mail: MailRow, notices: readonly NoticeRow[]): readonly (readonly Cell[])[] {
  const told: readonly (readonly [string, Cell | null])[] = [
    ['subject', mail.subject],
    ['from', mail.from],
    ['state', stateCell(mail.state)],
    ['why', [mail.status, mail.code, mail.reason].filter(one => one !== null).join('  ')],
    ['ticket', mail.ticket],
    ['tries', String(mail.attempts)],
    ['seen', moment(mail.sightedAt)],
    ['due', mail.dueAt && moment(mail.dueAt)],
    ['concluded', mail.concludedAt && moment(mail.concludedAt)],
    ['settled', mail.settledAt && moment(mail.settledAt)],
    ['mailbox', mail.mailbox],
    ['came as', printRef(mail)],
    ['lies in', mail.filedIn],
    ['message-id', mail.messageId],
    ...notices.map(({ kind, to, state }) => ['notice', `${kind} to ${to}: ${state}`] as const),
  ]
  return told.flatMap(([name, value]) => (value === null || value === '' ? [] : [[`  ${name}`, value]]))
}

const ATTACHMENT_COLUMNS = [
  { title: 'PART' },
  { title: 'NAME', most: 48 },
  { title: 'TYPE', most: 32 },
  { title: 'OCTETS', right: true },
  { title: 'SHA-256' },
  { title: 'STATE' },
  { title: 'TICKET' },
  { title: 'DOCUMENT', most: 40 },
  { title: 'WHY' },
]

const attachmentCells = (one: MailRow['attachments'][number]): readonly Cell[] => [
  one.part,
  one.name,
  one.type,
  one.size === null ? '' : String(one.size),
  one.sha256?.slice(0, 12) ?? '',
  stateCell(one.state),
  one.ticket ?? '',
  one.documentId ?? '',
  one.reason ?? '',
]

const TRACE_COLUMNS = [{ title: 'WHEN' }, { title: 'TRY', right: true }, { title: 'TRACE' }]

const traceCells = ({ at, attempt, line }: TraceLine): readonly Cell[] => [
  `${at.slice(0, 10)} ${at.slice(11, 19)}Z`,
  String(attempt),
  line,
]
