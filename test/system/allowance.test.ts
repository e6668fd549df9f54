/** A mailbox whose provider locks who downloads too much a day. */

import { expect, test } from 'vitest'
import { examine } from '../../src/cli/check.ts'
import { EXIT } from '../../src/cli/exit.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter, octets } from '../support/letters.ts'
import { setup, type WholeRoad, worldOf } from '../support/road.ts'

const HOUR = 3_600_000

/** 10:00 UTC it is; each mail takes about 280 kB of the 300 kB a day. */
async function thrifty(): Promise<WholeRoad> {
  const road = await setup({ mailbox: { dailyBytes: '300kB' } })
  for (const n of [1, 2, 3]) await road.post(letter({ attachments: { [`${n}.pdf`]: octets(200_000, `${n}`) } }))
  return road
}

const checked = async ({ settings, now }: WholeRoad, check: string) =>
  (await examine(settings, {}, worldOf({ now: now().getTime() }))).find(one => one.check === check)

describeWithDovecot('the daily allowance of a mailbox', () => {
  test('ends its downloads until midnight UTC, and nothing is lost or sent twice', async () => {
    const road = await thrifty()
    expect(await road.sweep()).toBe(EXIT.suspended)
    expect(road.desk.received).toHaveLength(2)
    expect((await road.accounts()).map(({ seen, delivered, waiting }) => [seen, delivered, waiting])).toEqual([
      [3, 2, 1],
    ])
    const rest = road.events.find(({ kind }) => kind === 'suspended')
    expect(rest).toMatchObject({ status: '4.4.5', until: new Date('2026-11-24T00:00:00Z') })
    expect(rest).toMatchObject({ reason: expect.stringContaining('dailyBytes') })
    road.pass(13 * HOUR)
    expect(await road.sweep()).toBe(EXIT.suspended)
    expect(road.desk.received).toHaveLength(2)
    road.pass(HOUR)
    expect(await road.sweep()).toBe(0)
    expect(road.desk.received.map(({ name }) => name).toSorted()).toEqual(['1.pdf', '2.pdf', '3.pdf'])
  })

  test('is told by check, which does not end that rest', async () => {
    const road = await thrifty()
    expect(await checked(road, 'daily allowance')).toMatchObject({ state: 'ok' })
    await road.sweep()
    expect(await checked(road, 'daily allowance')).toMatchObject({
      state: 'warn',
      detail: expect.stringContaining('the mailbox rests'),
      remedy: expect.stringContaining('midnight UTC'),
    })
    expect(await checked(road, 'suspension')).toBeUndefined()
    expect(await road.sweep()).toBe(EXIT.suspended)
    road.pass(14 * HOUR)
    expect(await checked(road, 'daily allowance')).toMatchObject({ state: 'ok' })
  })
})
