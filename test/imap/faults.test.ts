/** What a mailbox that does not work is called. */
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { Ref } from '../../src/mail/ref.ts'
import { certificate } from '../support/certificate.ts'
import { describeWithDovecot, dovecot } from '../support/dovecot.ts'
import { freePort } from '../support/ports.ts'
import { proxy } from '../support/proxy.ts'
import { type Answer, type Script, scripted } from './scripted.ts'
import { faultOf, letter, mailboxAt, Sink, setup, signal } from './setup.ts'

const PASSWORD = 'hunter2-äöü'
const REF: Ref = { mailbox: 'support', folder: 'INBOX', uidValidity: '7', uid: 1 }
const quick = { connect: 300, greeting: 300, idle: 300, renew: 60_000 }
const noTls = { ca: undefined, cert: undefined, key: undefined, minVersion: undefined, servername: undefined }

async function against(script: Script) {
  const server = await scripted(script)
  onTestFinished(() => server.close())
  return { server, mailbox: mailboxAt({ port: server.port, password: PASSWORD }, { timeouts: quick }) }
}

test.each<readonly [string, Script, string]>([
  ['refuses our credentials', { LOGIN: 'NO [AUTHENTICATIONFAILED] bad' }, '4.7.8'],
  ['refuses our credentials without a code', { LOGIN: 'NO bad' }, '4.7.8'],
  ['says that the password has expired', { LOGIN: 'NO [EXPIRED] change it' }, '4.7.8'],
  ['cannot look us up just now', { LOGIN: 'NO [UNAVAILABLE] later' }, '4.4.1'],
  ['has too many connections of ours', { LOGIN: 'NO [LIMIT] too many' }, '4.4.5'],
  ['hangs up while we sign in', { LOGIN: 'hang up' }, '4.4.1'],
  ['greets with BYE', { greeting: '* BYE overloaded' }, '4.4.1'],
  ['hangs up instead of greeting', { greeting: 'hang up' }, '4.4.1'],
  ['does not greet', { greeting: 'silence' }, '4.4.1'],
  ['falls silent while we sign in', { LOGIN: 'silence', NOOP: 'silence' }, '4.4.1'],
  ['refuses the folder', { SELECT: 'NO [NOPERM] no' }, '4.2.0'],
  [
    'opens the folder for reading only',
    { SELECT: ['* 1 EXISTS', '* OK [UIDVALIDITY 7] ok', 'OK [READ-ONLY] ok'] },
    '4.2.0',
  ],
])('a server that %s', async (_, script, status) => {
  const { mailbox } = await against(script)
  const fault = await faultOf(mailbox.refresh(signal))
  expect(fault).toMatchObject({ status, scope: 'mailbox', applied: 'no' })
})

test('a server that throttles us says for how long', async () => {
  const throttled = 'BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds'
  const { mailbox } = await against({ 'UID SEARCH': throttled })
  await mailbox.refresh(signal)
  const fault = await faultOf(mailbox.uids(0, signal))
  expect(fault).toMatchObject({ status: '4.4.5', scope: 'mailbox', retryAfter: 92_415 })
})

test('a search that is refused is not an empty folder', async () => {
  const { mailbox } = await against({ 'UID SEARCH': 'NO [SERVERBUG] index is broken' })
  await mailbox.refresh(signal)
  const fault = await faultOf(mailbox.uids(0, signal))
  expect(fault).toMatchObject({ status: '4.2.0', scope: 'mailbox' })
  expect(fault.message).toBe('the search was refused: [SERVERBUG] index is broken')
})

test('what a server says comes without the password, the address and line breaks', async () => {
  const encoded = Buffer.from(`\0support\0${PASSWORD}`).toString('base64')
  const answer = `NO [AUTHENTICATIONFAILED] ${PASSWORD} of ann@example.org is wrong: ${encoded}\x1b[31m`
  const { mailbox } = await against({ LOGIN: answer, AUTHENTICATE: answer })
  const fault = await faultOf(mailbox.refresh(signal))
  const shown = inspect(fault, { depth: 9, showHidden: true })
  for (const secret of [PASSWORD, Buffer.from(PASSWORD).toString('base64'), encoded, 'ann@example.org', '\x1b'])
    expect(shown).not.toContain(secret)
  expect(fault.message).toContain('does not accept our credentials: [AUTHENTICATIONFAILED]')
})

