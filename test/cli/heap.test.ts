import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOM = new URL('../../src/cli/heap.ts', import.meta.url).href
const LEAN = `const { keepLean } = await import('${ROOM}'); keepLean()`

/** A process that makes two million objects, each kept for a while, as mails under way are; prints octets. */
const busy = (before: string): string => `
${before}
const { getHeapSpaceStatistics } = await import('node:v8')
const space = name => getHeapSpaceStatistics().find(one => one.space_name === name)
const kept = []
let most = 0
for (let turn = 0; turn < 400; turn += 1) {
  for (let n = 0; n < 5_000; n += 1) kept[(turn * 5_000 + n) % 150_000] = { text: String(n), list: [turn, n] }
  await new Promise(resolve => setImmediate(resolve))
  most = Math.max(most, space('old_space').space_used_size)
}
process.stdout.write(JSON.stringify({ young: space('new_space').space_size, old: most }))`

async function heapOf(before: string): Promise<{ readonly young: number; readonly old: number }> {
  const words = ['--input-type=module', '-e', busy(before)]
  return JSON.parse((await promisify(execFile)(process.execPath, words)).stdout)
}

const MIB = 2 ** 20

test('however many mails flow, the young generation of the heap keeps to 8 MB, and the old one to three times what lives in it', async () => {
  const [lean, usual] = await Promise.all([LEAN, ''].map(heapOf))
  expect(usual?.young).toBeGreaterThan(16 * MIB)
  expect(lean?.young).toBeLessThanOrEqual(8 * MIB)
  // About 20 MB of them are alive at any time.
  expect(usual?.old).toBeGreaterThan(70 * MIB)
  expect(lean?.old).toBeLessThan(65 * MIB)
})
