/** What is decided becomes visible: filed, and answered at most once. */
import { expect, test } from 'vitest'
import type { Suspension } from '../../src/gateway/ports.ts'
import type { Desktop, Open } from './exercise.ts'
import { claimed } from './exercise-attempts.ts'
import { cursor, DAY, final, HOUR, MINUTE, notice, sighted } from './samples.ts'

let uid = 0

async function bounced({ ledger }: Desktop, to = 'ada@example.com') {
  uid += 1
  const decided = final('bounced', { notice: notice('bounced', to, uid) })
  const [id = ''] = await ledger.record([sighted(uid, { decided })], cursor(uid))
  const row = (await ledger.unsettledOne(id))?.notice?.row ?? 0
  return { id, row }
}

const INTO = { folder: 'Mailclip.Bounced', uidValidity: '3', uid: 8 }

export function settlementsOf(open: Open): void {
  test('a mail is settled when it is filed and its notice is sent, in either order', async () => {
    const desktop = await open()
    const { ledger, now } = desktop
    for (const order of ['filing first', 'notice first']) {
      const { id, row } = await bounced(desktop)
      if (order === 'filing first') await ledger.filed(id, INTO, now())
      expect((await ledger.unsettledOne(id))?.filed).toBe(order === 'filing first')
      expect(await ledger.beginNotice(row, now())).toBe(true)
      await ledger.endNotice(row, 'sent', undefined, undefined)
      if (order === 'notice first') {
        expect(await ledger.unsettledOne(id)).toMatchObject({ filed: false, notice: undefined })
        await ledger.filed(id, INTO, now())
      }
      expect(await ledger.unsettledOne(id)).toBeUndefined()
      expect((await ledger.show(id))?.mail).toMatchObject({
        settledAt: now().toISOString(),
        filedIn: 'Mailclip.Bounced',
        notice: { state: 'sent', kind: 'bounced', to: 'ada@example.com' },
      })
    }
    expect(await ledger.unsettled('support', 10)).toEqual([])
  })

  test('oldest conclusions are settled first, and filing twice is filing once', async () => {
    const desktop = await open()
    const { ledger, now, pass } = desktop
    const first = await bounced(desktop)
    pass(1)
    const second = await bounced(desktop)
    expect((await ledger.unsettled('support', 1)).map(({ id }) => id)).toEqual([first.id])
    expect((await ledger.unsettled('support', 9)).map(({ id }) => id)).toEqual([first.id, second.id])
    expect(await ledger.unsettled('other', 9)).toEqual([])
    await ledger.filed(first.id, INTO, now())
    await ledger.filed(first.id, undefined, now())
    expect((await ledger.show(first.id))?.mail.filedIn).toBe('Mailclip.Bounced')
  })

  test('a mail with nothing to file and nobody to tell is settled as it is concluded', async () => {
    const { ledger, now } = await open()
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    await ledger.conclude(await claimed(ledger, now()), final('discarded'), [])
    expect(await ledger.unsettledOne(id)).toBeUndefined()
    expect((await ledger.show(id))?.mail.settledAt).toBe(now().toISOString())
  })

  test('a suppressed notice is remembered with its reason and never sent', async () => {
    const { ledger } = await open()
    const decided = final('held', { notice: { suppressed: 'a list', kind: 'held', to: 'list@example.com' } })
    const [id = ''] = await ledger.record([sighted(1, { decided })], cursor(1))
    expect((await ledger.unsettledOne(id))?.notice).toBeUndefined()
    expect((await ledger.show(id))?.mail.notice).toMatchObject({ state: 'suppressed', to: 'list@example.com' })
  })

  test('a notice that failed for a while is due again later, one that failed for good is not', async () => {
    const desktop = await open()
    const { ledger, now, pass } = desktop
    const { id, row } = await bounced(desktop)
    await ledger.beginNotice(row, now())
    await ledger.endNotice(row, 'failed', 'greylisted', new Date(now().getTime() + HOUR))
    expect((await ledger.unsettledOne(id))?.notice).toBeUndefined()
    await ledger.filed(id, INTO, now())
    expect(await ledger.unsettled('support', 9)).toEqual([])
    pass(HOUR)
    expect((await ledger.unsettled('support', 9))[0]).toMatchObject({ id, filed: true, notice: { row } })
    expect(await ledger.beginNotice(row, now())).toBe(true)
    await ledger.endNotice(row, 'failed', 'no such mailbox', undefined)
    expect(await ledger.beginNotice(row, now())).toBe(false)
    expect((await ledger.show(id))?.mail).toMatchObject({ notice: { state: 'failed' }, settledAt: now().toISOString() })
  })

  test('a notice is begun by one only, and after its end by nobody', async () => {
    const desktop = await open()
    const { ledger, now } = desktop
    const { row } = await bounced(desktop)
    const begun = await Promise.all([ledger.beginNotice(row, now()), ledger.beginNotice(row, now())])
    expect(begun.filter(Boolean)).toHaveLength(1)
    await ledger.endNotice(row, 'unknown', 'cut after the final dot', undefined)
    expect(await ledger.beginNotice(row, now())).toBe(false)
  })

  test('the same kind of notice is sent once per mail, another kind may follow', async () => {
    const desktop = await open()
    const { ledger, now } = desktop
    const { id, row } = await bounced(desktop)
    await ledger.beginNotice(row, now())
    await ledger.endNotice(row, 'sent', undefined, undefined)
    await ledger.retry([id])
    const claim = await claimed(ledger, now())
    await ledger.conclude(claim, final('bounced', { notice: notice('bounced') }), [])
    expect((await ledger.unsettledOne(id))?.notice).toBeUndefined()
    await ledger.retry([id])
    await ledger.conclude(await claimed(ledger, now()), final('held', { notice: notice('held') }), [])
    expect((await ledger.unsettledOne(id))?.notice?.notice.kind).toBe('held')
  })

  test('a mail that has been deferred for four hours has its sender told once, and its final word later', async () => {
    const desktop = await open()
    const { ledger, now, pass } = desktop
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    const defer = async (text: string): Promise<void> => {
      const outcome = { kind: 'deferred', until: now(), status: '4.4.1', code: 'deferred-4.4.1', reason: 'x' } as const
      const told = { ...notice('delayed'), text }
      await ledger.conclude(await claimed(ledger, now()), { outcome, notice: told, filing: undefined }, [])
    }
    await defer('as it stood first')
    pass(4 * HOUR - 1)
    await defer('as it stands now')
    expect(await ledger.unsettled('support', 9)).toEqual([])
    pass(1)
    const [due] = await ledger.unsettled('support', 9)
    expect(due).toMatchObject({ id, kind: 'deferred', filed: true, notice: { notice: { text: 'as it stands now' } } })
    expect(await ledger.beginNotice(due?.notice?.row ?? 0, now())).toBe(true)
    await ledger.endNotice(due?.notice?.row ?? 0, 'sent', undefined, undefined)
    await defer('a second time')
    pass(9 * HOUR)
    expect(await ledger.unsettled('support', 9)).toEqual([])
    await ledger.conclude(await claimed(ledger, now()), final('bounced', { notice: notice('bounced') }), [])
    expect((await ledger.unsettledOne(id))?.notice?.notice.kind).toBe('bounced')
  })

  test.each(['before it was told of', 'while the relay puts it off'])(
    'a delay that is over %s is told of no more',
    async when => {
      const { ledger, now, pass } = await open()
      const [id = ''] = await ledger.record([sighted(1)], cursor(1))
      const outcome = { kind: 'deferred', until: now(), status: '4.4.1', code: 'deferred-4.4.1', reason: 'x' } as const
      await ledger.conclude(await claimed(ledger, now()), { outcome, notice: notice('delayed'), filing: undefined }, [])
      pass(4 * HOUR)
      const [due] = await ledger.unsettled('support', 9)
      const row = due?.notice?.row ?? 0
      if (when !== 'before it was told of') await ledger.beginNotice(row, now())
      await ledger.conclude(await claimed(ledger, now()), final('delivered'), [])
      if (when === 'before it was told of') expect(await ledger.beginNotice(row, now())).toBe(false)
      else await ledger.endNotice(row, 'failed', 'greylisted', now())
      expect((await ledger.unsettledOne(id))?.notice).toBeUndefined()
      expect((await ledger.show(id))?.mail.notice).toBeNull()
    },
  )

  test('one sender gets five notices a day, whatever the case of the address', async () => {
    const desktop = await open()
    const { ledger, now, pass } = desktop
    for (let n = 0; n < 5; n += 1) {
      const { row } = await bounced(desktop, n % 2 ? 'ada@example.com' : 'Ada@Example.COM')
      expect(await ledger.beginNotice(row, now())).toBe(true)
      await ledger.endNotice(row, 'sent', undefined, undefined)
    }
    const { id, row } = await bounced(desktop)
    expect(await ledger.beginNotice(row, now())).toBe(false)
    expect((await ledger.show(id))?.mail.notice?.state).toBe('suppressed')
    expect(await ledger.beginNotice((await bounced(desktop, 'bob@example.com')).row, now())).toBe(true)
    pass(DAY)
    expect(await ledger.beginNotice((await bounced(desktop)).row, now())).toBe(true)
  })

  test('no more than eight notices go out in an hour, to whomever', async () => {
    const desktop = await open()
    const { ledger, now, pass } = desktop
    for (let n = 0; n < 8; n += 1)
      expect(await ledger.beginNotice((await bounced(desktop, `${n}@example.com`)).row, now())).toBe(true)
    expect(await ledger.beginNotice((await bounced(desktop, 'ninth@example.com')).row, now())).toBe(false)
    pass(HOUR)
    expect(await ledger.beginNotice((await bounced(desktop, 'tenth@example.com')).row, now())).toBe(true)
  })

  test("notices that relays put off take no other notice's place", async () => {
    const desktop = await open()
    const { ledger, now, pass } = desktop
    for (let n = 0; n < 8; n += 1) {
      const { row } = await bounced(desktop, `${n}@no-such-domain.example`)
      expect(await ledger.beginNotice(row, now())).toBe(true)
      await ledger.endNotice(row, 'failed', 'no such domain yet', new Date(now().getTime() + MINUTE))
    }
    pass(MINUTE - 1)
    expect(await ledger.beginNotice((await bounced(desktop, 'ada@example.com')).row, now())).toBe(true)
  })

  test('a suspension is kept until the site resumes, the last one written counts', async () => {
    const { ledger, now, crash } = await open()
    const suspension: Suspension = {
      site: 'desk https://desk.example/api/v1/1',
      since: now(),
      until: new Date(now().getTime() + MINUTE),
      status: '4.7.8',
      reason: 'credentials refused',
      times: 1,
      credentials: 'hash',
    }
    expect(await ledger.suspended(suspension.site)).toBeUndefined()
    await ledger.suspend(suspension)
    await ledger.suspend({ ...suspension, times: 2, credentials: undefined })
    const next = await crash()
    expect(await next.suspended(suspension.site)).toEqual({ ...suspension, times: 2, credentials: undefined })
    expect(await next.suspensions()).toHaveLength(1)
    expect(await next.resume(suspension.site)).toBe(true)
    expect(await next.resume(suspension.site)).toBe(false)
    expect(await next.suspended(suspension.site)).toBeUndefined()
  })

  test('small facts about the world outlive the process', async () => {
    const { ledger, crash } = await open()
    expect(await ledger.recall('encoding')).toBeUndefined()
    await ledger.remember('encoding', 'json')
    await ledger.remember('encoding', 'multipart')
    expect(await (await crash()).recall('encoding')).toBe('multipart')
  })

  test('what was downloaded is counted by mailbox and day, by every worker, and days gone by are forgotten', async () => {
    const { ledger, beside } = await open()
    const other = await beside()
    await Promise.all(
      [1, 2, 3].flatMap(n => [ledger.spend('support', '2026-11-20', n), other.spend('support', '2026-11-20', 10 * n)]),
    )
    await ledger.spend('sales', '2026-11-20', 5)
    expect([await ledger.spent('support', '2026-11-20'), await ledger.spent('sales', '2026-11-20')]).toEqual([66, 5])
    expect([await ledger.spent('support', '2026-11-21'), await ledger.spent('nobody', '2026-11-20')]).toEqual([0, 0])
    await ledger.remember('encoding', 'json')
    await other.spend('sales', '2026-11-21', 9)
    expect([await ledger.spent('support', '2026-11-20'), await ledger.spent('sales', '2026-11-21')]).toEqual([0, 9])
    expect(await ledger.recall('encoding')).toBe('json')
  })
}
