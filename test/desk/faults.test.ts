import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ANSWERS, type Row } from '../../src/desk/faults.ts'
import { certificate } from '../support/certificate.ts'
import type { Act, Reply } from '../support/desk.ts'
import { freePort } from '../support/ports.ts'
import { adapter, faultOf, openFilesIn, setup, TICKET } from './setup.ts'

const json = (status: number, body: unknown): Reply => ({ status, body: JSON.stringify(body) })
const notFound = { error: 'Resource not found' }
const after = (status: number, retryAfter: string): Reply => ({ status, headers: { 'retry-after': retryAfter } })
const httpDate = 'Wed, 04 Mar 2026 05:06:17 GMT'

test.each<readonly [string, Act, object]>([
  ['the desk’s own 404', json(404, notFound), { status: '5.1.1', scope: 'mail', applied: 'no' }],
  ['500 saying that there is no such ticket', json(500, notFound), { status: '5.1.1', scope: 'mail', applied: 'no' }],
  ['200 saying that there is no such ticket', json(200, notFound), { status: '5.1.1', scope: 'mail', applied: 'no' }],
  [
    '404 with the words in a message within a message',
    json(404, { message: '{"error":"Resource not found"} (2013-6f)' }),
    { status: '5.1.1', scope: 'mail', applied: 'no' },
  ],
  ['a gateway’s 404 page', 404, { status: '4.3.5', scope: 'desk', applied: 'no' }],
  [
    'a 404 page with the words in it',
    { status: 404, body: '<h1>Resource not found</h1>' },
    { status: '4.3.5', scope: 'desk', applied: 'no' },
  ],
  [
    'a 404 whose page is endless',
    { status: 404, body: 'x'.repeat(2 ** 20 + 1) },
    { status: '4.4.2', applied: 'maybe' },
  ],
  ['301', 301, { status: '4.3.5', scope: 'desk', applied: 'maybe' }],
  ['304', 304, { status: '4.3.5', scope: 'desk', applied: 'maybe' }],
  ['400', 400, { status: '5.6.1', scope: 'attachment', applied: 'no' }],
  [
    '400 of an nginx that wants a client certificate',
    {
      status: 400,
      body: '<html><center>No required SSL certificate was sent</center><hr><center>nginx</center></html>',
    },
    { status: '4.7.8', scope: 'desk', applied: 'no' },
  ],
  ['401', 401, { status: '4.7.8', scope: 'desk', applied: 'no' }],
  ['403', 403, { status: '4.7.1', scope: 'attachment', applied: 'no' }],
  ['405', 405, { status: '5.3.0', scope: 'attachment', applied: 'no' }],
  ['408', 408, { status: '4.4.2', scope: 'mail', applied: 'maybe' }],
  ['409', 409, { status: '4.4.2', scope: 'mail', applied: 'maybe' }],
  ['411', 411, { status: '5.3.0', scope: 'attachment', applied: 'no' }],
  ['413', 413, { status: '5.2.3', scope: 'attachment', applied: 'no' }],
  ['415', 415, { status: '5.6.1', scope: 'attachment', applied: 'no' }],
  ['422', 422, { status: '5.6.1', scope: 'attachment', applied: 'no' }],
  ['429', 429, { status: '4.4.5', scope: 'desk', applied: 'no', retryAfter: undefined }],
  ['429 with seconds', after(429, '7'), { status: '4.4.5', scope: 'desk', applied: 'no', retryAfter: 7000 }],
  ['429 with a date', after(429, httpDate), { status: '4.4.5', scope: 'desk', retryAfter: 10_000 }],
  ['429 with a date gone by', after(429, 'Wed, 04 Mar 2020 05:06:17 GMT'), { status: '4.4.5', retryAfter: 0 }],
  ['429 until doomsday', after(429, '99999999999'), { status: '4.4.5', retryAfter: 86_400_000 }],
  ['429 with nonsense', after(429, 'soon'), { status: '4.4.5', retryAfter: undefined }],
  ['500', 500, { status: '4.4.2', scope: 'mail', applied: 'maybe' }],
  ['502', 502, { status: '4.4.2', scope: 'mail', applied: 'maybe' }],
  ['503', 503, { status: '4.3.2', scope: 'desk', applied: 'maybe', retryAfter: undefined }],
  ['503 with Retry-After', after(503, '30'), { status: '4.3.2', scope: 'desk', applied: 'no', retryAfter: 30_000 }],
  ['504', 504, { status: '4.4.2', scope: 'mail', applied: 'maybe' }],
  ['590', 590, { status: '5.3.0', scope: 'attachment', applied: 'maybe' }],
  ['200 with the ticket', { status: 200 }, { status: '4.4.2', scope: 'mail', applied: 'maybe' }],
  ['200 with a page', { status: 200, body: '<html></html>' }, { status: '4.4.2', applied: 'maybe' }],
  ['200 with nothing', { status: 200, body: '' }, { status: '4.4.2', applied: 'maybe' }],
  ['202', 202, { status: '4.4.2', applied: 'maybe' }],
  ['204', { status: 204, body: '' }, { status: '4.4.2', applied: 'maybe' }],
  ['201 without HREF', json(201, {}), { status: '4.4.2', applied: 'maybe' }],
  ['201 with a list', json(201, ['x']), { status: '4.4.2', applied: 'maybe' }],
  ['201 that is not JSON', { status: 201, body: `HREF ${TICKET}` }, { status: '4.4.2', applied: 'maybe' }],
  ['201 for another ticket', json(201, { HREF: 'https://x/requests/I161026_000006' }), { status: '4.4.2' }],
  ['201 for a ticket that ends alike', json(201, { HREF: `https://x/requests/X${TICKET}` }), { status: '4.4.2' }],
  ['201 that nests without end', { status: 201, body: '['.repeat(500_000) }, { status: '4.4.2', applied: 'maybe' }],
  [
    '201 of two megabytes',
    { status: 201, body: JSON.stringify({ HREF: TICKET, x: 'x'.repeat(2e6) }) },
    { status: '4.4.2' },
  ],
  ['a reset', 'hang up', { status: '4.4.2', scope: 'mail', applied: 'maybe' }],
  ['a reset after keeping it', 'keep and hang up', { status: '4.4.2', applied: 'maybe' }],
  ['an answer that breaks off', 'truncate', { status: '4.4.2', applied: 'maybe' }],
  ['an end without an answer', { status: 0, raw: '' }, { status: '4.4.2', applied: 'maybe' }],
  [
    'something that is not HTTP',
    { status: 0, raw: '220 smtp.example ESMTP\r\n' },
    { status: '4.4.2', applied: 'maybe' },
  ],
  ['100 Continue, unasked', { status: 0, raw: 'HTTP/1.1 100 Continue\r\n\r\n' }, { status: '4.4.2', applied: 'maybe' }],
  ['999', { status: 0, raw: 'HTTP/1.1 999 x\r\ncontent-length: 0\r\n\r\n' }, { status: '4.4.2', applied: 'maybe' }],
])('a desk that answers an upload with %s', async (_title, act, expected) => {
  const { desk, attach } = await setup()
  desk.will(act)
  expect(await faultOf(attach(randomBytes(1000)))).toMatchObject(expected)
  expect(desk.requests).toHaveLength(1)
})

