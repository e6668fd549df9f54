/** A ledger that cannot be believed is not opened, and nobody starts an empty one in its place. */
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openSqlite } from '../../src/ledger/sqlite.ts'
import { folder, start } from './desktop.ts'
import { cursor, final, sighted } from './samples.ts'

/** A ledger with some mails in it, closed. */
async function kept(): Promise<string> {
  const file = join(folder(), 'ledger.db')
  await using ledger = await start(file)
  const mails = Array.from({ length: 100 }, (_, n) => sighted(n + 1, { decided: final('bounced') }))
  await ledger.record(mails, cursor(100))
  return file
}

const overwrite = (file: string, at: number, bytes: number): void => {
  writeSync(openSync(file, 'r+'), Buffer.alloc(bytes, 0xff), 0, bytes, at)
}

test.each<[string, (file: string) => void, string]>([
  ['4 kB of rubbish in its second page', file => overwrite(file, 4096, 4096), 'is damaged'],
  ['half of it cut off', file => truncateSync(file, statSync(file).size / 2), 'is damaged'],
  ['nothing in it', file => truncateSync(file, 0), 'is empty'],
  ['rubbish at its beginning', file => overwrite(file, 0, 200), 'is not a ledger'],
  [
    'a text in its place',
    file => writeFileSync(file, 'not a database, whatever its name says '.repeat(50)),
    'is not a ledger',
  ],
])('a ledger with %s is not opened: the sentence names the file and the remedy', async (_, damage, what) => {
  const file = await kept()
  damage(file)
  const size = statSync(file).size
  const refusal = await openSqlite(file, { create: true }).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ status: '4.3.1', scope: 'ledger' })
  for (const words of [file, what, 'restore it from a backup'])
    expect(refusal).toMatchObject({ message: expect.stringContaining(words) })
  expect(statSync(file).size).toBe(size)
})

test('a ledger that is gone while its journal is there is not started anew', async () => {
  const file = await kept()
  const ledger = await start(file)
  onTestFinished(() => ledger[Symbol.asyncDispose]())
  await ledger.remember('a', 'b')
  rmSync(file)
  await expect(openSqlite(file, { create: true })).rejects.toMatchObject({
    status: '4.3.1',
    message: expect.stringContaining('is gone, though its journal is there'),
  })
  expect(existsSync(file)).toBe(false)
})

test('a new ledger is made with its folders, for its owner only, and tells that it is new', async () => {
  const base = folder()
  const file = join(base, 'data', 'deep', 'ledger.db')
  await expect(openSqlite(file, { create: false })).rejects.toMatchObject({
    status: '4.3.1',
    scope: 'ledger',
    message: `there is no ledger at ${file}`,
  })
  expect(existsSync(join(base, 'data'))).toBe(false)
  await using ledger = await start(file)
  await ledger.remember('a', 'b')
  expect(ledger.created).toBe(true)
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(dirname(file))) expect(statSync(join(dirname(file), name)).mode & 0o777).toBe(0o600)
  await using again = await start(file)
  expect(again.created).toBe(false)
})

test('two that make the same ledger at once make one', async () => {
  const file = join(folder(), 'ledger.db')
  const ledgers = await Promise.all([1, 2, 3].map(() => start(file)))
  for (const ledger of ledgers) onTestFinished(() => ledger[Symbol.asyncDispose]())
  expect(new Set(ledgers.map(({ secret }) => secret)).size).toBe(1)
  expect(ledgers.filter(({ created }) => created)).toHaveLength(1)
  expect(readdirSync(dirname(file)).filter(name => name.includes('.new-'))).toEqual([])
})

test('a folder where the ledger should be, or a file where its folder should be, is said', async () => {
  const base = folder()
  mkdirSync(join(base, 'ledger.db'))
  writeFileSync(join(base, 'data'), '')
  for (const file of [join(base, 'ledger.db'), join(base, 'data', 'ledger.db')])
    await expect(openSqlite(file, { create: true })).rejects.toMatchObject({
      status: '4.3.1',
      scope: 'ledger',
      message: expect.stringContaining(file),
    })
})

test('a ledger of a newer program is left alone', async () => {
  const file = await kept()
  const database = new DatabaseSync(file)
  database.exec(`update meta set value = '99' where key = 'version'`)
  database.close()
  await expect(openSqlite(file, { create: true })).rejects.toMatchObject({
    status: '4.3.1',
    message: expect.stringContaining('update the program'),
  })
})

test('a ledger that somebody else is writing to for too long is locked', { timeout: 20_000 }, async () => {
  const file = await kept()
  const ledger = await start(file)
  onTestFinished(() => ledger[Symbol.asyncDispose]())
  const other = new DatabaseSync(file)
  onTestFinished(() => other.close())
  other.exec('begin immediate')
  await expect(ledger.remember('a', 'b')).rejects.toMatchObject({
    status: '4.3.1',
    message: expect.stringContaining('is locked by another process'),
  })
  expect(await ledger.accounts()).toHaveLength(1)
  other.exec('rollback')
  await ledger.remember('a', 'b')
  expect(await ledger.recall('a')).toBe('b')
})

test('damage that shows up at work is not taken for something that passes', async () => {
  const file = await kept()
  const ledger = await start(file)
  onTestFinished(() => ledger[Symbol.asyncDispose]())
  const before = statSync(file).size
  overwrite(file, 4096, before - 4096)
  await expect(Array.fromAsync(ledger.list({}))).rejects.toMatchObject({ status: '5.3.1', scope: 'ledger' })
})

test('rows that make no sense are refused by the file itself', async () => {
  const file = await kept()
  const database = new DatabaseSync(file)
  onTestFinished(() => database.close())
  const insert = `insert into item (entry_id, routing, part, name, type, size, sha256, ticket, fate, state`
  const values = `values (1, 1, '2', 'a', 'b/c', 1, 'h', 'T', 'send'`
  for (const nonsense of [
    `update entry set state = 'active'`,
    `update entry set lease = 'x'`,
    `update entry set state = 'queued'`,
    `update entry set due_at = 1`,
    `update entry set concluded_at = null`,
    `update entry set settled_at = 1`,
    `update entry set standing = 'alone'`,
    `update entry set reason = null`,
    `update entry set state = 'lost'`,
    `update entry set envelope = null`,
    `update entry set uid = 'x'`,
    `${insert}) ${values}, 'delivered')`,
    `${insert}) ${values}, 'begun')`,
    `${insert}) ${values}, 'uncertain')`,
    `${insert}, document_id) ${values}, 'pending', 'd1')`,
    `insert into trace (entry_id, at, attempt, line) values (999999, 1, 1, 'x')`,
  ])
    expect(() => database.exec(nonsense), nonsense).toThrow(/constraint failed|cannot store/)
})
