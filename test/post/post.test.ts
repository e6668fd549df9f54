import { expect, test } from 'vitest'
import { Fault } from '../../src/mail/fault.ts'
import type { Notice } from '../../src/mail/notice.ts'
import { machineOf } from '../../src/mail/sender.ts'
import { readHeader } from '../../src/mime/header.ts'
import { type PostOptions, SmtpPost } from '../../src/post/post.ts'
import { certificate } from '../support/certificate.ts'
import { noticeOf } from '../support/notices.ts'
import { freePort } from '../support/ports.ts'
import { smtpSink } from '../support/sink.ts'
import { type Script, scriptedRelay } from '../support/smtp.ts'

const clock = { now: () => new Date('2026-10-16T08:05:00Z') }

const postTo = (port: number, options: Partial<PostOptions> = {}): SmtpPost =>
  new SmtpPost({
    host: '127.0.0.1',
    port,
    security: 'plain',
    from: { name: 'Support, 2nd line', address: 'support@example.com' },
    returnPath: null,
    clock,
    timeouts: { connect: 2_000, greeting: 400, socket: 400 },
    ...options,
  })

const never = new AbortController().signal

/** The fault of a sending that must not succeed. */
async function refused(sending: Promise<void>): Promise<Fault> {
  const error = await sending.then(
    () => new Error('it was sent'),
    (fault: unknown) => fault,
  )
  if (error instanceof Fault) return error
  throw error
}

test('a notice arrives as RFC 3834 wants it', async () => {
  const sink = await smtpSink()
  await postTo(sink.port).send(noticeOf(), never)
  const [sunk] = await sink.arrived(1)
  expect(sunk).toMatchObject({ from: '', to: ['anna@customer.example'] })
  const { fields, body } = read(sunk?.raw)
  expect(fields).toEqual({
    from: '"Support, 2nd line" <support@example.com>',
    to: 'anna@customer.example',
    subject: '=?UTF-8?Q?Re=3A_I161026=5F000005_l=E2=80=99imprima?= =?UTF-8?Q?nte?=',
    'message-id': '<mailclip.0123456789abcdef0123456789abcdef@example.com>',
    'in-reply-to': '<1@customer.example>',
    references: '<0@customer.example> <1@customer.example>',
    date: 'Fri, 16 Oct 2026 08:05:00 +0000',
    'auto-submitted': 'auto-replied',
    'x-auto-response-suppress': 'All',
    precedence: 'bulk',
    'x-mailclip-loop': 'yes',
    'mime-version': '1.0',
    'content-type': 'text/plain; charset=utf-8',
    'content-transfer-encoding': 'quoted-printable',
  })
  expect(unquoted(body)).toBe(noticeOf().text.replaceAll('\n', '\r\n'))
})

test('a repeat is the same octets', async () => {
  const sink = await smtpSink()
  const post = postTo(sink.port)
  await post.send(noticeOf(), never)
  await post.send(noticeOf(), never)
  const [first, second] = await sink.arrived(2)
  expect(second?.raw).toBe(first?.raw)
})

test('a notice with HTML has both forms in one mail, and a repeat is the same octets', async () => {
  const sink = await smtpSink()
  const post = postTo(sink.port)
  const notice = noticeOf({ html: '<!doctype html>\n<p>Votre fichier « été.pdf »</p>\n' })
  await post.send(notice, never)
  await post.send(notice, never)
  const [first, second] = await sink.arrived(2)
  expect(second?.raw).toBe(first?.raw)
  expect(first?.to).toEqual(['anna@customer.example'])
  const types = [...(first?.raw ?? '').matchAll(/^content-type: ([^;\r]+)/gim)].map(([, type]) => type)
  expect(types).toEqual(['multipart/alternative', 'text/plain', 'text/html'])
  expect(first?.raw).toMatch(/^auto-submitted: auto-replied\r$/im)
})

