/** Who may: tickets that are closed or somebody else's, and senders that may be forged. */
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { configured, mailclip } from '../support/process.ts'
import { type Overrides, setup, type WholeRoad } from '../support/road.ts'

const TICKET = 'I161026_000005'
const OTHER = 'I161026_000006'
const CLOSED = { END_DATE_UT: '2026-11-20T10:00:00Z' }
const files = { 'a.txt': 'first' }

const states = async (road: WholeRoad) =>
  (await road.mails()).map(({ subject, state, code, status }) => [subject, state, code, status])

/** Questions about tickets themselves, not about their documents. */
const asked = ({ desk }: WholeRoad): number =>
  desk.requests.filter(({ method, path }) => method === 'GET' && /\/requests\/[^/]+$/.test(path)).length

/** Everything but what differs from mail to mail by itself. */
const wording = (raw: string): string =>
  raw
    .replace(/\r\n[ \t]/g, ' ')
    .replace(/^(?:Message-ID|Date|In-Reply-To|References|Subject): .*\r\n/gim, '')
    // The boundary between text and HTML is made of the Message-ID.
    .replaceAll(/mailclip\.[\da-f]{32}/g, 'mailclip')
    .replaceAll(OTHER, TICKET)

async function released(road: WholeRoad, words: readonly string[]): Promise<void> {
  const file = await configured(road.folder, road.written)
  const id = (await road.mails())[0]?.id ?? ''
  const [verb = '', ...options] = words
  expect((await mailclip([verb, id, ...options, '--config', file])).code).toBe(0)
  road.pass(Date.now() - road.now().getTime() + 1_000)
  expect(await road.sweep()).toBe(0)
}

describeWithDovecot('a closed ticket', () => {
  const bounced = ['bounced', 'closed', '5.2.1']
  const held = ['held', 'closed', '5.2.1']
  const delivered = ['delivered', 'delivered', '2.0.0']

  test.each<[string, object, Readonly<Record<string, unknown>>, readonly string[]]>([
    ['by its end date is bounced', { closed: 'bounce' }, CLOSED, bounced],
    ['by its end date is held', { closed: 'hold' }, CLOSED, held],
    ['by its end date is attached, and the desk not asked', { closed: 'attach' }, CLOSED, delivered],
    [
      'by the number of its status is bounced',
      { closed: 'bounce', closedStatuses: ['8'] },
      { STATUS_ID: '8' },
      bounced,
    ],
    [
      'by the name of its status is held',
      { closed: 'hold', closedStatuses: ['closed'] },
      { STATUS: { STATUS_EN: 'Closed' } },
      held,
    ],
  ])('%s as configured, and one that is open gets its files', async (_, rule, record, end) => {
    const road = await setup({ settings: { ticket: rule } })
    road.desk.records.set(TICKET, record)
    await road.post(letter({ subject: TICKET, attachments: files }))
    await road.post(letter({ subject: OTHER, attachments: files }))
    expect(await road.sweep()).toBe(0)
    expect(await states(road)).toEqual([
      [TICKET, ...end],
      [OTHER, ...delivered],
    ])
    const attached = end === delivered
    expect([road.desk.received.length, road.sent.length, asked(road)]).toEqual(attached ? [2, 0, 0] : [1, 1, 2])
  })

  test('that the desk tells of by 590 alone has its mail held where that is wanted', async () => {
    const road = await setup({ desk: { quiet: '0ms', recheck: '0ms' }, settings: { ticket: { closed: 'hold' } } })
    road.desk.records.set(TICKET, CLOSED)
    road.desk.willSay('ticket', { status: 403 })
    road.desk.will(590)
    await road.post(letter({ subject: TICKET, attachments: files }))
    for (let n = 0; n < 5; n += 1) {
      await road.sweep()
      road.pass(3_600_000)
    }
    expect(await states(road)).toEqual([[TICKET, 'held', 'closed', '5.2.1']])
  })

  test('beside an open one gets nothing, the open one does, and the notice says so', async () => {
    const road = await setup({ settings: { ticket: { several: 'all', closed: 'bounce' } } })
    road.desk.records.set(TICKET, CLOSED)
    await road.post(letter({ subject: `${TICKET} ${OTHER}`, attachments: files }))
    expect(await road.sweep()).toBe(0)
    expect(await road.mails()).toMatchObject([{ state: 'bounced', code: 'partial' }])
    expect(road.desk.received.map(({ ticket }) => ticket)).toEqual([OTHER])
    expect(road.sent[0]?.raw.replace(/=\r\n/g, '')).toContain(`the ticket ${TICKET} is closed`)
  })

  test('that a person lets a held mail go to gets its files', async () => {
    const road = await setup({ settings: { ticket: { closed: 'hold' } } })
    road.desk.records.set(TICKET, CLOSED)
    await road.post(letter({ subject: TICKET, attachments: files }))
    await road.sweep()
    await released(road, ['release'])
    expect(await states(road)).toEqual([[TICKET, 'delivered', 'delivered', '2.0.0']])
  })
})

const requester = (more: Overrides = {}): Overrides => ({
  ...more,
  settings: { senders: { requester: 'hold' }, ...more.settings },
})

