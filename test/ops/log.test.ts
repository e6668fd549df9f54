import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { Event } from '../../src/gateway/events.ts'
import { Fault } from '../../src/mail/fault.ts'
import { createLog, type LogOptions } from '../../src/ops/log.ts'

const REF = { mailbox: 'support', folder: 'INBOX', uidValidity: '17', uid: 4 }
const CLOCK = { now: () => new Date('2026-11-20T09:30:00Z') }

type Said = Partial<Pick<LogOptions, 'level' | 'format' | 'secrets' | 'colour'>>

async function lines(say: (log: ReturnType<typeof createLog>) => void, said: Said = {}): Promise<string[]> {
  const stream = new PassThrough()
  const read = text(stream)
  const log = createLog({ level: 'debug', format: 'json', secrets: [], clock: CLOCK, stream, ...said })
  say(log)
  await log.close()
  stream.end()
  return (await read).split('\n').slice(0, -1)
}

test('a conclusion is one JSON line, always with the same fields', async () => {
  const until = new Date('2026-11-20T10:00:00Z')
  const event: Event = {
    kind: 'concluded',
    id: '7',
    ref: REF,
    attempt: 2,
    outcome: 'deferred',
    status: '4.4.2',
    code: 'deferred-4.4.2',
    until,
    ms: 812,
  }
  const [line, ...rest] = await lines(log => log.observe(event))
  expect(rest).toEqual([])
  expect(JSON.parse(line ?? '')).toEqual({
    time: '2026-11-20T09:30:00.000Z',
    level: 'info',
    event: 'concluded',
    mailbox: 'support',
    id: '7',
    ref: 'INBOX;UIDVALIDITY=17/;UID=4',
    attempt: 2,
    outcome: 'deferred',
    status: '4.4.2',
    code: 'deferred-4.4.2',
    until: until.toISOString(),
    ms: 812,
  })
})

test('a bug is told with its stack and all its causes, and nothing that a library hung on it', async () => {
  const root = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', request: { headers: { a: 'b' } } })
  const error = new TypeError('x is not a function', {
    cause: new Fault('4.4.2', 'the answer broke off', { cause: root }),
  })
  const [line] = await lines(log => log.observe({ kind: 'bug', where: 'attempt', error }))
  const told = JSON.parse(line ?? '')
  expect(told).toMatchObject({
    level: 'error',
    event: 'bug',
    error: {
      name: 'TypeError',
      message: 'x is not a function',
      cause: { name: 'Fault', status: '4.4.2', cause: { message: 'socket hang up', code: 'ECONNRESET' } },
    },
  })
  expect(told.error.stack[0]).toMatch(/^at /)
  expect(line).not.toContain('headers')
})

const SECRETS = ['hunter2-äöü/+?', 'k', 'p4ss word&more', 'YmFzZTY0LWxvb2tpbmc=']
const SHAPES = SECRETS.flatMap(secret => [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ q: secret }).toString().slice(2),
  Buffer.from(secret).toString('base64'),
  Buffer.from(`mailclip:${secret}`).toString('base64'),
  Buffer.from(`m:${secret}:x`).toString('base64'),
  Buffer.from(`ma\0${secret}\0`).toString('base64url'),
])

test('a known secret never reaches the log, raw, base64 or URL-encoded, wherever it turns up', async () => {
  const secrets = SECRETS.filter(secret => secret.length > 1)
  const printed = await lines(
    log => {
      for (const shape of SHAPES) {
        log.observe({ kind: 'trouble', what: `x ${shape} y`, status: '4.3.0', reason: `${'z'.repeat(490)}${shape}` })
        log.observe({ kind: 'bug', where: 'desk', error: new Error(`it said ${shape}`, { cause: `A${shape}B` }) })
        log.write('info', 'started', { deep: [{ [shape]: { list: [shape] } }] })
      }
    },
    { secrets },
  )
  const all = printed.join('\n')
  for (const secret of secrets) {
    for (const shape of [secret, encodeURIComponent(secret)]) expect(all).not.toContain(shape)
    // Nothing that is left decodes to the secret, not even without its ends.
    for (const text of decodings(all)) expect(text).not.toContain(Buffer.from(secret.slice(1, -1)).toString('latin1'))
  }
  expect(all).not.toContain('p4ss')
})

/** Whatever looks like base64, read from each of the places where a group may begin. */
const decodings = (text: string): readonly string[] =>
  (text.match(/[\w+/-]{8,}/g) ?? []).flatMap(word =>
    [0, 1, 2, 3].map(skip => Buffer.from(word.slice(skip), 'base64').toString('latin1')),
  )