test('a notice that comes back is known, with its field or without', async () => {
  const sink = await smtpSink()
  await postTo(sink.port).send(noticeOf(), never)
  const [sunk] = await sink.arrived(1)
  const header = (sunk?.raw ?? '').split('\r\n\r\n')[0] ?? ''
  const bare = header.replace(/^(?:x-mailclip-loop|auto-submitted|precedence):.*\r\n/gim, '')
  expect(bare.length).toBeLessThan(header.length)
  for (const one of [header, bare])
    expect(machineOf(readHeader(Buffer.from(`${one}\r\n\r\n`)), [])).toEqual({
      kind: 'report',
      why: 'a notice of ours',
    })
})

test('no line of a notice is longer than 76 octets', async () => {
  const sink = await smtpSink()
  const subject = `Re: ${'Überlänge '.repeat(25)}`
  const references = Array.from({ length: 51 }, (_, n) => `<${n}.${'x'.repeat(40)}@customer.example>`)
  await postTo(sink.port).send(noticeOf({ subject, references, text: `${'é'.repeat(2_000)}\n` }), never)
  const [sunk] = await sink.arrived(1)
  expect(sunk?.raw.split('\r\n').filter(line => line.length > 78)).toEqual([])
})

const hostile: readonly (readonly [what: string, change: Partial<Notice>])[] = [
  ['a Bcc after CRLF', { subject: 'Re: x\r\nBcc: eve@evil.example' }],
  ['a Bcc after LF', { subject: 'Re: x\nBcc: eve@evil.example' }],
  ['a Bcc after CR', { subject: 'Re: x\rBcc: eve@evil.example' }],
  ['a body after an empty line', { subject: 'Re: x\r\n\r\nBuy this' }],
  ['a Unicode line separator', { subject: 'Re: x\u2028Bcc: eve@evil.example\u0085To: eve@evil.example' }],
  ['a NUL', { subject: 'Re: x\u0000y' }],
  ['an encoded word', { subject: 'Re: =?utf-8?q?x=0D=0ABcc:_eve@evil.example?=' }],
  ['a template', { subject: `Re: {{files}} \${process.env.PATH} <%= 1 %>`, text: `{{files}} \${1+1}\n` }],
  [
    'a Message-ID with a field',
    { inReplyTo: '<a@x>\r\nBcc: eve@evil.example', references: ['<a@x>\r\nBcc: eve@evil.example'] },
  ],
  ['a dot alone', { text: 'x\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n.\n' }],
  ['a dot alone, smuggled', { text: 'x\n.\r\nMAIL FROM:<eve@evil.example>\r.\r\n' }],
  ['a subject of ten thousand characters', { subject: `Re: ${'x, <eve@evil.example> '.repeat(500)}` }],
]

test.each(hostile)('%s in a notice adds no field and no recipient', async (_, change) => {
  const sink = await smtpSink()
  await postTo(sink.port).send(noticeOf(change), never)
  const [sunk] = await sink.arrived(1)
  expect(sink.journal).toHaveLength(1)
  expect(sunk?.to).toEqual(['anna@customer.example'])
  const { fields } = read(sunk?.raw)
  expect(Object.keys(fields)).toHaveLength(14)
  expect(fields).toMatchObject({ to: 'anna@customer.example', from: '"Support, 2nd line" <support@example.com>' })
})

test.each([
  'anna@customer.example, eve@evil.example',
  'anna@customer.example>\r\nRCPT TO:<eve@evil.example',
  '"a@evil.example x"@customer.example',
  'Anna <anna@customer.example>',
  '',
])('a notice to %j goes to nobody', async to => {
  const sink = await smtpSink()
  const fault = await refused(postTo(sink.port).send(noticeOf({ to }), never))
  expect(fault).toMatchObject({ status: '5.1.3', applied: 'no' })
  expect(sink.journal).toEqual([])
})

