import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import type { Books } from '../../src/gateway/books.ts'
import type { Event } from '../../src/gateway/events.ts'
import { Fault } from '../../src/mail/fault.ts'
import { Readiness } from '../../src/ops/health.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { startStatus } from '../../src/ops/status.ts'
import { booksOf, type Kept, mailRow } from '../support/books.ts'

const NOW = new Date('2026-11-20T10:00:00Z')

type Said = { readonly token?: string; readonly host?: string; readonly books?: Books; readonly kept?: Kept }

async function setup({ token, host = '127.0.0.1', kept = {}, books = booksOf(kept) }: Said = {}) {
  const clock = { now: () => NOW }
  const readiness = new Readiness({ interval: 60_000, started: NOW, mailboxes: ['support'] }, clock.now)
  const metrics = createMetrics({ clock })
  const events: Event[] = []
  const observe = (event: Event): void => void events.push(event)
  const status = await startStatus({ host, port: 0, token, books, metrics, readiness, clock, observe })
  onTestFinished(() => status.close())
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    ask(status.port, path, { host: `127.0.0.1:${status.port}`, ...headers }, method)
  return { status, get, readiness, events }
}

/** fetch would not let us choose the Host. */
async function ask(port: number, path: string, headers: Record<string, string>, method: string) {
  const { promise, resolve, reject } = Promise.withResolvers<import('node:http').IncomingMessage>()
  request({ host: '127.0.0.1', port, path, headers, method, agent: false }, resolve).on('error', reject).end()
  const response = await promise
  return { code: response.statusCode, headers: response.headers, body: await text(response) }
}

test('a living process says so, and is ready until it has been silent for too long', async () => {
  const { get, readiness } = await setup()
  expect(await get('/health')).toMatchObject({ code: 200, body: 'ok\n' })
  expect(await get('/ready')).toMatchObject({ code: 200, body: 'ready\n' })
  readiness.observe({ kind: 'trouble', what: 'ledger', status: '4.3.1', reason: 'the disk is full' })
  expect(await get('/ready')).toMatchObject({ code: 503, body: expect.stringContaining('the disk is full') })
})

test('a ledger that cannot be read is not ready, and its pages say so without a stack', async () => {
  const gone = () => Promise.reject(new Fault('4.3.1', 'the ledger cannot be read', { scope: 'ledger' }))
  const { get, events } = await setup({ books: { ...booksOf(), suspensions: gone, ages: gone } })
  expect(await get('/ready')).toMatchObject({ code: 503, body: 'not ready\nthe ledger cannot be read\n' })
  expect((await get('/')).code).toBe(503)
  expect(events).toEqual([])
})

test('the first page tells mails by state and age, the sites that rest, and the newest mails first', async () => {
  const mails = Array.from({ length: 60 }, (_, n) => mailRow({ id: String(n + 1), subject: `Mail ${n + 1}.` }))
  const rest = {
    site: 'desk https://example.com',
    since: new Date('2026-11-20T09:20:00Z'),
    until: NOW,
    times: 1,
  } as const
  const suspensions = [{ ...rest, status: '4.4.1', reason: 'no answer', credentials: undefined }] as const
  const ages = [{ state: 'held', upTo: 240, count: 3 }] as const
  const { get } = await setup({ kept: { mails, suspensions, ages } })
  const { body } = await get('/')
  expect(body).toMatch(/desk https:\/\/example\.com.*suspended for 40 min/s)
  expect(body).toMatch(/≤ 4 h.*held.*>3</s)
  const shown = [...body.matchAll(/Mail (\d+)\./g)].map(([, n]) => Number(n))
  expect(shown).toEqual(Array.from({ length: 50 }, (_, n) => 60 - n))
})

test('the first page can be narrowed to a state or a ticket', async () => {
  const mails = [
    mailRow({ id: '1', state: 'held', subject: 'Held one' }),
    mailRow({ id: '2', subject: 'Delivered one' }),
  ]
  const { get } = await setup({ kept: { mails } })
  const { body } = await get('/?state=held')
  expect(body).toContain('Held one')
  expect(body).not.toContain('Delivered one')
  expect((await get('/?ticket=I999999_999999')).body).toContain('None.')
})

test('a mail has a page with its attachments and its trace, and an unknown one has none', async () => {
  const trace = [{ at: '2026-11-20T09:30:01.000Z', attempt: 1, line: 'ticket: I161026_000005' }]
  const { get } = await setup({ kept: { mails: [mailRow()], trace } })
  const { body } = await get('/mails/1')
  expect(body).toContain('error.png')
  expect(body).toContain('ticket: I161026_000005')
  for (const path of ['/mails/2', '/mails/%zz', '/mails/', '/nothing', '/mails/..%2f1'])
    expect((await get(path)).code, path).toBe(404)
})

