/** What `mailclip check` says of set-ups that are sound, and of those that are broken as they break in practice. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Finding } from '../../src/cli/check/finding.ts'
import { examine } from '../../src/cli/check.ts'
import { EXIT, worst } from '../../src/cli/exit.ts'
import { parseSettings } from '../../src/config/parse.ts'
import { holdLedger } from '../../src/ledger/lock.ts'
import { startDeskSimulator } from '../../src/simulator/desk/start.ts'
import type { Switches } from '../../src/simulator/desk/switches.ts'
import { certificate } from '../support/certificate.ts'
import { describeWithDisks, disk, fill, remount } from '../support/disk.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { configured, mailclip, rows } from '../support/process.ts'
import { type Overrides, setup, type WholeRoad, worldOf } from '../support/road.ts'
import { scriptedRelay } from '../support/smtp.ts'

const TICKET = 'I161026_000005'

const checked = ({ settings }: Pick<WholeRoad, 'settings'>, now = Date.now()): Promise<readonly Finding[]> =>
  examine(settings, {}, worldOf({ now }))

const codeOf = (findings: readonly Finding[]): number => worst(findings.map(({ exit }) => exit))

const of = (findings: readonly Finding[], subject: string, check: string): Finding | undefined =>
  findings.find(one => one.subject.startsWith(subject) && one.check === check)

/** A desk that behaves otherwise: the simulator, with these switches. */
async function otherDesk(mode: Partial<Switches>, account = '50004'): Promise<object> {
  const desk = await startDeskSimulator({ tickets: [{ number: TICKET }], user: 'mailclip', password: 'x', mode })
  onTestFinished(() => desk.close())
  return { url: desk.url.replace('50004', account), user: 'mailclip', password: 'x' }
}

const withRelay = (port: number, more: object = {}): object => ({
  smtp: { host: '127.0.0.1', port, security: 'plain', ...more },
})

/** Rights on every folder of Dovecot, by RFC 4314. */
async function rights(letters: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-acl-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'rules'), `* owner ${letters}\n`)
  return `protocol imap {\n  mail_plugins = acl\n}\nmail_plugins = acl\nplugin {\n  acl = vfile:${folder}/rules\n}\n`
}

type Broken = {
  readonly what: string
  readonly set: () => Overrides | Promise<Overrides>
  readonly before?: (road: WholeRoad) => Promise<unknown>
  /** Subject, check and state of the finding that has to be there. */
  readonly finding: readonly [subject: string, check: string, state: Finding['state']]
  readonly says: RegExp
  readonly remedy: RegExp
  readonly code: number
}

