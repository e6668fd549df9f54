/** The books: reading beside the road, and forgetting. */
import { expect, test } from 'vitest'
import type { MailRow } from '../../src/gateway/books.ts'
import type { Open } from './exercise.ts'
import { claimed } from './exercise-attempts.ts'
import {
  cursor,
  DAY,
  deferred,
  dispatchOf,
  final,
  item,
  MINUTE,
  newest,
  notice,
  numbering,
  sighted,
  skip,
  T1,
  T2,
} from './samples.ts'

async function all(rows: AsyncIterable<MailRow>): Promise<MailRow[]> {
  return Array.fromAsync(rows)
}

export function booksOf(open: Open): void {
  test('the newest few mails are listed, oldest first, without those before them', async () => {
    const { ledger } = await open()
    const ids = await ledger.record(
      [1, 2, 3, 4].map(uid => sighted(uid)),
      cursor(4),
    )
    expect((await all(ledger.list({ last: 2 }))).map(({ id }) => id)).toEqual(ids.slice(2))
    expect(await all(ledger.list({ last: 2, state: 'held' }))).toEqual([])
  })

  test('a mail is listed with everything that became of it', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    const claim = await claimed(ledger, now())
    const rows = await ledger.dispatch(claim, dispatchOf(item('a.pdf'), item('l.png', { part: '3', fate: skip })), [
      '2 parts',
    ])
    await ledger.begin(claim, rows[0]?.item ?? 0, [], now())
    await ledger.deliver(claim, rows[0]?.item ?? 0, 'd1', now())
    await ledger.conclude(claim, final('delivered', { notice: notice('delivered') }), ['all is there'])
    const at = now().toISOString()
    const attachment = { type: 'application/pdf', size: 6000, ticket: T1 }
    const mail: MailRow = {
      id,
      mailbox: 'support',
      folder: 'INBOX',
      uidValidity: '17',
      uid: 1,
      messageId: '<1@example.com>',
      from: 'ada@example.com',
      subject: 'Scan 1 for I161026_000005',
      ticket: T1,
      state: 'delivered',
      status: '2.0.0',
      code: 'delivered',
      reason: 'on its ticket',
      attempts: 1,
      sightedAt: at,
      dueAt: null,
      concludedAt: at,
      settledAt: null,
      filedIn: null,
      attachments: [
        {
          ...attachment,
          part: '2',
          name: 'a.pdf',
          originalName: 'a.pdf',
          sha256: 'sha256 of a.pdf',
          state: 'delivered',
          reason: null,
          documentId: 'd1',
        },
        {
          ...attachment,
          part: '3',
          name: 'l.png',
          originalName: 'l.png',
          sha256: 'sha256 of l.png',
          state: 'skipped',
          reason: 'a logo',
          documentId: null,
        },
      ],
      notice: { state: 'queued', kind: 'delivered', to: 'ada@example.com', messageId: notice('delivered').messageId },
    }
    expect(await all(ledger.list({}))).toEqual([mail])
    const shown = await ledger.show(id)
    expect(shown?.mail).toEqual(mail)
    expect(shown?.trace.map(({ attempt, line }) => [attempt, line])).toEqual([
      [0, 'ticket: I161026_000005'],
      [1, 'tried'],
      [1, '2 parts'],
      [1, 'all is there'],
    ])
    for (const nobody of ['99', '0', '-1', '1; drop', '', '9'.repeat(30)])
      expect(await ledger.show(nobody)).toBeUndefined()
  })

  test('lists are oldest first, complete over many pages, and filtered', async () => {
    const { ledger, now, pass } = await open()
    await ledger.record(
      Array.from({ length: 450 }, (_, n) => sighted(n + 1)),
      cursor(450),
    )
    pass(MINUTE)
    await ledger.record(
      [sighted(451, { tickets: [T2], decided: final('bounced') }), sighted(452, { decided: 'ignored' })],
      cursor(452),
    )
    expect((await all(ledger.list({}))).map(({ uid }) => uid)).toEqual(Array.from({ length: 451 }, (_, n) => n + 1))
    expect(await all(ledger.list({ all: true }))).toHaveLength(452)
    expect((await all(ledger.list({ state: 'bounced' }))).map(({ uid }) => uid)).toEqual([451])
    expect((await all(ledger.list({ state: 'ignored' }))).map(({ uid }) => uid)).toEqual([452])
    expect((await all(ledger.list({ ticket: T2.toLowerCase() }))).map(({ uid }) => uid)).toEqual([451])
    expect((await all(ledger.list({ since: now() }))).map(({ uid }) => uid)).toEqual([451])
  })

  test('mails seen are the sum of the states, whatever happens to them', async () => {
    const { ledger, now } = await open()
    await ledger.record(
      [1, 2, 3, 4, 5, 6].map(uid => sighted(uid)),
      cursor(6),
    )
    for (const kind of ['delivered', 'bounced', 'discarded', 'held'] as const)
      await ledger.conclude(await claimed(ledger, now()), final(kind), [])
    await ledger.conclude(await claimed(ledger, now()), deferred(new Date(now().getTime() + DAY)), [])
    await claimed(ledger, now())
    expect(await ledger.accounts()).toEqual([
      {
        mailbox: 'support',
        seen: 6,
        delivered: 1,
        bounced: 1,
        discarded: 1,
        held: 1,
        deferred: 1,
        waiting: 1,
        ignored: 0,
      },
    ])
  })

  test('mails are counted by state and age', async () => {
    const { ledger, now, pass } = await open()
    await ledger.record([sighted(1), sighted(2, { decided: final('held') })], cursor(2))
    pass(8 * DAY)
    await ledger.record([sighted(3)], cursor(3))
    pass(10 * MINUTE)
    await ledger.record([sighted(4)], cursor(4))
    expect(await ledger.ages(now())).toEqual([
      { state: 'held', upTo: null, count: 1 },
      { state: 'queued', upTo: 5, count: 1 },
      { state: 'queued', upTo: 15, count: 1 },
      { state: 'queued', upTo: null, count: 1 },
    ])
  })

  test('what is long over is forgotten, but known where it lies and counted', async () => {
    const { ledger, now, pass } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    const claim = await claimed(ledger, now())
    const [row] = await ledger.dispatch(claim, dispatchOf(item('Ada private.pdf', { sha256: 'd3b0' })), [
      'Ada private.pdf goes',
    ])
    await ledger.begin(claim, row?.item ?? 0, [], now())
    await ledger.deliver(claim, row?.item ?? 0, 'd1', now())
    await ledger.conclude(claim, final('delivered', { notice: notice('delivered') }), [])
    await ledger.filed(id, { folder: 'Mailclip.Delivered', uidValidity: '2', uid: 2 }, now())
    const waiting = (await ledger.unsettledOne(id))?.notice?.row ?? 0
    pass(401 * DAY)
    expect(await ledger.trim(now(), 400 * DAY)).toBe(0)
    await ledger.beginNotice(waiting, now())
    await ledger.endNotice(waiting, 'sent', undefined, undefined)
    expect(await ledger.trim(now(), 400 * DAY)).toBe(0)
    pass(401 * DAY)
    await ledger.record([newest(now())], cursor(9))
    expect(await ledger.trim(now(), 400 * DAY)).toBe(1)
    expect(await ledger.trim(now(), 400 * DAY)).toBe(0)
    const shown = JSON.stringify(await ledger.show(id))
    for (const personal of ['Ada', 'ada@', 'Scan', '1@example']) expect(shown).not.toContain(personal)
    expect((await all(ledger.list({}))).map(mail => mail.uid)).toEqual([9])
    expect(await all(ledger.list({ all: true }))).toMatchObject([{ id, state: 'delivered' }, { uid: 9 }])
    expect(await ledger.known(numbering(), [1])).toEqual(new Set([1]))
    expect(await ledger.twins('support', 'fingerprint of 1')).toMatchObject([{ id, final: true, filedAway: false }])
    expect(await ledger.held(T1)).toEqual(new Set(['d1']))
    expect(await ledger.accounts()).toMatchObject([{ seen: 2, delivered: 1 }])
    expect(await ledger.retry([id])).toMatchObject([{ done: false }])
  })

  test('the mails of a day are counted by mailbox and state, and held ones from the moment they are held', async () => {
    const { ledger, now, pass } = await open()
    expect(await ledger.heldMails()).toEqual({ count: 0, oldest: undefined, newest: undefined })
    const start = now()
    await ledger.record([sighted(1), sighted(2, { decided: final('held') })], cursor(2))
    pass(DAY)
    const second = now()
    await ledger.conclude(await claimed(ledger, second), final('held'), [])
    await ledger.record([sighted(3)], cursor(3))
    expect(await ledger.tally(start, second)).toEqual([{ mailbox: 'support', state: 'held', count: 2 }])
    expect(await ledger.tally(second, new Date(second.getTime() + 1))).toEqual([
      { mailbox: 'support', state: 'queued', count: 1 },
    ])
    expect(await ledger.heldMails()).toEqual({ count: 2, oldest: start, newest: second })
    expect(await ledger.heldMails(start)).toEqual({ count: 1, oldest: second, newest: second })
    expect((await ledger.heldMails(second)).count).toBe(0)
  })

  test('only mails that are not final have a place in the spool', async () => {
    const { ledger, now } = await open()
    const ids = await ledger.record([sighted(1), sighted(2), sighted(3, { decided: final('held') })], cursor(3))
    await claimed(ledger, now())
    expect(await ledger.unfinished()).toEqual(new Set(ids.slice(0, 2)))
  })

  test('each ledger has a secret of its own', async () => {
    const [one, two] = [await open(), await open()]
    expect(one.ledger.secret).toMatch(/^[0-9a-f]{64}$/)
    expect(one.ledger.secret).not.toBe(two.ledger.secret)
    expect((await one.crash()).secret).toBe(one.ledger.secret)
  })
}
