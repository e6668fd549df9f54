/** A clock that was ahead when the ledger was written, and has been set right since. */
import { expect, test } from 'vitest'
import type { Open } from './exercise.ts'
import { claimed } from './exercise-attempts.ts'
import { cursor, DAY, deferred, dispatchOf, final, HOUR, item, MINUTE, notice, sighted } from './samples.ts'

export function clockOf(open: Open): void {
  test('nothing waits for the days that the clock was ahead', async () => {
    const { ledger, now, pass } = await open()
    const [id] = await ledger.record([sighted(1)], cursor(1))
    await ledger.conclude(await claimed(ledger, now()), deferred(new Date(now().getTime() + HOUR)), [])
    pass(-40 * DAY)
    expect(await claimed(ledger, now())).toMatchObject({ id, attempt: 2 })
  })

  test('an upload that was begun later than now counts as begun now, and absence is not known before', async () => {
    const { ledger, now, pass } = await open()
    await ledger.record([sighted(1)], cursor(1))
    const claim = await claimed(ledger, now())
    const [row] = await ledger.dispatch(claim, dispatchOf(item('a.pdf')), [])
    await ledger.begin(claim, row?.item ?? 0, [], now())
    await ledger.noteAbsence(claim, row?.item ?? 0, now())
    await ledger.conclude(claim, deferred(new Date(now().getTime() + HOUR)), [])
    pass(-40 * DAY)
    const set = now()
    expect((await claimed(ledger, now())).items).toMatchObject([{ state: 'begun', begunAt: set, absentAt: set }])
    pass(2 * MINUTE)
    expect((await claimed(ledger, now())).items).toMatchObject([{ begunAt: set, absentAt: set }])
  })

  test('a notice that is to be sent once more does not wait for it, and the caps do not count what went then', async () => {
    const { ledger, now, pass } = await open()
    const ids = await ledger.record(
      [1, 2, 3, 4, 5, 6].map(uid =>
        sighted(uid, {
          decided: final('bounced', { notice: notice('bounced', 'ada@example.com', uid) }),
        }),
      ),
      cursor(6),
    )
    for (const id of ids.slice(0, 5)) {
      const row = (await ledger.unsettledOne(id))?.notice?.row ?? 0
      expect(await ledger.beginNotice(row, now())).toBe(true)
      const again = id === ids[0] ? new Date(now().getTime() + HOUR) : undefined
      await ledger.endNotice(row, again === undefined ? 'sent' : 'failed', undefined, again)
    }
    pass(-40 * DAY)
    for (const id of [ids[0], ids[5]]) {
      const row = (await ledger.unsettledOne(id ?? ''))?.notice?.row ?? 0
      expect(await ledger.beginNotice(row, now())).toBe(true)
    }
  })
}
