import { expect, test } from 'vitest'
import { asJson, BASIC, read, sample, started, TICKET } from './started.ts'

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

test.each([
  ['no credentials', ''],
  ['a wrong password', basic('mailclip', 'wrong')],
  ['another user', basic('someone', 's3cret')],
  ['a wrong token', 'Bearer wrong'],
  ['another scheme', 'Digest x'],
])('a request with %s is answered 401', async (_, authorization) => {
  const { ask } = await started({ token: 'good' })
  const answer = await ask(`/requests/${TICKET}`, { authorization })
  expect([answer.status, await answer.json()]).toEqual([401, { error: 'Invalid Login / Password' }])
})

test.each([
  ['user and password', BASIC],
  ['an access token', 'Bearer good'],
])('a request with %s is let in', async (_, authorization) => {
  const { ask } = await started({ token: 'good' })
  expect((await ask(`/requests/${TICKET}`, { authorization })).status).toBe(200)
})

test('a password may hold colons and accents', async () => {
  const { ask } = await started({ user: 'mailclip', password: 'a:b:é' })
  expect((await ask(`/requests/${TICKET}`, { authorization: basic('mailclip', 'a:b:é') })).status).toBe(200)
})

test('a desk with a token alone takes no password', async () => {
  const { ask } = await started({ user: undefined, password: undefined, token: 'good' })
  expect((await ask(`/requests/${TICKET}`, { authorization: basic('mailclip', 'mailclip') })).status).toBe(401)
})

test('another account is answered like a wrong password', async () => {
  const { root } = await started()
  const answer = await root('/api/v1/40000/requests', { headers: { authorization: BASIC } })
  expect([answer.status, await answer.json()]).toEqual([401, { error: 'Invalid Login / Password' }])
})

test.each([
  ['GET', '/nothing'],
  ['GET', '/'],
  ['POST', `/requests/${TICKET}`],
  ['GET', `/requests/${TICKET}/documents/x/y`],
])('an unknown path is forbidden, not missing: %s %s', async (method, path) => {
  const { ask } = await started()
  const answer = await ask(path, { method })
  expect([answer.status, await answer.json()]).toEqual([403, { error: 'Unauthorized Method for your profile' }])
})

test('a profile without the REST API may do nothing', async () => {
  const { ask } = await started({ mode: { restApi: false } })
  expect((await ask(`/requests/${TICKET}`)).status).toBe(403)
})

test('a profile may upload and not list', async () => {
  const { ask } = await started({ mode: { denied: ['GET /requests/:rfc/documents'] } })
  expect((await ask(`/requests/${TICKET}/documents`, asJson([sample()]))).status).toBe(201)
  expect((await ask(`/requests/${TICKET}/documents`)).status).toBe(403)
  expect((await ask(`/requests/${TICKET}`)).status).toBe(200)
})

test.each([404, 500, 200] as const)(
  'an unknown ticket may be told with %d, and always in the same words',
  async notFound => {
    const { ask } = await started({ tickets: [], mode: { notFound } })
    const answer = await ask(`/requests/${TICKET}/documents`)
    expect([answer.status, await answer.json()]).toEqual([notFound, { error: 'Resource not found' }])
  },
)

test('where any ticket is known, some are still unknown', async () => {
  const { ask } = await started({ mode: { unknown: ['i999999_999999'] } })
  expect((await ask('/requests/I999999_999999')).status).toBe(404)
  expect((await ask('/requests/hello')).status).toBe(404)
  expect((await ask('/requests/%E0%A4%A')).status).toBe(404)
  for (const number of ['I190925_004', 'P260101-001', 'INC042770', 'I0963193']) {
    expect((await read(ask(`/requests/${number}`))).RFC_NUMBER).toBe(number)
  }
})

test.each([
  ['plain', { error: expect.any(String), error_code: 2013 }],
  ['nested', { message: expect.stringMatching(/^\{"error":.*\}$/) }],
  [
    'trailing',
    { message: expect.stringMatching(/\} \(2013-\w+\)$/), correlationId: '11111', dataError: '', exception: [] },
  ],
] as const)('a 590 in the shape %s', async (shape590, expected) => {
  const { ask } = await started({ mode: { shape590 } })
  const answer = await ask(`/requests/${TICKET}/documents`, { ...asJson([]), method: 'POST' })
  expect([answer.status, await answer.json()]).toEqual([590, expected])
})

test('a 590 may be no JSON at all', async () => {
  const { ask } = await started({ mode: { shape590: 'unescaped' } })
  const text = await (await ask(`/requests/${TICKET}/documents`, asJson([]))).text()
  expect(text).toContain('{"message":"{"error":"documents is missing"')
  expect(() => JSON.parse(text)).toThrow()
})

test.each([
  ['503', 503, null],
  ['302', 302, '/maintenance.html'],
  ['200', 200, null],
] as const)('maintenance %s shows a page and keeps nothing', async (maintenance, status, location) => {
  const { desk, ask } = await started({ mode: { maintenance } })
  const answer = await ask(`/requests/${TICKET}/documents`, asJson([sample()]))
  expect([answer.status, answer.headers.get('location')]).toEqual([status, location])
  expect(answer.headers.get('content-type')).toContain('text/html')
  expect(desk.documents()).toEqual([])
  desk.set({ maintenance: 'off' })
  expect((await ask(`/requests/${TICKET}/documents`, asJson([sample()]))).status).toBe(201)
})

test.each([
  ['bare', null],
  [7, '7'],
] as const)('a throttled desk (%s) answers 429 with Retry-After %s', async (throttled, retryAfter) => {
  const { ask } = await started({ mode: { throttled } })
  const answer = await ask(`/requests/${TICKET}`)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, retryAfter])
})

test('the description of the API comes with 201, or is forbidden', async () => {
  const { desk, ask } = await started()
  const answer = await ask('/swagger')
  expect(answer.status).toBe(201)
  expect(await answer.json()).toMatchObject({
    info: { description: 'Easyvista Service Manager REST API - 2025.3' },
    paths: { '/requests/{rfc}/documents': { get: {}, post: {} } },
  })
  desk.set({ swagger: 403 })
  expect((await ask('/swagger')).status).toBe(403)
})

test('an answer is as slow as it is set', async () => {
  const { ask } = await started({ latency: 80 })
  const before = performance.now()
  await ask(`/requests/${TICKET}`)
  expect(performance.now() - before).toBeGreaterThanOrEqual(79)
})
