/** A ledger that moves from a file into a database. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { copyLedger } from '../../src/ledger/copy.ts'
import type { Engine } from '../../src/ledger/engine.ts'
import { openPostgres } from '../../src/ledger/postgres.ts'
import { openSqlite } from '../../src/ledger/sqlite.ts'
import type { Postgres } from '../support/postgres.ts'
import { folder, ledgerOn, start } from './desktop.ts'
import { claimed } from './exercise-attempts.ts'
import { cursor, dispatchOf, envelope, final, item, notice, START, sighted } from './samples.ts'

export function copiesOf(server: () => Postgres): void {
  const database = async (url: string): Promise<Engine> => {
    const engine = await openPostgres({
      url,
      password: server().password,
      tls: undefined,
      create: true,
      now: () => START,
    })
    onTestFinished(() => engine.close())
    return engine
  }

  async function filled(): Promise<string> {
    const file = join(folder(), 'ledger.db')
    await using ledger = await start(file)
    await ledger.record(
      Array.from({ length: 1_200 }, (_, n) =>
        sighted(n + 1, { envelope: envelope(n + 1, { subject: `Été ${n}\0 漢字 😀` }) }),
      ),
      cursor(1_200),
    )
    const claim = await claimed(ledger, START)
    const [row] = await ledger.dispatch(claim, dispatchOf(item('a.pdf'), item('b.pdf')), ['two parts'])
    await ledger.begin(claim, row?.item ?? 0, ['d0'], START)
    await ledger.deliver(claim, row?.item ?? 0, 'd1', START)
    await ledger.conclude(claim, final('bounced', { notice: notice('bounced') }), ['delivered'])
    await ledger.remember('a fact', 'is kept')
    return file
  }

  test('a ledger moves from a file into a database whole, and work goes on there', async () => {
    const file = await filled()
    const [from, to] = [await openSqlite(file, { create: false }), await database(await server().database())]
    onTestFinished(() => from.close())
    expect(await copyLedger(from, to)).toMatchObject({ entry: 1_200, item: 2, notice: 1, mailbox: 1 })
    const [old, moved] = [await start(file, () => START, false), ledgerOn(to, () => START)]
    onTestFinished(() => old[Symbol.asyncDispose]())
    const told = async (ledger: typeof old) =>
      (await Array.fromAsync(ledger.list({ all: true }))).map(mail => ({
        ...mail,
        subject: mail.subject.replace('\0', '\uFFFD'),
      }))
    expect(await told(moved)).toEqual(await told(old))
    expect((await moved.show('1'))?.trace).toEqual((await old.show('1'))?.trace)
    expect(await moved.recall('a fact')).toBe('is kept')
    const [id] = await moved.record([sighted(1_201)], cursor(1_201))
    expect(id).toBe('1201')
    expect((await claimed(moved, START)).id).toBe('2')
  })

  test('a database that knows mails is left as it is', async () => {
    const from = await openSqlite(await filled(), { create: false })
    onTestFinished(() => from.close())
    const to = await database(await server().database())
    const ledger = ledgerOn(to, () => START)
    await ledger.record([sighted(1)], cursor(1))
    await expect(copyLedger(from, to)).rejects.toMatchObject({ status: '5.3.0', scope: 'ledger' })
    expect(await ledger.accounts()).toMatchObject([{ seen: 1 }])
  })

  test('a copy whose rows do not arrive as they were leaves nothing behind', async () => {
    const from = await openSqlite(await filled(), { create: false })
    onTestFinished(() => from.close())
    const url = await server().database()
    const to = await database(url)
    await server().query(
      url,
      `create function spoil() returns trigger language plpgsql as $$ begin new.value = 'else'; return new; end $$;
       create trigger spoil before insert on fact for each row execute function spoil()`,
    )
    await expect(copyLedger(from, to)).rejects.toMatchObject({
      status: '4.3.1',
      message: expect.stringContaining('the rows of fact did not arrive as they were'),
    })
    expect(await ledgerOn(to, () => START).accounts()).toEqual([])
  })
}
