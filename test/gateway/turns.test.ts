import { expect, test } from 'vitest'
import { backoff } from '../../src/gateway/backoff.ts'
import { Gate, Turns } from '../../src/gateway/turns.ts'

test('mails for one ticket take turns, in the order they came', async () => {
  const turns = new Turns()
  const order: string[] = []
  const visit = async (name: string): Promise<void> => {
    using _turn = await turns.take('I161026_000005')
    order.push(`${name} in`)
    await Promise.resolve()
    order.push(`${name} out`)
  }
  await Promise.all([visit('first'), visit('second'), visit('third')])
  expect(order).toEqual(['first in', 'first out', 'second in', 'second out', 'third in', 'third out'])
})

test('mails for different tickets do not wait for each other', async () => {
  const turns = new Turns()
  using _one = await turns.take('I161026_000005')
  using _other = await turns.take('I161026_000006')
  expect(true).toBe(true)
})

test('no more uploads are under way than the gate lets in, and a place given back goes to the next in line', async () => {
  const gate = new Gate(2)
  let inside = 0
  let most = 0
  const upload = async (): Promise<void> => {
    using _slot = await gate.enter()
    inside += 1
    most = Math.max(most, inside)
    await new Promise(resolve => setImmediate(resolve))
    inside -= 1
  }
  await Promise.all(Array.from({ length: 9 }, upload))
  expect([most, inside]).toEqual([2, 0])
})

test.each([
  [1, 6_000, 60_000],
  [3, 24_000, 240_000],
  [50, 360_000, 3_600_000],
])('the wait before try %i lies between %i and %i ms', (times, least, most) => {
  const rule = { first: 60_000, max: 3_600_000, factor: 2 }
  expect(backoff(times, rule, () => 0)).toBe(least)
  expect(backoff(times, rule, () => 0.999_999)).toBeGreaterThan(most * 0.99)
  expect(backoff(times, rule, () => 0.999_999)).toBeLessThanOrEqual(most)
})
