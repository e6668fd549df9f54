/** Languages, time zones and the days of the picture. */
import { expect, test } from 'vitest'
import { dayNamed, lastDays } from '../../src/ops/page/days.ts'
import { mailRow } from '../support/books.ts'
import { status } from '../support/status.ts'

test.each([
  ['UTC', '2026-11-20T10:00:00Z', ['2026-11-18T00:00:00.000Z', '2026-11-19T00:00:00.000Z']],
  ['Europe/Paris', '2026-10-26T10:00:00Z', ['2026-10-23T22:00:00.000Z', '2026-10-24T22:00:00.000Z']],
  ['Asia/Kathmandu', '2026-11-20T23:00:00Z', ['2026-11-18T18:15:00.000Z', '2026-11-19T18:15:00.000Z']],
  ['America/New_York', '2026-03-09T03:00:00Z', ['2026-03-06T05:00:00.000Z', '2026-03-07T05:00:00.000Z']],
])('days begin at midnight in %s, also where the clocks are changed', (timezone, now, first) => {
  const days = lastDays(3, new Date(now), timezone).map(one => one.toISOString())
  expect(days).toHaveLength(4)
  expect(days.slice(0, 2)).toEqual(first)
})

test('the day on which clocks go back has 25 hours', () => {
  const from = dayNamed('2026-10-25', 'Europe/Paris')?.getTime() ?? 0
  expect((dayNamed('2026-10-25', 'Europe/Paris', 1)?.getTime() ?? 0) - from).toBe(25 * 3_600_000)
})

test.each(['', 'yesterday', '2026-13-01', '2026-11-20T10:00', '20261120'])('%j is no day', text => {
  expect(dayNamed(text, 'UTC')).toBeUndefined()
})

test.each([
  ['fr-CA,fr;q=0.9,en;q=0.5', 'fr'],
  ['de, en;q=0.3, fr;q=0.7', 'fr'],
  ['en-US', 'en'],
  ['de', 'en'],
  ['fr;q=0', 'en'],
  ['', 'en'],
])('a browser that asks for %j reads the page in %s', async (asked, language) => {
  const { get } = await status()
  expect((await get('/', { 'accept-language': asked })).body).toContain(`<html lang="${language}">`)
})

test('a language that was chosen is kept, whatever the browser asks for', async () => {
  const { get } = await status()
  const { headers } = await get('/?lang=fr')
  const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  expect((await get('/mails', { cookie, 'accept-language': 'en' })).body).toContain('<html lang="fr">')
  expect((await get('/?lang=tlh')).headers['set-cookie']).toBeUndefined()
})

test('dates are told in the configured time zone, with their age', async () => {
  const { get } = await status({ kept: { mails: [mailRow()] }, timezone: 'Europe/Paris' })
  const { body } = await get('/mails/1')
  expect(body).toContain('<time datetime="2026-11-20T09:30:00.000Z">20 Nov 2026, 10:30</time>')
  expect(body).toContain('(30 minutes ago)')
})

test('every notice of a mail is told, not only the last', async () => {
  const notice = { to: 'ada@example.org', messageId: '<n@x>', state: 'sent' } as const
  const notices = [
    { ...notice, kind: 'delayed' },
    { ...notice, kind: 'delivered' },
  ] as const
  const { get } = await status({ kept: { mails: [mailRow()], notices } })
  expect((await get('/mails/1')).body).toMatch(/deferred, sent, to ada@example\.org<br>\s*delivered, sent, to ada/)
})