test('nothing in a mail becomes markup, moves text about or loads anything', async () => {
  const evil = '"><script>alert(1)</script>\u202ecod.exe\u0007'
  const attachments = mailRow().attachments.map(one => ({ ...one, name: evil, originalName: `${evil}x`, reason: evil }))
  const mail = mailRow({ id: 'a"b', subject: evil, from: evil, ticket: evil, reason: evil, attachments })
  const { get } = await setup({ kept: { mails: [mail], trace: [{ at: evil, attempt: 1, line: evil }] } })
  for (const path of ['/', '/mails/a%22b', `/?ticket=${encodeURIComponent(evil)}`]) {
    const { code, body, headers } = await get(path)
    expect(code).toBe(200)
    expect(body).not.toMatch(/<script|\u202e|\u0007|src=|onerror/)
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/)
    expect(headers['x-content-type-options']).toBe('nosniff')
  }
})

test.each(['evil.example', 'localhost.evil.example:80', '127.0.0.1.nip.io', '203.0.113.9'])(
  'a page asked for under the Host %j is refused: a stranger’s name may lead to this machine',
  async host => {
    const { get } = await setup()
    for (const path of ['/', '/health', '/metrics']) expect((await get(path, { host })).code).toBe(421)
  },
)

test.each(['localhost', 'LOCALHOST:8025', '127.0.0.1', '[::1]:8025'])('the Host %s is this machine', async host => {
  const { get } = await setup()
  expect((await get('/', { host })).code).toBe(200)
})

test('with a token, pages and metrics are for those who have it; health tells strangers nothing of sites', async () => {
  const { get, readiness } = await setup({ token: 'open sesame' })
  readiness.observe({ kind: 'trouble', what: 'ledger', status: '4.3.1', reason: 'the disk is full' })
  for (const path of ['/', '/mails/1', '/metrics']) expect((await get(path)).code, path).toBe(401)
  expect((await get('/', { authorization: 'Bearer wrong' })).code).toBe(401)
  expect((await get('/health')).code).toBe(200)
  expect((await get('/ready')).body).toBe('not ready\n')
  const authorization = 'Bearer open sesame'
  expect((await get('/', { authorization })).code).toBe(200)
  expect((await get('/ready', { authorization })).body).toContain('the disk is full')
  expect((await get('/metrics', { authorization, host: 'mailclip:8025' })).code).toBe(200)
})

test('a browser brings the token once and keeps a cookie that does not contain it', async () => {
  const { get } = await setup({ token: 'open sesame' })
  expect((await get('/?token=wrong')).code).toBe(401)
  const welcome = await get('/?state=held&token=open%20sesame')
  expect([welcome.code, welcome.headers.location]).toEqual([303, '/?state=held'])
  const [cookie = ''] = welcome.headers['set-cookie'] ?? []
  expect(cookie).toMatch(/HttpOnly; SameSite=Lax$/)
  expect(cookie).not.toContain('sesame')
  expect((await get('/', { cookie: `other=1; ${cookie.split(';')[0]}` })).code).toBe(200)
  expect((await get('/', { cookie: 'mailclip=guess' })).code).toBe(401)
})

test('without a token mail data stays on this machine, health and numbers do not', async () => {
  const { get } = await setup({ host: '0.0.0.0', kept: { mails: [mailRow()] } })
  for (const path of ['/', '/mails/1']) expect((await get(path)).code).toBe(403)
  for (const path of ['/health', '/ready', '/metrics'])
    expect((await get(path, { host: '203.0.113.9:8025' })).code).toBe(200)
})

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is refused: the pages only show', async method => {
  const { get } = await setup()
  expect(await get('/', {}, method)).toMatchObject({ code: 405, headers: { allow: 'GET, HEAD' } })
})

test('health and metrics carry no subject, address or file name', async () => {
  const { get } = await setup({ kept: { mails: [mailRow()] } })
  for (const path of ['/health', '/ready', '/metrics'])
    expect((await get(path)).body).not.toMatch(/Screenshot|ada@|error\.png|I161026/)
})

test('an address that is taken is told with its cause', async () => {
  const { status } = await setup()
  const clock = { now: () => NOW }
  const readiness = new Readiness({ interval: 1, started: NOW, mailboxes: [] }, clock.now)
  const again = {
    port: status.port,
    token: undefined,
    books: booksOf(),
    metrics: createMetrics({ clock }),
    readiness,
    clock,
  }
  await expect(startStatus({ host: '127.0.0.1', ...again })).rejects.toMatchObject({ cause: { code: 'EADDRINUSE' } })
})
