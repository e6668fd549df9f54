import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { scriptedDesk } from '../support/desk.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter, octets, sha256 } from '../support/letters.ts'
import { configured, mailclip, rows, start } from '../support/process.ts'
import { setup } from '../support/road.ts'

const temporary = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-commands-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

describe('the command line', () => {
  test('ends with 64 for words it does not know, and with 0 for help', async () => {
    expect((await mailclip(['swepp'])).code).toBe(64)
    expect((await mailclip(['sweep', '--nonsense'])).code).toBe(64)
    expect(await mailclip(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('preview') })
  })

  test('ends with 78 and every mistake of the configuration at once', async () => {
    const folder = await temporary()
    const file = await configured(folder, {
      mailboxes: [{ host: 'imap.example.com', user: 'support', pasword: 'x', port: '99x' }],
      desk: { url: 'http://desk.example.com/api/v1/1', user: 'mailclip', password: 'x' },
    })
    const { code, err, out } = await mailclip(['sweep', '--config', file])
    expect([code, out]).toEqual([78, ''])
    for (const words of ['mailclip.yaml:', 'pasword', 'password', 'port', 'https:']) expect(err).toContain(words)
  })

  test('names a key whose feature is still to come', async () => {
    const folder = await temporary()
    const file = await configured(folder, {
      mailboxes: [{ host: 'localhost', user: 'support', password: 'x' }],
      desk: { url: 'https://localhost/api/v1/1', user: 'mailclip', password: 'x' },
      summary: { to: 'ops@example.com', at: '07:00' },
    })
    expect(await mailclip(['check', '--offline', '--config', file])).toMatchObject({
      code: 78,
      err: expect.stringContaining('summary'),
    })
  })

  test('says that there is no ledger yet', async () => {
    const folder = await temporary()
    const file = await configured(folder, {
      mailboxes: [{ host: 'localhost', user: 'support', password: 'x' }],
      desk: { url: 'https://localhost/api/v1/1', user: 'mailclip', password: 'x' },
      ledger: { url: `sqlite:${join(folder, 'none.db')}` },
    })
    expect(await mailclip(['list', '--config', file])).toMatchObject({
      code: 74,
      err: expect.stringContaining('none.db'),
    })
  })
})

describe('a preview', () => {
  test('of a file needs no configuration, and tells every part with size and hash', async () => {
    const folder = await temporary()
    const file = join(folder, 'a.eml')
    const pdf = octets(20_000)
    await writeFile(
      file,
      letter({ subject: 'I161026_000005', text: 'See the files.', attachments: { 'ä.pdf': pdf, 'run.exe': 'MZ' } }),
    )
    const { code, out } = await mailclip(['preview', '--json', file], {})
    expect(code).toBe(0)
    expect(rows(out)).toMatchObject([
      {
        file,
        ticket: 'I161026_000005',
        outcome: 'bounced',
        code: 'partial',
        status: '5.6.5',
        description: 'See the files.',
        machine: false,
        attachments: [
          { name: 'ä.pdf', size: 20_000, sha256: sha256(pdf), state: 'delivered', reason: null },
          { name: 'run.exe', size: 2, sha256: sha256('MZ'), state: 'refused' },
        ],
        notice: { to: 'ada@example.org' },
      },
    ])
  })

  test.each([
    ['whose lines end in CR CR LF', 'To: b@c.d\r\r\nSubject: I161026_000005\r\r\n\r\r\ntext'],
    ['whose number is in a word that is not encoded', 'Subject: =?utf-8?Q?St=C3=B6rung:_I161026_000005?=\r\n\r\ntext'],
    ['whose number is in a second subject', 'Subject:\r\nSubject: I161026_000005\r\n\r\ntext'],
  ])('of a mail %s finds the number', async (_what, mail) => {
    const file = join(await temporary(), 'a.eml')
    await writeFile(file, `From: ada@example.org\r\n${mail}`)
    expect(rows((await mailclip(['preview', '--json', file])).out)).toMatchObject([{ ticket: 'I161026_000005' }])
  })

  test('of a mail without a number is pretended to have one, and one that is missing ends with 66', async () => {
    const folder = await temporary()
    const file = join(folder, 'a.eml')
    await writeFile(file, letter({ subject: 'no number', attachments: { 'a.txt': 'a' } }))
    const without = await mailclip(['preview', '--json', file])
    expect(rows(without.out)).toMatchObject([
      { outcome: 'bounced', code: 'no-ticket', attachments: [{ state: 'skipped' }] },
    ])
    const pretended = await mailclip([
      'preview',
      '--json',
      '--ticket',
      'S161123_000034',
      file,
      join(folder, 'none.eml'),
    ])
    expect(rows(pretended.out)).toMatchObject([{ outcome: 'delivered', ticket: 'S161123_000034' }])
    expect(pretended.code).toBe(66)
  })
})

const RECORDS = {
  I161026_000001: { REQUESTOR: { E_MAIL: 'ada@example.org' } },
  I161026_000002: { REQUESTOR: { E_MAIL: 'bob@example.org' } },
  I161026_000003: { REQUESTOR: { E_MAIL: 'ada@example.org' }, END_DATE_UT: '2026-11-20T10:00:00Z' },
}

