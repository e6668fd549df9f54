import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOM = new URL('../../src/cli/heap.ts', import.meta.url).href
const LEAN = `const { keepLean } = await import('${ROOM}'); keepLean()`

/** A process that makes three million objects, each kept for a while, as mails under way are; prints octets. */
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

async function heapOf(before: string): Promise<{ readonly young: number; readonly old: number }> {
  const words = ['--input-type=module', '-e', busy(before)]
  return JSON.parse((await promisify(execFile)(process.execPath, words)).stdout)
}

/** A process that calls a long and a short function until V8 has compiled one of them as well as it can; prints which. */
const compiled = (before: string): string => `
${before}
const long = new Function('n', 'let sum = n;' + 'sum = sum & 1 ? sum + n : sum ^ n;'.repeat(100) + 'return sum')
const short = new Function('n', 'let sum = n; for (let k = 0; k < 100; k += 1) sum = sum & 1 ? sum + n : sum ^ n; return sum')
const TURBOFAN = 1 << 6
const isDone = one => (%GetOptimizationStatus(one) & TURBOFAN) !== 0
while (!isDone(short)) {
  for (let n = 0; n < 10_000; n += 1) long(n) + short(n)
  await new Promise(resolve => setImmediate(resolve))
}
for (let turn = 0; turn < 100; turn += 1) {
  for (let n = 0; n < 10_000; n += 1) long(n)
  await new Promise(resolve => setImmediate(resolve))
}
process.stdout.write(JSON.stringify({ short: isDone(short), long: isDone(long) }))`

async function compiledBy(before: string): Promise<{ readonly short: boolean; readonly long: boolean }> {
  const words = ['--allow-natives-syntax', '--input-type=module', '-e', compiled(before)]
  return JSON.parse((await promisify(execFile)(process.execPath, words)).stdout)
}

const MIB = 2 ** 20

/** A process that calls a WebAssembly function which counts down, until V8 has had every reason to compile it again; V8 prints when it does. */
const counting = (before: string): string => `
${before}
const octets = '0061736d0100000001060160017f017f03020100070501016600000a120110000340200041016b22000d000b20000b'
const { f } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(octets, 'hex'))).exports
for (let turn = 0; turn < 100; turn += 1) {
  f(1_000_000)
  await new Promise(resolve => setImmediate(resolve))
}`

async function compilersOf(before: string): Promise<readonly string[]> {
  const words = ['--trace-wasm-compilation-times', '--input-type=module', '-e', counting(before)]
  const { stdout } = await promisify(execFile)(process.execPath, words)
  // Node.js reads TypeScript by WebAssembly, too, whose first functions are imported: ours is the one with the number 0.
  return [...stdout.matchAll(/#0 using (\w+),/g)].map(([, compiler]) => compiler ?? '')
}

test('WebAssembly is compiled once', async () => {
  const [lean, usual] = await Promise.all([LEAN, ''].map(compilersOf))
  expect(usual).toEqual(['Liftoff', 'TurboFan'])
  expect(lean).toEqual(['Liftoff'])
})

test('what is long is left to the compiler that is soon done with it, and what is short is not', async () => {
  const [lean, usual] = await Promise.all([LEAN, ''].map(compiledBy))
  expect(usual).toEqual({ short: true, long: true })
  expect(lean).toEqual({ short: true, long: false })
})

test('however many mails flow, the young generation of the heap stays small, and the old one within three times what lives in it', async () => {
  const [lean, usual] = await Promise.all([LEAN, ''].map(heapOf))
  expect(usual?.young).toBeGreaterThan(24 * MIB)
  expect(lean?.young).toBeLessThanOrEqual(16 * MIB)
  // About 50 MB of them are alive at any time.
  expect(usual?.old).toBeGreaterThan(180 * MIB)
  expect(lean?.old).toBeLessThan(172 * MIB)
})
