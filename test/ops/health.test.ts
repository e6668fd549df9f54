import { expect, test } from 'vitest'
import { Readiness } from '../../src/ops/health.ts'

const MINUTE = 60_000
const START = Date.parse('2026-11-20T09:00:00Z')
const SITE = 'desk https://example.com' as const

/** A gateway that sweeps every minute, and a clock that is moved by hand. */
function setup(mailboxes: readonly string[] = ['support']) {
  const clock = { minute: 0 }
  const now = () => new Date(START + clock.minute * MINUTE)
  const readiness = new Readiness({ intervals: () => 3 * MINUTE, started: now(), mailboxes }, now)
  const swept = (mailbox: string) => readiness.observe({ kind: 'swept', mailbox, sighted: 0, attempted: 0, ms: 1 })
  const concluded = (mailbox: string) =>
    readiness.observe({
      kind: 'concluded',
      id: '1',
      ref: { mailbox, folder: 'INBOX', uidValidity: '1', uid: 1 },
      attempt: 1,
      outcome: 'held',
      status: '5.3.5',
      code: 'poison',
      until: undefined,
      ms: 1,
    })
  return { clock, now, readiness, swept, concluded }
}

test('the first sweep has three intervals; then silence is not ready, and a sweep makes it ready again', () => {
  const { clock, now, readiness, swept } = setup()
  clock.minute = 3
  expect(readiness.ready(now())).toEqual({ ready: true, reasons: [], details: [] })
  clock.minute = 3.1
  expect(readiness.ready(now()).reasons).toEqual([
    'mailbox support: no sweep has ended and no mail was concluded since 2026-11-20T09:00:00.000Z',
  ])
  swept('support')
  expect(readiness.ready(now()).ready).toBe(true)
})

test('a long sweep that concludes mails is no silence', () => {
  const { clock, now, readiness, concluded } = setup()
  clock.minute = 10
  concluded('support')
  expect(readiness.ready(now()).ready).toBe(true)
})

test('a disk that has not been told to be full for two minutes is full no more', () => {
  const { clock, now, readiness, swept } = setup()
  readiness.observe({ kind: 'trouble', what: 'ledger', status: '4.3.1', reason: 'the disk is full' })
  clock.minute = 2.1
  swept('support')
  expect(readiness.ready(now()).ready).toBe(true)
})

test('a mailbox that is silent is seen beside one that is not', () => {
  const { clock, now, readiness, swept } = setup(['support', 'billing'])
  clock.minute = 5
  swept('support')
  expect(readiness.ready(now()).reasons).toEqual([expect.stringContaining('mailbox billing')])
})

test('a site may rest a quarter of an hour, counted from the first of its suspensions', () => {
  const { clock, now, readiness, swept } = setup()
  const rest = () => readiness.observe({ kind: 'suspended', site: SITE, until: now(), status: '4.4.1', reason: 'x' })
  rest()
  clock.minute = 14
  rest()
  clock.minute = 15
  swept('support')
  expect(readiness.ready(now()).ready).toBe(true)
  clock.minute = 16
  expect(readiness.ready(now()).reasons).toEqual([`${SITE} has been suspended since 2026-11-20T09:00:00.000Z: x`])
  readiness.observe({ kind: 'resumed', site: SITE })
  expect(readiness.ready(now()).ready).toBe(true)
})

test('a suspension from before the process began counts from its beginning, and one lifted elsewhere no more', () => {
  const { now, readiness } = setup()
  const since = new Date(START - 20 * MINUTE)
  expect(readiness.ready(now(), [{ site: SITE, since, reason: 'x' }]).ready).toBe(false)
  readiness.observe({ kind: 'suspended', site: SITE, until: now(), status: '4.4.1', reason: 'x' })
  expect(readiness.ready(new Date(START + 2 * MINUTE), []).ready).toBe(true)
})

test('a mailbox that rests is not called silent', () => {
  const { clock, now, readiness } = setup()
  readiness.observe({ kind: 'suspended', site: 'mailbox support', until: now(), status: '4.4.1', reason: 'x' })
  clock.minute = 10
  expect(readiness.ready(now()).ready).toBe(true)
  readiness.observe({ kind: 'resumed', site: 'mailbox support' })
  clock.minute = 12
  expect(readiness.ready(now()).ready).toBe(true)
})

test('a ledger that cannot be written is not ready until something has been written, whatever is swept meanwhile', () => {
  const { now, readiness, swept, concluded } = setup()
  readiness.observe({ kind: 'trouble', what: 'ledger', status: '4.3.1', reason: 'the disk is full' })
  swept('support')
  expect(readiness.ready(now()).reasons).toEqual(['the ledger or the spool cannot be written: the disk is full'])
  concluded('support')
  expect(readiness.ready(now()).ready).toBe(true)
})

test('a canary that is lost is not ready until one arrives again; one under way changes nothing', () => {
  const { now, readiness } = setup()
  const told = { kind: 'canary', at: now(), ms: undefined, reason: undefined } as const
  readiness.observe({ ...told, result: 'lost', reason: 'it has not come' })
  const lost = { ready: false, reasons: ['canary lost at 2026-11-20T09:00:00.000Z: it has not come'], details: [] }
  expect(readiness.ready(now())).toEqual(lost)
  readiness.observe({ ...told, result: 'sent' })
  expect(readiness.ready(now())).toEqual(lost)
  readiness.observe({ ...told, result: 'delivered', ms: 4_000 })
  expect(readiness.ready(now())).toEqual({
    ready: true,
    reasons: [],
    details: ['canary: the last one was on its ticket at 2026-11-20T09:00:00.000Z, after 4.0 s'],
  })
})
