/** One item at a time: begun before it is sent, delivered once, doubted until it is found. */
import { expect, test } from 'vitest'
import type { Claim, ItemRecord, Ledger } from '../../src/gateway/ports.ts'
import { because } from '../../src/mail/status.ts'
import type { Desktop, Open } from './exercise.ts'
import { claimed } from './exercise-attempts.ts'
import { cursor, deferred, dispatchOf, item, sighted, T1, T2 } from './samples.ts'

async function dispatched({ ledger, now }: Desktop, ...names: readonly string[]) {
  await ledger.record([sighted(1)], cursor(1))
  const claim = await claimed(ledger, now())
  const rows = await ledger.dispatch(
    claim,
    dispatchOf(...names.map((name, n) => item(name, { part: String(n + 2) }))),
    [],
  )
  return { claim, items: rows.map(row => row.item) as [number, ...number[]] }
}

/** What the next attempt sees. */
async function after(ledger: Ledger, claim: Claim, now: Date): Promise<readonly ItemRecord[]> {
  await ledger.conclude(claim, deferred(now), [])
  return (await claimed(ledger, now)).items
}

const UNKNOWN = because('uncertain', 'nobody knows')

export function receiptsOf(open: Open): void {
  test('begun, acknowledged, delivered: each is there for the next attempt', async () => {
    const desktop = await open()
    const { ledger, now } = desktop
    const { claim, items } = await dispatched(desktop, 'a.pdf', 'b.pdf', 'c.pdf', 'd.pdf')
    const [a, b = 0, c = 0] = items
    for (const one of [a, b, c]) await ledger.begin(claim, one, ['d0'], now())
    for (const one of [b, c]) await ledger.acknowledge(claim, one)
    expect(await ledger.deliver(claim, c, 'd1', now())).toBe(true)
    expect(await after(ledger, claim, now())).toMatchObject([
      { name: 'a.pdf', state: 'begun', acknowledged: false, snapshot: ['d0'], begunAt: now(), posts: 1 },
      { name: 'b.pdf', state: 'begun', acknowledged: true },
      { name: 'c.pdf', state: 'delivered', documentId: 'd1' },
      { name: 'd.pdf', state: 'pending', posts: 0, snapshot: undefined, begunAt: undefined },
    ])
  })

  test('an upload that is under way, delivered or refused is not begun again', async () => {
    const desktop = await open()
    const { ledger, now } = desktop
    const { claim, items } = await dispatched(desktop, 'a.pdf', 'b.pdf')
    const [a, b = 0] = items
    await ledger.begin(claim, a, undefined, now())
    await expect(ledger.begin(claim, a, undefined, now())).rejects.toMatchObject({ scope: 'ledger' })
    await ledger.deliver(claim, a, undefined, now())
    await expect(ledger.begin(claim, a, undefined, now())).rejects.toMatchObject({ scope: 'ledger' })
    await ledger.refuse(claim, b, because('refused-type', 'not here'))
    await expect(ledger.begin(claim, b, undefined, now())).rejects.toMatchObject({ scope: 'ledger' })
  })

  test('an upload that was written down and had to wait counts its quiet time from when it leaves', async () => {
    const desktop = await open()
    const { ledger, now, pass } = desktop
    const { claim, items } = await dispatched(desktop, 'a.pdf', 'b.pdf')
    const [a, b = 0] = items
    await ledger.begin(claim, a, ['d0'], now())
    pass(1000)
    await ledger.depart(claim, a, now())
    await expect(ledger.depart(claim, b, now())).rejects.toMatchObject({ scope: 'ledger' })
    expect(await after(ledger, claim, now())).toMatchObject([
      { state: 'begun', snapshot: ['d0'], begunAt: now(), posts: 1 },
      { state: 'pending', begunAt: undefined },
    ])
  })

  test('an item of another mail cannot be written with this claim', async () => {
    const desktop = await open()
    const { ledger, now } = desktop
    const { items } = await dispatched(desktop, 'a.pdf')
    await ledger.record([sighted(2)], cursor(2))
    const other = await claimed(ledger, now())
    await expect(ledger.begin(other, items[0], [], now())).rejects.toMatchObject({ scope: 'ledger' })
  })

  test('a document is claimed by one item only, on its own ticket', async () => {
    const desktop = await open()
    const { ledger, now } = desktop
    const { claim, items } = await dispatched(desktop, 'a.pdf', 'b.pdf')
    const [a, b = 0] = items
    for (const one of items) await ledger.begin(claim, one, [], now())
    expect(await ledger.deliver(claim, a, 'd1', now())).toBe(true)
    expect(await ledger.deliver(claim, b, 'd1', now())).toBe(false)
    expect(await ledger.deliver(claim, a, 'd1', now())).toBe(true)
    expect(await ledger.held(T1)).toEqual(new Set(['d1']))
    expect(await ledger.held(T2)).toEqual(new Set())
    expect((await after(ledger, claim, now())).map(({ state }) => state)).toEqual(['delivered', 'begun'])
  })

  test('two files without a document id are both delivered', async () => {
    const desktop = await open()
    const { ledger, now } = desktop
    const { claim, items } = await dispatched(desktop, 'a.pdf', 'b.pdf')
    for (const one of items) {
      await ledger.begin(claim, one, undefined, now())
      expect(await ledger.deliver(claim, one, undefined, now())).toBe(true)
    }
    expect(await ledger.held(T1)).toEqual(new Set())
  })

  test('a doubted upload stays with its snapshot, has its quiet time from when its answer was given up, is noted absent once, and then is pending again', async () => {
    const desktop = await open()
    const { ledger, now, pass } = desktop
    const { claim, items } = await dispatched(desktop, 'a.pdf')
    const [a] = items
    await ledger.begin(claim, a, ['d0'], now())
    await ledger.acknowledge(claim, a)
    pass(1000)
    await ledger.doubt(claim, a, UNKNOWN, now())
    const givenUp = now()
    pass(1000)
    await ledger.doubt(claim, a, UNKNOWN, now())
    await ledger.noteAbsence(claim, a, now())
    const [doubted] = await after(ledger, claim, now())
    expect(doubted).toMatchObject({
      state: 'uncertain',
      because: UNKNOWN,
      snapshot: ['d0'],
      begunAt: givenUp,
      absentAt: now(),
    })
    expect(doubted?.acknowledged).toBe(false)
    expect(await ledger.inDoubt(T1)).toEqual([{ item: a, name: 'a.pdf', sha256: 'sha256 of a.pdf' }])
    expect(await ledger.inDoubt(T2)).toEqual([])
    pass(60_000)
    const third = await claimed(ledger, now())
    await ledger.clear(third, a)
    const [pending] = await after(ledger, third, now())
    expect(pending).toMatchObject({
      state: 'pending',
      because: undefined,
      snapshot: undefined,
      absentAt: undefined,
      posts: 0,
    })
    expect(await ledger.inDoubt(T1)).toEqual([])
  })

  test('a second POST of a file that was rejected begins with a clean slate and is counted', async () => {
    const desktop = await open()
    const { ledger, now } = desktop
    const { claim, items } = await dispatched(desktop, 'a.pdf')
    const [a] = items
    await ledger.begin(claim, a, ['d0'], now())
    await ledger.doubt(claim, a, UNKNOWN, now())
    await ledger.noteAbsence(claim, a, now())
    await ledger.reject(claim, a)
    await ledger.begin(claim, a, ['d0', 'd1'], now())
    const [again] = await after(ledger, claim, now())
    expect(again).toMatchObject({
      state: 'begun',
      posts: 2,
      snapshot: ['d0', 'd1'],
      absentAt: undefined,
      because: undefined,
    })
  })

  test('a file that is found on the ticket before it was ever sent is delivered', async () => {
    const desktop = await open()
    const { ledger, now } = desktop
    const { claim, items } = await dispatched(desktop, 'a.pdf')
    expect(await ledger.deliver(claim, items[0], 'd7', now())).toBe(true)
    expect(await after(ledger, claim, now())).toMatchObject([{ state: 'delivered', documentId: 'd7', posts: 0 }])
  })

  test('a refused file keeps the reason', async () => {
    const desktop = await open()
    const { ledger, now } = desktop
    const { claim, items } = await dispatched(desktop, 'a.pdf')
    await ledger.begin(claim, items[0], [], now())
    await ledger.refuse(claim, items[0], because('too-large', 'the desk finds it too large'))
    expect(await after(ledger, claim, now())).toMatchObject([
      { state: 'refused', because: because('too-large', 'the desk finds it too large') },
    ])
  })
}