test('what stands under a telling key, or before the @ of a URL, is not printed whatever it is', async () => {
  const [line] = await lines(log =>
    log.write('info', 'x', {
      a: { b: [{ clientSecret: 'one', Authorization: ['two'] }] },
      url: 'imaps://bob:three@host/',
    }),
  )
  expect(line).not.toMatch(/one|two|three|bob/)
  expect(line).toContain('@host/')
})

test.each([
  'a\r\n{"level":"fatal"}',
  'a\u2028b\u2029c',
  'red \u001b[31m and C1 \u009b31m and bell \u0007',
  'turned \u202e round',
  'half a pair \ud83d',
])('no text of a stranger breaks a line or reaches the terminal: %j', async reason => {
  for (const format of ['json', 'pretty'] as const) {
    const printed = await lines(log => log.observe({ kind: 'returned', id: '7', ref: REF, reason }), { format })
    expect(printed).toHaveLength(1)
    expect(printed[0]).toMatch(/^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]*$/)
    expect(printed[0]?.isWellFormed()).toBe(true)
    if (format === 'json') expect(JSON.parse(printed[0] ?? '').reason).toBe(reason.toWellFormed())
  }
})

test('a field ends after 500 characters', async () => {
  const [line] = await lines(log => log.write('info', 'x', { long: 'é'.repeat(100_000) }))
  expect(JSON.parse(line ?? '').long).toBe(`${'é'.repeat(499)}…`)
})

test('nothing that is logged can throw, and a field cannot forge the frame of its line', async () => {
  const round: Record<string, unknown> = { big: 10n, nan: Number.NaN, bad: new Date(Number.NaN), when: CLOCK.now() }
  round['self'] = round
  Object.defineProperty(round, 'trap', { enumerable: true, get: () => assertNever() })
  const proxy = new Proxy({}, { ownKeys: () => assertNever() })
  const printed = await lines(log => {
    log.write('info', 'x', { round, proxy, level: 'fatal', event: 'forged', time: 'never', none: undefined })
    log.observe({ kind: 'bug', where: 'x', error: undefined })
  })
  const [first] = printed.map(line => JSON.parse(line))
  expect(first).toMatchObject({ level: 'info', event: 'x', time: '2026-11-20T09:30:00.000Z', proxy: '[unreadable]' })
  expect(first.round).toMatchObject({ big: '10', nan: 'NaN', bad: 'no valid date', trap: '[unreadable]' })
  expect(printed).toHaveLength(2)
})

const assertNever = (): never => {
  throw new Error('no')
}

test('closing waits until a slow reader has taken every line, and later lines are dropped', async () => {
  const taken: string[] = []
  const slow = new Writable({
    highWaterMark: 10,
    write: (chunk, _encoding, done) => {
      taken.push(String(chunk))
      setImmediate(done)
    },
  })
  const log = createLog({ level: 'info', format: 'json', secrets: [], stream: slow })
  for (let n = 0; n < 200; n += 1) log.observe({ kind: 'started', mailboxes: n })
  await log.close()
  await log.close()
  log.observe({ kind: 'stopped' })
  expect(taken.filter(line => line !== '')).toHaveLength(200)
})

test('a reader that went away neither throws nor keeps the process', async () => {
  const gone = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
  const log = createLog({ level: 'info', format: 'json', secrets: [], stream: gone })
  log.observe({ kind: 'stopped' })
  await new Promise(resolve => setImmediate(resolve))
  log.observe({ kind: 'stopped' })
  await log.close()
  expect(gone.destroyed).toBe(true)
})

test('a level leaves out what is quieter, and a sweep that found nothing is quiet', async () => {
  const swept = (sighted: number): Event => ({ kind: 'swept', mailbox: 'support', sighted, attempted: 0, ms: 3 })
  const printed = await lines(
    log => {
      log.observe(swept(0))
      log.observe(swept(2))
    },
    { level: 'info' },
  )
  expect(printed.map(line => JSON.parse(line).sighted)).toEqual([2])
})

test('for people a line is short, coloured only on request, with the stack below', async () => {
  const event: Event = { kind: 'resumed', site: 'desk https://example.com/api' }
  expect(await lines(log => log.observe(event), { format: 'pretty' })).toEqual([
    '09:30:00 info  resumed   site="desk https://example.com/api"',
  ])
  const [coloured] = await lines(log => log.observe(event), { format: 'pretty', colour: true })
  expect(coloured).toContain('\u001b[36m')
  const bug = await lines(log => log.observe({ kind: 'bug', where: 'x', error: new Error('oh') }), { format: 'pretty' })
  expect(bug.length).toBeGreaterThan(1)
  expect(bug[1]).toMatch(/^ {9}at /)
})
