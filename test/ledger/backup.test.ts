/** Backups of a ledger that is being worked with, and what a restored one does. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { restored } from '../../src/cli/look-back.ts'
import { isOld } from '../../src/gateway/reconcile.ts'
import { backUp } from '../../src/ledger/backup.ts'
import { folder, start } from './desktop.ts'
import { cursor, envelope, final, HOUR, notice, START, sighted } from './samples.ts'

test('a ledger that a worker writes to all the while is copied whole, for its owner only, and nothing is left lying about', async () => {
  const [file, copies] = [join(folder(), 'ledger.db'), folder()]
  const child = spawn(process.execPath, [join(import.meta.dirname, 'worker.ts'), file, 'work'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const lines = createInterface({ input: child.stdout })
  for (let n = 1; n <= 3; n += 1) {
    for (let line = 0; line < 20; line += 1) await once(lines, 'line')
    const copy = join(copies, `${n}.db`)
    await backUp(file, copy, START)
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    const database = new DatabaseSync(copy, { readOnly: true })
    expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
    const { seen, entries } = database
      .prepare('select (select sum(seen) from mailbox) seen, (select count(*) from entry) entries')
      .get() ?? { seen: 0, entries: 1 }
    expect(seen).toBe(entries)
    database.close()
  }
  expect(readdirSync(copies)).toEqual(['1.db', '2.db', '3.db'])
  expect(child.exitCode).toBeNull()
})

test('a backup never takes the place of a file, and says why it could not be made', async () => {
  const here = folder()
  const file = join(here, 'ledger.db')
  await (await start(file))[Symbol.asyncDispose]()
  const there = join(here, 'there.db')
  writeFileSync(there, 'precious')
  await expect(backUp(file, there, START)).rejects.toMatchObject({ status: '5.3.0', scope: 'ledger' })
  expect(readFileSync(there, 'utf8')).toBe('precious')
  await expect(backUp(join(here, 'none.db'), join(here, 'x.db'), START)).rejects.toMatchObject({
    status: '4.3.1',
    message: `there is no ledger at ${join(here, 'none.db')}`,
  })
  await expect(backUp(file, join(there, 'x.db'), START)).rejects.toMatchObject({
    status: '4.3.1',
    message: expect.stringContaining('cannot be written'),
  })
})

test('a damaged ledger makes no backup', async () => {
  const here = folder()
  const file = join(here, 'ledger.db')
  const ledger = await start(file)
  await ledger.record(
    Array.from({ length: 200 }, (_, n) => sighted(n + 1)),
    cursor(200),
  )
  await ledger[Symbol.asyncDispose]()
  const octets = readFileSync(file)
  octets.fill(0xff, 3 * 4096, 6 * 4096)
  writeFileSync(file, octets)
  await expect(backUp(file, join(here, 'x.db'), START)).rejects.toMatchObject({ status: '4.3.1', scope: 'ledger' })
  expect(readdirSync(here).filter(name => name.startsWith('x.db'))).toEqual([])
})

test('a restored ledger says so until it is worked with, takes all that had arrived for old, and sends no notice again', async () => {
  const here = folder()
  const file = join(here, 'ledger.db')
  const ledger = await start(file)
  const decided = final('bounced', { notice: notice('bounced') })
  const [id = ''] = await ledger.record([sighted(1, { decided })], cursor(1))
  await backUp(file, join(here, 'copy.db'), START)
  expect(await ledger.copiedAt()).toBeUndefined()
  await ledger[Symbol.asyncDispose]()
  mkdirSync(join(here, 'lost'))
  for (const name of readdirSync(here).filter(one => one.startsWith('ledger.db')))
    renameSync(join(here, name), join(here, 'lost', name))
  renameSync(join(here, 'copy.db'), file)
  const later = new Date(START.getTime() + 24 * HOUR)
  const again = await start(file, () => later)
  onTestFinished(() => again[Symbol.asyncDispose]())
  expect(await again.copiedAt()).toEqual(START)
  await restored(again, later)
  expect(await again.copiedAt()).toBeUndefined()
  const arrived = (at: Date) => isOld(again, { ...envelope(4711), arrivedAt: at })
  expect(await arrived(later)).toBe(true)
  expect(await arrived(new Date(later.getTime() + 2 * HOUR))).toBe(false)
  expect((await again.show(id))?.mail.notice).toMatchObject({ state: 'suppressed' })
  expect((await again.unsettledOne(id))?.notice).toBeUndefined()
})