const BROKEN: readonly Broken[] = [
  {
    what: 'a wrong password',
    set: () => ({ mailbox: { password: 'wrong' } }),
    finding: ['mailbox', 'sign-in', 'failed'],
    says: /does not accept our credentials/,
    remedy: /correct user and password.*oauth2/,
    code: EXIT.credentials,
  },
  {
    what: 'a folder that is not there',
    set: () => ({ mailbox: { folder: 'Supprot' } }),
    before: ({ imap }) => imap.deliver(letter({}), 'Support'),
    finding: ['mailbox', 'folder', 'failed'],
    says: /there is no folder Supprot; there are INBOX, Support/,
    remedy: /write Support in mailboxes\[\]\.folder/,
    code: EXIT.suspended,
  },
  {
    what: 'an archive that has another name on this server',
    set: () => ({
      mailbox: { folder: 'Archive' },
      dovecot: {
        config: 'namespace inbox {\n  mailbox Ablage {\n    auto = create\n    special_use = \\Archive\n  }\n}\n',
      },
    }),
    finding: ['mailbox', 'folder', 'failed'],
    says: /there is no folder Archive/,
    remedy: /write Ablage in/,
    code: EXIT.suspended,
  },
  {
    what: 'a folder that may only be read',
    set: async () => ({ dovecot: { config: await rights('lr') } }),
    finding: ['mailbox', 'folder', 'failed'],
    says: /INBOX can only be read/,
    remedy: /give support the right to write, flag and remove/,
    code: EXIT.suspended,
  },
  {
    what: 'outcome folders that may not be made',
    set: async () => ({ dovecot: { config: await rights('lrswite') } }),
    finding: ['mailbox', 'folder Mailclip.Delivered', 'failed'],
    says: /is not there and may not be created/,
    remedy: /create Mailclip.Delivered by hand.*mailboxes\[\]\.file/,
    code: EXIT.suspended,
  },
  {
    what: 'a mail server that is not there',
    set: () => ({ mailbox: { port: 1 } }),
    finding: ['mailbox', 'sign-in', 'failed'],
    says: /does not answer \(ECONNREFUSED\)/,
    remedy: /nothing listens there: correct mailboxes\[\]\.host and the port; usual are tls with port 993/,
    code: EXIT.suspended,
  },
  {
    what: 'a mail server that signed its own certificate',
    set: () => ({ dovecot: { security: 'tls' }, mailbox: { security: 'tls' } }),
    finding: ['mailbox', 'sign-in', 'failed'],
    says: /cannot be made secure \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    remedy: /PEM file and name it in mailboxes\[\]\.tls\.ca/,
    code: EXIT.suspended,
  },
  {
    what: 'a desk that does not know our password (401)',
    set: () => ({ desk: { password: 'wrong' } }),
    finding: ['desk', 'credentials', 'failed'],
    says: /does not accept our credentials \(HTTP 401\)/,
    remedy: /correct desk\.user and desk\.password/,
    code: EXIT.credentials,
  },
  {
    what: 'a desk that does not know the account in its address',
    set: async () => ({ desk: await otherDesk({}, '50999') }),
    finding: ['desk', 'credentials', 'failed'],
    says: /HTTP 401/,
    remedy: /account number it does not know, so compare the last part of desk\.url/,
    code: EXIT.credentials,
  },
  {
    what: 'a desk whose profile may not use the REST API (403 everywhere)',
    set: async () => ({ desk: await otherDesk({ restApi: false }) }),
    finding: ['desk', 'rights', 'failed'],
    says: /denies everything/,
    remedy: /enable the REST API in the profile/,
    code: EXIT.credentials,
  },
  {
    what: 'a desk that denies the list (403)',
    set: async () => ({ desk: await otherDesk({ denied: ['GET /requests/:rfc/documents'] }) }),
    finding: ['desk', 'list documents', 'warn'],
    says: /denied \(HTTP 403\): an upload whose answer was lost cannot be looked for/,
    remedy: /allow GET \/requests\/\{rfc_number\}\/documents in the profile/,
    code: EXIT.ok,
  },
  {
    what: 'a desk that is a page of somebody else',
    set: async () => ({ desk: await otherDesk({ maintenance: '200' }) }),
    finding: ['desk', 'credentials', 'failed'],
    says: /something answers that is not the desk/,
    remedy: /https:\/\/HOST\/api\/v1\/ACCOUNT/,
    code: EXIT.suspended,
  },
  {
    what: 'a desk that signed its own certificate',
    set: async () => ({ scripted: { tls: await certificate() } }),
    finding: ['desk', 'credentials', 'failed'],
    says: /no connection to the desk \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    remedy: /desk\.tls\.ca/,
    code: EXIT.suspended,
  },
  {
    what: 'a relay that refuses to let us sign in',
    set: async () => {
      const { port } = await scriptedRelay({ ehlo: '250-relay\r\n250 AUTH PLAIN', auth: '535 5.7.8 no' })
      return { notices: withRelay(port, { user: 'support', password: 'wrong' }) }
    },
    finding: ['post', 'sign-in', 'failed'],
    says: /does not accept our credentials \(535 5\.7\.8\)/,
    remedy: /correct notices\.smtp\.user and password/,
    code: EXIT.credentials,
  },
  {
    what: 'a relay without STARTTLS',
    set: async () => ({ notices: withRelay((await scriptedRelay()).port, { security: 'starttls' }) }),
    finding: ['post', 'sign-in', 'failed'],
    says: /offers no STARTTLS/,
    remedy: /have STARTTLS switched on at the relay, or write security: tls with port 465/,
    code: EXIT.suspended,
  },
  {
    what: 'a virus scanner that is not there',
    set: () => ({ settings: { attachments: { antivirus: 'unix:/nowhere/clamd.ctl' } } }),
    finding: ['antivirus unix:/nowhere/clamd.ctl', 'answer', 'failed'],
    says: /the virus scanner does not answer/,
    remedy: /start clamd and let it listen on LocalSocket \/nowhere\/clamd\.ctl/,
    code: EXIT.suspended,
  },
  {
    what: 'a relay that refuses the empty return path',
    set: async () => ({ notices: withRelay((await scriptedRelay({ mail: '550 5.1.7 no <>' })).port) }),
    finding: ['post', 'return path', 'warn'],
    says: /refuses MAIL FROM:<>: 550 5\.1\.7/,
    remedy: /notices\.returnPath: from/,
    code: EXIT.ok,
  },
]

