import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Day } from '../../src/gateway/books.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { emptyFolder } from '../support/bench.ts'
import { booksOf } from '../support/books.ts'

const REF = { mailbox: 'support', folder: 'INBOX', uidValidity: '17', uid: 4 }
const NOW = new Date('2026-11-20T09:30:00Z')
const clock = { now: () => NOW }

test('what happens is counted by kind and status', async () => {
  const books = booksOf()
  const metrics = createMetrics({ clock })
  const attached = {
    kind: 'attached',
    id: '7',
    ref: REF,
    part: '2',
    ticket: 'I161026_000005',
    size: 1000,
    ms: 200,
  } as const
  metrics.observe({ ...attached, found: false })
  metrics.observe({ ...attached, found: true, ms: 0 })
  const ended = { kind: 'concluded', id: '7', ref: REF, attempt: 1, until: undefined, ms: 900 } as const
  metrics.observe({ ...ended, outcome: 'delivered', status: '2.0.0', code: 'delivered' })
  metrics.observe({ kind: 'swept', mailbox: 'support', sighted: 1, attempted: 1, ms: 950 })
  metrics.observe({ kind: 'noticed', id: '7', ref: REF, state: 'sent' })
  metrics.observe({ kind: 'bug', where: 'x', error: new Error('x') })
  const told = await metrics.text(books)
  for (const line of [
    'mailclip_mails_total{outcome="delivered",status="2.0.0"} 1',
    'mailclip_attachments_total{found="false"} 1',
    'mailclip_attachments_total{found="true"} 1',
    'mailclip_attachment_bytes_total 2000',
    'mailclip_upload_seconds_count 1',
    'mailclip_sweeps_total{mailbox="support"} 1',
    `mailclip_last_sweep_timestamp_seconds{mailbox="support"} ${NOW.getTime() / 1000}`,
    'mailclip_notices_total{state="sent"} 1',
    'mailclip_bugs_total 1',
  ])
    expect(told.split('\n')).toContain(line)
})

test('a mailbox that was never swept since the start is told with the time of the start, so that its silence is seen', async () => {
  const told = await createMetrics({ clock, mailboxes: ['support'] }).text(booksOf())
  expect(told).toContain(`mailclip_last_sweep_timestamp_seconds{mailbox="support"} ${NOW.getTime() / 1000}`)
})

test('the scrape tells mails by state and age and which kinds of sites rest, and names neither site nor ticket', async () => {
  const site = 'desk https://example.com/api' as const
  const rest = { site, since: NOW, until: NOW, status: '4.4.1', reason: 'x', times: 1, credentials: undefined } as const
  const books = booksOf({
    ages: [
      { state: 'held', upTo: 5, count: 2 },
      { state: 'held', upTo: null, count: 1 },
    ],
    suspensions: [rest],
  })
  const metrics = createMetrics({ clock })
  metrics.observe({ kind: 'suspended', site, until: NOW, status: '4.4.1', reason: 'x' })
  const told = await metrics.text(books)
  for (const line of [
    'mailclip_mails{state="held",minutes="5"} 2',
    'mailclip_mails{state="held",minutes="older"} 1',
    'mailclip_suspended{site="desk"} 1',
    'mailclip_suspended{site="mailbox"} 0',
    'mailclip_suspensions_total{site="desk",status="4.4.1"} 1',
    'mailclip_ledger_up 1',
  ])
    expect(told.split('\n')).toContain(line)
  expect(told).not.toMatch(/example\.com|I161026/)
})

test('a scrape outlives the ledger', async () => {
  const broken = { ages: () => Promise.reject(new Error('gone')), suspensions: async () => [], days: async () => [] }
  const told = await createMetrics({ clock }).text(broken)
  expect(told.split('\n')).toContain('mailclip_ledger_up 0')
})

