import { expect, test } from 'vitest'
import { createMetrics } from '../../src/ops/metrics.ts'
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
  const broken = { ages: () => Promise.reject(new Error('gone')), suspensions: async () => [] }
  const told = await createMetrics({ clock }).text(broken)
  expect(told.split('\n')).toContain('mailclip_ledger_up 0')
})