describeWithDovecot('a check', () => {
  test('of a set-up that is sound says OK to everything, changes no folder and sends no mail', async () => {
    const road = await setup()
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    const before = await road.imap.folders()
    const findings = await checked(road)
    expect(findings.filter(({ state }) => state !== 'ok')).toEqual([])
    expect([codeOf(findings), await road.imap.folders()]).toEqual([0, before])
    expect([road.sent, road.desk.requests.filter(({ method }) => method !== 'GET')]).toEqual([[], []])
    expect((await road.imap.folder('INBOX')).map(({ flags }) => flags)).toEqual([[]])
    expect(of(findings, 'mailbox', 'folder Mailclip.Held')?.detail).toContain(
      'trial folder could be made and was removed',
    )
  })

  test.each(BROKEN)('of $what says what to do about it', async ({ set, before, finding, says, remedy, code }) => {
    const road = await setup(await set())
    await before?.(road)
    const findings = await checked(road)
    const [subject, check, state] = finding
    expect(of(findings, subject, check)).toMatchObject({
      state,
      detail: expect.stringMatching(says),
      remedy: expect.stringMatching(remedy),
    })
    expect(codeOf(findings)).toBe(code)
  })

  test('repeats no secret', async () => {
    const road = await setup({ mailbox: { password: 'sesame-1' }, desk: { password: 'sesame-2' } })
    expect(JSON.stringify(await checked(road))).not.toContain('sesame')
  })

  test('of a desk that denies the list says loudly that nobody can look, and what is done then', async () => {
    const desk = await otherDesk({ denied: ['GET /requests/:rfc/documents'] })
    const held = of(await checked(await setup({ desk })), 'desk', 'evidence')
    expect(held).toMatchObject({ state: 'warn', detail: expect.stringMatching(/^NONE.*hold decides.*at most once/) })
    const sent = of(await checked(await setup({ desk: { ...desk, uncertain: 'repost' } })), 'desk', 'evidence')
    expect(sent?.detail).toMatch(/repost decides.*SENT AGAIN/)
  })

  test('tries each account at a relay that several mailboxes share, and each rests by itself', async () => {
    const relay = await scriptedRelay({ ehlo: '250-relay\r\n250 AUTH PLAIN' })
    const { written } = await setup({ notices: withRelay(relay.port, { user: 'support', password: 'one' }) })
    const { mailboxes } = written as { readonly mailboxes: readonly object[] }
    const own = (name: string, smtp: object): object => ({ ...mailboxes[0], name, folder: name, notices: { smtp } })
    const settings = parseSettings({
      ...written,
      mailboxes: [...mailboxes, own('Sales', { user: 'sales', password: 'another' }), own('Orders', {})],
    })
    const findings = await checked({ settings })
    const signedIn = findings.filter(({ subject, check }) => subject.startsWith('post ') && check === 'sign-in')
    const at = `post 127.0.0.1:${relay.port}`
    expect(signedIn.map(({ subject, detail }) => [subject, /as \w+/.exec(detail)?.[0]])).toEqual([
      [at, 'as support'],
      [`${at} for Sales`, 'as sales'],
    ])
  })

  test('of a desk whose clock is wrong says by how much', async () => {
    const findings = await checked(await setup(), Date.now() - 600_000)
    const detail = expect.stringMatching(/(599|600|601) s ahead of ours/)
    expect(of(findings, 'desk', 'clock')).toMatchObject({
      state: 'warn',
      detail,
      remedy: expect.stringContaining('NTP'),
    })
  })

  test("warns of certificates that will end soon, the server's and our own", async () => {
    const pem = await certificate()
    const road = await setup({ dovecot: { security: 'tls', certificate: pem }, mailbox: { security: 'tls' } })
    const [box] = road.settings.mailboxes
    if (box === undefined) throw new Error('there is no mailbox')
    const tls = { ...box.tls, ca: pem.cert, cert: pem.cert, key: pem.key }
    const findings = await checked({ settings: { ...road.settings, mailboxes: [{ ...box, tls }] } })
    for (const check of ['certificate', 'client certificate'])
      expect(of(findings, 'mailbox', check)).toMatchObject({
        state: 'warn',
        detail: expect.stringMatching(/in [12] days/),
      })
  })

  test('of a sign-in that failed tells whether a certificate or a token of ours had ended', async () => {
    const { cert, key } = await certificate(undefined, 'ec', -1)
    const claims = Buffer.from(JSON.stringify({ exp: Math.floor(Date.now() / 1000) - 86_400 })).toString('base64url')
    const oauth2 = { tokenUrl: 'http://127.0.0.1:1/token', clientId: 'an-id', clientCertificate: `${cert}${key}` }
    const road = await setup({
      mailbox: { oauth2, password: undefined },
      desk: { token: `e30.${claims}.`, user: undefined, password: undefined },
    })
    const findings = await checked(road)
    expect(of(findings, 'mailbox', 'sign-in')?.state).toBe('failed')
    expect(of(findings, 'mailbox', 'application certificate')).toMatchObject({
      state: 'warn',
      detail: expect.stringMatching(/ended on/),
      remedy: expect.stringContaining('oauth2.clientCertificate'),
    })
    expect(of(findings, 'desk', 'token')).toMatchObject({
      state: 'warn',
      detail: expect.stringMatching(/ended on/),
      remedy: expect.stringContaining('desk.token'),
    })
  })

  test('works beside a worker, and names it', async () => {
    const road = await setup()
    await road.sweep()
    const holder = { pid: 4711, host: 'mail1', since: new Date() }
    using _lock = await holdLedger(road.settings.ledger.file, holder)
    expect(of(await checked(road), 'ledger', 'worker')).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining('process 4711 on mail1'),
    })
  })

  test('ends the suspension of a site that answers again, and no other', { timeout: 180_000 }, async () => {
    const road = await setup({ dovecot: {} })
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await road.imap.setPassword('another')
    expect(await road.sweep()).toBe(EXIT.credentials)
    await road.imap.setPassword(road.imap.password)
    expect(of(await checked(road), 'mailbox', 'suspension')).toMatchObject({
      detail: expect.stringMatching(/is over$/),
    })
    road.desk.willSay('list', 401, 401)
    expect(await road.sweep()).toBe(EXIT.credentials)
    expect(of(await checked(road), 'desk', 'suspension')).toMatchObject({ state: 'warn' })
    expect(of(await checked(road), 'desk', 'suspension')).toMatchObject({ state: 'ok' })
    expect(await road.sweep()).toBe(0)
    expect(road.desk.received).toHaveLength(1)
  })

  test('sees that somebody else empties the inbox', async () => {
    const road = await setup()
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await road.sweep()
    expect(of(await checked(road, road.now().getTime()), 'mailbox', 'other readers')).toMatchObject({ state: 'ok' })
    for (const n of [1, 2, 3, 4]) await road.post(letter({ subject: `mail ${n}` }))
    await road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', 'INBOX', 'all')
    expect(of(await checked(road, road.now().getTime()), 'mailbox', 'other readers')).toMatchObject({
      state: 'warn',
      detail: expect.stringContaining('4 before they were ever seen'),
      remedy: expect.stringContaining('Technical Support Agent'),
    })
  })
})

