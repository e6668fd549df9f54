/** The time the road goes by, whatever is done to the wall's clock. */
import { expect, test } from 'vitest'
import { steady } from '../../src/gateway/steady.ts'

const DAY = 86_400_000
const START = Date.parse('2026-11-02T08:00:00Z')

function setup() {
  const clock = { wall: START, awake: 0, lived: 0 }
  const told: number[] = []
  const now = steady(
    () => new Date(clock.wall),
    { awake: () => clock.awake, uptime: () => clock.lived },
    ms => told.push(ms),
  )
  return {
    told,
    since: () => now().getTime() - START,
    set: (ms: number) => {
      clock.wall += ms
    },
    pass: (ms: number) => {
      clock.wall += ms
      clock.awake += ms
      clock.lived += ms
    },
    sleep: (ms: number) => {
      clock.wall += ms
      clock.lived += ms
    },
  }
}

test.each([-3 * DAY, 40 * DAY])('a clock set by %i ms changes no time that passes here, and it is told once', jump => {
  const { set, pass, since, told } = setup()
  pass(1_000)
  set(jump)
  expect(since()).toBe(1_000)
  pass(5_000)
  expect(since()).toBe(6_000)
  expect(told).toEqual([jump])
  set(-jump)
  expect(since()).toBe(6_000)
  set(jump)
  expect(since()).toBe(6_000)
  expect(told).toEqual([jump, jump])
})

test('a small correction is followed', () => {
  const { set, since, told } = setup()
  for (let n = 0; n < 3; n += 1) {
    set(1_500)
    since()
  }
  expect(since()).toBe(4_500)
  expect(told).toEqual([])
})

test('a machine that slept has not had its clock set, and one that is set after that is found out', () => {
  const { set, pass, sleep, since, told } = setup()
  pass(1_000)
  sleep(DAY)
  expect(since()).toBe(DAY + 1_000)
  pass(1_000)
  sleep(2 * DAY)
  expect(since()).toBe(3 * DAY + 2_000)
  expect(told).toEqual([])
  set(DAY)
  expect(since()).toBe(3 * DAY + 2_000)
  expect(told).toEqual([DAY])
})
