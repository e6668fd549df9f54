// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import { expect, test } from 'vitest'
import { defaultSettings } from '../../src/config/defaults.ts'
import { parseSettings } from '../../src/config/parse.ts'
import { secrets } from '../../src/config/secrets.ts'
import { configurationFile } from '../../src/config/where.ts'

const mailbox = { host: 'imap.example.com', user: 'support@example.com', password: 'imap-pass' }
const desk = { url: 'https://desk.example.com/api/v1/50004', user: 'mailclip', password: 'desk-pass' }
const notices = { from: 'Support <support@example.com>', smtp: { host: 'smtp.example.com' } }

const first = (settings: ReturnType<typeof parseSettings>) => {
  const [box] = settings.mailboxes
  if (box === undefined) throw new Error('there is no mailbox')
  return box
}

test('the mandatory keys alone give every default of the product', () => {
  const settings = parseSettings({ mailboxes: [mailbox], desk, notices })
  expect(settings).toEqual({
    mailboxes: [
      {
        ...mailbox,
        name: 'support@example.com',
        port: 993,
        security: 'tls',
        tls: { minVersion: 'TLSv1.2' },
        allowPlain: false,
        folder: 'INBOX',
        backlog: 'unseen',
        file: { delivered: 'Mailclip/Delivered', bounced: 'Mailclip/Bounced', held: 'Mailclip/Held' },
        flag: { bounced: '\\Flagged', held: '\\Flagged' },
        timeouts: { connect: 30_000, greeting: 16_000, idle: 90_000, renew: 240_000 },
        desk: {
          ...desk,
          encoding: 'multipart',
          verify: 'list',
          timeout: 120_000,
          stall: 30_000,
          maxUpload: 1_800_000,
          quiet: 300_000,
          recheck: 30_000,
          uncertain: 'hold',
          concurrency: 4,
          tls: { minVersion: 'TLSv1.2' },
          allowPlain: false,
        },
        ticket: {
          pattern: '[A-Z]\\d{6}_\\d{6}',
          several: 'first',
          fromThread: true,
          closed: 'attach',
          closedStatuses: [],
        },
        senders: { allow: ['*'], authentication: 'off', authservIds: [], requester: 'off' },
        attachments: {
          maxSize: 25_000_000,
          maxMailSize: 50_000_000,
          refuse:
            '.exe .com .scr .pif .cpl .msi .msp .bat .cmd .vbs .vbe .js .jse .wsf .wsh .hta .lnk .jar .iso .img'.split(
              ' ',
            ),
          inlineImages: 'smart',
          duplicates: 'skip',
          unpack: ['tnef'],
          original: 'never',
        },
        notices: {
          on: ['bounced', 'held'],
          from: { name: 'Support', address: 'support@example.com' },
          language: 'en',
          returnPath: null,
          perSenderPerDay: 5,
          perHour: 50,
          smtp: {
            host: 'smtp.example.com',
            port: 587,
            security: 'starttls',
            tls: { minVersion: 'TLSv1.2' },
            allowPlain: false,
            proxy: undefined,
          },
        },
      },
    ],
    schedule: '* * * * *',
    timezone: 'UTC',
    idle: true,
    machines: 'deliver',
    nothingAttached: 'bounce',
    description: { quoted: 'cut', maxLength: 4000 },
    parser: { deadline: 30_000, memory: 536_870_912 },
    retry: { first: 60_000, max: 3_600_000, factor: 2, tries: 12 },
    ledger: {
      url: 'sqlite:data/mailclip.db',
      tls: { minVersion: 'TLSv1.2' },
      allowPlain: false,
      file: 'data/mailclip.db',

      keep: 34_560_000_000,
      lease: 60_000,
    },
    spool: { folder: 'data/spool', maxBytes: 5_000_000_000 },
    drain: 30_000,
    status: { host: '127.0.0.1', port: 8025, hosts: [] },
    log: { level: 'info', format: 'json' },
    canary: null,
    summary: null,
    warnings: [],
  })
})

