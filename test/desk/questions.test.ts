import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Act } from '../support/desk.ts'
import { faultOf, setup, TICKET } from './setup.ts'

const page = { status: 200, body: '<html>Sign in</html>' }
const json = (body: unknown): Act => ({ status: 200, body: JSON.stringify(body) })
const list = (...documents: unknown[]): Act => json({ HREF: 'https://x', Documents: documents })
const base = 'https://desk.example/autoconnect_mail.php?field1=1&field2=&docpath=50004/Documents/'

test('what was attached is listed, one document each, also twice the same', async () => {
  const { desk, easyVista, attach, signal } = await setup()
  expect(await easyVista.list(TICKET, signal)).toEqual([])
  await attach(Buffer.from('x'), { name: 'é.txt' })
  await attach(Buffer.from('x'), { name: 'é.txt' })
  const listed = await easyVista.list(TICKET, signal)
  expect(listed).toEqual(desk.documents(TICKET).map(({ id, name }) => ({ id, name })))
  expect(new Set(listed === 'denied' ? [] : listed.map(({ id }) => id)).size).toBe(2)
})

test('a build that lists no names has them in its links', async () => {
  const { desk, easyVista, signal } = await setup()
  desk.build = '2019.1'
  const { id } = desk.put(TICKET, 'Document créé 100%.txt', Buffer.from('x'))
  expect(await easyVista.list(TICKET, signal)).toEqual([{ id, name: 'Document créé 100%.txt' }])
})

test.each<readonly [string, unknown, unknown]>([
  ['a number for an id', { DOCUMENT_ID: 17, DOCUMENT: 'a.txt' }, { id: '17', name: 'a.txt' }],
  ['names in lower case', { document_id: '17', document: 'a.txt' }, { id: '17', name: 'a.txt' }],
  ['a decomposed name', { DOCUMENT_ID: '1', DOCUMENT: 'e\u0301.txt' }, { id: '1', name: 'é.txt' }],
  ['no name at all', { DOCUMENT_ID: '1', DOCUMENT: '' }, { id: '1', name: undefined }],
  ['only a link', { HREF: `${base}50004_9ae8%7Ca%7Cb.txt` }, { id: '50004_9ae8', name: 'a|b.txt' }],
  ['a link of broken percent signs', { HREF: `${base}9ae8|100%.txt` }, { id: '9ae8', name: '100%.txt' }],
  ['a download link', { DDL_HREF: 'HTTPS://x/requests/I1/documents/77' }, { id: '77', name: undefined }],
  ['a link of no kind', { HREF: 'https://x/y' }, { id: 'https://x/y', name: undefined }],
])('a document listed with %s is told apart', async (_title, item, expected) => {
  const { desk, easyVista, signal } = await setup()
  desk.willSay('list', list(item))
  expect(await easyVista.list(TICKET, signal)).toEqual([expected])
})

test('a list without documents says so only of the ticket it is about', async () => {
  const { desk, easyVista, signal } = await setup()
  const href = `https://x/api/v1/50004/requests/${TICKET}`
  desk.willSay(
    'list',
    json({ documents: [] }),
    json({ HREF: `${href}/documents` }),
    json({ PARENT_HREF: href }),
    json({}),
  )
  expect(await easyVista.list(TICKET, signal)).toEqual([])
  expect(await easyVista.list(TICKET, signal)).toEqual([])
  expect(await easyVista.list(TICKET, signal)).toEqual([])
  expect(await faultOf(easyVista.list(TICKET, signal))).toMatchObject({ status: '4.3.5', scope: 'desk' })
})

test('a document that cannot be told apart makes the list worthless, rather than shorter', async () => {
  const { desk, easyVista, signal } = await setup()
  desk.willSay('list', list({ DOCUMENT_ID: '1' }, {}), list({ DOCUMENT_ID: '1' }, 'x'))
  expect(await faultOf(easyVista.list(TICKET, signal))).toMatchObject({ status: '4.4.2', scope: 'mail', applied: 'no' })
  expect(await faultOf(easyVista.list(TICKET, signal))).toMatchObject({ status: '4.4.2', scope: 'mail', applied: 'no' })
})

