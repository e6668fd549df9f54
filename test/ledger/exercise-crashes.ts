/** Unclean ends: nothing is forgotten, and a mail is held against the process's end only when it was alone. */
import { expect, test } from 'vitest'
import type { Open } from './exercise.ts'
import { claimed } from './exercise-attempts.ts'
import { CALM, cursor, deferred, dispatchOf, final, item, notice, sighted } from './samples.ts'

export function crashesOf(open: Open): void {
  test('mails that were active come alone, one at a time, before anything else', async () => {
    const { ledger, now, crash } = await open()
    const ids = await ledger.record(
      [1, 2, 3].map(uid => sighted(uid)),
      cursor(3),
    )
    await claimed(ledger, now())
    await claimed(ledger, now())
    const next = await crash()
    const first = await claimed(next, now())
    expect(first).toMatchObject({ id: ids[0], attempt: 2, crashes: 0, interrupted: 1 })
    expect(await next.claim('support', now())).toBeUndefined()
    await next.conclude(first, final('delivered'), [])
    const second = await claimed(next, now())
    expect(second).toMatchObject({ id: ids[1], crashes: 0 })
    expect(await next.claim('support', now())).toBeUndefined()
    await next.giveBack(second, now(), 'an orderly stop')
    expect((await claimed(next, now())).id).toBe(ids[2])
    expect((await claimed(next, now())).id).toBe(ids[1])
  })

  test('while anything else is active, they wait; and nothing new is begun while they do', async () => {
    const { ledger, now, crash } = await open()
    await ledger.record([sighted(1)], cursor(1))
    const elsewhere = (uid: number) => {
      const { envelope } = sighted(uid)
      return sighted(uid, { envelope: { ...envelope, ref: { ...envelope.ref, mailbox: 'other' } } })
    }
    await ledger.record([elsewhere(1), elsewhere(2)], cursor(2, 'other'))
    await claimed(ledger, now())
    const next = await crash()
    const usual = await claimed(next, now(), 'other')
    expect(await next.claim('support', now())).toBeUndefined()
    expect(await next.claim('other', now())).toBeUndefined()
    await next.conclude(usual, final('delivered'), [])
    const alone = await claimed(next, now())
    expect(await next.claim('other', now())).toBeUndefined()
    await next.conclude(alone, final('delivered'), [])
    expect(await claimed(next, now(), 'other')).toBeDefined()
  })

  test('ends of the process while a mail was alone are counted, up to the conclusion', async () => {
    const { ledger, now, pass, crash } = await open()
    await ledger.record([sighted(1), sighted(2)], cursor(2))
    await claimed(ledger, now())
    await claimed(ledger, now())
    const seen: (readonly [string, number])[] = []
    let next = ledger
    const calm = async (started: typeof ledger): Promise<void> => {
      expect(await started.claim('support', now())).toBeUndefined()
      pass(CALM)
    }
    for (let kill = 0; kill < 6; kill += 1) {
      next = await crash()
      if (kill >= 4) await calm(next)
      const { id, crashes } = await claimed(next, now())
      seen.push([id, crashes])
    }
    const [a, b] = ['1', '2']
    expect(seen).toEqual([
      [a, 0],
      [b, 0],
      [a, 1],
      [b, 1],
      [a, 2],
      [b, 2],
    ])
    next = await crash()
    await calm(next)
    const third = await claimed(next, now())
    expect(third).toMatchObject({ id: a, crashes: 3 })
    await next.conclude(third, deferred(now()), [])
    await next.conclude(await claimed(next, now()), final('held'), [])
    expect(await claimed(next, now())).toMatchObject({ id: a, crashes: 0 })
  })

  test('after two such ends in a row a mail waits until the process is calm, and the others go on meanwhile', async () => {
    const { ledger, now, pass, crash } = await open()
    const [id = ''] = await ledger.record([sighted(1), sighted(2), sighted(3)], cursor(3))
    await claimed(ledger, now())
    let next = await crash()
    expect(await claimed(next, now())).toMatchObject({ id, crashes: 1 })
    for (let start = 0; start < 5; start += 1) {
      next = await crash()
      const other = await claimed(next, now())
      expect(other.id).not.toBe(id)
      expect([await next.suspects('support'), await next.suspects('other')]).toEqual([true, false])
      await next.giveBack(other, now(), 'an orderly stop')
      pass(CALM - 1)
    }
    pass(1)
    expect(await claimed(next, now())).toMatchObject({ id, crashes: 2 })
    expect(await next.suspects('support')).toBe(false)
  })

  test('a mail whose try got somewhere before the end is not suspected', async () => {
    const { ledger, now, crash } = await open()
    await ledger.record([sighted(1)], cursor(1))
    let next = ledger
    for (let kill = 0; kill < 20; kill += 1) {
      const claim = await claimed(next, now())
      expect(claim.crashes).toBe(0)
      if (claim.dispatch === undefined) await next.dispatch(claim, dispatchOf(item('a.pdf')), [])
      else if (claim.items[0]?.state === 'begun') await next.clear(claim, claim.items[0].item)
      else await next.begin(claim, claim.items[0]?.item ?? 0, [], now())
      next = await crash()
    }
    expect(await claimed(next, now())).toMatchObject({ crashes: 0, attempt: 21, interrupted: 20 })
  })

  test('an attempt that ends in an orderly stop is neither counted nor suspected', async () => {
    const { ledger, now, crash } = await open()
    await ledger.record([sighted(1)], cursor(1))
    await ledger.giveBack(await claimed(ledger, now()), now(), 'an orderly stop')
    const next = await crash()
    expect(await claimed(next, now())).toMatchObject({ attempt: 1, crashes: 0, interrupted: 0 })
  })

  test('an upload that was under way is still begun after the end, with what was on the ticket before it', async () => {
    const { ledger, now, crash } = await open()
    await ledger.record([sighted(1)], cursor(1))
    const claim = await claimed(ledger, now())
    const [row] = await ledger.dispatch(claim, dispatchOf(item('a.pdf')), [])
    const begunAt = now()
    await ledger.begin(claim, row?.item ?? 0, ['d1', 'd2'], begunAt)
    const next = await crash()
    const [left] = (await claimed(next, now())).items
    expect(left).toMatchObject({ state: 'begun', snapshot: ['d1', 'd2'], begunAt, posts: 1 })
  })

  test('a notice that was on its way at the end is unknown and never sent again', async () => {
    const { ledger, now, crash } = await open()
    const [id = ''] = await ledger.record(
      [sighted(1, { decided: final('bounced', { notice: notice('bounced') }) })],
      cursor(1),
    )
    const row = (await ledger.unsettledOne(id))?.notice?.row ?? 0
    expect(await ledger.beginNotice(row, now())).toBe(true)
    const next = await crash()
    expect(await next.unsettled('support', 10)).toMatchObject([{ id, filed: false, notice: undefined }])
    expect(await next.beginNotice(row, now())).toBe(false)
    await next.filed(id, undefined, now())
    expect((await next.show(id))?.mail).toMatchObject({ notice: { state: 'unknown' }, settledAt: now().toISOString() })
  })

  test('another command beside the worker voids no lease', async () => {
    const { ledger, now, beside } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    const claim = await claimed(ledger, now())
    const other = await beside()
    expect((await other.show(id))?.mail.state).toBe('active')
    expect(await other.retry([id])).toEqual([{ id, done: false, why: 'it is being tried right now' }])
    await ledger.conclude(claim, final('delivered'), [])
    expect((await other.show(id))?.mail.state).toBe('delivered')
  })
}
