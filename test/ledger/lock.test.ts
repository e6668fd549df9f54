/** One worker at a time on one ledger. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { holdLedger } from '../../src/ledger/lock.ts'
import { folder, start } from './desktop.ts'

const ME = { pid: 42, host: 'second.example', since: new Date('2026-11-02T08:00:00Z') }

async function holder(file: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'worker.ts'), file, 'hold'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  if (child.stdout !== null) await once(child.stdout, 'data')
  return child
}

test('a second worker is refused within five seconds and told who works, and comes in at once when that one is killed', async () => {
  const file = join(folder(), 'ledger.db')
  const first = await holder(file)
  const asked = performance.now()
  await expect(holdLedger(file, ME)).rejects.toMatchObject({
    status: '4.3.0',
    scope: 'ledger',
    message: expect.stringMatching(`another worker holds the ledger: process ${first.pid} on test.example, since 20`),
  })
  expect(performance.now() - asked).toBeLessThan(5000)
  first.kill('SIGKILL')
  await once(first, 'exit')
  using lock = await holdLedger(file, ME, { patience: 0 })
  expect(lock).toBeDefined()
})

test('a worker that is just ending is waited for', async () => {
  const file = join(folder(), 'ledger.db')
  const first = await holdLedger(file, ME)
  const second = holdLedger(file, ME)
  first[Symbol.dispose]()
  using lock = await second
  expect(lock).toBeDefined()
  await expect(holdLedger(file, ME, { patience: 0 })).rejects.toMatchObject({ status: '4.3.0' })
})

test('other commands need no lock, and the lock’s file is for its owner only', async () => {
  const file = join(folder(), 'ledger.db')
  using _lock = await holdLedger(file, ME)
  const ledger = await start(file)
  onTestFinished(() => ledger[Symbol.asyncDispose]())
  expect(await ledger.accounts()).toEqual([])
  expect(statSync(`${file}.lock`).mode & 0o777).toBe(0o600)
  expect(statSync(`${file}.lock.json`).mode & 0o777).toBe(0o600)
})

test('a lock that cannot be made is said with its file', async () => {
  const file = join(folder(), 'ledger.db')
  using _lock = await holdLedger(join(file, 'a'), ME)
  await expect(holdLedger(`${file}/a.lock/b`, ME)).rejects.toMatchObject({ status: '4.3.1', scope: 'ledger' })
})