describeWithDovecot('a probe', () => {
  test.each([
    ['takes both', {}, 'multipart', 'ok', undefined, 0],
    ['takes json only', { encodings: 'json' }, 'multipart', 'failed', 'set desk.encoding: json', EXIT.configuration],
    [
      'takes multipart only',
      { encodings: 'multipart' },
      'json',
      'failed',
      'set desk.encoding: multipart',
      EXIT.configuration,
    ],
    [
      'forbids downloads',
      { denied: ['GET /requests/:rfc/documents/:id', 'GET /documents/:id'] },
      'json',
      'ok',
      undefined,
      0,
    ],
  ] as const)('of a desk that %s says which encoding to set', async (_, mode, encoding, state, remedy, code) => {
    const desk = await startDeskSimulator({ tickets: [{ number: TICKET }], user: 'mailclip', password: 'x', mode })
    onTestFinished(() => desk.close())
    const road = await setup({ desk: { url: desk.url, user: 'mailclip', password: 'x', encoding } })
    const findings = await examine(road.settings, { probe: TICKET }, worldOf({ now: Date.now() }))
    expect(of(findings, 'desk', 'encoding')).toMatchObject({ state, remedy })
    expect(of(findings, 'desk', 'leftovers')?.remedy).toContain(`delete them from ${TICKET}`)
    expect(desk.documents(TICKET).length).toBe('encodings' in mode ? 1 : 2)
    expect(codeOf(findings)).toBe(code)
  })

  test('of a desk that says 201 and keeps nothing is not deceived', async () => {
    const road = await setup()
    road.desk.will({ status: 201, keep: false })
    const findings = await examine(road.settings, { probe: TICKET }, worldOf({ now: Date.now() }))
    expect(of(findings, 'desk', 'probe multipart')?.detail).toContain('does not list it')
    expect(of(findings, 'desk', 'encoding')?.remedy).toBe('set desk.encoding: json')
  })
})

