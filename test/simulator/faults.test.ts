import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { DeskFault } from '../../src/simulator/desk/faults.ts'
import { asForm, asJson, BASIC, type Started, sample, sending, started, TICKET } from './started.ts'

const DOCUMENTS = `/requests/${TICKET}/documents`
const POST = 'POST /requests/:rfc/documents'

const struck = async (fault: DeskFault): Promise<Started> => started({ faults: [{ route: POST, ...fault }] })

test.each([500, 502, 504, 590, 401, 403, 408, 429])(
  'a desk that fails with %d before storing keeps nothing',
  async status => {
    const { desk, ask } = await struck({ status, when: 'before' })
    expect((await ask(DOCUMENTS, asForm([sample()]))).status).toBe(status)
    expect(desk.documents()).toEqual([])
    expect(desk.journal()).toMatchObject([{ status, documents: [], unstored: [{ name: 'photo.jpg' }], fault: true }])
  },
)

test.each([500, 502, 504, 590])('a desk that fails with %d after storing has kept it', async status => {
  const { desk, ask } = await struck({ status, when: 'after' })
  expect((await ask(DOCUMENTS, asForm([sample()]))).status).toBe(status)
  const { id, name, size, sha256 } = desk.documents(TICKET)[0] ?? {}
  expect(desk.journal()).toMatchObject([{ status, documents: [{ id, name, size, sha256 }], unstored: [] }])
})

test.each([
  ['before', true, 0],
  ['after', true, 1],
  ['before', 'reset', 0],
  ['after', 'reset', 1],
] as const)('a connection cut %s storing (%s) has no answer, and %d documents', async (when, cut, count) => {
  const { desk, ask } = await struck({ cut, when })
  await expect(ask(DOCUMENTS, asJson([sample()]))).rejects.toThrow()
  expect(desk.documents()).toHaveLength(count)
  expect(desk.journal()).toMatchObject([{ status: undefined, fault: true }])
})

test.each([0, 1, 20])('an answer cut after %d octets has its status and no more than that', async cut => {
  const { desk, ask } = await struck({ cut, when: 'after' })
  const answer = await ask(DOCUMENTS, asJson([sample()]))
  expect(answer.status).toBe(201)
  await expect(answer.text()).rejects.toThrow()
  expect(desk.documents()).toHaveLength(1)
})

test('a cut answer is as long as its head says it would have been', async () => {
  const { desk } = await struck({ cut: 10, when: 'after' })
  const raw = await rawAnswer(desk.url)
  const [head = '', body = ''] = raw.split('\r\n\r\n')
  expect(body).toHaveLength(10)
  expect(Number(/content-length: (\d+)/i.exec(head)?.[1])).toBeGreaterThan(10)
})

