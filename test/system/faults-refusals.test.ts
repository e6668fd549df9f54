/** What a desk can refuse: whose fault it is decides who waits, who is told, and what is never tried again. */
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { atDesk, untilDone } from '../support/passing.ts'
import { posts, setup } from '../support/road.ts'

const TICKET = 'I161026_000005'
const SECOND = 1_000
const MINUTE = 60 * SECOND
const PAGE = '<html><body>welcome</body></html>'

const numbered = (n: number): string => `I161026_00000${n}`

describeWithDovecot('a desk that refuses us', () => {
  test('by 401 for ten minutes is asked seldom, and no sender hears of it', async () => {
    const road = await setup()
    road.desk.willSay('list', ...Array.from({ length: 100 }, () => 401))
    for (const n of [1, 2, 3]) await road.post(letter({ subject: numbered(n), attachments: { 'a.txt': 'first' } }))
    const asked: number[] = []
    for (let at = 0; at < 10 * MINUTE; at += 10 * SECOND) {
      expect(await road.sweep()).toBe(77)
      asked.push(road.desk.requests.length)
      road.pass(10 * SECOND)
    }
    expect(asked[5]).toBeLessThanOrEqual(5)
    expect(asked.at(-1)).toBeLessThanOrEqual(20)
    expect(road.sent).toEqual([])
    expect((await road.imap.folder('INBOX')).map(({ flags }) => flags)).toEqual([[], [], []])
    expect((await road.mails()).map(({ state, attempts }) => [state, attempts])).toEqual(
      Array.from({ length: 3 }, () => ['queued', 0]),
    )
  })

  test('by 403 at the upload and at the ticket comes to rest', async () => {
    const road = await setup()
    road.desk.will(403)
    road.desk.willSay('ticket', 403)
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(77)
    expect(await road.mails()).toMatchObject([{ state: 'queued', attachments: [{ state: 'pending' }] }])
    road.pass(MINUTE)
    expect(await road.sweep()).toBe(0)
    expect(road.desk.documents(TICKET)).toHaveLength(1)
  })

  test('by 403 at one upload alone delays that mail, and no other', async () => {
    const road = await setup({ desk: { concurrency: 1 } })
    road.desk.will(403)
    for (const n of [1, 2]) await road.post(letter({ subject: numbered(n), attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(75)
    expect((await road.mails()).map(({ state }) => state).toSorted()).toEqual(['deferred', 'delivered'])
    await untilDone(road)
    expect(posts(road)).toBe(3)
  })

  test('by 403 at one upload again and again has the mail held, and the notice knows what is on the ticket', async () => {
    const road = await setup()
    road.desk.will(201, ...Array.from({ length: 20 }, () => 403))
    await road.post(letter({ attachments: { 'a.txt': 'first', 'b.txt': 'second' } }))
    await untilDone(road, { step: 61 * MINUTE })
    const [mail] = await road.mails()
    expect(mail).toMatchObject({ state: 'held', code: 'tries', attempts: 12 })
    expect(mail?.attachments.map(({ state }) => state)).toEqual(['delivered', 'pending'])
    expect(road.sent.map(({ raw }) => raw.replaceAll('=\r\n', ''))).toEqual([
      expect.stringMatching(/a\.txt \(.*\): attached to I161026_000005\r\n- b\.txt \(.*\): not attached/),
    ])
    expect(posts(road)).toBe(13)
  })

  test('a ticket by its own 404 is asked once, and the sender told once', async () => {
    const road = await setup()
    road.desk.tickets = new Set()
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    for (const _ of [1, 2, 3]) expect(await road.sweep()).toBe(0)
    expect(road.desk.requests.length).toBeLessThanOrEqual(2)
    expect(road.sent).toHaveLength(1)
    expect(await road.mails()).toMatchObject([{ state: 'bounced', code: 'unknown-ticket' }])
    expect((await road.imap.folder('Mailclip.Bounced')).map(({ flags }) => flags)).toEqual([['\\Flagged']])
  })

  test('a ticket by the 404 page of somebody else comes to rest, and no sender hears of it', async () => {
    const road = await setup()
    road.desk.willSay('list', { status: 404, body: PAGE })
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(69)
    expect(road.sent).toEqual([])
    await untilDone(road)
    expect(await road.mails()).toMatchObject([{ state: 'delivered', attempts: 1 }])
  })

  test.each([413, 415])(
    'the second of three files by %i has the others once, and that one never again',
    async status => {
      const road = await setup()
      road.desk.will(201, status)
      await road.post(letter({ attachments: { 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' } }))
      for (const _ of [1, 2]) expect(await road.sweep()).toBe(0)
      expect(road.desk.documents(TICKET).map(({ name }) => name)).toEqual(['a.txt', 'c.txt'])
      expect([posts(road), road.sent.length]).toEqual([3, 1])
      expect(road.sent[0]?.raw).toContain('b.txt')
      expect((await road.mails())[0]?.attachments.map(({ state }) => state)).toEqual([
        'delivered',
        'refused',
        'delivered',
      ])
    },
  )

  test.each([400, 415, 422])(
    'by %i before it ever took a file comes to rest; later it refuses the file',
    async status => {
      const road = await setup({ desk: { concurrency: 1 } })
      road.desk.will(status)
      for (const n of [1, 2]) await road.post(letter({ subject: numbered(n), attachments: { 'a.txt': 'first' } }))
      expect(await road.sweep()).toBe(69)
      expect(posts(road)).toBe(1)
      expect((await road.mails()).map(({ state }) => state)).toEqual(['queued', 'queued'])
      await untilDone(road)
      road.desk.will(status)
      await road.post(letter({ subject: numbered(3), attachments: { 'a.txt': 'first' } }))
      expect(await road.sweep()).toBe(0)
      expect((await road.mails()).map(({ code }) => code)).toEqual(['delivered', 'delivered', 'refused-type'])
    },
  )

  test('in one encoding has not refused the other', async () => {
    const road = await setup()
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(0)
    road.desk.will(415)
    await road.post(letter({ attachments: { 'b.txt': 'second' } }))
    expect(await road.sweep(atDesk(road.settings, { encoding: 'json' }))).toBe(69)
    expect((await road.mails()).map(({ state }) => state)).toEqual(['delivered', 'queued'])
  })

  test.each<[string, string]>([
    ['in seconds', '7'],
    ['as a date', new Date('2026-11-23T10:00:07Z').toUTCString()],
  ])('by 429 with Retry-After %s is left alone for as long as it says, and not much longer', async (_, retryAfter) => {
    const road = await setup()
    road.desk.will({ status: 429, headers: { 'retry-after': retryAfter } })
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(69)
    const asked = road.desk.requests.length
    await road.post(letter({ subject: numbered(6), attachments: { 'a.txt': 'first' } }))
    road.pass(6_900)
    expect(await road.sweep()).toBe(69)
    expect(road.desk.requests).toHaveLength(asked)
    road.pass(SECOND)
    expect(await road.sweep()).toBe(0)
  })

  test('by 590 twice, and has not kept it, has the mail held; the second try was as plain as can be', async () => {
    const road = await setup()
    road.desk.will(590, 590)
    await road.post(letter({ attachments: { 'Übersicht “Q3”.txt': 'first' } }))
    await untilDone(road)
    expect(await road.mails()).toMatchObject([
      { state: 'held', code: 'desk-refused', status: '5.3.0', attachments: [{ state: 'refused' }] },
    ])
    expect(road.desk.received.map(({ name, description }) => [name, description !== undefined])).toEqual([
      ['Übersicht “Q3”.txt', true],
      ['Ubersicht _Q3_.txt', false],
    ])
    expect(road.sent).toHaveLength(1)
  })

  test('by 590, and is away when the plain one comes, has the plain one sent again', async () => {
    const road = await setup()
    road.desk.will(590, 401, 503)
    await road.post(letter({ attachments: { 'é.txt': 'first' } }))
    await untilDone(road)
    expect(await road.mails()).toMatchObject([{ state: 'delivered' }])
    expect(road.desk.received.map(({ name }) => name)).toEqual(['é.txt', 'e.txt', 'e.txt', 'e.txt'])
  })

  test('by 590, and keeps the plain one, has the mail delivered', async () => {
    const road = await setup()
    road.desk.will(590, { status: 590, keep: true })
    await road.post(letter({ attachments: { 'é.txt': 'first' } }))
    await untilDone(road)
    expect(await road.mails()).toMatchObject([{ state: 'delivered' }])
    expect(road.desk.documents(TICKET).map(({ name }) => name)).toEqual(['e.txt'])
  })

  test('by 590 because the ticket is closed has the mail sent back', async () => {
    const road = await setup()
    road.desk.records.set(TICKET, { END_DATE_UT: '2026-11-20T10:00:00Z' })
    road.desk.will(590)
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await untilDone(road)
    expect(await road.mails()).toMatchObject([{ state: 'bounced', code: 'closed' }])
    expect(posts(road)).toBe(1)
  })
})