test('a mail of which the server sends nothing is not an empty mail', async () => {
  const empty = (command: string) =>
    command.includes('BODY')
      ? ['* 1 FETCH (UID 1 RFC822.SIZE 900 BODY[]<0> "")', 'OK done']
      : ['* 1 FETCH (UID 1)', 'OK']
  const { mailbox } = await against({ 'UID FETCH': empty })
  await mailbox.refresh(signal)
  const sink = new Sink()
  expect(await faultOf(mailbox.fetch(REF, sink, signal))).toMatchObject({ status: '4.4.2', scope: 'mail' })
  expect(sink.writableFinished).toBe(false)
})

test('a mail whose body the server does not have is not a mail that is gone', async () => {
  const without = (command: string) =>
    command.includes('BODY')
      ? ['* 1 FETCH (UID 1 RFC822.SIZE 900 BODY[]<0> NIL)', 'OK done']
      : ['* 1 FETCH (UID 1)', 'OK']
  const { mailbox } = await against({ 'UID FETCH': without })
  await mailbox.refresh(signal)
  expect(await faultOf(mailbox.fetch(REF, new Sink(), signal))).toMatchObject({ status: '4.4.2', scope: 'mail' })
})

test.each([
  ['that goes on after the server stopped', '"xy"', '4.4.2'],
  ['of whose end the server tells nothing', 'NIL', '4.4.2'],
  ['that the server counted wrongly', '"x"', 'whole'],
])('a mail %s is told from the other kinds', async (_, next, expected) => {
  const fetch = (command: string) =>
    command.includes('<0.')
      ? ['* 1 FETCH (UID 1 RFC822.SIZE 900 BODY[]<0> "Subject: x")', 'OK done']
      : [`* 1 FETCH (UID 1 BODY[]<9> ${next})`, 'OK done']
  const { mailbox } = await against({ 'UID FETCH': fetch })
  await mailbox.refresh(signal)
  const sink = new Sink()
  const fetched = await mailbox.fetch(REF, sink, signal).then(
    () => 'whole',
    error => error.status,
  )
  expect(fetched).toBe(expected)
  expect(sink.writableFinished).toBe(expected === 'whole')
})

test('one mail that the server cannot describe does not hide the others', async () => {
  const fetch = (command: string) => {
    if (command.includes('1,2') || (command.includes('FETCH 1 ') && command.includes('BODYSTRUCTURE')))
      return 'NO [SERVERBUG] oops'
    const uid = /FETCH (\d)/.exec(command)?.[1]
    const structure = command.includes('BODYSTRUCTURE') ? 'BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 2 1) ' : ''
    return [`* ${uid} FETCH (UID ${uid} FLAGS () RFC822.SIZE 9 ${structure}BODY[HEADER]<0> "Subject: x")`, 'OK done']
  }
  const { mailbox } = await against({ 'UID FETCH': fetch })
  await mailbox.refresh(signal)
  const seen = await mailbox.sight([1, 2], signal)
  expect(seen.map(({ uid, outline }) => [uid, outline?.length])).toEqual([
    [1, undefined],
    [2, 1],
  ])
})

test.each([
  ['describe', 'BODYSTRUCTURE', [1, 2, 3]],
  ['show', 'BODY', [1, 3]],
])('one mail at which the server breaks off when it is to %s it does not hide the others', async (_, asked, uids) => {
  const fetch = (command: string): Answer => {
    const wanted = (/FETCH (\S+)/.exec(command)?.[1] ?? '').replace('1:3', '1,2,3').split(',')
    if (command.includes(asked) && wanted.includes('2')) return 'hang up'
    return [...wanted.map(uid => `* ${uid} FETCH (UID ${uid} RFC822.SIZE 9 BODY[HEADER]<0> "Subject: x")`), 'OK done']
  }
  const SELECT = ['* 3 EXISTS', '* OK [UIDVALIDITY 7] ok', '* OK [UIDNEXT 4] ok', 'OK [READ-WRITE] done']
  const { mailbox } = await against({ SELECT, 'UID FETCH': fetch })
  await mailbox.refresh(signal)
  expect((await mailbox.sight([1, 2, 3], signal)).map(({ uid }) => uid)).toEqual(uids)
})