describeWithDovecot('on the command line', () => {
  test('a check prints a row for each thing, as a table and as JSON lines, and ends with the worst', async () => {
    const { written, folder } = await setup({ mailbox: { password: 'wrong' } })
    const file = await configured(folder, written)
    const table = await mailclip(['check', '--config', file])
    expect([table.code, table.err]).toEqual([EXIT.credentials, ''])
    expect(table.out).toMatch(/^mailbox support\n {2}sign-in +FAILED +127\.0\.0\.1:\d+ does not accept our credentials/)
    expect(table.out).toMatch(/→ correct user and password/)
    expect(table.out).toMatch(/\d+ OK, \d+ warnings?, 1 FAILED\n$/)
    const { out, code } = await mailclip(['check', '--json', '--config', file])
    expect([code, rows(out)[0]]).toMatchObject([
      EXIT.credentials,
      { subject: 'mailbox support', check: 'sign-in', state: 'failed', remedy: expect.any(String) },
    ])
    expect((await mailclip(['check', '--probe', 'nonsense', '--config', file])).code).toBe(EXIT.usage)
  })
})

await describeWithDisks('a check of a disk', () => {
  test('that may only be read says so of ledger and spool', async () => {
    const folder = await disk(4096)
    const road = await setup({
      settings: { ledger: { url: `sqlite:${folder}/m.db` }, spool: { folder: `${folder}/s` } },
    })
    await remount(folder, 'ro')
    const findings = await checked(road)
    expect(of(findings, 'ledger', 'file')).toMatchObject({ state: 'failed', detail: expect.stringContaining('EROFS') })
    expect(of(findings, 'spool', 'folder')?.remedy).toMatch(/mount its disk writable, or set spool\.folder elsewhere/)
    expect(codeOf(findings)).toBe(EXIT.ledger)
  })

  test('that is full says so, with a ledger on it and without', async () => {
    const folder = await disk(4096)
    const road = await setup({ meddling: true, settings: { ledger: { url: `sqlite:${folder}/m.db` } } })
    const filler = await fill(folder)
    expect(of(await checked(road), 'ledger', 'file')?.remedy).toContain('make room on its disk')
    await rm(filler)
    await road.sweep()
    const again = await fill(folder)
    const findings = await checked(road)
    expect(of(findings, 'ledger', 'file')).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('; 0 MB free on its disk'),
      remedy: expect.stringContaining('give it room'),
    })
    expect(codeOf(findings)).toBe(EXIT.ledger)
    // Whoever compares ledger and folders after the test needs room for the ledger's own files.
    await rm(again)
  })
})
