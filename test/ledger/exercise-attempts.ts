/** One attempt at a time. */
import { expect, test } from 'vitest'
import type { Claim, Ledger } from '../../src/gateway/ports.ts'
import type { Open } from './exercise.ts'
import {
  cursor,
  deferred,
  dispatchOf,
  envelope,
  final,
  HOUR,
  item,
  MINUTE,
  refuse,
  sighted,
  skip,
  T1,
  T2,
} from './samples.ts'

/** Claims what must be there. */
export async function claimed(ledger: Ledger, now: Date, mailbox = 'support'): Promise<Claim> {
  const claim = await ledger.claim(mailbox, now)
  if (claim === undefined) throw new Error('nothing was due')
  return claim
}

const PASSED = { status: '4.3.0', scope: 'ledger', message: 'the lease has passed to another try' }

export function attemptsOf(open: Open): void {
  test('a claim carries all that was sighted, and the attempt is counted', async () => {
    const { ledger, now } = await open()
    const [id] = await ledger.record([sighted(1, { tickets: [T1, T2] })], cursor(1))
    expect(await claimed(ledger, now())).toEqual({
      id,
      lease: expect.stringMatching(/./),
      attempt: 1,
      envelope: envelope(1),
      tickets: [T1, T2],
      dispatch: undefined,
      items: [],
      allParts: false,
      released: false,
      doubtsAccepted: false,
      firstAttemptAt: now(),
      crashes: 0,
      interrupted: 0,
    })
    expect((await ledger.show(id ?? ''))?.mail).toMatchObject({ state: 'active', attempts: 1 })
  })

  test('mails are claimed oldest first, each by one, each mailbox its own', async () => {
    const { ledger, now } = await open()
    const ids = await ledger.record([sighted(1), sighted(2)], cursor(2))
    const ref = { ...envelope(1).ref, mailbox: 'other' }
    await ledger.record([sighted(1, { envelope: envelope(1, { ref }) })], cursor(1, 'other'))
    const claims = await Promise.all([1, 2, 3].map(() => ledger.claim('support', now())))
    expect(claims.map(claim => claim?.id)).toEqual([...ids, undefined])
    expect((await claimed(ledger, now(), 'other')).envelope.ref).toEqual(ref)
  })

  test('a deferred mail is not claimed before its time, and says so to whoever sleeps', async () => {
    const { ledger, now, pass } = await open()
    await ledger.record([sighted(1)], cursor(1))
    const until = new Date(now().getTime() + 5 * MINUTE)
    await ledger.conclude(await claimed(ledger, now()), deferred(until), [])
    expect(await ledger.claim('support', now())).toBeUndefined()
    expect(await ledger.nextDue('support')).toEqual(until)
    pass(5 * MINUTE)
    expect(await claimed(ledger, now())).toMatchObject({
      attempt: 2,
      firstAttemptAt: new Date(now().getTime() - 5 * MINUTE),
    })
  })

  test('when nothing waits there is no next time', async () => {
    const { ledger, now } = await open()
    expect(await ledger.nextDue('support')).toBeUndefined()
    await ledger.record([sighted(1)], cursor(1))
    expect(await ledger.nextDue('support')).toEqual(now())
    await ledger.conclude(await claimed(ledger, now()), final('delivered'), [])
    expect(await ledger.nextDue('support')).toBeUndefined()
  })

  test('a try that is given back is not counted, and waits behind what is due already', async () => {
    const { ledger, now } = await open()
    const ids = await ledger.record([sighted(1), sighted(2)], cursor(2))
    await ledger.giveBack(await claimed(ledger, now()), now(), 'an orderly stop')
    expect((await ledger.show(ids[0] ?? ''))?.mail).toMatchObject({
      state: 'queued',
      attempts: 0,
      reason: 'an orderly stop',
    })
    expect((await claimed(ledger, now())).id).toBe(ids[1])
    expect(await claimed(ledger, now())).toMatchObject({ id: ids[0], attempt: 1 })
  })

  test('a try that is given back in turn keeps its place', async () => {
    const { ledger, now, pass } = await open()
    const [first] = await ledger.record([sighted(1), sighted(2)], cursor(2))
    pass(MINUTE)
    await ledger.giveBack(await claimed(ledger, now()), 'in turn', 'the desk rests')
    expect(await claimed(ledger, now())).toMatchObject({ id: first, attempt: 1 })
  })

  test('who was set back while a site was down goes first when it is back, unless that happened too often', async () => {
    const { ledger, now, pass } = await open()
    const site = 'desk https://desk.example/api/v1/1'
    const [broken, setBack, , untried] = await ledger.record(
      [sighted(1), sighted(2), sighted(3), sighted(4)],
      cursor(4),
    )
    pass(MINUTE)
    const until = new Date(now().getTime() + HOUR)
    await ledger.conclude(await claimed(ledger, now()), deferred(until), [])
    for (const times of [1, 3])
      for (let n = 0; n < times; n += 1) {
        await ledger.giveBack(await claimed(ledger, now()), n === times - 1 ? until : new Date(0), 'the desk is down')
      }
    await ledger.suspend({
      site,
      since: now(),
      until,
      status: '4.3.2',
      reason: 'down',
      times: 1,
      credentials: undefined,
    })
    expect(await ledger.resume(site)).toBe(true)
    const claims = [await claimed(ledger, now()), await claimed(ledger, now()), await claimed(ledger, now())]
    expect(claims.map(({ id }) => id)).toEqual([broken, setBack, untried])
    // The third was set back three times.
    expect(await ledger.claim('support', now())).toBeUndefined()
  })

  test('a try that is given back until its site is rested waits that long', async () => {
    const { ledger, now, pass } = await open()
    await ledger.record([sighted(1)], cursor(1))
    await ledger.giveBack(await claimed(ledger, now()), new Date(now().getTime() + HOUR), 'the desk rests')
    expect(await ledger.claim('support', now())).toBeUndefined()
    pass(HOUR)
    expect(await claimed(ledger, now())).toMatchObject({ attempt: 1 })
  })

  test('a lease that runs out lets another try begin, and the first can write no more', async () => {
    const { ledger, now, pass } = await open()
    await ledger.record([sighted(1)], cursor(1))
    const first = await claimed(ledger, now())
    const [row] = await ledger.dispatch(first, dispatchOf(item('a.pdf')), [])
    const n = row?.item ?? 0
    pass(MINUTE)
    const second = await claimed(ledger, now())
    expect(second).toMatchObject({ id: first.id, attempt: 2 })
    const why = { status: '4.3.0', code: 'deferred-bug', reason: 'late' } as const
    const late = [
      () => ledger.renew(first, now()),
      () => ledger.dispatch(first, dispatchOf(item('b.pdf')), []),
      () => ledger.begin(first, n, [], now()),
      () => ledger.depart(first, n, now()),
      () => ledger.acknowledge(first, n),
      () => ledger.deliver(first, n, 'd1', now()),
      () => ledger.refuse(first, n, why),
      () => ledger.doubt(first, n, why, now()),
      () => ledger.clear(first, n),
      () => ledger.noteAbsence(first, n, now()),
      () => ledger.reject(first, n),
      () => ledger.giveBack(first, now(), 'late'),
      () => ledger.conclude(first, final('delivered'), []),
    ]
    for (const write of late) await expect(write()).rejects.toMatchObject(PASSED)
    await ledger.begin(second, n, [], now())
    await ledger.conclude(second, deferred(now()), [])
    await expect(ledger.conclude(second, final('delivered'), [])).rejects.toMatchObject(PASSED)
  })

  test('a lease that is renewed in time does not run out', async () => {
    const { ledger, now, pass } = await open()
    await ledger.record([sighted(1)], cursor(1))
    const claim = await claimed(ledger, now())
    pass(50_000)
    await ledger.renew(claim, now())
    pass(50_000)
    expect(await ledger.claim('support', now())).toBeUndefined()
    await ledger.conclude(claim, final('delivered'), [])
  })

  test('a dispatch is replayed as it was decided, with each part’s fate', async () => {
    const { ledger, now } = await open()
    await ledger.record([sighted(1)], cursor(1))
    const wanted = dispatchOf(
      item('a.pdf'),
      item('logo.png', { part: '3', fate: skip }),
      item('x.exe', { part: '4', fate: refuse }),
    )
    const claim = await claimed(ledger, now())
    const rows = await ledger.dispatch(claim, wanted, ['three parts'])
    expect(rows.map(({ state }) => state)).toEqual(['pending', 'skipped', 'refused'])
    expect(rows.map(({ because }) => because?.reason)).toEqual([undefined, 'a logo', 'programs are not taken'])
    await ledger.conclude(claim, deferred(now()), [])
    const again = await claimed(ledger, now())
    expect(again.dispatch).toEqual(wanted)
    expect(again.items).toEqual(rows)
  })

  test('routed anew, a mail keeps its receipts, and what may be on a ticket is never dropped', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    const claim = await claimed(ledger, now())
    const rows = await ledger.dispatch(
      claim,
      dispatchOf(
        item('a.pdf'),
        item('b.pdf', { part: '3' }),
        item('c.pdf', { part: '4' }),
        item('l.png', { part: '5', fate: skip }),
      ),
      [],
    )
    const [a = 0, b = 0] = rows.map(row => row.item)
    for (const one of [a, b]) await ledger.begin(claim, one, ['old'], now())
    await ledger.deliver(claim, a, 'd1', now())
    await ledger.doubt(claim, b, { status: '5.4.4', code: 'uncertain', reason: 'cut' }, now())
    await ledger.conclude(claim, final('held'), [])
    await ledger.retry([id], { allParts: true })
    const second = await claimed(ledger, now())
    expect(second).toMatchObject({
      dispatch: undefined,
      allParts: true,
      items: [{ state: 'delivered' }, { state: 'uncertain' }, {}, {}],
    })
    const anew = await ledger.dispatch(second, dispatchOf(item('a.pdf'), item('l.png', { part: '5' })), [])
    expect(anew.map(({ name, state, documentId, wanted }) => [name, state, documentId, wanted])).toEqual([
      ['a.pdf', 'delivered', 'd1', true],
      ['b.pdf', 'uncertain', undefined, false],
      ['l.png', 'pending', undefined, true],
    ])
    expect(anew[0]?.item).toBe(a)
    await ledger.conclude(second, final('held'), [])
    await ledger.retry([id])
    const third = await claimed(ledger, now())
    const again = await ledger.dispatch(third, dispatchOf(item('b.pdf', { part: '3' })), [])
    expect(again.find(({ item: one }) => one === b)).toMatchObject({ state: 'uncertain', wanted: true })
  })

  test('equal files in one mail are as many rows, and one receipt serves one of them', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    const claim = await claimed(ledger, now())
    const same = dispatchOf(item('a.pdf'), item('a (2).pdf', { part: '3', sha256: 'sha256 of a.pdf' }))
    const [row] = await ledger.dispatch(claim, same, [])
    await ledger.begin(claim, row?.item ?? 0, [], now())
    await ledger.deliver(claim, row?.item ?? 0, 'd1', now())
    await ledger.conclude(claim, final('held'), [])
    await ledger.retry([id])
    const anew = await ledger.dispatch(await claimed(ledger, now()), same, [])
    expect(anew.map(({ part, state }) => [part, state])).toEqual([
      ['2', 'delivered'],
      ['3', 'pending'],
    ])
  })

  test('another ticket is another delivery', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    const claim = await claimed(ledger, now())
    const [row] = await ledger.dispatch(claim, dispatchOf(item('a.pdf')), [])
    await ledger.begin(claim, row?.item ?? 0, [], now())
    await ledger.deliver(claim, row?.item ?? 0, 'd1', now())
    await ledger.conclude(claim, final('delivered'), [])
    await ledger.retry([id], { ticket: T2 })
    const second = await claimed(ledger, now())
    expect(second.tickets).toEqual([T2])
    const rows = await ledger.dispatch(second, dispatchOf(item('a.pdf', { ticket: T2 })), [])
    expect(rows.map(one => [one.ticket, one.state])).toEqual([
      [T1, 'delivered'],
      [T2, 'pending'],
    ])
  })
}