test('a server that breaks off at everything is left alone soon', async () => {
  const { mailbox, server } = await against({ 'UID FETCH': 'hang up' })
  await mailbox.refresh(signal)
  const uids = Array.from({ length: 50 }, (_, n) => n + 1)
  expect(await faultOf(mailbox.sight(uids, signal))).toMatchObject({ status: '4.4.2', scope: 'mailbox' })
  expect(server.heard.filter(command => command.startsWith('LOGIN')).length).toBeLessThan(12)
})

test('a host that is not there does not answer', async () => {
  const nowhere = mailboxAt({ port: 993 }, { host: 'imap.invalid', timeouts: quick })
  expect(await faultOf(nowhere.refresh(signal))).toMatchObject({ status: '4.4.1', scope: 'mailbox' })
  const refused = mailboxAt({ port: await freePort() }, { timeouts: quick })
  const fault = await faultOf(refused.refresh(signal))
  expect(fault).toMatchObject({ status: '4.4.1', scope: 'mailbox' })
  expect(fault.message).toMatch(/^127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\)$/)
})

test('a STARTTLS that somebody cut out of the conversation gets no credentials', async () => {
  const server = await scripted({})
  onTestFinished(() => server.close())
  const mailbox = mailboxAt({ port: server.port }, { security: 'starttls', timeouts: quick })
  expect(await faultOf(mailbox.refresh(signal))).toMatchObject({ status: '4.7.5', scope: 'mailbox' })
  expect(server.heard.filter(line => /LOGIN|AUTHENTICATE/.test(line))).toEqual([])
})

describeWithDovecot('a real server', () => {
  test('that is given a wrong password refuses it, and the password is nowhere', async () => {
    const { mailbox } = await setup(undefined, { password: PASSWORD })
    const fault = await faultOf(mailbox.refresh(signal))
    expect(fault).toMatchObject({ status: '4.7.8', scope: 'mailbox' })
    expect(inspect(fault, { depth: 9, showHidden: true })).not.toContain(PASSWORD)
  })

  test('takes the password again when it was changed back', async () => {
    const { server, mailbox } = await setup({})
    await server.setPassword('another-one-for-now')
    expect(await faultOf(mailbox.refresh(signal))).toMatchObject({ status: '4.7.8' })
    await server.setPassword(server.password)
    expect(await mailbox.refresh(signal)).toMatchObject({ folder: 'INBOX' })
  })

  test.each(['tls', 'starttls'] as const)('is trusted by its certificate (%s), and by nothing else', async security => {
    const server = await dovecot({ security })
    onTestFinished(() => server.close())
    await server.deliver(letter('one'))
    const between = await proxy(server)
    onTestFinished(() => between.close())
    const trusting = mailboxAt(between, { security, tls: { ...noTls, ca: server.ca } })
    await trusting.refresh(signal)
    expect(await trusting.uids(0, signal)).toEqual([1])
    const strict = mailboxAt(between, { security })
    const before = between.sent().length
    expect(await faultOf(strict.refresh(signal))).toMatchObject({ status: '4.7.5', scope: 'mailbox' })
    expect(between.sent().subarray(before).toString('latin1')).not.toMatch(/LOGIN|AUTHENTICATE/)
  })

  test('with a certificate for another name is not trusted', async () => {
    const pem = await certificate(['DNS:mail.example'])
    const server = await dovecot({ security: 'tls', certificate: pem })
    onTestFinished(() => server.close())
    const stranger = mailboxAt(server, { security: 'tls', tls: { ...noTls, ca: pem.cert } })
    expect(await faultOf(stranger.refresh(signal))).toMatchObject({ status: '4.7.5', scope: 'mailbox' })
    const named = mailboxAt(server, { security: 'tls', tls: { ...noTls, ca: pem.cert, servername: 'mail.example' } })
    expect(await named.refresh(signal)).toMatchObject({ folder: 'INBOX' })
  })

  test('that speaks TLS only is not spoken to in the clear', async () => {
    const server = await dovecot({ security: 'tls' })
    onTestFinished(() => server.close())
    const mailbox = mailboxAt(server, { timeouts: quick })
    expect(await faultOf(mailbox.refresh(signal))).toMatchObject({ status: '4.4.1', scope: 'mailbox' })
  })
})