test('a name in the configuration is no address', async () => {
  const sink = await smtpSink()
  const from = { name: 'Evil, <evil@z.example>, x', address: 'support@example.com' }
  await postTo(sink.port, { from, returnPath: 'from' }).send(noticeOf(), never)
  const [sunk] = await sink.arrived(1)
  expect(sunk).toMatchObject({ from: 'support@example.com', to: ['anna@customer.example'] })
})

test('a relay that refuses the null return path gets the address, and is not asked again', async () => {
  const relay = await scriptedRelay({ mail: '550 5.7.1 null sender not allowed' })
  const post = postTo(relay.port)
  const first = await refused(post.send(noticeOf(), never))
  expect(first).toMatchObject({ status: '5.7.1', applied: 'no' })
  relay.goOn({})
  await post.send(noticeOf(), never)
  expect(relay.commands.filter(command => command.startsWith('MAIL'))).toEqual([
    'MAIL FROM:<>',
    'MAIL FROM:<support@example.com>',
    'MAIL FROM:<support@example.com>',
  ])
  expect(relay.contents).toHaveLength(1)
})

test('a relay that refuses the null return path only after the content gets the address too', async () => {
  const relay = await scriptedRelay({ dot: '550 5.7.60 client does not have permissions to send as this sender' })
  await refused(postTo(relay.port).send(noticeOf(), never))
  expect(relay.commands.filter(command => command.startsWith('MAIL'))).toEqual([
    'MAIL FROM:<>',
    'MAIL FROM:<support@example.com>',
  ])
})

const failures: readonly (readonly [string, Script, Partial<Fault>])[] = [
  ['sends away at the greeting', { greeting: '554 5.3.2 no service' }, { status: '4.4.1', applied: 'no' }],
  ['is busy at the greeting', { greeting: '421 4.3.2 come back' }, { status: '4.3.2', applied: 'no' }],
  ['hangs up at the greeting', { greeting: 'cut' }, { status: '4.4.1', applied: 'no' }],
  ['never greets', { greeting: 'hang' }, { status: '4.4.1', applied: 'no' }],
  ['hangs up at EHLO', { ehlo: 'cut' }, { status: '4.4.1', applied: 'no' }],
  ['is busy for this sender', { mail: '451 4.3.0 later' }, { status: '4.3.0', scope: 'post', applied: 'no' }],
  ['wants a login', { mail: '530 5.7.0 authentication required' }, { status: '4.7.8', scope: 'post', applied: 'no' }],
  ['lost its place', { mail: '503 5.5.1 bad sequence' }, { status: '4.1.8', scope: 'post', applied: 'no' }],
  [
    'has the recipient on a grey list',
    { rcpt: '450 4.2.0 try later' },
    { status: '4.2.0', scope: 'mail', applied: 'no' },
  ],
  ['knows no such recipient', { rcpt: '550 no such user' }, { status: '5.1.1', scope: 'mail', applied: 'no' }],
  ['does not relay', { rcpt: '554 5.7.1 relay access denied' }, { status: '5.7.1', scope: 'mail', applied: 'no' }],
  ['closes at RCPT', { rcpt: '421 4.4.2 closing' }, { status: '4.3.2', scope: 'mail', applied: 'no' }],
  ['hangs up at RCPT', { rcpt: 'cut' }, { status: '4.4.2', scope: 'mail', applied: 'no' }],
  ['refuses DATA', { data: '554 5.5.1 no valid recipients' }, { status: '5.5.1', applied: 'no' }],
  ['hangs up at DATA', { data: 'cut' }, { status: '4.4.2', applied: 'no' }],
  ['says nothing at DATA', { data: 'hang' }, { status: '4.4.2', applied: 'no' }],
  ['hangs up after the dot', { dot: 'cut' }, { status: '4.4.2', scope: 'post', applied: 'maybe' }],
  ['says nothing after the dot', { dot: 'hang' }, { status: '4.4.2', scope: 'post', applied: 'maybe' }],
  ['closes after the dot', { dot: '421 4.3.2 shutting down' }, { status: '4.3.2', scope: 'mail', applied: 'no' }],
  ['is full after the dot', { dot: '452 4.3.1 no space' }, { status: '4.3.1', applied: 'no' }],
  ['takes it for spam after the dot', { dot: '550 5.7.1 spam' }, { status: '5.7.1', scope: 'mail', applied: 'no' }],
]

