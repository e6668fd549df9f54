import { expect, test } from 'vitest'
import { canaryMail } from '../../src/cli/canary.ts'
import { openBeside } from '../../src/cli/open-ledger.ts'
import { type CanaryOptions, step } from '../../src/daemon/canary.ts'
import type { Event } from '../../src/gateway/events.ts'
import { Fault } from '../../src/mail/fault.ts'
import { machineOf, silenceOf } from '../../src/mail/sender.ts'
import { readHeader } from '../../src/mime/header.ts'
import { rawOf } from '../../src/post/own-mail.ts'
import { SmtpPost } from '../../src/post/post.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { configured, mailclip, rows, start } from '../support/process.ts'
import { type Overrides, setup, worldOf } from '../support/road.ts'
import { smtpSink } from '../support/sink.ts'

const TICKET = 'I161026_000005'
const WAY = { from: 'support@example.com', to: 'support@example.com' }
const HOUR = 3_600_000

/** The canaries of one ledger, on the road's clock; `send` puts them into the mailbox. */
async function flock(overrides: Overrides = {}) {
  const road = await setup(overrides)
  const events: Event[] = []
  await road.sweep()
  let marks = 0
  const sent: string[] = []
  const take = async (send?: CanaryOptions['send']): Promise<number> => {
    await using ledger = await openBeside(road.settings, worldOf({ now: road.now().getTime() }))
    return await step({
      every: HOUR,
      mark: () => `c0ffee${marks++}`,
      send:
        send ??
        (async mark => {
          sent.push(mark)
          await road.post(await rawOf(canaryMail(mark, TICKET, WAY), WAY.from, road.now()))
        }),
      ledger,
      clock: road,
      observe: event => events.push(event),
    })
  }
  const results = () => events.flatMap(event => (event.kind === 'canary' ? [event.result] : []))
  return { ...road, road, events, take, results, sent }
}

describeWithDovecot('a canary', () => {
  test('goes through the relay of the notices where there is one, to the user of the mailbox, and can come back', async () => {
    const sink = await smtpSink()
    const from = { name: 'Support', address: 'support@example.com' }
    const post = new SmtpPost({
      host: '127.0.0.1',
      port: sink.port,
      security: 'plain',
      from,
      returnPath: null,
      clock: { now: () => new Date('2026-11-23T10:00:00Z') },
    })
    await post.mail(canaryMail('c0ffee', TICKET, WAY), new AbortController().signal)
    const [sunk] = await sink.arrived(1)
    expect(sunk).toMatchObject({ from: 'support@example.com', to: ['support@example.com'] })
    for (const one of [/^X-Mailclip-Canary: c0ffee/im, /canary c0ffee/, /filename=canary-c0ffee.txt/])
      expect(sunk?.raw).toMatch(one)
    const header = readHeader(Buffer.from(sunk?.raw.split('\r\n\r\n')[0] ?? ''))
    expect([machineOf(header, []), silenceOf(header, [])]).toEqual([undefined, 'a test mail of our own (canary)'])
  })

  test('is put into the folder where there is no relay, reaches its ticket, and tells nobody', async () => {
    const { written, folder, desk, sent } = await setup({
      notices: null,
      settings: { schedule: '0 0 1 1 *', canary: { ticket: TICKET, every: '1h' } },
    })
    const file = await configured(folder, written)
    const daemon = start(['run', '--config', file])
    await desk.until(() => desk.documents(TICKET).length === 1)
    await daemon.says(/"result":"delivered"/)
    daemon.child.kill('SIGTERM')
    expect((await daemon.ended).code).toBe(0)
    const [mail] = rows((await mailclip(['list', '--json', '--config', file])).out)
    expect(mail).toMatchObject({
      state: 'delivered',
      subject: expect.stringMatching(/^I161026_000005 mailclip canary /),
    })
    expect(sent).toEqual([])
  })

  test('is timed to its ticket, and the next one goes only after its hour', async () => {
    const { take, results, sweep, pass, events, sent, desk } = await flock()
    await take()
    pass(4_000)
    await take()
    expect(results()).toEqual(['sent'])
    await sweep()
    pass(60_000)
    await take()
    await take()
    expect(results()).toEqual(['sent', 'delivered'])
    expect(events.at(-1)).toMatchObject({ ms: 4_000 })
    expect(sent).toHaveLength(1)
    pass(HOUR)
    await take()
    expect(sent).toHaveLength(2)
    expect(desk.documents(TICKET)).toHaveLength(1)
    await sweep()
  })

  test('that cannot be delivered fails, and no notice goes even where everybody gets one', async () => {
    const { take, results, sweep, pass, road } = await flock({ notices: { on: ['bounced', 'held'] } })
    road.desk.will(404, 404)
    await take(async mark => void (await road.post(await rawOf(canaryMail(mark, 'none', WAY), WAY.from, road.now()))))
    await sweep()
    pass(6_000)
    await take()
    expect(results()).toEqual(['sent', 'failed'])
    expect(road.sent).toEqual([])
  })

  test('that does not come is lost after a quarter of an hour; until then no other is sent', async () => {
    const { take, results, pass } = await flock()
    await take(async () => {})
    pass(14 * 60_000)
    await take()
    expect(results()).toEqual(['sent'])
    pass(2 * 60_000)
    await take()
    expect(results()).toEqual(['sent', 'lost'])
  })

  test('that the relay does not take has failed at once', async () => {
    const { take, results, events } = await flock()
    await take(() => Promise.reject(new Fault('4.4.1', 'nobody answers there', { scope: 'post' })))
    expect(results()).toEqual(['failed'])
    expect(events.at(-1)).toMatchObject({ reason: expect.stringContaining('nobody answers there') })
  })
})
