import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOM = new URL('../../src/cli/heap.ts', import.meta.url).href
const LEAN = `const { keepLean } = await import('${ROOM}'); keepLean()`

/** What the program prints as JSON; it may ask V8 about its functions. */
async function told<T>(program: string): Promise<T> {
  const words = ['--allow-natives-syntax', '--input-type=module', '-e', program]
  return JSON.parse((await promisify(execFile)(process.execPath, words, { timeout: 60_000 })).stdout)
}

/** A process that makes objects, `alive` of them at a time, as mails under way are; tells octets. */
const busy = (before: string, alive: number): string => `
${before}
const { getHeapSpaceStatistics } = await import('node:v8')
const space = name => getHeapSpaceStatistics().find(one => one.space_name === name)
const kept = []
let most = 0
for (let turn = 0; turn < 600; turn += 1) {
  for (let n = 0; n < 5_000; n += 1) kept[(turn * 5_000 + n) % ${alive}] = { text: String(n), list: [turn, n] }
  await new Promise(resolve => setImmediate(resolve))
  most = Math.max(most, space('old_space').space_used_size)
}
process.stdout.write(JSON.stringify({ young: space('new_space').space_size, old: most }))`

/**
 * A process that counts down by WebAssembly until `until`, and tells whether V8 has compiled that as well as it can:
 * `(func (export "f") (param i32) (result i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0))`.
 */
const counting = (before: string, until: string): string => `
${before}
const octets = '0061736d0100000001060160017f017f03020100070501016600000a120110000340200041016b22000d000b20000b'
const { f } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(octets, 'hex'))).exports
const isDone = () => %IsTurboFanFunction(f)
let turn = 0
while (!(${until})) {
  for (let n = 1; n <= 10_000; n += 1) f(n)
  await new Promise(resolve => setImmediate(resolve))
  turn += 1
}
process.stdout.write(JSON.stringify(isDone()))`

const MIB = 2 ** 20

test('WebAssembly is compiled once', async () => {
  expect(await told(counting('', 'isDone()'))).toBe(true)
  expect(await told(counting(LEAN, 'turn === 20'))).toBe(false)
})

type Octets = { readonly young: number; readonly old: number }
const both = (alive: number) => Promise.all([LEAN, ''].map(before => told<Octets>(busy(before, alive))))

test('however many mails flow, the young generation of the heap keeps to 8 MB, or grows once more before it is told', async () => {
  const [lean, usual] = await both(150_000)
  expect(usual?.young).toBeGreaterThan(16 * MIB)
  expect(lean?.young).toBeLessThanOrEqual(16 * MIB)
})

test('where much lives in the heap, it takes less than twice as much again', async () => {
  const [lean, usual] = await both(400_000)
  // About 50 MB are alive at any time; V8 lets there be four times as much.
  expect(usual?.old).toBeGreaterThan(175 * MIB)
  expect(lean?.old).toBeLessThan(130 * MIB)
})