test.each<readonly [string, Act, unknown]>([
  ['401', 401, { status: '4.7.8', scope: 'desk' }],
  ['a gateway’s 404', 404, { status: '4.3.5', scope: 'desk' }],
  ['a page', page, { status: '4.3.5', scope: 'desk' }],
  ['204', { status: 204, body: '' }, { status: '4.3.5', scope: 'desk' }],
  ['400', 400, { status: '5.3.0', scope: 'mail' }],
  ['408', 408, { status: '4.4.2', scope: 'mail' }],
  ['413', 413, { status: '5.3.0', scope: 'mail' }],
  ['418', 418, { status: '5.3.0', scope: 'mail' }],
  ['429', { status: 429, headers: { 'retry-after': '3' } }, { status: '4.4.5', scope: 'desk', retryAfter: 3000 }],
  ['500', 500, { status: '4.4.2', scope: 'mail' }],
  ['590', 590, { status: '4.4.2', scope: 'mail' }],
  ['503', 503, { status: '4.3.2', scope: 'desk' }],
  ['503 for a while', { status: 503, headers: { 'retry-after': '3' } }, { status: '4.3.2', retryAfter: 3000 }],
  ['a reset', 'hang up', { status: '4.4.2', scope: 'mail' }],
  [
    'an answer that breaks off',
    { status: 0, raw: 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"Docu' },
    { status: '4.4.2' },
  ],
  ['an answer without end', json({ Documents: [], x: 'x'.repeat(2 ** 20) }), { status: '4.4.2', scope: 'mail' }],
])('a desk that answers a question with %s', async (_title, act, expected) => {
  const { desk, easyVista, signal } = await setup()
  desk.willSay('list', act)
  desk.willSay('ticket', act)
  const wanted = { applied: 'no', ...(expected as object) }
  expect(await faultOf(easyVista.list(TICKET, signal))).toMatchObject(wanted)
  expect(await faultOf(easyVista.ticket(TICKET, signal))).toMatchObject(wanted)
})

test('a ticket that the desk does not know is 5.1.1, by list, by record and by upload', async () => {
  const { desk, easyVista, attach, signal } = await setup()
  desk.tickets = new Set(['I161026_000099'])
  const unknown = { status: '5.1.1', scope: 'mail', applied: 'no' }
  expect(await faultOf(easyVista.list(TICKET, signal))).toMatchObject(unknown)
  expect(await faultOf(easyVista.ticket(TICKET, signal))).toMatchObject(unknown)
  expect(await faultOf(attach(Buffer.from('x')))).toMatchObject(unknown)
})

test('a desk that forbids looking says denied, which is no fault', async () => {
  const { desk, easyVista, signal } = await setup()
  desk.willSay('list', 403)
  desk.willSay('ticket', 403)
  desk.willSay('download', 403, 403)
  expect(await easyVista.list(TICKET, signal)).toBe('denied')
  expect(await easyVista.ticket(TICKET, signal)).toBe('denied')
  expect(await easyVista.hash(TICKET, '1', 9, signal)).toBe('denied')
})

test('a document is hashed as it lies on the desk, up to a limit', async () => {
  const { desk, easyVista, signal } = await setup()
  const bytes = randomBytes(3_000_000)
  const { id, sha256 } = desk.put(TICKET, 'a.bin', bytes)
  const empty = desk.put(TICKET, 'empty', Buffer.alloc(0))
  expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
  expect(await easyVista.hash(TICKET, id, bytes.length, signal)).toBe(sha256)
  expect(await easyVista.hash(TICKET, id, bytes.length - 1, signal)).toBeUndefined()
  expect(await easyVista.hash(TICKET, empty.id, 0, signal)).toBe(empty.sha256)
  expect(await easyVista.list(TICKET, signal)).toHaveLength(2)
})

test.each<readonly [string, Act]>([
  ['forbidden', 403],
  ['not found', 404],
  ['somewhere else', 302],
])('a build that finds the ticket’s own download route %s is asked for the old one', async (_title, act) => {
  const { desk, easyVista, signal } = await setup()
  const { id, sha256 } = desk.put(TICKET, 'a.bin', randomBytes(10))
  desk.willSay('download', act)
  expect(await easyVista.hash(TICKET, id, 99, signal)).toBe(sha256)
  expect(desk.requests.map(({ path }) => path.slice('/api/v1/50004'.length))).toEqual([
    `/requests/${TICKET}/documents/${id}`,
    `/documents/${id}`,
  ])
})

test.each<readonly [string, Act, unknown]>([
  ['401', 401, { status: '4.7.8', scope: 'desk' }],
  ['503', 503, { status: '4.3.2', scope: 'desk' }],
  ['590', 590, { status: '4.4.2', scope: 'mail' }],
  ['a reset', 'hang up', { status: '4.4.2', scope: 'mail' }],
  ['half a document', { status: 0, raw: 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc' }, { status: '4.4.2' }],
])('a download that meets %s has no hash', async (_title, act, expected) => {
  const { desk, easyVista, signal } = await setup()
  desk.willSay('download', act)
  const wanted = { applied: 'no', ...(expected as object) }
  expect(await faultOf(easyVista.hash(TICKET, '1', 999, signal))).toMatchObject(wanted)
})

test('octets that a proxy has packed are not compared', async () => {
  const { desk, easyVista, signal } = await setup()
  const { id } = desk.put(TICKET, 'a.bin', randomBytes(10))
  const packed = { status: 200, headers: { 'content-encoding': 'gzip' } }
  desk.willSay('download', packed, packed)
  expect(await easyVista.hash(TICKET, id, 99, signal)).toBe('denied')
})

test('a document number cannot lead a request astray', async () => {
  const { desk, easyVista, signal } = await setup()
  await easyVista.hash(TICKET, '../../x?y#z', 99, signal)
  expect(desk.requests.map(({ path }) => path.slice('/api/v1/50004'.length))).toEqual([
    `/requests/${TICKET}/documents/..%2F..%2Fx%3Fy%23z`,
    '/documents/..%2F..%2Fx%3Fy%23z',
  ])
})

test('a ticket tells whose it is', async () => {
  const { easyVista, signal } = await setup()
  expect(await easyVista.ticket(TICKET, signal)).toEqual({
    closed: false,
    status: 'In Progress',
    people: ['ann.reporter@example.com', 'bob@example.com'],
  })
})

test.each<readonly [string, object, readonly string[], boolean]>([
  ['an end date', { END_DATE_UT: '2026-01-01T00:00:00Z' }, [], true],
  ['a status among the closed ones, by number', {}, ['2'], true],
  ['… by GUID, with or without braces', {}, ['0a0e0b0c-1111-2222-3333-444455556666'], true],
  ['… by label in any case', {}, ['in progress'], true],
  ['another status', {}, ['8', 'Closed'], false],
  ['a status that is only a number', { STATUS: undefined, STATUS_ID: 8 }, ['8'], true],
  ['a blank end date', { END_DATE_UT: ' ' }, ['8'], false],
])('a ticket with %s', async (_title, columns, closedStatuses, closed) => {
  const { desk, easyVista, signal } = await setup({ closedStatuses })
  desk.records.set(TICKET, columns as Record<string, unknown>)
  expect(await easyVista.ticket(TICKET, signal)).toMatchObject({ closed })
})

test('a status that is translated into one language is named by it', async () => {
  const { desk, easyVista, signal } = await setup()
  desk.records.set(TICKET, { STATUS: { STATUS_ID: '2', STATUS_EN: '[En cours]', STATUS_FR: 'En cours' } })
  expect(await easyVista.ticket(TICKET, signal)).toMatchObject({ status: 'En cours' })
})

test('the record of another ticket is no answer', async () => {
  const { desk, easyVista, signal } = await setup()
  desk.willSay('ticket', json({ RFC_NUMBER: 'I161026_000006' }), json({ record_count: '0', records: [] }))
  expect(await faultOf(easyVista.ticket(TICKET, signal))).toMatchObject({ status: '4.3.5', scope: 'desk' })
  expect(await faultOf(easyVista.ticket(TICKET, signal))).toMatchObject({ status: '4.3.5', scope: 'desk' })
})

test('questions and uploads use few connections again and again', async () => {
  const { desk, easyVista, attach, signal } = await setup({ concurrency: 1 })
  for (let index = 0; index < 20; index += 1) {
    await easyVista.list(TICKET, signal)
    await attach(Buffer.from(`file ${index}`))
  }
  expect(desk.documents(TICKET)).toHaveLength(20)
  expect(desk.connections).toBeLessThan(25)
})
