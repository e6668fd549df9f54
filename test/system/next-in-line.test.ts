/** One upload is written down while it waits for a slot, so that the slot need not wait for the disk. */
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { Act } from '../support/desk.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { eventually, mortal } from '../support/mortal.ts'
import { untilDone } from '../support/passing.ts'
import { configured, start } from '../support/process.ts'
import { posts, setup, type WholeRoad } from '../support/road.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const ALONE = { desk: { concurrency: 1 } }
const WAITING = ['begun', 'begun'] as const

/** One mail for each ticket, after a sweep that makes the ledger. */
async function send(road: WholeRoad, count: number): Promise<readonly string[]> {
  const tickets = Array.from({ length: count }, (_, n) => `I161026_00020${n}`)
  await road.sweep()
  for (const ticket of tickets) await road.post(letter({ subject: ticket, attachments: { 'a.txt': `of ${ticket}` } }))
  return tickets
}

async function states(road: WholeRoad): Promise<readonly string[]> {
  const attachments = (await road.mails()).flatMap(mail => mail.attachments)
  return attachments.map(({ state }) => state).toSorted()
}

/** The first upload has come to the desk, and the attachments are in these states. */
async function untilStates(road: WholeRoad, wanted: readonly string[]): Promise<void> {
  await road.desk.until(() => posts(road) === 1)
  await eventually(async () => (await states(road)).join() === wanted.join())
}

/** A sweep that has come so far, and goes on when the desk answers. */
async function untilInLine(road: WholeRoad, answer: { readonly status: number }, ...next: readonly Act[]) {
  const { promise: when, resolve: answers } = Promise.withResolvers<void>()
  road.desk.will({ ...answer, when }, ...next)
  const swept = road.sweep()
  await untilStates(road, WAITING)
  return { swept, answers }
}

function inLedger<T>(road: WholeRoad, work: (ledger: DatabaseSync) => T): T {
  using ledger = new DatabaseSync(road.settings.ledger.file)
  return work(ledger)
}

describeWithDovecot('while the only slot is taken', () => {
  test('the next upload is written down and no other, and a crash then doubles none of them', async () => {
    const road = await mortal(ALONE)
    const tickets = await send(road, 4)
    road.desk.will({ status: 201, delay: MINUTE })
    const process = road.start()
    await untilStates(road, [...WAITING, 'pending', 'pending'])
    await road.kill(process)
    expect([posts(road), ...(await states(road))]).toEqual([1, ...WAITING, 'pending', 'pending'])
    await road.finish()
    for (const ticket of tickets) expect(road.desk.documents(ticket)).toHaveLength(1)
  })

  test('and the process is killed, the next one goes in its plainest form once it is rejected, like every other', async () => {
    const road = await mortal(ALONE)
    const tickets = await send(road, 2)
    road.desk.will({ status: 201, delay: MINUTE }, 590)
    const process = road.start()
    await untilStates(road, WAITING)
    await road.kill(process)
    await road.finish()
    for (const ticket of tickets) expect(road.desk.documents(ticket)).toHaveLength(1)
    expect(posts(road)).toBe(3)
  })

  test('of a desk that gives no list, nothing is written down that has not left', async () => {
    const road = await mortal(ALONE)
    await send(road, 2)
    road.desk.willSay('list', ...Array.from({ length: 30 }, () => 403))
    road.desk.will({ status: 201, delay: MINUTE })
    const process = road.start()
    await untilStates(road, ['begun', 'pending'])
    await road.kill(process)
    await road.finish()
    expect((await road.mails()).map(({ state }) => state).toSorted()).toEqual(['delivered', 'held'])
  })

  test('and the desk rests from then on, the next one is not sent', async () => {
    const road = await setup(ALONE)
    await send(road, 2)
    const { swept, answers } = await untilInLine(road, { status: 401 })
    answers()
    expect(await swept).toBe(77)
    expect([posts(road), ...(await states(road))]).toEqual([1, 'pending', 'pending'])
  })

  test.each([
    ['5m', 40 * SECOND],
    ['1s', 900],
  ])(
    'the quiet time (%s) of the next one does not run, and nobody is told that it took so long',
    async (quiet, waits) => {
      const road = await setup({ desk: { ...ALONE.desk, quiet } })
      const [, next] = await send(road, 2)
      const { promise: when, resolve: answersNext } = Promise.withResolvers<void>()
      const { swept, answers } = await untilInLine(road, { status: 201 }, { status: 201, when })
      road.pass(waits)
      answers()
      await road.desk.until(() => posts(road) === 2)
      const begun = "select begun_at from item where ticket = ? and state = 'begun'"
      expect(inLedger(road, ledger => ledger.prepare(begun).get(next ?? ''))).toEqual({
        begun_at: road.now().getTime(),
      })
      answersNext()
      await swept
      const took = road.events.flatMap(event => (event.kind === 'attached' ? [event.ms] : []))
      expect(took).toEqual([waits, 0])
    },
  )

  test('the next one is not sent when its try has become somebody else’s meanwhile', async () => {
    const road = await setup(ALONE)
    const tickets = await send(road, 2)
    const { swept, answers } = await untilInLine(road, { status: 201 })
    inLedger(road, ledger => ledger.exec("update entry set lease = 'of another'"))
    road.pass(2 * SECOND)
    answers()
    await swept
    expect(posts(road)).toBe(1)
    road.pass(10 * MINUTE)
    await untilDone(road)
    for (const ticket of tickets) expect(road.desk.documents(ticket)).toHaveLength(1)
  })
})

describeWithDovecot('a ledger that fails once the desk has the file', () => {
  test('does not have it sent again, or left to a person because nothing is listed', { timeout: 60_000 }, async () => {
    const road = await setup()
    const [ticket = ''] = await send(road, 1)
    road.desk.willSay('list', ...Array.from({ length: 30 }, () => 403))
    const { promise: when, resolve: answers } = Promise.withResolvers<void>()
    road.desk.will({ status: 201, when })
    const swept = road.sweep()
    await road.desk.until(() => posts(road) === 1)
    const other = new DatabaseSync(road.settings.ledger.file)
    other.exec('begin immediate')
    answers()
    // The ledger waits five seconds for the lock, and nothing else is done meanwhile.
    setTimeout(() => other.close(), SECOND)
    await expect(swept).rejects.toMatchObject({ scope: 'ledger' })
    await untilDone(road)
    expect([posts(road), road.desk.documents(ticket).length, ...(await states(road))]).toEqual([1, 1, 'delivered'])
  })
})

describeWithDovecot('a stop that cuts two uploads', () => {
  test('does not have the desk rest for it', async () => {
    const road = await setup({
      settings: { schedule: '0 0 1 1 *', drain: '300ms' },
      desk: { quiet: '0s', recheck: '0s' },
    })
    const tickets = await send(road, 2)
    const never = new Promise(() => undefined)
    road.desk.will({ status: 201, when: never }, { status: 201, when: never })
    const daemon = start(['run', '--config', await configured(road.folder, road.written)])
    await road.desk.until(() => tickets.every(ticket => road.desk.documents(ticket).length === 1))
    daemon.child.kill('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0 })
    road.pass(Date.now() - road.now().getTime())
    expect(await road.sweep()).toBe(0)
    for (const ticket of tickets) expect(road.desk.documents(ticket)).toHaveLength(1)
  })
})