test('a mailbox that overrides a section has its own keys over the common ones', () => {
  const settings = parseSettings({
    mailboxes: [
      mailbox,
      {
        ...mailbox,
        name: 'scans',
        folder: 'Scans',
        desk: { quiet: '1s', token: 'tok' },
        attachments: { refuse: ['.zip'] },
        notices: { smtp: { port: 2525 } },
        ticket: { several: 'all' },
        senders: { allow: ['*@example.com'] },
      },
      { ...mailbox, name: 'quiet', folder: 'Quiet', notices: null },
    ],
    desk: { ...desk, stall: '5s' },
    attachments: { maxSize: '1MB' },
    notices,
  })
  const [common, scans, quiet] = settings.mailboxes
  expect(common?.desk).toMatchObject({ quiet: 300_000, stall: 5000, user: 'mailclip' })
  expect(scans?.desk).toMatchObject({ quiet: 1000, stall: 5000, token: 'tok' })
  expect(scans?.desk.password).toBeUndefined()
  expect(scans?.attachments).toMatchObject({ maxSize: 1_000_000, refuse: ['.zip'] })
  expect(scans?.notices?.smtp).toMatchObject({ host: 'smtp.example.com', port: 2525 })
  expect(scans?.ticket.several).toBe('all')
  expect(scans?.senders.allow).toEqual(['*@example.com'])
  expect(common?.ticket.several).toBe('first')
  expect(quiet?.notices).toBeNull()
  expect(settings.warnings).toEqual([])
})

test('two servers behind one address, on two ports, are two mailboxes', () => {
  const { mailboxes } = parseSettings({ mailboxes: [mailbox, { ...mailbox, name: 'b', port: 1993 }], desk, notices })
  expect(mailboxes.map(({ port }) => port)).toEqual([993, 1993])
})

test('a mailbox may bring the whole desk and the whole relay itself', () => {
  const settings = parseSettings({ mailboxes: [{ ...mailbox, desk, notices }], notices: null })
  expect(first(settings).desk.url).toBe(desk.url)
  expect(first(settings).notices?.smtp.host).toBe('smtp.example.com')
})

test('without a section notices nobody is written to, and a warning says so; null means it', () => {
  const absent = parseSettings({ mailboxes: [mailbox], desk })
  expect(first(absent).notices).toBeNull()
  expect(absent.warnings).toEqual([expect.stringContaining('senders are told nothing')])
  const meant = parseSettings({ mailboxes: [mailbox], desk, notices: null })
  expect(first(meant).notices).toBeNull()
  expect(meant.warnings).toEqual([])
})

test('null turns off the status page, filing and flags', () => {
  const settings = parseSettings({
    mailboxes: [{ ...mailbox, file: null, flag: null }],
    desk,
    notices: null,
    status: null,
  })
  expect(settings.status).toBeNull()
  expect(Object.values(first(settings).file)).toEqual([undefined, undefined, undefined, undefined])
  expect(Object.values(first(settings).flag)).toEqual([undefined, undefined])
})

test('a section with every line commented out is as good as none', () => {
  const yaml = `mailboxes:\n  - host: h.example.com\n    user: u\n    password: p\n    timeouts:\n    desk:\ndesk: { url: 'https://d.example.com/api/v1/1', token: t }\nattachments:\nnotices:\n`
  expect(first(parseSettings(yaml)).attachments.maxSize).toBe(25_000_000)
})

test.each([
  [{ security: 'starttls' }, 143],
  [{ security: 'tls' }, 993],
  [{ security: 'plain', host: 'localhost' }, 143],
  [{ security: 'starttls', port: 1143 }, 1143],
] as const)('the port of an IMAP server of %j is %d', (given, port) => {
  expect(first(parseSettings({ mailboxes: [{ ...mailbox, ...given }], desk, notices: null })).port).toBe(port)
})

test.each(['localhost', '127.0.0.1', '127.1.2.3', '::1'])('plain connections to %s are fine', host => {
  const settings = parseSettings({
    mailboxes: [{ ...mailbox, host, security: 'plain' }],
    desk: { ...desk, url: `http://${host.includes(':') ? `[${host}]` : host}:8080/api/v1/1` },
    notices: { from: 'a@b.example', smtp: { host, security: 'plain', port: 25 } },
  })
  expect(first(settings).security).toBe('plain')
})

test('plain connections elsewhere are taken when allowPlain is said beside each', () => {
  const settings = parseSettings({
    mailboxes: [{ ...mailbox, security: 'plain', allowPlain: true }],
    desk: { ...desk, url: 'http://desk.internal/api/v1/1', allowPlain: true },
    notices: { from: 'a@b.example', smtp: { host: 'relay.internal', security: 'plain', allowPlain: true } },
  })
  expect(first(settings).notices?.smtp.port).toBe(25)
})

