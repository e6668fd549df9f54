/** `mailclip report`: the account of every mailbox, and whether it adds up. */
import type { Command } from 'commander'
import type { Account, Books } from '../gateway/books.ts'
import type { Compared } from '../gateway/compare.ts'
import { EXIT } from './exit.ts'
import type { OpenBooks } from './list.ts'
import { type Cell, type Io, print, tableLines, wantsColour } from './table.ts'

/** Compares the ledger with the folders, UID by UID. */
export type Deep = () => Promise<readonly Compared[]>

export type ReportOptions = { readonly json?: boolean }

export const registerReport = (program: Command, open: OpenBooks, io: Io, deep: Deep): void => {
  program
    .command('report')
    .description('the account per mailbox: whether every mail that was seen is accounted for')
    .option('--json', 'JSON Lines')
    .option('--deep', 'compare with the folders, UID by UID; changes nothing')
    .action(async (options: ReportOptions & { readonly deep?: boolean }) => {
      await using books = await open()
      io.exit(await report(books, options, io, options.deep === true ? deep : undefined))
    })
}

/**
 * Resolves with the exit code: 1 when it does not add up, with a sentence on standard error that says by how much, and one for each difference
 * from the folders. Remarks are said, and nothing is amiss.
 */
export async function report(
  books: Pick<Books, 'accounts'>,
  { json }: ReportOptions,
  io: Pick<Io, 'out' | 'err' | 'environment'>,
  deep?: Deep,
): Promise<number> {
  const accounts = await books.accounts()
  const compared = await deep?.()
  await print(io.out, json === true ? jsonLines(accounts, compared) : lines(accounts, wantsColour(io)))
  const of = ({ mailbox, differences }: Compared) => differences.map(one => `mailbox ${mailbox}: ${one}`)
  const complaints = [...accounts.flatMap(complaint), ...(compared ?? []).flatMap(of)]
  for (const one of complaints) io.err.write(`mailclip: ${one}\n`)
  for (const { mailbox, remarks } of compared ?? [])
    for (const one of remarks) io.err.write(`mailclip: note: mailbox ${mailbox}: ${one}\n`)
  return complaints.length === 0 ? EXIT.ok : EXIT.account
}

const KINDS = ['delivered', 'bounced', 'discarded', 'held', 'deferred', 'waiting'] as const

/** Backlog that was not taken was never seen in this sense, so it stands beside the sum. */
const accountedFor = (account: Account): number => KINDS.reduce((sum, kind) => sum + account[kind], 0)

function jsonLines(accounts: readonly Account[], compared: readonly Compared[] | undefined): readonly string[] {
  return accounts.map(account => {
    const difference = account.seen - accountedFor(account)
    const row = { ...account, difference, adds: difference === 0 }
    if (compared === undefined) return JSON.stringify(row)
    // A mailbox that is not configured any more has an account and no folders to compare with.
    const { differences = [], remarks = [] } = compared.find(({ mailbox }) => mailbox === account.mailbox) ?? {}
    return JSON.stringify({ ...row, adds: row.adds && differences.length === 0, differences, remarks })
  })
}

async function* lines(accounts: readonly Account[], colour: boolean): AsyncIterable<string> {
  if (accounts.length === 0) yield 'No mailbox has been swept yet.'
  const titles = ['SEEN', ...KINDS.map(kind => kind.toUpperCase()), 'IGNORED']
  const columns = [{ title: 'MAILBOX' }, ...titles.map(title => ({ title, right: true })), { title: '' }]
  yield* tableLines(columns, accounts.map(cells), colour)
}

function cells(account: Account): readonly Cell[] {
  const numbers = [account.seen, ...KINDS.map(kind => account[kind]), account.ignored]
  const verdict: Cell =
    account.seen === accountedFor(account)
      ? { text: 'adds up', colour: 'green' }
      : { text: 'does not add up', colour: 'red' }
  return [account.mailbox, ...numbers.map(String), verdict]
}

function complaint(account: Account): readonly string[] {
  const difference = account.seen - accountedFor(account)
  if (difference === 0) return []
  const [count, what] = [Math.abs(difference), difference > 0 ? 'missing' : 'too many']
  const sum = `${account.seen} seen, ${accountedFor(account)} accounted for`
  return [`mailbox ${account.mailbox}: the account does not add up by ${count}: ${sum}, ${count} ${what}`]
}