test('a desk may keep an upload long after it said it had failed', async () => {
  const { desk, ask } = await struck({ status: 504, keepAfter: 60 })
  expect((await ask(DOCUMENTS, asJson([sample()]))).status).toBe(504)
  expect(desk.documents()).toEqual([])
  const row = await desk.until(({ documents }) => documents.length > 0)
  expect(desk.documents(TICKET)).toMatchObject(row.documents)
  expect(Date.parse(row.storedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(row.answeredAt ?? '') + 40)
})

test('a desk may keep an upload long after the connection broke', async () => {
  const { desk, ask } = await struck({ cut: true, keepAfter: 60 })
  await expect(ask(DOCUMENTS, asJson([sample()]))).rejects.toThrow()
  expect(desk.documents()).toEqual([])
  await desk.until(({ documents }) => documents.length > 0)
  expect(desk.documents(TICKET)).toHaveLength(1)
})

test('a list may lag behind an upload that was answered well', async () => {
  const { desk, ask } = await struck({ keepAfter: 60 })
  const answer = await ask(DOCUMENTS, asJson([sample()]))
  expect([answer.status, await answer.json()]).toEqual([201, { HREF: `${desk.url}/requests/${TICKET}` }])
  expect(desk.documents()).toEqual([])
  await desk.until(({ documents }) => documents.length > 0)
})

test('a delay before storing ends in storing, though the client has gone', async () => {
  const { desk, ask } = await struck({ delay: 120 })
  await expect(ask(DOCUMENTS, { ...asJson([sample()]), signal: AbortSignal.timeout(40) })).rejects.toThrow()
  expect(desk.documents()).toEqual([])
  const row = await desk.until(({ documents }) => documents.length > 0)
  expect(row.status).toBeUndefined()
})

test('a delay after storing holds back the answer only', async () => {
  const { desk, ask } = await struck({ delay: 80, when: 'after' })
  const before = performance.now()
  const answer = ask(DOCUMENTS, asJson([sample()]))
  await desk.until(({ documents }) => documents.length > 0)
  expect((await answer).status).toBe(201)
  expect(performance.now() - before).toBeGreaterThanOrEqual(79)
})

test.each([0, 200_000])('a desk may hang up when %d octets of an upload have come', async receive => {
  const { desk, ask } = await struck({ receive, cut: true })
  await expect(ask(DOCUMENTS, asForm([sample('big', Buffer.alloc(8_000_000))]))).rejects.toThrow()
  expect(desk.documents()).toEqual([])
  expect(desk.journal()).toMatchObject([{ status: undefined, unstored: [] }])
})

test('a desk may answer before an upload has come', async () => {
  const { ask } = await struck({ receive: 0, status: 403 })
  expect((await ask(DOCUMENTS, asForm([sample('big', Buffer.alloc(500_000))]))).status).toBe(403)
})

test('an upload whose client hangs up half way leaves nothing behind', async () => {
  const keep = await folder()
  const { desk } = await started({ keep })
  const upload = request(`${desk.url}${DOCUMENTS}`, {
    method: 'POST',
    headers: { authorization: BASIC, 'content-type': 'application/json', 'content-length': 5_000_000 },
  })
  upload.on('error', () => undefined)
  upload.write(`{"documents":[{"filename":"a","filedata":"${'AAAA'.repeat(500_000)}`)
  while ((await readdir(keep)).length === 0) await setImmediate()
  upload.destroy()
  while ((await readdir(keep)).length > 0) await setImmediate()
  expect(desk.documents()).toEqual([])
  expect(desk.journal()).toMatchObject([{ status: undefined, documents: [], unstored: [] }])
})

test.each([
  ['struck before storing', { status: 500 }, asJson([sample('a'), sample('b')]), 500],
  ['closed upon', { cut: true }, asJson([sample('a')]), undefined],
  ['malformed at its end', undefined, sending('POST', { documents: [{ filename: 'a', filedata: 'YQ==' }, {}] }), 590],
] as const)('octets of an upload that was %s leave nothing behind', async (_, fault, upload, status) => {
  const keep = await folder()
  const { ask } = await started({ keep, faults: fault === undefined ? [] : [fault] })
  const answer = await ask(DOCUMENTS, upload).catch(() => undefined)
  expect(answer?.status).toBe(status)
  expect(await readdir(keep)).toEqual([])
})

test.each([
  ['text that is a page', '<html>oops</html>', 'text/html'],
  ['an object', { error: 'no' }, 'application/json'],
  ['text', '{"HREF":', 'application/json'],
])('the answer may be %s', async (_, body, type) => {
  const { ask } = await struck({ when: 'after', body })
  const answer = await ask(DOCUMENTS, asJson([sample()]))
  expect([answer.status, answer.headers.get('content-type')]).toEqual([201, type])
  expect(await answer.text()).toBe(typeof body === 'string' ? body : JSON.stringify(body))
})

test('headers of an answer may be set', async () => {
  const { ask } = await struck({ status: 429, headers: { 'Retry-After': 7 } })
  expect((await ask(DOCUMENTS, asJson([sample()]))).headers.get('retry-after')).toBe('7')
})

test('an answer may drip', async () => {
  const { ask } = await struck({ when: 'after', drip: 2 })
  const before = performance.now()
  expect(await (await ask(DOCUMENTS, asJson([sample()]))).json()).toHaveProperty('HREF')
  expect(performance.now() - before).toBeGreaterThan(80)
})

test.each([
  ['the second', { nth: 2 }, [201, 500, 201, 201]],
  ['the first and the third', { nth: [1, 3] }, [500, 201, 500, 201]],
  ['all', {}, [500, 500, 500, 500]],
  ['the first two', { times: 2 }, [500, 500, 201, 201]],
  ['none by chance', { probability: 0 }, [201, 201, 201, 201]],
  ['all by chance', { probability: 1 }, [500, 500, 500, 500]],
] as const)('a fault strikes %s', async (_, which, statuses) => {
  const { ask } = await struck({ status: 500, ...which })
  const answers = []
  for (const _ of statuses) answers.push((await ask(DOCUMENTS, asJson([sample()]))).status)
  expect(answers).toEqual(statuses)
})

test('a fault counts only what it is for: its route and its ticket', async () => {
  const { ask } = await struck({ status: 500, nth: 2, ticket: TICKET.toLowerCase() })
  const answers = []
  for (const path of [DOCUMENTS, '/requests/I1_2/documents', DOCUMENTS, DOCUMENTS]) {
    await ask(path)
    answers.push((await ask(path, asJson([sample()]))).status)
  }
  expect(answers).toEqual([201, 201, 500, 201])
})

test.each([
  ['*', [500, 500, 500]],
  ['GET *', [500, 500, 201]],
  ['* /requests/{rfc}/documents', [201, 500, 500]],
  ['GET /requests/:number', [500, 200, 201]],
  ['get /requests/*', [500, 500, 201]],
])('a fault of route %s', async (route, expected) => {
  const { desk, ask } = await started()
  desk.faults([{ route, status: 500 }])
  const answers = [await ask(`/requests/${TICKET}`), await ask(DOCUMENTS), await ask(DOCUMENTS, asJson([sample()]))]
  const usual = [200, 200, 201]
  expect(answers.map(({ status }) => status === 500)).toEqual(
    expected.map((status, at) => status === 500 && usual[at] !== 500),
  )
})

test('chance repeats itself for the same seed', async () => {
  const run = async (seed: number): Promise<string> => {
    const { ask } = await started({ seed, faults: [{ status: 500, probability: 0.5 }] })
    let statuses = ''
    for (let at = 0; at < 24; at += 1) statuses += (await ask(`/requests/${TICKET}`)).ok ? '+' : '-'
    return statuses
  }
  const first = await run(7)
  expect(await run(7)).toBe(first)
  expect(await run(8)).not.toBe(first)
  expect(first).toMatch(/^(?=.*\+)(?=.*-)/)
})

test.each([
  [[{ route: 'POST /tickets/:rfc' }], /no route POST \/tickets\/:rfc; there are .*POST \/requests\/:rfc\/documents/],
  [[{ status: 500 }, { when: 'later' }], /1\.when/],
  [[{ nht: 2 }], /nht/],
  [{ status: 500 }, /array/],
])('a malformed fault is refused by name: %j', async (faults, message) => {
  const { desk } = await started()
  expect(() => desk.faults(faults as readonly DeskFault[])).toThrow(message)
  await expect(started({ faults: faults as readonly DeskFault[] })).rejects.toThrow(RangeError)
})

test('closing ends what is under way and what was to be kept later', async () => {
  const { desk, ask } = await struck({ status: 500, keepAfter: 3_600_000, nth: 1 })
  await ask(DOCUMENTS, asJson([sample()]))
  desk.faults([{ delay: 3_600_000 }])
  const waiting = expect(ask(DOCUMENTS, asJson([sample()]))).rejects.toThrow()
  await desk.until(({ row, unstored }) => row === 2 && unstored.length > 0)
  await desk.close()
  await waiting
  expect(desk.documents()).toEqual([])
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'desk-kept-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

function rawAnswer(url: string): Promise<string> {
  const { hostname, port, pathname } = new URL(url)
  const body = '{"documents":[{"filename":"a","filedata":"YQ=="}]}'
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect(Number(port), hostname, () => {
    socket.write(
      `POST ${pathname}${DOCUMENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: ${BASIC}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  })
  let raw = ''
  socket.setEncoding('latin1').on('data', chunk => {
    raw += chunk
  })
  socket.on('close', () => resolve(raw))
  return promise
}
