/** What the ledger has answered to is there whatever ends the process, and what could not be written is said. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import type { Suspension } from '../../src/gateway/ports.ts'
import { GroupCommit } from '../../src/ledger/commit.ts'
import { Journal } from '../../src/ledger/journal.ts'
import { openSqlite } from '../../src/ledger/sqlite.ts'
import { suspend, suspensions } from '../../src/ledger/suspensions.ts'
import { folder, start } from './desktop.ts'
import { claimed } from './exercise-attempts.ts'
import { cursor, dispatchOf, final, HOUR, item, START, sighted, T1 } from './samples.ts'

const WORKER = join(import.meta.dirname, 'worker.ts')

function worker(...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [WORKER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

/** What the worker heard of its ledger before it was killed, `after` so many lines and then at once. */
async function killedAfter(child: ChildProcess, after: number): Promise<string[]> {
  const lines: string[] = []
  if (child.stdout === null) throw new Error('no output')
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (lines.length === after) child.kill('SIGKILL')
  }
  return lines
}

test('what the ledger answered to is there after kill -9, twenty times over, and the file is whole', {
  timeout: 300_000,
}, async () => {
  const file = join(folder(), 'ledger.db')
  const heard: string[] = []
  for (let kill = 0; kill < 20; kill += 1) {
    const after = 1 + Math.floor(Math.random() * 60)
    heard.push(...(await killedAfter(worker(file, 'work', String(kill * 10_000 + 1)), after)))
  }
  const database = new DatabaseSync(file)
  expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  expect(database.prepare('pragma foreign_key_check').all()).toEqual([])
  database.close()
  const ledger = await start(file)
  onTestFinished(() => ledger[Symbol.asyncDispose]())
  const mails = new Map((await Array.fromAsync(ledger.list({}))).map(mail => [mail.id, mail]))
  for (const line of heard) {
    const [what, id = ''] = line.split(' ')
    const mail = mails.get(id)
    expect(mail, line).toBeDefined()
    if (what === 'active') expect(mail?.attempts, line).toBeGreaterThan(0)
    if (what === 'begun') expect(mail?.attachments[0]?.state, line).toMatch(/begun|delivered/)
    if (what === 'item') expect(mail?.attachments[0]?.documentId, line).toMatch(/./)
    if (what === 'delivered') expect(mail?.state, line).toBe('delivered')
  }
  const [account] = await ledger.accounts()
  expect(account?.seen).toBe(mails.size)
  expect(heard.length).toBeGreaterThan(100)
})

test('the writes of one turn of the loop are one transaction, and one that is refused undoes itself alone', async () => {
  const engine = await openSqlite(join(folder(), 'ledger.db'), { create: true })
  onTestFinished(() => engine.close())
  let begun = 0
  const commit = new GroupCommit({
    ...engine,
    get begin() {
      begun += 1
      return engine.begin
    },
  })
  const remember = (key: string, value: string) =>
    commit.write(db => db.insertInto('fact').values({ key, value }).execute())
  const write = (key: string) => remember(key, 'x')
  const refused = commit.write(async db => {
    await db.insertInto('fact').values({ key: 'refused', value: 'x' }).execute()
    throw new Error('on second thoughts')
  })
  const ends = await Promise.allSettled([write('a'), refused, write('a'), write('b')])
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  expect(begun).toBe(1)
  const rows = await engine.reader.selectFrom('fact').select('key').orderBy('key').execute()
  expect(rows.map(({ key }) => key)).toEqual(['a', 'b'])
})

test('what is being written is not read before it is committed', async () => {
  const engine = await openSqlite(join(folder(), 'ledger.db'), { create: true })
  onTestFinished(() => engine.close())
  const commit = new GroupCommit(engine)
  const seen = () => engine.reader.selectFrom('fact').selectAll().execute()
  // A question that is built once goes another way to the file.
  const resting = () => suspensions(engine.reader)
  expect(await resting()).toEqual([])
  await commit.write(async db => {
    await db.insertInto('fact').values({ key: 'a', value: 'x' }).execute()
    await suspend(db, RESTING)
    expect(await seen()).toEqual([])
    expect(await resting()).toEqual([])
  })
  expect(await seen()).toHaveLength(1)
  expect(await resting()).toEqual([RESTING])
})

const RESTING: Suspension = {
  site: 'desk https://desk.example',
  since: START,
  until: new Date(START.getTime() + HOUR),
  status: '4.4.1',
  reason: 'no answer',
  times: 1,
  credentials: undefined,
}

test('nobody is answered before the disk is, and those who come meanwhile go together', async () => {
  const engine = await openSqlite(join(folder(), 'ledger.db'), { create: true })
  onTestFinished(() => engine.close())
  const disks = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const asked = disks.map(() => Promise.withResolvers<void>())
  let syncs = 0
  const commit = new GroupCommit({
    ...engine,
    sync: async () => {
      asked[syncs]?.resolve()
      await disks[syncs++]?.promise
    },
  })
  const answered: string[] = []
  const remember = (key: string) =>
    commit.write(db => db.insertInto('fact').values({ key, value: 'x' }).execute()).then(() => void answered.push(key))
  const first = remember('a')
  await asked[0]?.promise
  const others = [remember('b'), remember('c')]
  expect(answered).toEqual([])
  disks[0]?.resolve()
  await first
  await asked[1]?.promise
  expect(answered).toEqual(['a'])
  disks[1]?.resolve()
  await Promise.all(others)
  expect(syncs).toBe(2)
})

