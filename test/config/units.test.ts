import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationText, readDuration, readSize, sizeText } from '../../src/config/units.ts'

test.each([
  ['250ms', 250],
  ['90s', 90_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['400d', 34_560_000_000],
  ['1.5h', 5_400_000],
  ['1.1s', 1100],
  ['0s', 0],
  ['5 m', 300_000],
])('a duration of %s is %d milliseconds', (text, ms) => {
  expect(readDuration(text)).toBe(ms)
})

test.each(['', '5', '-5s', '5 minutes', '5M', 's', '1e3s', '5s ', '99999999999999999d'])('%j is no duration', text => {
  expect(readDuration(text)).toBeUndefined()
})

test.each([
  ['25MB', 25_000_000],
  ['25MiB', 26_214_400],
  ['512mib', 536_870_912],
  ['1.1MB', 1_100_000],
  ['5 GB', 5_000_000_000],
  ['1kB', 1000],
  ['1KB', 1000],
  ['17', 17],
  ['17B', 17],
])('a size of %s is %d octets', (text, octets) => {
  expect(readSize(text)).toBe(octets)
})

test.each(['', '-1', '25 apples', '25M', 'MB', '1e6', '9999999TiB'])('%j is no size', text => {
  expect(readSize(text)).toBeUndefined()
})

test('every duration reads as itself again after it was written', () => {
  fc.assert(fc.property(fc.maxSafeNat(), ms => readDuration(durationText(ms)) === ms))
  expect([durationText(90_000), durationText(60_000), durationText(0)]).toEqual(['90s', '1m', '0s'])
})

test('every size reads as itself again after it was written', () => {
  fc.assert(fc.property(fc.maxSafeNat(), octets => readSize(sizeText(octets)) === octets))
  expect([sizeText(25_000_000), sizeText(536_870_912), sizeText(0)]).toEqual(['25MB', '512MiB', '0B'])
})

test('whole numbers of every unit read as that many of it', () => {
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  fc.assert(
    fc.property(fc.nat(10_000), fc.constantFrom(...Object.entries(units)), (count, [name, ms]) => {
      expect(readDuration(`${count}${name}`)).toBe(count * ms)
    }),
  )
})
