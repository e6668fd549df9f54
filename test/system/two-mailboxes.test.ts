/** Two mailboxes: on two servers of which one is ill, and with rules, folders and desk accounts of their own. */
import { expect, onTestFinished, test } from 'vitest'
import { parseSettings } from '../../src/config/parse.ts'
import { basic, scriptedDesk } from '../support/desk.ts'
import { describeWithDovecot, dovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { eventually } from '../support/mortal.ts'
import { configured, start } from '../support/process.ts'
import { type Plan, proxy } from '../support/proxy.ts'
import { setup } from '../support/road.ts'

const numbered = (n: number): string => `I161026_00000${n}`
const file = (n: number) => ({ subject: numbered(n), attachments: { [`${n}.txt`]: `file ${n}` } })

describeWithDovecot('two mailboxes on two servers', () => {
  test.each<[string, Plan]>([
    ['answers nothing any more', { toClient: { what: 'stall' } }],
    ['cuts every connection', { toClient: { what: 'reset' } }],
    ['takes a second for every word', { toClient: { what: 'slow', delay: 1_000 } }],
  ])('of which one %s: the mails of the other are delivered and filed', async (_, plan) => {
    const road = await setup({ settings: { schedule: '* * * * * *' }, meddling: true })
    const other = await dovecot({ user: 'other' })
    onTestFinished(() => other.close())
    const line = await proxy({ host: other.host, port: other.port })
    onTestFinished(() => line.close())
    const { mailboxes } = road.written as { readonly mailboxes: readonly object[] }
    const ill = { name: 'ill', user: other.user, password: other.password, port: line.port }
    const both = [{ ...mailboxes[0], ...ill }, ...mailboxes]
    const daemon = start(['run', '--config', await configured(road.folder, { ...road.written, mailboxes: both })])
    await other.deliver(letter(file(1)))
    await road.desk.until(() => road.desk.documents(numbered(1)).length === 1)
    line.script(plan)
    line.drop()
    await other.deliver(letter(file(2)))
    for (const n of [3, 4, 5]) {
      await road.post(letter(file(n)))
      await road.desk.until(() => road.desk.documents(numbered(n)).length === 1)
    }
    await eventually(async () => (await road.imap.folder('Mailclip.Delivered')).length === 3)
    expect(await road.imap.folder('INBOX')).toEqual([])
    daemon.child.kill('SIGKILL')
    await daemon.ended
  })
})

const TOKENS = ['token-of-orders', 'token-of-scans'] as const
const ACCOUNTS = { support: basic('mailclip', 'a secret of ours'), sales: basic('sales', 'a secret of sales') }
const CODES = TOKENS.map(token => `Bearer ${token}`)

/** Support with the common desk account; on another server Sales, and two folders more of it, each with a desk account of its own. */
async function house() {
  const road = await setup({ scripted: { alsoKnown: [ACCOUNTS.sales, ...CODES] } })
  const server = await dovecot({ user: 'sales', password: 'another-horse' })
  onTestFinished(() => server.close())
  const { mailboxes } = road.written as { readonly mailboxes: readonly object[] }
  const account = { host: server.host, port: server.port, security: 'plain', user: 'sales', password: server.password }
  const sales = {
    ...account,
    name: 'sales',
    backlog: 'all',
    file: { delivered: 'Done', bounced: 'Back' },
    ticket: { pattern: 'INC\\d{6}' },
    attachments: { refuse: ['.txt'] },
    desk: { user: 'sales', password: 'a secret of sales' },
  }
  const byToken = ['Orders', 'Scans'].map((folder, i) => ({
    ...account,
    name: folder.toLowerCase(),
    folder,
    backlog: 'all',
    file: { delivered: `${folder} done` },
    desk: { token: TOKENS[i] },
  }))
  const written = { ...road.written, mailboxes: [...mailboxes, sales, ...byToken] }
  for (const folder of ['Orders', 'Scans']) await server.doveadm('mailbox', 'create', '-u', 'sales', folder)
  return { road, server, written, sweep: () => road.sweep(parseSettings(written)) }
}

const filed = async (server: { folder(name: string): Promise<readonly unknown[]> }, names: readonly string[]) =>
  Object.fromEntries(await Promise.all(names.map(async name => [name, (await server.folder(name)).length])))

describeWithDovecot('mailboxes of their own rules and desk accounts', () => {
  test('bring each mail by its own account to the ticket that its own pattern finds, and file it at home', async () => {
    const { road, server, sweep } = await house()
    const both = 'INC000007 about I161026_000001'
    await road.post(letter({ subject: both, attachments: { 'support.txt': 'one' } }))
    await road.post(letter({ subject: 'INC000007', attachments: { 'support.txt': 'two' } }))
    await server.deliver(letter({ subject: both, attachments: { 'sales.pdf': 'three' } }))
    await server.deliver(letter({ subject: 'INC000008', attachments: { 'sales.txt': 'four' } }))
    await server.deliver(letter({ subject: numbered(2), attachments: { 'orders.txt': 'five' } }), 'Orders')
    await server.deliver(letter({ subject: numbered(3), attachments: { 'scans.txt': 'six' } }), 'Scans')
    expect(await sweep()).toBe(0)
    const brought = road.desk.received.map(({ name, ticket, headers }) => [name, ticket, headers.authorization])
    expect(brought.sort()).toEqual([
      ['orders.txt', numbered(2), CODES[0]],
      ['sales.pdf', 'INC000007', ACCOUNTS.sales],
      ['scans.txt', numbered(3), CODES[1]],
      ['support.txt', numbered(1), ACCOUNTS.support],
    ])
    // Whoever asks about a ticket is the one who attaches to it.
    const accounts = new Map(brought.map(([, ticket, account]) => [ticket, account]))
    for (const { path, headers } of road.desk.requests)
      expect(headers.authorization).toBe(accounts.get(/\/requests\/([^/]+)/.exec(path)?.[1]) ?? ACCOUNTS.sales)
    const home = ['INBOX', 'Mailclip.Delivered', 'Mailclip.Bounced']
    expect(await filed(road.imap, home)).toEqual({ INBOX: 0, 'Mailclip.Delivered': 1, 'Mailclip.Bounced': 1 })
    const theirs = ['INBOX', 'Orders', 'Scans', 'Done', 'Back', 'Orders done', 'Scans done']
    const [one, none] = [1, 0]
    expect(await filed(server, theirs)).toEqual({
      ...{ INBOX: none, Orders: none, Scans: none },
      ...{ Done: one, Back: one, 'Orders done': one, 'Scans done': one },
    })
  })

  test('rest alone when the desk refuses their account, and keep no other one waiting', async () => {
    const { road, server, written, sweep } = await house()
    const wrong = { ...written, mailboxes: written.mailboxes.map(box => withWrongDesk(box)) }
    await road.post(letter(file(1)))
    await server.deliver(letter({ subject: 'INC000007', attachments: { 'sales.pdf': 'two' } }))
    await server.deliver(letter(file(2)), 'Orders')
    await server.deliver(letter(file(3)), 'Scans')
    expect(await road.sweep(parseSettings(wrong))).toBe(77)
    expect(road.events.flatMap(event => (event.kind === 'suspended' ? [event.site] : [])).sort()).toEqual([
      `desk ${road.desk.url} as sales`,
      `desk ${road.desk.url} for scans`,
    ])
    expect(road.desk.received.map(({ ticket }) => ticket).sort()).toEqual([numbered(1), numbered(2)])
    expect(await sweep()).toBe(0)
    expect(road.desk.received.map(({ ticket }) => ticket).sort()).toEqual([1, 2, 3].map(numbered).concat('INC000007'))
  })

  test('bring a mail that both have got once to the desk they share, and once to each where they have two', async () => {
    const road = await setup({ scripted: { alsoKnown: [...CODES] }, meddling: true })
    const other = await scriptedDesk(onTestFinished)
    // No two desks give the same id to two documents.
    other.put('I000000_000000', 'before.txt', Buffer.from('before'))
    const copy = letter({ subject: numbered(1), attachments: { 'a.pdf': 'the same' } })
    for (const folder of ['INBOX', 'Orders']) await road.imap.deliver(copy, folder)
    await road.imap.doveadm('mailbox', 'create', '-u', road.imap.user, 'Sales')
    const { mailboxes } = road.written as { readonly mailboxes: readonly object[] }
    const sales = { folder: 'Sales', desk: { url: other.url, user: other.user, password: other.password } }
    const orders = { folder: 'Orders', desk: { token: TOKENS[0] } }
    const all = [...mailboxes, ...[sales, orders].map(own => ({ ...mailboxes[0], ...own, name: own.folder }))]
    const sweep = () => road.sweep(parseSettings({ ...road.written, mailboxes: all }))
    expect(await sweep()).toBe(0)
    await road.imap.deliver(copy, 'Sales')
    expect(await sweep()).toBe(0)
    expect(road.desk.received.map(({ ticket }) => ticket)).toEqual([numbered(1)])
    expect(other.received.map(({ ticket }) => ticket)).toEqual([numbered(1)])
  })
})

/** The accounts of sales and of scans are no longer what they were. */
const withWrongDesk = (box: object): object => {
  const { name = '' } = box as { readonly name?: string }
  if (name === 'sales') return { ...box, desk: { user: 'sales', password: 'wrong' } }
  return name === 'scans' ? { ...box, desk: { token: 'wrong' } } : box
}
