/** `mailclip list`: the mails of the ledger, oldest first. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Books, MailFilter, MailRow } from '../gateway/books.ts'
import type { EntryState } from '../mail/outcome.ts'
import { EXIT } from './exit.ts'
import { type Cell, type Column, type Io, print, stateCell, tableLines, wantsColour } from './table.ts'

export type OpenBooks = () => Promise<Books & AsyncDisposable>

export type ListOptions = MailFilter & { readonly json?: boolean }

const STATES: readonly EntryState[] = [
  'queued',
  'active',
  'deferred',
  'delivered',
  'bounced',
  'discarded',
  'held',
  'ignored',
]

export const registerList = (program: Command, open: OpenBooks, io: Io): void => {
  program
    .command('list')
    .description('the mails of the ledger, oldest first')
    .addOption(new Option('--state <state>', 'only mails in this state').choices(STATES))
    .option('--ticket <number>', 'only mails for this ticket')
    .option('--since <date>', 'only mails seen since: 2026-11-20, 2026-11-20T09:30Z, 90m, 12h, 2d', dateSince(io.now))
    .option('--all', 'trimmed mails and the backlog that was not taken, too')
    .option('--json', 'JSON Lines')
    .action(async (options: ListOptions) => {
      await using books = await open()
      io.exit(await list(books, options, io))
    })
}

/** Resolves with the exit code, always 0. Throws what the books throw. */
export async function list(
  books: Pick<Books, 'list'>,
  { json, ...filter }: ListOptions,
  io: Pick<Io, 'out' | 'environment'>,
): Promise<number> {
  const mails = books.list(filter)
  await print(io.out, json === true ? jsonLines(mails) : tableLines(COLUMNS, rows(mails), wantsColour(io)))
  return EXIT.ok
}

/** Reads `--since`: a date (ISO 8601) or an age in minutes, hours, days or weeks. Throws InvalidArgumentError. */
export const dateSince =
  (now: () => Date) =>
  (said: string): Date => {
    const [, count, unit] = /^(\d{1,6})\s*([mhdw])$/.exec(said.trim()) ?? []
    if (count !== undefined) return new Date(now().getTime() - Number(count) * (MILLISECONDS[unit ?? ''] ?? 0))
    const date = /^\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$/.test(said) ? new Date(said) : undefined
    if (date === undefined || Number.isNaN(date.getTime()))
      throw new InvalidArgumentError(
        'A date such as 2026-11-20 or 2026-11-20T09:30Z, or an age such as 90m, 12h or 2d.',
      )
    return date
  }

/** `2026-11-20 09:30Z`: short, sorts, and says which zone it means. */
export const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)}Z`

const MILLISECONDS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

async function* jsonLines(mails: AsyncIterable<MailRow>): AsyncIterable<string> {
  for await (const mail of mails) yield JSON.stringify(mail)
}

const COLUMNS: readonly Column[] = [
  { title: 'ID' },
  { title: 'SEEN' },
  { title: 'STATE' },
  { title: 'TICKET', most: 32 },
  { title: 'FILES', right: true },
  { title: 'FROM', most: 28 },
  { title: 'SUBJECT', most: 44 },
  { title: 'WHY', most: 60 },
]

async function* rows(mails: AsyncIterable<MailRow>): AsyncIterable<readonly Cell[]> {
  for await (const mail of mails) {
    const { id, sightedAt, state, ticket, from, subject, reason } = mail
    yield [id, moment(sightedAt), stateCell(state), ticket ?? '', files(mail), from ?? '', subject, reason ?? '']
  }
}

/** Delivered of all that were meant to go. */
function files({ attachments }: MailRow): string {
  const meant = attachments.filter(({ state }) => state !== 'skipped')
  const there = meant.filter(({ state }) => state === 'delivered').length
  return meant.length === 0 ? '' : `${there}/${meant.length}`
}