test('each question to a server is timed by kind of site, and a failure is counted with its status', async () => {
  const metrics = createMetrics({ clock })
  const asked = { kind: 'asked', site: 'desk https://example.com', verb: 'attach' } as const
  metrics.observe({ ...asked, status: '2.0.0', ms: 700 })
  metrics.observe({ ...asked, status: '4.4.2', ms: 3_000 })
  const told = (await metrics.text(booksOf())).split('\n')
  expect(told).toContain('mailclip_request_seconds_bucket{le="1",site="desk",verb="attach"} 1')
  expect(told).toContain('mailclip_request_seconds_count{site="desk",verb="attach"} 2')
  expect(told).toContain('mailclip_requests_total{site="desk",verb="attach",status="4.4.2"} 1')
})

test('of several certificates of a kind, the first to end is told, and a renewed one takes its own place', async () => {
  const metrics = createMetrics({ clock })
  const end = (site: 'mailbox a' | 'mailbox b', seconds: number) =>
    metrics.observe({ kind: 'expires', site, what: 'certificate', at: new Date(seconds * 1000), days: 1 })
  const told = async () => (await metrics.text(booksOf())).split('\n')
  const line = 'mailclip_expiry_timestamp_seconds{site="mailbox",what="certificate"}'
  end('mailbox a', 3_000)
  end('mailbox b', 2_000)
  end('mailbox a', 4_000)
  expect(await told()).toContain(`${line} 2000`)
  end('mailbox b', 9_000)
  expect(await told()).toContain(`${line} 4000`)
})

test('the oldest mail that waits, and what the spool takes of its limit, are told at the scrape', async () => {
  const folder = await emptyFolder()
  await mkdir(join(folder, '7'))
  await writeFile(join(folder, '7/raw.eml'), 'x'.repeat(1234))
  const waiting = { count: 1, oldest: 7_000 }
  const day = { from: NOW, counts: {} as Day['counts'], toTicket: undefined, waiting }
  const metrics = createMetrics({ clock, spool: { folder, maxBytes: 5_000 } })
  const told = await metrics.text(booksOf({ days: [day] }))
  expect(told.split('\n')).toContain('mailclip_oldest_waiting_seconds 7')
  expect(told.split('\n')).toContain('mailclip_spool_bytes 1234')
  expect(told.split('\n')).toContain('mailclip_spool_limit_bytes 5000')
  expect(told).toMatch(/^mailclip_spool_disk_free_bytes \d{4,}$/m)
})

test('a spool that is not there yet is empty, on the disk where it will be', async () => {
  const folder = join(await emptyFolder(), 'not/yet')
  const told = await createMetrics({ clock, spool: { folder, maxBytes: 5_000 } }).text(booksOf())
  expect(told).toMatch(/^mailclip_spool_bytes 0$/m)
  expect(told).toMatch(/^mailclip_spool_disk_free_bytes \d{4,}$/m)
})

test('a canary tells how it ended and how long it took; one remembered from an earlier start is no new one', async () => {
  const metrics = createMetrics({ clock })
  expect(await metrics.text(booksOf())).not.toContain('mailclip_canary')
  const told = { kind: 'canary', at: NOW, ms: undefined, reason: undefined } as const
  metrics.observe({ ...told, result: 'remembered', ms: 9_000 })
  metrics.observe({ ...told, result: 'sent' })
  metrics.observe({ ...told, result: 'delivered', ms: 4_000 })
  const well = await metrics.text(booksOf())
  for (const line of [
    'mailclip_canary_up 1',
    'mailclip_canary_round_trip_seconds 4',
    `mailclip_canary_last_success_timestamp_seconds ${NOW.getTime() / 1000}`,
    'mailclip_canary_total{result="delivered"} 1',
  ])
    expect(well.split('\n')).toContain(line)
  expect(well).not.toContain('result="remembered"')
  metrics.observe({ ...told, at: new Date(NOW.getTime() + 1_000), result: 'lost', reason: 'it has not come' })
  const lost = await metrics.text(booksOf())
  for (const line of [
    'mailclip_canary_up 0',
    `mailclip_canary_last_success_timestamp_seconds ${NOW.getTime() / 1000}`,
    'mailclip_canary_total{result="lost"} 1',
  ])
    expect(lost.split('\n')).toContain(line)
})