test('values come from the environment in any place, with the type the key wants', () => {
  const yaml = `
mailboxes:
  - host: \${env:HOST}
    port: \${env:PORT}
    user: "\${env:LOGIN}@\${env:DOMAIN}"
    password: pa$\${ss}$\${env:X}
desk: { url: "https://\${env:HOST}/api/v1/1", token: "\${env:TOKEN}" }
idle: \${env:IDLE}
drain: \${env:DRAIN}
retry: { factor: "\${env:FACTOR}" }
attachments: { maxSize: "\${env:SIZE}" }
notices: null
`
  const environment = {
    HOST: 'h.example.com',
    PORT: '1993',
    LOGIN: 'a',
    DOMAIN: 'b.example',
    TOKEN: 't: {}',
    IDLE: 'false',
  }
  const settings = parseSettings(yaml, { environment: { ...environment, DRAIN: '5s', FACTOR: '1.5', SIZE: '1000' } })
  expect(first(settings)).toMatchObject({ port: 1993, user: 'a@b.example', password: 'pa${ss}${env:X}' })
  expect(first(settings).desk).toMatchObject({ url: 'https://h.example.com/api/v1/1', token: 't: {}' })
  expect(settings).toMatchObject({ idle: false, drain: 5000, retry: { factor: 1.5 } })
  expect(first(settings).attachments.maxSize).toBe(1000)
})

test('an interpolated value is not read for a second interpolation', () => {
  const settings = parseSettings(
    { mailboxes: [{ ...mailbox, password: '${env:P}' }], desk, notices: null },
    { environment: { P: '${env:HOME}' } },
  )
  expect(first(settings).password).toBe('${env:HOME}')
})

test('an address that does not look like EasyVista is worth a warning', () => {
  const settings = parseSettings({
    mailboxes: [mailbox],
    desk: { ...desk, url: 'https://desk.example.com/' },
    notices: null,
  })
  expect(settings.warnings).toEqual([expect.stringContaining('/api/v1/ACCOUNT')])
})

test('a mail limit below the file limit is worth a warning', () => {
  const attachments = { maxSize: '25MB', maxMailSize: '10MB' }
  const settings = parseSettings({ mailboxes: [mailbox], desk, notices: null, attachments })
  expect(settings.warnings).toEqual([expect.stringContaining('maxMailSize is less than attachments.maxSize')])
})

test('every secret is known to whoever must keep it out of the log, in the forms in which it travels', () => {
  const settings = parseSettings({
    mailboxes: [mailbox, { ...mailbox, name: 'b', folder: 'B', password: 'p&w', desk: { token: 'tok-en' } }],
    desk,
    notices: { ...notices, smtp: { ...notices.smtp, user: 'u', password: 'smtp-pass' } },
    status: { host: '0.0.0.0', token: 'status-token' },
  })
  const known = secrets(settings)
  for (const secret of ['imap-pass', 'desk-pass', 'smtp-pass', 'tok-en', 'status-token', 'p&w', 'p%26w'])
    expect(known).toContain(secret)
  expect(known).toContain(Buffer.from('mailclip:desk-pass').toString('base64'))
  expect(known).not.toContain('mailclip')
  expect(new Set(known).size).toBe(known.length)
})

test('the configuration is the file of --config, else of $MAILCLIP_CONFIG, else config/mailclip.yaml', () => {
  expect(configurationFile('a.yaml', { MAILCLIP_CONFIG: 'b.yaml' })).toBe('a.yaml')
  expect(configurationFile(undefined, { MAILCLIP_CONFIG: 'b.yaml' })).toBe('b.yaml')
  expect(configurationFile(undefined, { MAILCLIP_CONFIG: '' })).toBe('config/mailclip.yaml')
})

test('the defaults alone are settings, for a command that needs no configuration', () => {
  const settings = defaultSettings()
  expect(settings.warnings).toEqual([])
  expect(first(settings).attachments.maxSize).toBe(25_000_000)
})

test.each([
  ['postgres://mailclip:p%40ss@127.0.0.1/ledger', {}, 'p@ss', 'postgres://mailclip@127.0.0.1/ledger', false],
  ['postgres://mailclip@db.example.com:6432/ledger', { password: 'pg-pass' }, 'pg-pass', undefined, true],
  ['postgres://mailclip@db.example.com/ledger', { allowPlain: true }, undefined, undefined, false],
])(
  'the ledger %s is a database, its password known apart, and encrypted unless it is here',
  (url, more, password, told, encrypted) => {
    const settings = parseSettings({ mailboxes: [mailbox], desk, notices, ledger: { url, ...more } })
    expect(settings.ledger).toMatchObject({ file: '', database: { url: told ?? url, encrypted } })
    expect(settings.ledger.password).toBe(password)
    if (password !== undefined) expect(secrets(settings)).toContain(password)
    expect(JSON.stringify({ ...settings.ledger, password: '' })).not.toContain('p%40ss')
  },
)
