/** A clock that was set between two starts, and one that is years ahead when old mail is to be forgotten. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { SqlLedger } from '../../src/ledger/ledger.ts'
import { openSqlite } from '../../src/ledger/sqlite.ts'
import { folder, ledgerOn } from './desktop.ts'
import { claimed } from './exercise-attempts.ts'
import { cursor, DAY, deferred, dispatchOf, final, HOUR, item, MINUTE, newest, START, sighted } from './samples.ts'

/** One machine, whose clock may be set and which may boot anew. */
function setup() {
  const file = join(folder(), 'ledger.db')
  const machine = { boot: 'one', up: 5 * HOUR }
  let wall = START.getTime()
  const now = (): Date => new Date(wall)
  return {
    machine,
    now,
    start: async (): Promise<SqlLedger> => {
      const ledger = ledgerOn(await openSqlite(file, { create: true }), now, () => ({ ...machine }))
      onTestFinished(() => ledger[Symbol.asyncDispose]())
      return ledger
    },
    pass: (ms: number): void => {
      wall += ms
      machine.up += ms
    },
    set: (ms: number): void => {
      wall += ms
    },
  }
}

/** A mail with an upload nobody knows the end of, not found in a first list either. */
async function begunIn(ledger: SqlLedger, now: Date): Promise<string> {
  const [id = ''] = await ledger.record([sighted(1)], cursor(1))
  const claim = await claimed(ledger, now)
  const [row] = await ledger.dispatch(claim, dispatchOf(item('a.pdf')), [])
  await ledger.begin(claim, row?.item ?? 0, [], now)
  await ledger.noteAbsence(claim, row?.item ?? 0, now)
  await ledger.conclude(claim, deferred(new Date(now.getTime() + HOUR)), [])
  return id
}

test.each([
  ['was set forward by 40 days', 40 * DAY],
  ['was set back by 3 days', -3 * DAY],
])('where the clock %s between two starts, quiet time begins anew and no earlier list counts', async (_, jump) => {
  const { start, pass, set, now } = setup()
  const id = await begunIn(await start(), now())
  pass(MINUTE)
  set(jump)
  const ledger = await start()
  await ledger.claim('support', now())
  expect(await ledger.items(id)).toMatchObject([{ state: 'begun', begunAt: now(), absentAt: undefined }])
  const restarted = now()
  pass(MINUTE)
  const again = await start()
  await again.claim('support', now())
  expect(await again.items(id)).toMatchObject([{ begunAt: restarted }])
})

test.each([
  ['on the same boot', false],
  ['on another one', true],
])('time that passed between two starts is time that passed: %s', async (_, reboot) => {
  const { start, pass, now, machine } = setup()
  const begunAt = now()
  const id = await begunIn(await start(), begunAt)
  pass(10 * MINUTE)
  if (reboot) Object.assign(machine, { boot: 'two', up: MINUTE })
  const ledger = await start()
  await ledger.claim('support', now())
  expect(await ledger.items(id)).toMatchObject([{ begunAt, absentAt: begunAt }])
})

test('a clock that is years ahead forgets nothing before new mail shows what time it is', async () => {
  const { start, set, now } = setup()
  const ledger = await start()
  await ledger.record([sighted(1, { decided: final('discarded') })], cursor(1))
  set(3 * 365 * DAY)
  expect(await ledger.trim(now(), 400 * DAY)).toBe(0)
  await ledger.record([newest(now())], cursor(9))
  expect(await ledger.trim(now(), 400 * DAY)).toBe(1)
})
