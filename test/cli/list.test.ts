import { Command } from 'commander'
import { expect, test } from 'vitest'
import { list, registerList } from '../../src/cli/list.ts'
import { registerReport, report } from '../../src/cli/report.ts'
import { registerShow, show } from '../../src/cli/show.ts'
import type { Account } from '../../src/gateway/books.ts'
import { booksOf, mailRow } from '../support/books.ts'
import { screen } from '../support/screen.ts'

const MAILS = [
  mailRow({
    id: '1',
    sightedAt: '2026-11-10T08:00:00.000Z',
    state: 'held',
    subject: 'Old',
    reason: 'a person must look',
  }),
  mailRow({ id: '2', sightedAt: '2026-11-19T08:00:00.000Z', state: 'deferred', subject: 'Écran 漢字' }),
  mailRow({ id: '3', sightedAt: '2026-11-20T11:50:00.000Z', ticket: 'I161026_000099', subject: 'New' }),
]

const ACCOUNT: Account = {
  mailbox: 'support',
  seen: 10,
  delivered: 4,
  bounced: 1,
  discarded: 1,
  held: 1,
  deferred: 1,
  waiting: 2,
  ignored: 3,
}

const COMPARED = {
  mailbox: 'support',
  differences: ['UID 9 lies in INBOX and is not in the ledger'],
  remarks: ['mail 3 is delivered and no longer lies in Mailclip/Delivered: somebody moved or deleted it'],
}

/** The command line as a person types it. */
async function mailclip(...words: readonly string[]) {
  const io = screen()
  const program = new Command('mailclip').exitOverride().configureOutput({ writeErr: text => void io.err.write(text) })
  const open = async () => booksOf({ mails: MAILS, accounts: [ACCOUNT] })
  registerList(program, open, io)
  registerShow(program, open, io)
  registerReport(program, open, io, async () => [COMPARED])
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeErr: text => void io.err.write(text) })
  const refused = await program.parseAsync(words, { from: 'user' }).then(
    () => undefined,
    (error: unknown) => error,
  )
  return { said: io.said(), complained: io.complained(), code: io.code(), refused }
}

test('mails are listed oldest first, with state, ticket and files, aligned', async () => {
  const { said, code } = await mailclip('list')
  const lines = said.trimEnd().split('\n')
  expect(code).toBe(0)
  expect(lines[0]).toMatch(/^ID {2}SEEN {15}STATE {6}TICKET {10}FILES {2}FROM/)
  expect(lines.slice(1).map(line => line[0])).toEqual(['1', '2', '3'])
  expect(lines[1]).toContain('2026-11-10 08:00Z  held       I161026_000005    1/1  ada@example.org')
})

test.each([
  [['--state', 'held'], ['1']],
  [['--ticket', 'I161026_000099'], ['3']],
  [
    ['--since', '2d'],
    ['2', '3'],
  ],
  [['--since', '15m'], ['3']],
  [
    ['--since', '2026-11-19'],
    ['2', '3'],
  ],
  [['--since', '2026-11-20T11:49Z', '--state', 'held'], []],
])('list %j names mails %j', async (words, ids) => {
  const { said } = await mailclip('list', '--json', ...words)
  expect(
    said
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line).id),
  ).toEqual(ids)
})

test.each([['--since', 'yesterday'], ['--since', '2026-13-45'], ['--state', 'lost'], ['--nonsense']])(
  'list %s %s is refused with a sentence',
  async (...words) => {
    const { refused, complained, code } = await mailclip('list', ...words)
    expect(refused).toMatchObject({ name: 'CommanderError' })
    expect(complained).toMatch(/^error: .{10,}/)
    expect(code).toBeUndefined()
  },
)

test('a row of list --json is the whole row of the product contract', async () => {
  const io = screen()
  await list(booksOf({ mails: [mailRow()] }), { json: true }, io)
  expect(JSON.parse(io.said())).toEqual(mailRow())
})

test('show tells the whole story of a mail', async () => {
  const io = screen()
  const trace = [
    { at: '2026-11-20T09:30:01.000Z', attempt: 1, line: 'machine: no sign of one' },
    { at: '2026-11-20T09:30:02.000Z', attempt: 1, line: 'ticket: I161026_000005' },
  ]
  const notice = { state: 'sent', kind: 'bounced', to: 'ada@example.org', messageId: '<n@x>' } as const
  expect(await show(booksOf({ mails: [mailRow({ notice })], trace }), '1', {}, io)).toBe(0)
  const said = io.said()
  for (const part of [
    'INBOX;UIDVALIDITY=17/;UID=4',
    'error.png',
    'ababababab',
    'bounced to ada@example.org: sent',
    'machine: no sign of one',
  ])
    expect(said).toContain(part)
  expect(said).not.toContain('due')
})

test('show --json is the row with its trace', async () => {
  const { said, code } = await mailclip('show', '2', '--json')
  expect([code, JSON.parse(said)]).toEqual([0, { ...MAILS[1], notices: [], trace: [] }])
})

test('an id that is not in the ledger is told and ends with 66', async () => {
  const { said, complained, code } = await mailclip('show', '99')
  expect([said, code]).toEqual(['', 66])
  expect(complained).toBe('mailclip: no mail in the ledger has the id 99; mailclip list tells them\n')
})

test('a report that adds up says so and ends with 0', async () => {
  const { said, complained, code } = await mailclip('report')
  expect([code, complained]).toEqual([0, ''])
  expect(said).toMatch(/^MAILBOX {2}SEEN.*\nsupport {4}10 .* 3 {2}adds up\n$/)
})

test.each([
  [11, 'the account does not add up by 1: 11 seen, 10 accounted for, 1 missing'],
  [7, 'the account does not add up by 3: 7 seen, 10 accounted for, 3 too many'],
])('a report of %i mails seen says by how much it does not add up, and ends with 1', async (seen, sentence) => {
  const io = screen()
  expect(await report(booksOf({ accounts: [ACCOUNT, { ...ACCOUNT, mailbox: 'billing', seen }] }), {}, io)).toBe(1)
  expect(io.complained()).toBe(`mailclip: mailbox billing: ${sentence}\n`)
})

test('report --json has a line per mailbox with the difference', async () => {
  const io = screen()
  expect(await report(booksOf({ accounts: [{ ...ACCOUNT, seen: 12 }] }), { json: true }, io)).toBe(1)
  expect(JSON.parse(io.said())).toEqual({ ...ACCOUNT, seen: 12, difference: 2, adds: false })
})

test('a deep report ends with 1 for each difference between folders and ledger', async () => {
  const { complained, code } = await mailclip('report', '--deep')
  expect(code).toBe(1)
  expect(complained.split('\n').filter(Boolean)).toEqual([
    'mailclip: mailbox support: UID 9 lies in INBOX and is not in the ledger',
    'mailclip: note: mailbox support: mail 3 is delivered and no longer lies in Mailclip/Delivered: somebody moved or deleted it',
  ])
})

test('a deep report --json carries the differences of each mailbox', async () => {
  const { said } = await mailclip('report', '--deep', '--json')
  const { mailbox: _mailbox, ...found } = COMPARED
  expect(JSON.parse(said)).toEqual({ ...ACCOUNT, difference: 0, adds: false, ...found })
})
