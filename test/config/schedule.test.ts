import fc from 'fast-check'
import { validate } from 'node-cron'
import { expect, test } from 'vitest'
import { scheduleFault } from '../../src/config/schedule.ts'

test.each(['* * * * *', '*/5 * * * *', '*/10 * * * * *', '0 7-19/2 * * mon-fri', '1,2,30-40 0 29 feb *', '0 0 * * 7'])(
  'the schedule %s is taken, by us and by node-cron',
  expression => {
    expect(scheduleFault(expression)).toBeUndefined()
    expect(validate(expression)).toBe(true)
  },
)

test.each([
  ['* * * *', 'has 4 fields'],
  ['@daily', 'has 1 field;'],
  ['60 * * * *', '"60" for the minute'],
  ['* 24 * * *', '"24" for the hour'],
  ['* * 0 * *', 'for the day of the month'],
  ['* * * 13 *', 'or jan…'],
  ['* * * * 8', 'for the day of the week'],
  ['*/0 * * * *', '"*/0" for the minute'],
  ['5-1 * * * *', '"5-1" for the minute'],
  ['1/5 * * * *', '"1/5" for the minute'],
  ['1,,2 * * * *', '"" for the minute'],
  ['60 * * * * *', 'for the second'],
  ['* * * january *', '"january" for the month'],
  ['0 0 31 2,4 *', 'never comes about'],
])('the schedule %s is not taken: %s', (expression, words) => {
  expect(scheduleFault(expression)).toContain(words)
})

test('whatever schedule we take, node-cron takes too', () => {
  const field = (min: number, max: number, ...words: readonly string[]) => {
    const value = fc.integer({ min, max })
    const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
    const step = fc
      .tuple(fc.oneof(fc.constant('*'), range), fc.integer({ min: 1, max }))
      .map(([of, by]) => `${of}/${by}`)
    const one = fc.oneof(fc.constantFrom('*', ...words), value.map(String), range, step)
    return fc.array(one, { minLength: 1, maxLength: 3 }).map(parts => parts.join(','))
  }
  const [seconds, minutes, hours] = [field(0, 59), field(0, 59), field(0, 23)]
  const days = [field(1, 31), field(1, 12, 'jan', 'Dec', 'MAR-may'), field(0, 7, 'sun', 'MON-Fri')] as const
  const expressions = fc.oneof(fc.tuple(minutes, hours, ...days), fc.tuple(seconds, minutes, hours, ...days))
  fc.assert(
    fc.property(expressions, fields => {
      const expression = fields.join(' ')
      fc.pre(scheduleFault(expression) === undefined)
      expect(validate(expression), expression).toBe(true)
    }),
    { numRuns: 1000 },
  )
})
