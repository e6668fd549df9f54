/**
 * What a desk can do wrong: every attachment is on its ticket once in the end, or a person can see why not.
 * `npm run prove:ambiguous` meets each answer that proves nothing five times over.
 */
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { certificate } from '../support/certificate.ts'
import { type Act, scriptedDesk } from '../support/desk.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter, octets, sha256 } from '../support/letters.ts'
import { atDesk, untilDone } from '../support/passing.ts'
import { freePort } from '../support/ports.ts'
import { posts, setup, type WholeRoad } from '../support/road.ts'

const TICKET = 'I161026_000005'
const SECOND = 1_000
const MINUTE = 60 * SECOND
const PAGE = '<html><body>welcome</body></html>'
const TIMES = Number(env['AMBIGUOUS'] ?? 1)
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

const numbered = (n: number): string => `I161026_00000${n}`

describeWithDovecot('an upload whose answer proves nothing', () => {
  const FILE = octets(40_000)

  async function onceInTheEnd(act: Act): Promise<WholeRoad> {
    const road = await setup({ desk: { timeout: '600ms' } })
    road.desk.will(act)
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    await untilDone(road)
    expect(road.desk.documents(TICKET).map(({ bytes }) => sha256(bytes))).toEqual([sha256(FILE)])
    expect(await road.mails()).toMatchObject([{ state: 'delivered', attachments: [{ state: 'delivered' }] }])
    expect(road.sent).toEqual([])
    return road
  }

  const severalTimes = (answers: readonly [string, Act][]): readonly [string, Act][] =>
    answers.flatMap(one => Array.from({ length: TIMES }, () => one))

  test.each<[string, Act]>(
    severalTimes([
      ['a reset after it was kept', 'keep and hang up'],
      ['an end without an answer', { status: 0, raw: '', keep: true }],
      ['a 201 that breaks off', 'truncate'],
      ['a 100 Continue and nothing more', { status: 0, raw: CONTINUE, keep: true }],
      ['200 with a page', { status: 200, body: PAGE }],
      ['200 with nothing', { status: 200, body: '' }],
      ['500', { status: 500, keep: true }],
      ['502', { status: 502, keep: true }],
      ['504', { status: 504, keep: true }],
      ['590', { status: 590, keep: true }],
      ['a 201 that comes too slowly', 'trickle'],
      ['silence', 'keep and be silent'],
    ]),
  )('is found on the ticket and not sent again: %s', async (_, act) => {
    const road = await onceInTheEnd(act)
    expect(posts(road)).toBe(1)
  })

  test.each<[string, Act]>(
    severalTimes([
      ['a reset', 'hang up'],
      ['an end without an answer', { status: 0, raw: '', keep: false }],
      ['a 100 Continue and nothing more', { status: 0, raw: CONTINUE, keep: false }],
      ['200 with a page', { status: 200, body: PAGE, keep: false }],
      ['500', 500],
      ['502', 502],
      ['504', 504],
      ['590', 590],
      ['a 201 that was a lie', 'swallow'],
      ['silence', 'silent'],
    ]),
  )('is sent once more when it is not there after all: %s', async (_, act) => {
    const road = await onceInTheEnd(act)
    expect(posts(road)).toBe(2)
  })

  test('is not taken for one that somebody else put there under its name', async () => {
    const road = await setup()
    await road.sweep()
    road.desk.will('hang up')
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    await road.sweep()
    road.desk.put(TICKET, 'a.bin', octets(40_000, 'foreign'))
    await untilDone(road)
    const kept = road.desk.documents(TICKET).map(({ bytes }) => sha256(bytes))
    expect(kept.toSorted()).toEqual([sha256(octets(40_000, 'foreign')), sha256(FILE)].toSorted())
  })

  test('is not taken by a mail with another file of that name, whose own is listed late', async () => {
    const road = await setup()
    const other = octets(40_000, 'another scan')
    await road.sweep()
    road.desk.will(504)
    await road.post(letter({ attachments: { 'scan.pdf': FILE } }))
    expect(await road.sweep()).toBe(75)
    const answer = Promise.withResolvers<void>()
    road.desk.will({ status: 201, keep: false, when: answer.promise })
    await road.post(letter({ attachments: { 'scan.pdf': other } }))
    const sweeping = road.sweep()
    await road.desk.until(() => road.desk.received.length === 2)
    // The first one has arrived after all, and the second one is shown only after the look at the list.
    road.desk.put(TICKET, 'scan.pdf', FILE)
    answer.resolve()
    await sweeping
    road.desk.put(TICKET, 'scan.pdf', other)
    await untilDone(road)
    expect(road.desk.documents(TICKET).map(one => one.sha256)).toEqual([sha256(FILE), sha256(other)])
  })

  test('is not taken for another one of its name that is in doubt as well where nothing can be downloaded', async () => {
    const road = await setup()
    await road.sweep()
    road.desk.willSay('download', ...Array.from({ length: 40 }, () => 403))
    for (const content of [FILE, octets(40_000, 'another scan')]) {
      road.desk.will(504)
      await road.post(letter({ attachments: { 'scan.pdf': content } }))
      await road.sweep()
    }
    expect(posts(road)).toBe(2)
    road.desk.put(TICKET, 'scan.pdf', octets(40_000, 'another scan'))
    await untilDone(road)
    const mails = await road.mails()
    expect(mails.map(({ state, code }) => `${state} ${code}`)).toEqual(['held uncertain', 'held uncertain'])
    expect(posts(road)).toBe(2)
  })

  test('is not taken for the same file that was on the ticket before', async () => {
    const road = await setup()
    await road.sweep()
    road.desk.put(TICKET, 'a.bin', FILE)
    road.desk.will('hang up')
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    await untilDone(road)
    expect(road.desk.documents(TICKET)).toHaveLength(2)
  })

  test('of two equal files is counted for each of them', async () => {
    const road = await setup()
    road.desk.will('keep and hang up', 'keep and hang up')
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    await untilDone(road)
    expect(road.desk.documents(TICKET)).toHaveLength(2)
    const ids = (await road.mails()).flatMap(({ attachments }) => attachments.map(({ documentId }) => documentId))
    expect(new Set(ids).size).toBe(2)
  })

  test('is not sent again when the desk keeps it late, but within the quiet time', async () => {
    const road = await setup({ desk: { quiet: '60s', recheck: '10s', timeout: '300ms' } })
    road.desk.will({ status: 504, keep: true, keepAfter: 300 })
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    expect(await road.sweep()).toBe(75)
    await road.desk.until(() => road.desk.documents(TICKET).length === 1)
    await untilDone(road, { step: 10 * SECOND })
    expect([posts(road), road.desk.documents(TICKET).length]).toEqual([1, 1])
  })

  test('is looked for again and again before, and twice after, the quiet time, and only then sent', async () => {
    const road = await setup({ desk: { quiet: '300s', recheck: '30s' } })
    road.desk.will('hang up')
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    const started = road.now().getTime()
    const looks: number[] = []
    while (posts(road) < 2) {
      const before = road.desk.requests.length
      await road.sweep()
      if (road.desk.requests.length > before) looks.push((road.now().getTime() - started) / SECOND)
      road.pass(5 * SECOND)
    }
    const sent = looks.at(-1) ?? 0
    const late = looks.filter(at => at >= 300 && at < sent)
    expect(sent).toBeGreaterThanOrEqual(330)
    expect(late).toHaveLength(1)
    expect(sent - (late[0] ?? 0)).toBeGreaterThanOrEqual(30)
    expect(looks.length).toBeGreaterThan(3)
  })

  test('is not called absent by a look that began within the quiet time, however long its answer took', async () => {
    const road = await setup({ desk: { quiet: '300s', recheck: '60s' } })
    road.desk.will('hang up')
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    expect(await road.sweep()).toBe(75)
    road.pass(299 * SECOND)
    const asked = road.desk.requests.length
    const body = `{"Documents":[],"HREF":"/requests/${TICKET}/documents"}`
    road.desk.willSay('list', { status: 200, body, delay: 300 })
    const sweeping = road.sweep()
    await road.desk.until(() => road.desk.requests.length > asked)
    road.pass(10 * SECOND)
    expect(await sweeping).toBe(75)
    // That look is none, and the next one is the first of two.
    expect(road.desk.requests).toHaveLength(asked + 2)
    expect(posts(road)).toBe(1)
    await untilDone(road)
    expect(posts(road)).toBe(2)
  })

  test('that took longer than the quiet time is not called absent before it is over once more', async () => {
    const road = await setup({ desk: { quiet: '300s', recheck: '30s' } })
    const end = Promise.withResolvers<void>()
    road.desk.will({ status: 504, when: end.promise })
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    const sweeping = road.sweep()
    await road.desk.until(() => road.desk.received.length === 1)
    road.pass(10 * MINUTE)
    end.resolve()
    expect(await sweeping).toBe(75)
    const cut = road.now().getTime()
    while (posts(road) < 2) {
      road.pass(10 * SECOND)
      await road.sweep()
    }
    expect(road.now().getTime() - cut).toBeGreaterThanOrEqual(330 * SECOND)
  })

  test('on a ticket that the desk does not know for a while is found when it knows it again', async () => {
    const road = await setup()
    road.desk.will({ status: 500, keepAfter: 1 })
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    road.desk.willSay('list', 200, {
      status: 200,
      body: '{"Documents":[],"HREF":"/requests/I161026_000005/documents"}',
    })
    expect(await road.sweep()).toBe(75)
    road.desk.tickets = new Set()
    road.pass(MINUTE)
    expect(await road.sweep()).toBe(75)
    expect(await road.mails()).toMatchObject([{ state: 'deferred', code: 'deferred-uncertain' }])
    road.desk.tickets = 'any'
    await untilDone(road)
    expect(await road.mails()).toMatchObject([{ state: 'delivered' }])
    expect(posts(road)).toBe(1)
  })

  test('on a ticket that was removed meanwhile is sent back to the sender, and not for ever looked for', async () => {
    const road = await setup()
    road.desk.will('hang up')
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    expect(await road.sweep()).toBe(75)
    road.desk.tickets = new Set()
    await untilDone(road)
    expect(await road.mails()).toMatchObject([{ state: 'bounced', code: 'unknown-ticket' }])
    expect(posts(road)).toBe(1)
  })
})

