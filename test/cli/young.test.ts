import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOM = new URL('../../src/cli/young.ts', import.meta.url).href

/** A process that makes a million objects, each kept for a while, as mails under way are; prints octets. */
const busy = (before: string): string => `
${before}
const { getHeapSpaceStatistics } = await import('node:v8')
const kept = []
for (let turn = 0; turn < 200; turn += 1) {
  for (let n = 0; n < 5_000; n += 1) kept[(turn * 5_000 + n) % 150_000] = { text: String(n), list: [turn, n] }
  await new Promise(resolve => setImmediate(resolve))
}
process.stdout.write(String(getHeapSpaceStatistics().find(one => one.space_name === 'new_space').space_size))`

async function youngAfter(before: string): Promise<number> {
  const words = ['--input-type=module', '-e', busy(before)]
  return Number((await promisify(execFile)(process.execPath, words)).stdout) / 2 ** 20
}

test('however many mails flow, the young generation of the heap keeps to 8 MB', async () => {
  expect(await youngAfter('')).toBeGreaterThan(16)
  expect(await youngAfter(`const { keepYoung } = await import('${ROOM}'); keepYoung()`)).toBeLessThanOrEqual(8)
})
