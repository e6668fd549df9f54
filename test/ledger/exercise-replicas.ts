/** What replicas need of their ledger beyond what every ledger does. */
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { tellOperator } from '../../src/daemon/summaries.ts'
import type { Event } from '../../src/gateway/events.ts'
import type { SqlLedger } from '../../src/ledger/ledger.ts'
import { openPostgres } from '../../src/ledger/postgres.ts'
import type { OperatorFacts } from '../../src/mail/summary/facts.ts'
import type { Postgres } from '../support/postgres.ts'
import { ledgerOn } from './desktop.ts'
import { claimed } from './exercise-attempts.ts'
import { cursor, dispatchOf, final, HOUR, item, notice, sighted, T1, T2 } from './samples.ts'

export function replicasOf(server: () => Postgres): void {
  /** A replica whose own clock goes wrong by `skew`; leases go by the database's. */
  async function replica(url: string, skew = 0): Promise<SqlLedger> {
    const engine = await openPostgres({ url, password: server().password, tls: undefined, create: true })
    const ledger = ledgerOn(engine, () => new Date(Date.now() + skew))
    onTestFinished(() => ledger[Symbol.asyncDispose]())
    return ledger
  }

  test('many replicas that claim at once have each mail once', async () => {
    const url = await server().database()
    const replicas = await Promise.all([1, 2, 3, 4].map(() => replica(url)))
    const [first] = replicas
    const ids = await first?.record(
      Array.from({ length: 60 }, (_, n) => sighted(n + 1)),
      cursor(60),
    )
    const claims: string[] = []
    const work = async (ledger: SqlLedger): Promise<void> => {
      for (
        let claim = await ledger.claim('support', new Date());
        claim;
        claim = await ledger.claim('support', new Date())
      )
        claims.push(claim.id)
    }
    await Promise.all(replicas.flatMap(ledger => [work(ledger), work(ledger), work(ledger)]))
    expect(claims.toSorted((a, b) => Number(a) - Number(b))).toEqual(ids)
  })

  test('replicas that make the tables at once make one ledger', async () => {
    const url = await server().database()
    const replicas = await Promise.all([1, 2, 3].map(() => replica(url)))
    expect(new Set(replicas.map(({ secret }) => secret)).size).toBe(1)
    expect(replicas.filter(({ created }) => created)).toHaveLength(1)
  })

  test('replicas that sight the same mails at once record each once, and count each once', async () => {
    const url = await server().database()
    const replicas = await Promise.all([1, 2, 3].map(() => replica(url)))
    const mails = Array.from({ length: 40 }, (_, n) => sighted(n + 1))
    const ids = await Promise.all(replicas.map(ledger => ledger.record(mails, cursor(40))))
    expect(new Set(ids.map(one => one.join())).size).toBe(1)
    expect(await replicas[0]?.accounts()).toMatchObject([{ seen: 40, waiting: 40 }])
  })

  test('replicas that are all due to tell the operator send one summary a day, whichever of them lives', async () => {
    const url = await server().database()
    const replicas = await Promise.all([1, 2, 3, 4].map(() => replica(url)))
    const sent: string[] = []
    const tell = async (replica: SqlLedger, now: Date): Promise<void> => {
      const send = async (facts: OperatorFacts): Promise<void> => {
        sent.push(`${facts.period?.from.toISOString()} ${facts.held.count}`)
        // The others look meanwhile.
        await setImmediate()
      }
      const observe = (event: Event): void => expect(event).toMatchObject({ kind: 'summary', result: 'sent' })
      const options = { at: 480, timezone: 'UTC', alarmAfter: undefined, send, observe }
      await tellOperator({ ...options, ledger: replica, clock: { now: () => now } })
    }
    for (const day of [2, 3, 4, 5])
      for (let minute = 0; minute < 3; minute += 1) {
        // Their clocks differ by seconds; on the fourth of the month two of them are gone.
        const living = day === 4 ? replicas.slice(2) : replicas
        const at = Date.UTC(2026, 10, day, 8, minute)
        await Promise.all(living.map((replica, n) => tell(replica, new Date(at + n * 1_000))))
      }
    const days = [2, 3, 4].map(day => new Date(Date.UTC(2026, 10, day, 8)))
    expect(sent).toEqual(days.map(day => `${day.toISOString()} 0`))
  })

  test('a replica whose clock is hours ahead takes no mail away from another', async () => {
    const url = await server().database()
    const [steady, ahead] = [await replica(url), await replica(url, 5 * HOUR)]
    await steady.record([sighted(1)], cursor(1))
    const claim = await claimed(steady, new Date())
    expect(await ahead.claim('support', new Date(Date.now() + 5 * HOUR))).toBeUndefined()
    await steady.conclude(claim, final('delivered'), [])
  })

  test.each<[string, (ledger: SqlLedger, id: string) => ReturnType<SqlLedger['retry']>]>([
    ['retry', (ledger, id) => ledger.retry([id], { ticket: T2 })],
    ['hold', (ledger, id) => ledger.hold([id], () => undefined)],
    ['discard', (ledger, id) => ledger.discard([id], () => undefined)],
  ])('a mail that a replica claims at this moment is not corrected: %s', async (_, correct) => {
    const url = await server().database()
    const ledger = await replica(url)
    const [id = ''] = await ledger.record([sighted(1)], cursor(1))
    const address = Object.assign(new URL(url), { password: server().password })
    const client = new pg.Client({ connectionString: address.href })
    await client.connect()
    onTestFinished(() => client.end())
    await client.query('begin')
    await client.query(
      "update entry set state = 'active', lease = 'theirs', boot = 'theirs', attempts = 1, first_attempt_at = 1",
    )
    const corrected = correct(ledger, id)
    const waits = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    await expect.poll(async () => (await server().query(url, waits)).length).toBe(1)
    await client.query('commit')
    expect(await corrected).toEqual([{ id, done: false, why: 'it is being tried right now' }])
    expect((await ledger.show(id))?.mail).toMatchObject({ state: 'active', ticket: T1 })
  })

  test('one document is the receipt of one item, whichever replica says so first', async () => {
    const url = await server().database()
    const replicas = await Promise.all([1, 2].map(() => replica(url)))
    await replicas[0]?.record([sighted(1), sighted(2)], cursor(2))
    const ends = await Promise.all(
      replicas.map(async ledger => {
        const claim = await claimed(ledger, new Date())
        const [row] = await ledger.dispatch(claim, dispatchOf(item('a.pdf')), [])
        await ledger.begin(claim, row?.item ?? 0, [], new Date())
        return ledger.deliver(claim, row?.item ?? 0, 'd1', new Date())
      }),
    )
    expect(ends.toSorted()).toEqual([false, true])
    expect(await replicas[0]?.held(T1)).toEqual(new Set(['d1']))
  })

  test('caps on notices hold for all replicas together', async () => {
    const url = await server().database()
    const replicas = await Promise.all([1, 2, 3].map(() => replica(url)))
    const decided = (n: number) =>
      final('bounced', { filing: undefined, notice: notice('bounced', `${n}@example.com`) })
    await replicas[0]?.record(
      Array.from({ length: 30 }, (_, n) => sighted(n + 1, { decided: decided(n) })),
      cursor(30),
    )
    const waiting = (await replicas[0]?.unsettled('support', 30)) ?? []
    const begun = await Promise.all(
      waiting.map(({ notice: one }, n) => replicas[n % 3]?.beginNotice(one?.row ?? 0, new Date())),
    )
    expect(begun.filter(Boolean)).toHaveLength(8)
  })

  test('a turn is one replica’s until it gives it back', async () => {
    const url = await server().database()
    const [one, other] = [await replica(url), await replica(url)]
    const [mine, theirs] = [randomUUID(), randomUUID()].map(holder => ({ key: 'desk T', holder }))
    if (mine === undefined || theirs === undefined) throw new Error('two turns')
    expect(await one.takeTurn(mine, new Date())).toBe(true)
    expect(await other.takeTurn(theirs, new Date())).toBe(false)
    expect(await one.renewTurn(mine, new Date())).toBe(true)
    await one.endTurn(mine)
    expect(await other.takeTurn(theirs, new Date())).toBe(true)
    expect(await one.renewTurn(mine, new Date())).toBe(false)
  })

  test('a notice that a replica is sending is left to it; that of one not heard of any more is unknown', async () => {
    const url = await server().database()
    const [one, other] = [await replica(url), await replica(url)]
    const [id = ''] = await one.record(
      [sighted(1, { decided: final('bounced', { filing: undefined, notice: notice('bounced') }) })],
      cursor(1),
    )
    const turn = { key: `settle ${id}`, holder: 'one' }
    await one.takeTurn(turn, new Date())
    await one.beginNotice((await one.unsettledOne(id))?.notice?.row ?? 0, new Date())
    const state = async () => {
      for (const _ of [1, 2]) await other.unsettled('support', 10)
      return (await other.show(id))?.mail.notice?.state
    }
    expect(await state()).toBe('queued')
    // As if its lease had run out.
    await one.endTurn(turn)
    expect(await state()).toBe('unknown')
  })

  test('a database that goes away is a trouble that passes, and what was answered to is there', async () => {
    const url = await server().database()
    const ledger = await replica(url)
    await ledger.remember('a', '1')
    await server().stop()
    const gone = { status: '4.3.1', scope: 'ledger', message: expect.stringContaining('postgres://127.0.0.1') }
    await expect(ledger.remember('a', '2')).rejects.toMatchObject(gone)
    await expect(ledger.recall('a')).rejects.toMatchObject(gone)
    await expect(replica(url)).rejects.toMatchObject(gone)
    await server().start()
    expect(await ledger.recall('a')).toBe('1')
    await ledger.remember('a', '3')
    expect(await ledger.recall('a')).toBe('3')
  })

  test.each([
    ['a wrong password', (url: string) => ({ url, password: 'pg-wrong-secret' }), 'refuses our credentials'],
    ['no such database', (url: string) => ({ url: `${url}_none`, password: server().password }), 'is not there'],
    [
      'TLS where the server has none',
      (url: string) => ({ url, password: server().password, tls: { ca: undefined } }),
      'cannot be reached',
    ],
  ])('%s is said with its remedy, and no password', async (_, of, what) => {
    const options = { tls: undefined, create: true, ...of(await server().database()) }
    const error = await openPostgres(options).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ status: '4.3.1', scope: 'ledger', message: expect.stringContaining(what) })
    expect(String(error)).not.toMatch(/pg-wrong-secret|pg-correct-horse/)
  })
}