describeWithDovecot('a desk that gives no list', () => {
  const denied = (road: WholeRoad): void => road.desk.willSay('list', ...Array.from({ length: 30 }, () => 403))

  test('is believed when it says that it took the file', async () => {
    const road = await setup()
    denied(road)
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(0)
    expect(await road.mails()).toMatchObject([{ state: 'delivered', attachments: [{ documentId: null }] }])
  })

  test.each(['keep and hang up', 'hang up'] as const)(
    'has what it may have taken left to a person, and the other files sent: %s',
    async act => {
      const road = await setup()
      denied(road)
      road.desk.will(act)
      await road.post(letter({ attachments: { 'a.txt': 'first', 'b.txt': 'second' } }))
      expect(await road.sweep()).toBe(0)
      expect(posts(road)).toBe(2)
      const [mail] = await road.mails()
      expect(mail).toMatchObject({ state: 'held', code: 'uncertain', status: '5.4.4' })
      expect(mail?.attachments.map(({ state }) => state)).toEqual(['uncertain', 'delivered'])
      await road.sweep()
      expect(posts(road)).toBe(2)
    },
  )

  test.each([
    ['keep and hang up', 2],
    ['hang up', 1],
  ] as const)('has it sent again where that is wanted: %s', async (act, copies) => {
    const road = await setup({ desk: { uncertain: 'repost' } })
    denied(road)
    road.desk.will(act)
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await untilDone(road)
    expect(await road.mails()).toMatchObject([{ state: 'delivered' }])
    expect([posts(road), road.desk.documents(TICKET).length]).toEqual([2, copies])
  })
})

