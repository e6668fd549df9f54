import { expect, test } from 'vitest'
import { Fault } from '../../src/mail/fault.ts'
import { startStatus } from '../../src/ops/status.ts'
import { booksOf, mailRow } from '../support/books.ts'
import { NOW, status as setup } from '../support/status.ts'

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
  expect(body).toMatch(/desk https:\/\/example\.com.*40 minutes ago/s)
  expect(body).toMatch(/≤\u00A04 h.*held.*>3</s)
  const shown = [...body.matchAll(/Mail (\d+)\./g)].map(([, n]) => Number(n))
  expect(shown).toEqual(Array.from({ length: 8 }, (_, n) => 60 - n))
})

test('mails are searched by state and words, and what finds nothing says so', async () => {
  const mails = [
    mailRow({ id: '1', state: 'held', subject: 'Held one' }),
    mailRow({ id: '2', subject: 'Delivered one' }),
  ]
  const { get } = await setup({ kept: { mails } })
  const { body } = await get('/mails?state=held')
  expect(body).toContain('Held one')
  expect(body).not.toContain('Delivered one')
  expect((await get('/mails?q=I999999_999999')).body).toContain('No mail has all of this.')
})

test('a mail has a page with its attachments and its trace, and an unknown one has none', async () => {
  const trace = [{ at: '2026-11-20T09:30:01.000Z', attempt: 1, line: 'ticket: I161026_000005' }]
  const { get } = await setup({ kept: { mails: [mailRow()], trace } })
  const { body } = await get('/mails/1')
  expect(body).toContain('error.png')
  expect(body).toContain('<b>ticket:</b> I161026_000005')
  for (const path of ['/mails/2', '/mails/%zz', '/mails/', '/nothing', '/mails/..%2f1'])
    expect((await get(path)).code, path).toBe(404)
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

test('without a token mail data stays on this machine, health and numbers do not', async () => {
  const { get } = await setup({ host: '0.0.0.0', kept: { mails: [mailRow()] } })
  for (const path of ['/', '/mails/1']) expect((await get(path)).code).toBe(403)
  for (const path of ['/health', '/ready', '/metrics'])
    expect((await get(path, { host: '203.0.113.9:8025' })).code).toBe(200)
})

test.each(['PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is refused', async method => {
  const { get } = await setup()
  expect(await get('/', {}, method)).toMatchObject({ code: 405, headers: { allow: 'GET, HEAD, POST' } })
})

test('health and metrics carry no subject, address or file name', async () => {
  const { get } = await setup({ kept: { mails: [mailRow()] } })
  for (const path of ['/health', '/ready', '/metrics'])
    expect((await get(path)).body).not.toMatch(/Screenshot|ada@|error\.png|I161026/)
})

test('an address that is taken is told with its cause', async () => {
  const { status, options } = await setup()
  const again = startStatus({ ...options, host: '127.0.0.1', port: status.port })
  await expect(again).rejects.toMatchObject({ cause: { code: 'EADDRINUSE' } })
})