test.each(failures)('a relay that %s', async (_, script, fault) => {
  const relay = await scriptedRelay(script)
  expect(await refused(postTo(relay.port).send(noticeOf(), never))).toMatchObject(fault)
  expect(relay.contents.length).toBeLessThanOrEqual(1)
})

test.each(failures)('a relay with pipelining that %s', async (_, script, fault) => {
  const relay = await scriptedRelay({ ehlo: '250-relay.example\r\n250 PIPELINING', ...script })
  expect(await refused(postTo(relay.port).send(noticeOf(), never))).toMatchObject(fault)
})

test('a relay that hangs up in the middle of a notice cannot have it', async () => {
  const relay = await scriptedRelay({ dot: 'stall' })
  const text = `${'a line of a very long notice\n'.repeat(1_000_000)}`
  const fault = await refused(postTo(relay.port, { timeouts: { socket: 5_000 } }).send(noticeOf({ text }), never))
  expect(fault).toMatchObject({ status: '4.4.2', applied: 'no' })
})

test('a relay that trickles is left when the whole takes too long', async () => {
  const relay = await scriptedRelay({ dot: 'hang' })
  const post = postTo(relay.port, { timeouts: { socket: 60_000, whole: 300 } })
  expect(await refused(post.send(noticeOf(), never))).toMatchObject({ status: '4.4.2', applied: 'maybe' })
})

test('a sending that is stopped says whether the notice may be out', async () => {
  const relay = await scriptedRelay({ data: 'hang' })
  const stop = new AbortController()
  const sending = refused(postTo(relay.port, { timeouts: { socket: 60_000 } }).send(noticeOf(), stop.signal))
  await relay.heard('DATA')
  stop.abort()
  expect(await sending).toMatchObject({ status: '4.4.2', applied: 'no' })
})

test('nothing is sent once all is stopped', async () => {
  const relay = await scriptedRelay()
  const fault = await refused(postTo(relay.port).send(noticeOf(), AbortSignal.abort()))
  expect(fault).toMatchObject({ status: '4.4.2', applied: 'no' })
  expect(relay.commands).toEqual([])
})

test('a relay that is not there is no answer', async () => {
  const fault = await refused(postTo(await freePort()).send(noticeOf(), never))
  expect(fault).toMatchObject({ status: '4.4.1', scope: 'post', applied: 'no' })
  expect(fault.cause).toContain('ECONNREFUSED')
})

test('a relay whose name nobody knows is no answer', async () => {
  const post = postTo(25, { host: 'relay.invalid' })
  expect(await refused(post.send(noticeOf(), never))).toMatchObject({ status: '4.4.1', scope: 'post', applied: 'no' })
})

test('a relay without STARTTLS gets neither password nor notice', async () => {
  const relay = await scriptedRelay({ ehlo: '250-relay.example\r\n250 AUTH PLAIN' })
  const post = postTo(relay.port, { security: 'starttls', user: 'support', password: 'correct horse' })
  expect(await refused(post.send(noticeOf(), never))).toMatchObject({ status: '4.7.10', scope: 'post', applied: 'no' })
  expect(relay.commands.map(command => command.slice(0, 8))).toEqual(['EHLO [12', 'STARTTLS'])
})

const password = 'correct horse battery staple'