test.each([
  ['in lower case', json(201, { href: `https://x/api/v1/50004/requests/${TICKET.toLowerCase()}` })],
  ['with a slash after it', json(201, { HREF: `https://x/requests/${TICKET}/` })],
  ['with an echo of the document', json(201, { Documents: [{ DOCUMENT: 'a' }], HREF: `https://x/requests/${TICKET}` })],
  ['after a byte order mark', { status: 201, body: `\uFEFF{"HREF":"https://x/requests/${TICKET}"}` }],
])('a 201 that names the ticket %s is a receipt', async (_title, act) => {
  const { desk, attach } = await setup()
  desk.will(act)
  await expect(attach(Buffer.from('x'))).resolves.toBeUndefined()
})

test.each([301, 302, 303, 307, 308])('a redirect by %d is never followed', async status => {
  const elsewhere = await setup()
  const { desk, attach, easyVista, signal } = await setup()
  const reply = { status, headers: { location: `${elsewhere.desk.url}/requests/${TICKET}` } }
  desk.will(reply)
  desk.willSay('list', reply)
  desk.willSay('ticket', reply)
  expect(await faultOf(attach(Buffer.from('x')))).toMatchObject({ status: '4.3.5', scope: 'desk', applied: 'maybe' })
  expect(await faultOf(easyVista.list(TICKET, signal))).toMatchObject({ status: '4.3.5', scope: 'desk', applied: 'no' })
  expect(await faultOf(easyVista.ticket(TICKET, signal))).toMatchObject({ status: '4.3.5', scope: 'desk' })
  expect(elsewhere.desk.requests).toEqual([])
})

