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

/** A process that makes three million objects, each kept for a while, as mails under way are; tells octets. */
const busy = (before: string): string => `
${before}
const { getHeapSpaceStatistics } = await import('node:v8')
const space = name => getHeapSpaceStatistics().find(one => one.space_name === name)
const kept = []
let most = 0
for (let turn = 0; turn < 600; turn += 1) {
  for (let n = 0; n < 5_000; n += 1) kept[(turn * 5_000 + n) % 400_000] = { text: String(n), list: [turn, n] }
  await new Promise(resolve => setImmediate(resolve))
  most = Math.max(most, space('old_space').space_used_size)
}
process.stdout.write(JSON.stringify({ young: space('new_space').space_size, old: most }))`

/** A process that calls `f`, which is what `as` says, until `until`, and tells whether V8 has compiled it as well as it can. */
const calling = (before: string, as: string, isDone: string, until: string): string => `
${before}
${as}
const isDone = f => ${isDone}
let turn = 0
while (!(${until})) {
  for (let n = 0; n < 10_000; n += 1) f(n)
  await new Promise(resolve => setImmediate(resolve))
  turn += 1
}
process.stdout.write(JSON.stringify(isDone(f)))`

const TURBOFAN = '(%GetOptimizationStatus(f) & (1 << 6)) !== 0'

/** By how many times the same statement is in it. */
const statements = (count: number): string =>
  `const f = new Function('n', 'let sum = n;' + 'sum = sum & 1 ? sum + n : sum ^ n;'.repeat(${count}) + 'return sum')`

/** `(func (export "f") (param i32) (result i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0))`, from `n` + 1 on. */
const COUNTING = `
const octets = '0061736d0100000001060160017f017f03020100070501016600000a120110000340200041016b22000d000b20000b'
const { f: count } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(octets, 'hex'))).exports
const f = n => count(n + 1)`

const MIB = 2 ** 20

test('WebAssembly is compiled once', async () => {
  const isDone = '%IsTurboFanFunction(count)'
  expect(await told(calling('', COUNTING, isDone, 'isDone(f)'))).toBe(true)
  expect(await told(calling(LEAN, COUNTING, isDone, 'turn === 20'))).toBe(false)
})

test('what is long stays as it was compiled first, what is short does not', async () => {
  expect(await told(calling('', statements(100), TURBOFAN, 'isDone(f)'))).toBe(true)
  expect(await told(calling(LEAN, statements(10), TURBOFAN, 'isDone(f)'))).toBe(true)
  expect(await told(calling(LEAN, statements(100), TURBOFAN, 'turn === 100'))).toBe(false)
})

test('however many mails flow, the young generation of the heap stays small, and the old one keeps to what lives in it', async () => {
  type Octets = { readonly young: number; readonly old: number }
  const [lean, usual] = await Promise.all([LEAN, ''].map(before => told<Octets>(busy(before))))
  expect(usual?.young).toBeGreaterThan(24 * MIB)
  expect(lean?.young).toBeLessThanOrEqual(16 * MIB)
  // About 50 MB of them are alive at any time; V8 lets there be four times as much.
  expect(usual?.old).toBeGreaterThan(175 * MIB)
  expect(lean?.old).toBeLessThan(130 * MIB)
})
