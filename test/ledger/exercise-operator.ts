/** The operator's corrections. */
import { expect, test } from 'vitest'
import type { Open } from './exercise.ts'
import { claimed } from './exercise-attempts.ts'
import {
  cursor,
  deferred,
  dispatchOf,
  envelope,
  FOLDERS,
  final,
  HOUR,
  item,
  notice,
  numbering,
  sighted,
  T1,
  T2,
} from './samples.ts'

const filing = () => ({ folder: FOLDERS.held, flag: undefined })

export function operatorOf(open: Open): void {
  test('retry makes a bounced mail due at once, from where it was filed, for the ticket that is given', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record(
      [sighted(1, { tickets: [], decided: final('bounced', { notice: notice('bounced') }) })],
      cursor(1),
    )
    await ledger.filed(id, { folder: 'Mailclip.Bounced', uidValidity: '3', uid: 8 }, now())
    expect(await ledger.retry([id], { ticket: T2 })).toEqual([{ id, done: true }])
    const claim = await claimed(ledger, now())
    expect(claim).toMatchObject({ id, attempt: 1, tickets: [T2], released: true })
    expect(claim.envelope.ref).toEqual({ mailbox: 'support', folder: 'Mailclip.Bounced', uidValidity: '3', uid: 8 })
    expect((await ledger.show(id))?.trace.map(({ line }) => line)).toContain(
      `an operator asked to try again, for ticket ${T2}`,
    )
    await ledger.conclude(claim, final('delivered'), [])
    expect(await ledger.unsettledOne(id)).toMatchObject({
      kind: 'delivered',
      ref: { folder: 'Mailclip.Bounced', uid: 8 },
    })
  })

  test('retry takes ignored backlog in, and counts it as seen from then on', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1, { decided: 'ignored' })], cursor(1))
    expect(await ledger.retry([id])).toEqual([{ id, done: true }])
    expect(await ledger.accounts()).toMatchObject([{ seen: 1, waiting: 1, ignored: 0 }])
    expect((await claimed(ledger, now())).id).toBe(id)
  })

  test('retry gives fresh tries, and the count of all attempts goes on', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    await ledger.conclude(await claimed(ledger, now()), deferred(now()), [])
    await ledger.conclude(await claimed(ledger, now()), final('held'), [])
    await ledger.retry([id])
    expect((await claimed(ledger, now())).attempt).toBe(1)
    expect((await ledger.show(id))?.mail.attempts).toBe(3)
  })

  test('release lets a held mail go as it was dispatched', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    const claim = await claimed(ledger, now())
    await ledger.dispatch(claim, dispatchOf(item('a.pdf')), [])
    await ledger.conclude(claim, final('held'), [])
    expect(await ledger.release([id])).toEqual([{ id, done: true }])
    expect(await claimed(ledger, now())).toMatchObject({ dispatch: dispatchOf(item('a.pdf')), released: true })
  })

  test('hold sets a waiting mail aside and files it, discard ends it without a word', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    await ledger.conclude(await claimed(ledger, now()), deferred(new Date(now().getTime() + HOUR)), [])
    expect(await ledger.hold([id], filing)).toEqual([{ id, done: true }])
    expect((await ledger.show(id))?.mail).toMatchObject({
      state: 'held',
      code: 'operator',
      status: '5.3.0',
      dueAt: null,
    })
    expect(await ledger.unsettledOne(id)).toMatchObject({ kind: 'held', filing: { folder: FOLDERS.held } })
    expect(await ledger.discard([id], () => undefined)).toEqual([{ id, done: true }])
    expect((await ledger.show(id))?.mail).toMatchObject({
      state: 'discarded',
      code: 'operator',
      settledAt: now().toISOString(),
    })
  })

  test.each([
    ['a mail that is being tried', 'active', 'it is being tried right now'],
    ['a mail that nobody knows', 'none', 'no mail has this id'],
    ['a delivered mail', 'delivered', 'it is delivered'],
  ] as const)('%s is not held, released or discarded', async (_, kind, why) => {
    const { ledger, now } = await open()
    const [recorded = ''] = await ledger.record([sighted(1)], cursor(1))
    const id = kind === 'none' ? 'x17' : recorded
    if (kind !== 'none') {
      const claim = await claimed(ledger, now())
      if (kind === 'delivered') await ledger.conclude(claim, final('delivered'), [])
    }
    for (const correct of [ledger.hold, ledger.discard])
      expect(await correct([id], filing)).toEqual([{ id, done: false, why }])
    expect(await ledger.release([id])).toEqual([{ id, done: false, why }])
  })

  test('who corrected a mail stands in its trace', async () => {
    const { ledger } = await open()
    const [id = ''] = await ledger.record([sighted(1, { tickets: [], decided: final('held') })], cursor(1))
    await ledger.release([id], 'Grace')
    await ledger.hold([id], filing, 'Ada')
    await ledger.retry([id], { ticket: T2 }, 'Grace')
    await ledger.discard([id], filing, 'Ada')
    await ledger.note(id, 'Ada took a copy of the mail')
    expect((await ledger.show(id))?.trace.map(({ line }) => line).slice(1)).toEqual([
      'Grace released it',
      'Ada set it aside',
      `Grace asked to try again, for ticket ${T2}`,
      'Ada discarded it',
      'Ada took a copy of the mail',
    ])
  })

  test('a mail is found where it was filed', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1, { decided: final('held') })], cursor(1))
    expect(await ledger.envelopeOf(id)).toMatchObject({ ref: { folder: 'INBOX', uid: 1 }, size: 10_240 })
    await ledger.filed(id, { folder: 'Mailclip.Held', uidValidity: '3', uid: 8 }, now())
    expect((await ledger.envelopeOf(id))?.ref).toMatchObject({ folder: 'Mailclip.Held', uidValidity: '3', uid: 8 })
    for (const nobody of ['99', 'x', '']) expect(await ledger.envelopeOf(nobody)).toBeUndefined()
  })

  test('what is personal of one sender is erased on request, in any spelling, and the mail stays known', async () => {
    const { ledger, now } = await open()
    const from = { name: 'Ada', address: 'Ada@Example.com' }
    const decided = final('delivered')
    const [over = '', other = ''] = await ledger.record(
      [
        sighted(1, { envelope: envelope(1, { from }) }),
        sighted(2, { envelope: envelope(2, { from: { name: 'Eve', address: 'eve@example.com' } }), decided }),
      ],
      cursor(2),
    )
    const claim = await claimed(ledger, now())
    const [row] = await ledger.dispatch(claim, dispatchOf(item('Ada’s scan.pdf', { sha256: 'f00d' })), ['sender: Ada'])
    await ledger.begin(claim, row?.item ?? 0, [], now())
    await ledger.deliver(claim, row?.item ?? 0, 'd1', now())
    await ledger.conclude(claim, { ...decided, notice: notice('delivered', 'ada@example.com') }, ['delivered'])
    for (const id of [over, other])
      await ledger.filed(id, { folder: 'Mailclip.Delivered', uidValidity: '3', uid: 8 }, now())
    expect(await ledger.forget('ada@example.com')).toMatchObject({ erased: [], left: [{ id: over }] })
    const [unsettled] = await ledger.unsettled('support', 10)
    await ledger.beginNotice(unsettled?.notice?.row ?? 0, now())
    await ledger.endNotice(unsettled?.notice?.row ?? 0, 'sent', undefined, undefined)
    expect(await ledger.forget('ada@EXAMPLE.com')).toEqual({ at: now(), erased: [over], left: [] })
    const { mail, trace } = (await ledger.show(over)) ?? {}
    expect(JSON.stringify([mail, trace])).not.toMatch(/ada|scan/i)
    expect(mail).toMatchObject({ state: 'delivered', from: null, subject: '', messageId: null, notice: null })
    expect(trace?.map(({ line }) => line)).toEqual(['the personal data of its sender was erased'])
    expect(await ledger.known(numbering(), [1, 2])).toEqual(new Set([1, 2]))
    expect(await ledger.held(T1)).toEqual(new Set(['d1']))
    expect((await ledger.show(other))?.mail.from).toBe('eve@example.com')
    expect(await ledger.erasures()).toEqual([{ at: now(), mails: 1 }])
    expect(await ledger.forget('ada@example.com')).toEqual({ at: now(), erased: [], left: [] })
  })

  test('of a sender whose mails are not over yet nothing is erased, and each is named with its reason', async () => {
    const { ledger, now } = await open()
    const ids = await ledger.record(
      [sighted(1), sighted(2), sighted(3, { decided: final('held', { filing: undefined }) })],
      cursor(3),
    )
    const active = await claimed(ledger, now())
    const { erased, left } = await ledger.forget('ada@example.com')
    expect([erased, left.map(({ id }) => id)]).toEqual([[], ids])
    expect(left.map(({ why }) => why)).toEqual([
      'it is being tried right now',
      'it is queued: discard it, or wait until it is over',
      'it is held, and could not be released any more: discard it first',
    ])
    expect(await ledger.erasures()).toEqual([])
    await ledger.conclude(active, final('delivered', { filing: undefined }), [])
    expect(await ledger.forget('ada@example.com')).toMatchObject({ erased: [active.id] })
  })

  test('a correction from another process is seen by the worker', async () => {
    const { ledger, now, beside } = await open()
    const [id = ''] = await ledger.record([sighted(1, { decided: final('bounced') })], cursor(1))
    const other = await beside()
    expect(await other.retry([id, '99'])).toEqual([
      { id, done: true },
      { id: '99', done: false, why: 'no mail has this id' },
    ])
    expect((await claimed(ledger, now())).id).toBe(id)
  })
}