test('a preview that asks the desk goes by whose the tickets are and whether they are closed, and sends nothing', async () => {
  const folder = await temporary()
  const desk = await scriptedDesk(onTestFinished)
  for (const [ticket, record] of Object.entries(RECORDS)) desk.records.set(ticket, record)
  desk.tickets = new Set(Object.keys(RECORDS))
  const file = await configured(folder, {
    mailboxes: [{ host: 'localhost', user: 'support', password: 'x' }],
    desk: { url: desk.url, user: desk.user, password: desk.password },
    ticket: { closed: 'bounce' },
    senders: { requester: 'hold' },
    notices: null,
  })
  const mails = [...Object.keys(RECORDS), 'I161026_000004'].map(ticket => join(folder, `${ticket}.eml`))
  for (const mail of mails)
    await writeFile(mail, letter({ subject: basename(mail, '.eml'), attachments: { 'a.txt': 'a' } }))
  const { code, out } = await mailclip(['preview', '--desk', '--json', '--config', file, ...mails])
  expect(code).toBe(0)
  expect(rows(out)).toMatchObject([
    { outcome: 'delivered', attachments: [{ state: 'delivered' }] },
    { outcome: 'held', code: 'not-requester', attachments: [{ state: 'skipped' }] },
    { outcome: 'bounced', code: 'closed', attachments: [{ state: 'refused' }] },
    { outcome: 'bounced', code: 'unknown-ticket', attachments: [{ state: 'skipped' }] },
  ])
  expect(desk.received).toEqual([])
})

test('a preview of a folder ends with 66, and one for a ticket that is none with 64', async () => {
  const folder = await temporary()
  const file = join(folder, 'a.eml')
  await writeFile(file, letter({ attachments: { 'a.txt': 'a' } }))
  expect((await mailclip(['preview', folder])).code).toBe(66)
  expect((await mailclip(['preview', '--ticket', 'foo', file])).code).toBe(64)
})

describeWithDovecot('beside the road', () => {
  test('a sweep, a list, a mail with its whole story and a report that adds up', async () => {
    const { written, folder, post } = await setup()
    const file = await configured(folder, written)
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await post(letter({ subject: 'no number', attachments: { 'b.txt': 'second' } }))
    expect(await mailclip(['sweep', '--config', file])).toMatchObject({ code: 0 })
    const listed = rows((await mailclip(['list', '--json', '--config', file])).out)
    expect(listed).toMatchObject([
      {
        state: 'delivered',
        ticket: 'I161026_000005',
        attachments: [{ name: 'a.txt', state: 'delivered' }],
        notice: null,
      },
      { state: 'bounced', code: 'no-ticket', notice: { state: 'sent', kind: 'bounced' } },
    ])
    const id = String(listed[0]?.['id'])
    const shown = await mailclip(['show', id, '--config', file])
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining('ticket: I161026_000005') })
    expect((await mailclip(['show', '4711', '--config', file])).code).toBe(66)
    const report = await mailclip(['report', '--json', '--config', file])
    expect([report.code, rows(report.out)]).toMatchObject([
      0,
      [{ mailbox: 'support', seen: 2, delivered: 1, bounced: 1 }],
    ])
    const bounced = await mailclip(['list', '--json', '--state', 'bounced', '--config', file])
    expect(rows(bounced.out)).toHaveLength(1)
  })

  test('a preview of a mailbox changes nothing in it', async () => {
    const { written, folder, post, imap } = await setup()
    const file = await configured(folder, written)
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    const before = await imap.folder('INBOX')
    const { code, out } = await mailclip(['preview', '--mailbox', 'support', '--json', '--config', file])
    expect([code, rows(out)]).toMatchObject([0, [{ outcome: 'delivered', attachments: [{ name: 'a.txt' }] }]])
    expect(await imap.folder('INBOX')).toEqual(before)
  })

  test('a second worker ends with 75 and says who holds the ledger', async () => {
    const { written, folder } = await setup()
    const file = await configured(folder, written)
    const first = start(['run', '--config', file])
    await first.says(/"swept"/)
    const second = await mailclip(['sweep', '--config', file])
    expect(second).toMatchObject({ code: 75, err: expect.stringContaining(String(first.child.pid)) })
    expect((await mailclip(['list', '--config', file])).code).toBe(0)
  })

  test.each([
    ['a refused password', { password: 'wrong' }, 77],
    ['a server that is not there', { port: 1 }, 69],
    ['a folder that is not there', { folder: 'Nowhere' }, 69],
  ])('a preview that meets %s says so and is no bug', async (_, box, code) => {
    const { written, folder, settings } = await setup({ mailbox: box })
    const file = await configured(folder, written)
    const ended = await mailclip(['preview', '--mailbox', settings.mailboxes[0]?.name ?? '', '--config', file])
    expect([ended.code, ended.out]).toEqual([code, ''])
    expect(ended.err).not.toContain('a bug')
  })

  test('a sweep whose relay is down ends with 69 and names it, and the mail is filed all the same', async () => {
    const { written, folder, post, imap } = await setup({
      notices: { smtp: { host: '127.0.0.1', port: 1, security: 'plain' } },
    })
    const file = await configured(folder, written)
    await post(letter({ subject: 'no number', attachments: { 'a.txt': 'first' } }))
    expect(await mailclip(['sweep', '--config', file])).toMatchObject({
      code: 69,
      err: expect.stringContaining('post 127.0.0.1:1'),
    })
    expect(await imap.folder('Mailclip.Bounced')).toHaveLength(1)
  })
})
