/** Replicas on one mailbox and one database, as processes of their own. */
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { openBeside } from '../../src/cli/open-ledger.ts'
import { loadSettings } from '../../src/config/load.ts'
import { hasDovecot } from '../support/dovecot-server.ts'
import { letter } from '../support/letters.ts'
import { describeWithPostgres, type Postgres, postgres } from '../support/postgres.ts'
import { mailclip, rows, start } from '../support/process.ts'
import { setup, type WholeRoad, worldOf } from '../support/road.ts'

const T = { timeout: 300_000 }

describeWithPostgres('replicas', () => {
  let server: Postgres
  beforeAll(async () => {
    server = await postgres({ fsync: 'off' })
  }, 120_000)
  afterAll(() => server.close())

  /** A configuration as another machine has it: its own spool, the common database. */
  async function machine(road: WholeRoad, url: string, more: object = {}): Promise<string> {
    const name = randomUUID()
    const file = join(road.folder, `${name}.yaml`)
    const ledger = { url, password: server.password, lease: '2s', ...more }
    const spool = { folder: join(road.folder, name) }
    await writeFile(file, stringify({ ...road.written, ledger, spool, schedule: '* * * * * *' }), { mode: 0o600 })
    return file
  }

  test.skipIf(!hasDovecot)(
    'share a mailbox: each file is on its ticket once, and a dead one’s mails are taken over',
    T,
    async () => {
      // The one that dies may have begun an upload that never comes whole: that is sent again after the quiet time.
      const road = await setup({ desk: { quiet: '2s', recheck: '200ms' } })
      const url = await server.database()
      const files = [await machine(road, url), await machine(road, url)]
      road.desk.will({ status: 201, keep: true, delay: 30_000 })
      for (let n = 0; n < 12; n += 1)
        await road.post(letter({ subject: `I161026_0000${10 + (n % 3)}`, attachments: { [`${n}.txt`]: `file ${n}` } }))
      const [first, second] = files.map(file => start(['run', '--config', file]))
      await road.desk.until(() => road.desk.requests.some(({ method }) => method === 'POST'))
      // Whichever of them has the upload that hangs.
      first?.child.kill('SIGKILL')
      const third = start(['run', '--config', await machine(road, url)])
      await using ledger = await openBeside(loadSettings(files[0] ?? '', {}), worldOf({ now: Date.now() }))
      const all = () => Array.fromAsync(ledger.list({ all: true }))
      for (let mails = await all(); mails.length < 12 || mails.some(({ settledAt }) => settledAt === null); ) {
        await sleep(50)
        mails = await all()
      }
      const mails = rows((await mailclip(['list', '--json', '--all', '--config', files[0] ?? ''])).out)
      expect(mails.map(({ settledAt }) => settledAt)).not.toContain(null)
      expect(mails.map(({ state }) => state)).toEqual(Array.from({ length: 12 }, () => 'delivered'))
      const there = ['I161026_000010', 'I161026_000011', 'I161026_000012'].flatMap(one => road.desk.documents(one))
      expect(there.map(({ name }) => name).toSorted()).toEqual(
        Array.from({ length: 12 }, (_, n) => `${n}.txt`).toSorted(),
      )
      const report = await mailclip(['report', '--deep', '--json', '--config', files[0] ?? ''])
      expect(rows(report.out)).toMatchObject([{ seen: 12, delivered: 12, adds: true, differences: [], remarks: [] }])
      for (const one of [second, third]) one?.child.kill('SIGTERM')
      for (const one of [second, third]) expect(await one?.ended).toMatchObject({ code: 0 })
    },
  )

  test.skipIf(!hasDovecot)(
    'wait for a database that goes away, are not ready meanwhile, and go on by themselves',
    T,
    async () => {
      const road = await setup({ settings: { status: { host: '127.0.0.1', port: 0 } } })
      const url = await server.database()
      const replica = start(['run', '--config', await machine(road, url)])
      const [, page] = await replica.says(/status page at (http:\S+)/)
      await replica.says(/"swept"/)
      await server.stop()
      await road.post(letter({ attachments: { 'a.txt': 'first' } }))
      await replica.says(/"trouble".*postgres:\/\/127/)
      expect((await fetch(new URL('/ready', page))).status).toBe(503)
      expect(road.desk.received).toEqual([])
      await server.start()
      await road.desk.until(() => road.desk.received.length === 1)
      replica.child.kill('SIGTERM')
      const { code, out, err } = await replica.ended
      expect(code).toBe(0)
      expect(out + err).not.toContain(server.password)
    },
  )

  test.skipIf(!hasDovecot)('begin with the ledger of one machine, copied into their database', T, async () => {
    const road = await setup()
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await road.sweep()
    const file = await machine(road, await server.database())
    const from = `sqlite:${road.settings.ledger.file}`
    expect(await mailclip(['ledger', 'copy', from, '--config', file])).toMatchObject({ code: 0, err: '' })
    expect(await mailclip(['ledger', 'copy', from, '--config', file])).toMatchObject({ code: 66 })
    expect(await mailclip(['ledger', 'copy', 'sqlite:/none.db', 'mysql://x', '--config', file])).toMatchObject({
      code: 64,
    })
    expect(rows((await mailclip(['list', '--json', '--config', file])).out)).toMatchObject([{ state: 'delivered' }])
    expect(await mailclip(['ledger', 'backup', join(road.folder, 'x.db'), '--config', file])).toMatchObject({
      code: 64,
    })
  })
})