test('the cause of a fault has the beginning of the answer and none of our secrets', async () => {
  const { desk, attach } = await setup()
  const basic = Buffer.from(`${desk.user}:${desk.password}`).toString('base64')
  desk.will({
    status: 590,
    body: `{"error":"=(1,35)","you":"Basic ${basic}","password":"${desk.password}"}${'x'.repeat(999)}`,
  })
  const fault = await faultOf(attach(Buffer.from('x')))
  expect(fault.message).toContain('590')
  expect(fault.cause).toMatch(/^HTTP 590: \{"error":"=\(1,35\)","you":"Basic \*\*\*","password":"\*\*\*"\}x+$/)
  expect(String(fault.cause)).toHaveLength('HTTP 590: '.length + 512)
})

test('a desk that refuses a file before it has it all is heard, and the file is closed', async () => {
  const { desk, attach, folder } = await setup()
  desk.will({ status: 413, early: true, body: '<html>413 Request Entity Too Large</html>' })
  expect(await faultOf(attach(randomBytes(20_000_000)))).toMatchObject({ status: '5.2.3', applied: 'no' })
  expect(await openFilesIn(folder)).toEqual([])
})

test('a desk that refuses a small file before it has it all is heard, and takes the next', async () => {
  const { desk, attach } = await setup()
  desk.will({ status: 413, early: true, body: '<html>413 Request Entity Too Large</html>' })
  expect(await faultOf(attach(randomBytes(100_000)))).toMatchObject({ status: '5.2.3', applied: 'no' })
  await attach(Buffer.from('x'))
  expect(desk.received.map(({ bytes }) => bytes.toString())).toEqual(['x'])
})

test('a desk that says 201 before it has the whole file is not believed', async () => {
  const { desk, attach } = await setup()
  desk.will({ ...json(201, { HREF: `https://x/requests/${TICKET}` }), early: true })
  expect(await faultOf(attach(randomBytes(20_000_000)))).toMatchObject({ status: '4.4.2', applied: 'maybe' })
})

describe('when there is no connection, nothing was sent and the whole desk is at rest', () => {
  const away = { status: '4.4.1', scope: 'desk', applied: 'no' }

  test.each([
    ['nobody listens', async () => ({ url: `http://127.0.0.1:${await freePort()}/api/v1/1` })],
    ['the name is unknown', async () => ({ url: 'http://desk.invalid/api/v1/1' })],
    ['the certificate is nobody’s', async () => ({ url: (await setup({}, { tls: await certificate() })).desk.url })],
    [
      'the certificate is for another name',
      async () => {
        const tls = await certificate(['DNS:other.example'])
        return { url: (await setup({}, { tls })).desk.url, tls: { ca: tls.cert } }
      },
    ],
    ['the handshake is never answered', async () => ({ url: await silent('https'), timeout: 300 })],
    ['it does not speak TLS', async () => ({ url: (await setup()).desk.url.replace('http:', 'https:') })],
  ])('%s', async (_title, options) => {
    const { spooled, signal } = await setup()
    const easyVista = adapter({ user: 'mailclip', password: 'secret', ...(await options()) })
    const { file, attachment } = await spooled(Buffer.from('x'))
    expect(await faultOf(easyVista.attach(TICKET, attachment, file, '', signal))).toMatchObject(away)
    expect(await faultOf(easyVista.list(TICKET, signal))).toMatchObject(away)
    expect(await faultOf(easyVista.hash(TICKET, '1', 9, signal))).toMatchObject(away)
  })
})

test('the page for administrators has every row of the table as it is', async () => {
  const page = await readFile(new URL('../../docs/desk-api.md', import.meta.url), 'utf8')
  const lines = page.split('\n').map(line => line.replace(/ +/g, ' '))
  expect(lines).toEqual(expect.arrayContaining(ANSWERS.map(printed)))
})

function printed({ answer, GET, POST }: Row): string {
  const asked = GET === 'denied' ? 'denied' : `${GET.status} ${GET.scope}`
  const applied = POST.applied === 'maybe' ? 'maybe' : 'no'
  return `| ${answer} | ${POST.status} ${POST.scope} | ${applied} | ${asked} |`
}

/** A port that takes connections and says nothing. */
async function silent(scheme: string): Promise<string> {
  const server = createServer(() => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/1`
}