describeWithDovecot('an upload that was not sent', () => {
  test.each<[string, () => Promise<string>]>([
    ['no such host', async () => 'http://localhost.invalid/api/v1/50004'],
    ['nobody listens', async () => `http://127.0.0.1:${await freePort()}/api/v1/50004`],
    ['a certificate nobody trusts', async () => (await scriptedDesk(undefined, { tls: await certificate() })).url],
  ])('costs the mail no try, and goes once the way is free: %s', async (_, nowhere) => {
    const road = await setup()
    const lost = atDesk(road.settings, { url: await nowhere() })
    for (const n of [1, 2, 3]) await road.post(letter({ subject: numbered(n), attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep(lost)).toBe(69)
    expect((await road.mails()).map(({ state, attempts }) => [state, attempts])).toEqual(
      Array.from({ length: 3 }, () => ['queued', 0]),
    )
    expect(await road.sweep()).toBe(0)
    expect((await road.mails()).map(({ state, attempts }) => [state, attempts])).toEqual(
      Array.from({ length: 3 }, () => ['delivered', 1]),
    )
    expect(road.sent).toEqual([])
  })

  test('because the desk came to rest meanwhile is not called uncertain', async () => {
    const road = await setup({ desk: { concurrency: 1 } })
    road.desk.willSay('list', ...Array.from({ length: 3 }, () => ({ status: 200, delay: 100 })))
    road.desk.will({ status: 429, headers: { 'retry-after': '30' }, delay: 200 })
    for (const n of [1, 2, 3]) await road.post(letter({ subject: numbered(n), attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(69)
    expect(posts(road)).toBe(1)
    const mails = await road.mails()
    expect(mails.map(({ state, attempts }) => [state, attempts])).toEqual(
      Array.from({ length: 3 }, () => ['queued', 0]),
    )
    for (const { attachments } of mails) for (const { state } of attachments) expect(state).toBe('pending')
    road.pass(31 * SECOND)
    expect(await road.sweep()).toBe(0)
    expect(posts(road)).toBe(4)
  })
})

describeWithDovecot('a desk that names the time until which we are to wait', () => {
  test('is asked nothing until then, by any mail, and has each of them once afterwards', async () => {
    const road = await setup({ desk: { concurrency: 1 } })
    road.desk.will({
      status: 429,
      headers: { 'retry-after': new Date(road.now().getTime() + 30 * SECOND).toUTCString() },
    })
    for (const n of [1, 2, 3]) await road.post(letter({ subject: numbered(n), attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(69)
    const asked = road.desk.requests.length
    road.pass(29 * SECOND)
    expect(await road.sweep()).toBe(69)
    expect([posts(road), road.desk.requests.length]).toEqual([1, asked])
    road.pass(SECOND)
    expect(await road.sweep()).toBe(0)
    expect((await road.mails()).map(({ attempts }) => attempts)).toEqual([1, 1, 1])
    expect([1, 2, 3].map(n => road.desk.documents(numbered(n)).length)).toEqual([1, 1, 1])
  })
})

describeWithDovecot('a desk that sends us elsewhere', () => {
  test.each([301, 302, 303, 307, 308])('by %i is not followed, and nothing is lost', async status => {
    const elsewhere = await scriptedDesk(undefined)
    const road = await setup()
    const headers = { location: `${elsewhere.url}/requests/${TICKET}/documents` }
    road.desk.will({ status, headers })
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(69)
    expect(road.events.filter(({ kind }) => kind === 'suspended')).toMatchObject([{ status: '4.3.5' }])
    road.desk.willSay('list', { status, headers })
    await untilDone(road)
    expect(elsewhere.requests).toEqual([])
    expect(road.desk.documents(TICKET)).toHaveLength(1)
    await elsewhere.close()
  })
})

describeWithDovecot('a desk that fails at uploads', () => {
  test('of one mail is not believed down, and the others go on', async () => {
    const road = await setup({ desk: { concurrency: 1 } })
    road.desk.will(500)
    for (const n of [1, 2, 3]) await road.post(letter({ subject: numbered(n), attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(75)
    expect((await road.mails()).map(({ state }) => state).toSorted()).toEqual(['deferred', 'delivered', 'delivered'])
  })

  test('of two mails in a row comes to rest, and the third keeps its try', async () => {
    const road = await setup({ desk: { concurrency: 1 } })
    road.desk.will(500, 500)
    for (const n of [1, 2, 3]) await road.post(letter({ subject: numbered(n), attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(69)
    expect(posts(road)).toBe(2)
    expect((await road.mails()).filter(({ attempts }) => attempts === 0).length).toBeGreaterThanOrEqual(1)
    await untilDone(road)
    for (const n of [1, 2, 3]) expect(road.desk.documents(numbered(n))).toHaveLength(1)
  })
})