describeWithDovecot('a ticket with people of its own', () => {
  test.each([
    ['its requestor', 'ann.reporter@example.com'],
    ['its requestor, in another case', 'Ann <ANN.Reporter@EXAMPLE.com>'],
    ['its recipient', 'bob@example.com'],
  ])('takes files from %s', async (_, from) => {
    const road = await setup(requester())
    await road.post(letter({ subject: TICKET, from, attachments: files }))
    expect(await road.sweep()).toBe(0)
    expect(await states(road)).toEqual([[TICKET, 'delivered', 'delivered', '2.0.0']])
    expect(asked(road)).toBe(1)
  })

  test('and one that is not there get strangers the same answer, word for word', async () => {
    const road = await setup(requester())
    road.desk.tickets = new Set([TICKET])
    await road.post(letter({ subject: TICKET, attachments: files }))
    await road.post(letter({ subject: OTHER, attachments: files }))
    expect(await road.sweep()).toBe(0)
    expect(await states(road)).toEqual([
      [TICKET, 'held', 'not-requester', '5.7.2'],
      [OTHER, 'bounced', 'unknown-ticket', '5.1.1'],
    ])
    const [first = '', second = ''] = road.sent.map(({ raw }) => wording(raw))
    expect(first).toContain('has no such ticket')
    expect(second).toBe(first)
    expect(road.desk.received).toEqual([])
  })

  test('and one that is not there get strangers no answer at all where only one of the two would be told', async () => {
    const road = await setup(requester({ notices: { on: ['bounced'] } }))
    road.desk.tickets = new Set([TICKET])
    await road.post(letter({ subject: TICKET, attachments: files }))
    await road.post(letter({ subject: OTHER, attachments: files }))
    await road.sweep()
    expect(road.sent).toEqual([])
  })

  test('that is not there, named beside one of the sender, holds the mail like one of somebody else', async () => {
    const road = await setup(requester({ settings: { ticket: { several: 'all' }, senders: { requester: 'hold' } } }))
    road.desk.tickets = new Set([TICKET])
    await road.post(letter({ subject: `${TICKET} ${OTHER}`, from: 'bob@example.com', attachments: files }))
    await road.sweep()
    expect(await road.mails()).toMatchObject([{ state: 'held', code: 'not-requester' }])
    expect(road.desk.received).toEqual([])
  })

  test('that the desk does not let us see holds every mail, and says that a right is missing', async () => {
    const road = await setup(requester())
    road.desk.willSay('ticket', { status: 403 })
    await road.post(letter({ subject: TICKET, from: 'bob@example.com', attachments: files }))
    expect(await road.sweep()).toBe(0)
    const [mail] = await road.mails()
    expect(mail).toMatchObject({
      state: 'held',
      code: 'not-requester',
      reason: expect.stringContaining('a right is missing'),
    })
  })

  test('holds the mail of a stranger until a person names the ticket', async () => {
    const road = await setup(requester())
    await road.post(letter({ subject: TICKET, attachments: files }))
    await road.sweep()
    await released(road, ['retry'])
    expect(await states(road)).toEqual([[TICKET, 'held', 'not-requester', '5.7.2']])
    await released(road, ['retry', '--ticket', TICKET])
    expect(await states(road)).toEqual([[TICKET, 'delivered', 'delivered', '2.0.0']])
  })
})

describeWithDovecot('a sender that has to be authenticated', () => {
  const dmarc = { settings: { senders: { authentication: 'dmarc', authservIds: ['mx.example.com'] } } }
  const of = (result: string, server = 'mx.example.com'): string => `${server}; dmarc=${result} header.from=example.org`

  test('is believed where our server says so, and no forged one is, nor answered', async () => {
    const road = await setup(dmarc)
    const post = (subject: string, results: readonly string[], from = 'ada@example.org') =>
      road.post(letter({ subject, from, attachments: files, headers: { 'Authentication-Results': results } }))
    await post('I161026_000001', [of('pass')])
    await post('I161026_000002', [of('fail'), of('pass')])
    await post('I161026_000003', [of('pass', 'mx.evil.example')])
    await post('I161026_000004', [of('fail').replace('dmarc', '(dmarc=pass header.from=example.org) dmarc')])
    await post('I161026_000005', [of('pass').replace('example.org', 'evil.example')])
    await post('I161026_000006', [of('pass')], 'ada@example.org, eve@evil.example')
    await post('I161026_000007', [])
    await post('no number', [])
    expect(await road.sweep()).toBe(0)
    const [good, ...forged] = await states(road)
    expect(good).toEqual(['I161026_000001', 'delivered', 'delivered', '2.0.0'])
    expect(forged.map(([, state, code, status]) => [state, code, status])).toEqual(
      Array.from({ length: 7 }, () => ['held', 'spoof', '5.7.26']),
    )
    expect(road.desk.received).toHaveLength(1)
    expect(road.sent).toEqual([])
    expect((await road.imap.folder('Mailclip.Held')).length).toBe(7)
  })

  test('and is not, goes once a person has looked and released the mail', async () => {
    const road = await setup(dmarc)
    await road.post(letter({ subject: TICKET, attachments: files }))
    await road.sweep()
    await released(road, ['release'])
    expect(await states(road)).toEqual([[TICKET, 'delivered', 'delivered', '2.0.0']])
  })
})