test.each([
  ['refuses them', { auth: '535 5.7.8 no' }, '4.7.8'],
  ['cannot check them now', { auth: '454 4.7.0 later' }, '4.4.1'],
  ['takes none', { ehlo: '250 relay.example', auth: '503 5.5.1 not here' }, '4.7.8'],
])('credentials at a relay that %s', async (_, script, status) => {
  const relay = await scriptedRelay({ ehlo: '250-relay.example\r\n250 AUTH PLAIN LOGIN', ...script })
  const fault = await refused(postTo(relay.port, { user: 'support', password }).send(noticeOf(), never))
  expect(fault).toMatchObject({ status, scope: 'post', applied: 'no' })
  expect(relay.contents).toEqual([])
  const told = `${fault.message} ${String(fault.cause)} ${fault.stack}`
  expect(told).not.toContain(password)
  expect(told).not.toContain(Buffer.from(`\0support\0${password}`).toString('base64'))
})

test('a relay that asks for credentials gets them', async () => {
  const relay = await scriptedRelay({ ehlo: '250-relay.example\r\n250 AUTH PLAIN' })
  await postTo(relay.port, { user: 'support', password }).send(noticeOf(), never)
  expect(relay.commands).toContain(`AUTH PLAIN ${Buffer.from(`\0support\0${password}`).toString('base64')}`)
  expect(relay.contents).toHaveLength(1)
})

test('a relay that does not take a token gets one fresh one', async () => {
  const relay = await scriptedRelay({ ehlo: '250-relay.example\r\n250 AUTH OAUTHBEARER', auth: '535 5.7.8 expired' })
  const asked: (string | undefined)[] = []
  const accessToken = async (refused?: string) => {
    asked.push(refused)
    if (refused !== undefined) relay.goOn({ ehlo: '250-relay.example\r\n250 AUTH OAUTHBEARER' })
    return refused === undefined ? 'stale-token' : 'fresh-token'
  }
  await postTo(relay.port, { user: 'support', accessToken }).send(noticeOf(), never)
  expect(asked).toEqual([undefined, 'stale-token'])
  const said = Buffer.from('n,a=support,\x01auth=Bearer fresh-token\x01\x01').toString('base64')
  expect(relay.commands).toContain(`AUTH OAUTHBEARER ${said}`)
  expect(relay.contents).toHaveLength(1)
})

test('a certificate nobody vouches for ends the connection before the login', async () => {
  const relay = await scriptedRelay({}, await certificate())
  const fault = await refused(
    postTo(relay.port, { security: 'tls', user: 'support', password }).send(noticeOf(), never),
  )
  expect(fault).toMatchObject({ status: '4.7.5', scope: 'post', applied: 'no' })
  expect(relay.commands).toEqual([])
})

test('a relay whose certificate is vouched for gets the notice over TLS', async () => {
  const own = await certificate()
  const relay = await scriptedRelay({}, own)
  await postTo(relay.port, { security: 'tls', tls: { ca: own.cert } }).send(noticeOf(), never)
  expect(relay.contents).toHaveLength(1)
})

test('what a relay says about people goes into no message', async () => {
  const relay = await scriptedRelay({
    rcpt: '550 5.1.1 <anna@customer.example>: user unknown in anna@customer.example',
  })
  const fault = await refused(postTo(relay.port).send(noticeOf(), never))
  expect(fault.message).toBe('the relay refused the recipient (550 5.1.1)')
  expect(`${fault.message} ${String(fault.cause)} ${fault.stack}`).not.toContain('anna')
})

/** Fields by lower-case name, unfolded; a field that is there twice shows both values. */
function read(raw = ''): { readonly fields: Readonly<Record<string, string>>; readonly body: string } {
  const end = raw.indexOf('\r\n\r\n')
  const fields: Record<string, string> = {}
  for (const line of raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    fields[name] = [fields[name], line.slice(colon + 1).trim()].filter(Boolean).join(' + ')
  }
  return { fields, body: raw.slice(end + 4) }
}

const unquoted = (body: string): string =>
  Buffer.from(
    body
      .replace(/=\r\n/g, '')
      .replace(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')