test('a disk that cannot sync is said, and one that cannot twice is not to be worked with', async () => {
  const engine = await openSqlite(join(folder(), 'ledger.db'), { create: true })
  onTestFinished(() => engine.close())
  const broken = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'fdatasync' }))
  const commit = new GroupCommit({ ...engine, sync: broken })
  const remember = (key: string) => commit.write(db => db.insertInto('fact').values({ key, value: 'x' }).execute())
  await expect(remember('a')).rejects.toMatchObject({ status: '4.3.1', scope: 'ledger' })
  await expect(remember('b')).rejects.toMatchObject({ status: '5.3.1', scope: 'ledger' })
})

test('what a sync that failed left in doubt is moved to the ledger itself before anybody is answered', async () => {
  const moved: string[] = []
  const file = join(folder(), 'ledger.db')
  writeFileSync(`${file}-wal`, '')
  const journal = new Journal(file, () => void moved.push('checkpoint'))
  await journal.sync()
  expect(moved).toEqual([])
  await journal[Symbol.asyncDispose]()
  rmSync(`${file}-wal`)
  await expect(journal.sync()).rejects.toMatchObject({ code: 'ENOENT' })
  writeFileSync(`${file}-wal`, '')
  await journal.sync()
  await journal.sync()
  expect(moved).toEqual(['checkpoint'])
  await journal[Symbol.asyncDispose]()
})

test('the ledger is a write-ahead log that SQLite syncs at its checkpoints', async () => {
  const engine = await openSqlite(join(folder(), 'ledger.db'), { create: true })
  onTestFinished(() => engine.close())
  const pragma = async (name: string) => (await sql.raw(`pragma ${name}`).execute(engine.writer)).rows[0]
  expect(await pragma('synchronous')).toEqual({ synchronous: 1 })
  expect(await pragma('journal_mode')).toEqual({ journal_mode: 'wal' })
  expect(await pragma('foreign_keys')).toEqual({ foreign_keys: 1 })
})

/** A disk of its own that can be filled up; undefined where this user may not mount one. */
function smallDisk(): string | undefined {
  const disk = join(folder(), 'disk')
  mkdirSync(disk)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status !== 0) return undefined
  onTestFinished(() => {
    spawnSync('umount', ['-l', disk])
  })
  return disk
}

test('a full disk is said, stops nothing that is read, and is over when there is room again', async context => {
  const disk = smallDisk()
  if (disk === undefined) {
    process.stderr.write('SKIPPED: a full disk. This user may not mount a tmpfs; run the tests as root to see it.\n')
    return context.skip()
  }
  const ledger = await start(join(disk, 'ledger.db'))
  onTestFinished(() => ledger[Symbol.asyncDispose]())
  await ledger.record([sighted(1)], cursor(1))
  const claim = await claimed(ledger, START)
  const [row] = await ledger.dispatch(claim, dispatchOf(item('a.pdf')), [])
  const filler = join(disk, 'filler')
  expect(() => writeFileSync(filler, Buffer.alloc(4_000_000))).toThrow('ENOSPC')
  const full = { status: '4.3.1', scope: 'ledger', message: expect.stringContaining('disk is full') }
  const begun = () => ledger.begin(claim, row?.item ?? 0, ['x'.repeat(100_000)], START)
  await expect(begun()).rejects.toMatchObject(full)
  const ends = await Promise.allSettled([begun(), ledger.remember('a', 'x'.repeat(50_000)), ledger.remember('b', 'c')])
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect((await ledger.show('1'))?.mail.attachments[0]?.state).toBe('pending')
  rmSync(filler)
  await begun()
  await ledger.deliver(claim, row?.item ?? 0, 'd1', START)
  await ledger.conclude(claim, final('delivered'), [])
  expect(await ledger.held(T1)).toEqual(new Set(['d1']))
})

test('the list is read beside a worker that writes all the while', async () => {
  const file = join(folder(), 'ledger.db')
  const child = worker(file, 'work')
  const lines = createInterface({ input: child.stdout ?? process.stdin })
  const recorded = () => once(lines, 'line')
  await recorded()
  const beside = await start(file, () => START, false)
  onTestFinished(() => beside[Symbol.asyncDispose]())
  let longest = 0
  for (let n = 0; n < 20; n += 1) {
    await recorded()
    longest = Math.max(longest, (await Array.fromAsync(beside.list({}))).length)
    expect((await beside.accounts())[0]?.seen).toBeGreaterThan(0)
  }
  expect(longest).toBeGreaterThan(0)
  expect(child.exitCode).toBeNull()
})

test('what was forgotten is nowhere in the files any more', async () => {
  const file = join(folder(), 'ledger.db')
  const ledger = await start(file)
  onTestFinished(() => ledger[Symbol.asyncDispose]())
  await ledger.record(
    Array.from({ length: 50 }, (_, n) => sighted(n + 1, { decided: final('delivered', { filing: undefined }) })),
    cursor(50),
  )
  const beside = await start(file, () => START, false)
  onTestFinished(() => beside[Symbol.asyncDispose]())
  const octets = () => Buffer.concat([file, `${file}-wal`].map(one => readFileSync(one))).toString('latin1')
  expect(octets()).toContain('ada@example.com')
  expect((await beside.forget('ada@example.com')).erased).toHaveLength(50)
  expect(octets()).not.toMatch(/ada@example\.com|Scan \d+ for/)
})
