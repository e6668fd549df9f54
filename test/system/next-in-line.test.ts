/** One upload is written down while it waits for a slot, so that no slot waits for the disk. */
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { eventually, mortal } from '../support/mortal.ts'
import { setup, type WholeRoad } from '../support/road.ts'

const MINUTE = 60_000
const ALONE = { desk: { concurrency: 1 } }

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

const posts = ({ desk }: WholeRoad): number => desk.requests.filter(({ method }) => method === 'POST').length

const isInLine = (road: WholeRoad, ...wanted: readonly string[]): Promise<void> =>
  eventually(async () => (await states(road)).join() === wanted.join())

describeWithDovecot('while the only slot is taken', () => {
  test('the next upload is written down and no other, and a crash then doubles none of them', async () => {
    const road = await mortal(ALONE)
    const tickets = await send(road, 4)
    road.desk.will({ status: 201, delay: MINUTE })
    const process = road.start()
    await road.desk.until(() => posts(road) === 1)
    await isInLine(road, 'begun', 'begun', 'pending', 'pending')
    await road.kill(process)
    expect([posts(road), ...(await states(road))]).toEqual([1, 'begun', 'begun', 'pending', 'pending'])
    await road.finish()
    for (const ticket of tickets) expect(road.desk.documents(ticket)).toHaveLength(1)
  })

  test('and the desk rests from then on, the next one is not sent', async () => {
    const road = await setup(ALONE)
    await send(road, 2)
    const { promise: when, resolve: answer } = Promise.withResolvers<void>()
    road.desk.will({ status: 401, when })
    const swept = road.sweep()
    await isInLine(road, 'begun', 'begun')
    answer()
    expect(await swept).toBe(77)
    expect([posts(road), ...(await states(road))]).toEqual([1, 'pending', 'pending'])
  })

  test('the quiet time of the next one does not run', async () => {
    const road = await setup({
      desk: { concurrency: 1, quiet: '30s', recheck: '10s' },
      settings: { retry: { first: '10m' } },
    })
    await send(road, 2)
    const { promise: when, resolve: answer } = Promise.withResolvers<void>()
    road.desk.will({ status: 201, when }, 'hang up')
    const swept = road.sweep()
    await isInLine(road, 'begun', 'begun')
    road.pass(MINUTE)
    answer()
    await swept
    const [waits] = (await road.mails()).filter(({ state }) => state === 'deferred')
    expect(Date.parse(waits?.dueAt ?? '') - road.now().getTime()).toBe(30_000)
    road.pass(41_000)
    await road.sweep()
    road.pass(11_000)
    expect(await road.sweep()).toBe(0)
    expect((await states(road)).join()).toBe('delivered,delivered')
  })
})
