import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describe } from '../../src/mail/body.ts'

const rules = { quoted: 'cut', maxLength: 4000 } as const
const text = (whole: string, cut = whole, forwarded = false) => ({ whole, cut, forwarded })

test('the description is the text without its quoted history', () => {
  expect(describe(text('Hello\n> old', 'Hello'), rules)).toBe('Hello')
})

test.each([
  ['the operator keeps quotes', text('Hello\n> old', 'Hello'), { ...rules, quoted: 'keep' as const }],
  ['the mail is a forward', text('Hello\n> old', 'Hello', true), rules],
  ['cutting leaves nothing', text('Hello\n> old', ' \n'), rules],
])('the text is whole when %s', (_why, body, how) => {
  expect(describe(body, how)).toBe('Hello\n> old')
})

test('a mail without text has no description', () => {
  expect(describe(text(' \r\n\t\0'), rules)).toBe('')
})

test('line ends are LF, control characters are gone, blanks at line ends too', () => {
  expect(describe(text('\r\n a  \r\nb\x07\x1B[31m\rc\u2028d\r\n\r\n'), rules)).toBe(' a\nb[31m\nc\nd')
})

test('a long text ends in … within its limit', () => {
  expect(describe(text('abcdefghij'), { ...rules, maxLength: 5 })).toBe('abcd…')
  expect(describe(text('abcde'), { ...rules, maxLength: 5 })).toBe('abcde')
})

test('an emoji is not cut in half', () => {
  const family = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'
  expect(describe(text(`ab${family}cdef`), { ...rules, maxLength: 9 })).toBe('ab…')
  expect(describe(text(`ab${family}cdef`), { ...rules, maxLength: 11 })).toBe(`ab${family}…`)
})

test('ten megabytes of accents on one letter take no time', () => {
  const start = performance.now()
  expect(describe(text(`e${'\u0301'.repeat(10_000_000)}`), rules)).toBe('…')
  expect(performance.now() - start).toBeLessThan(30_000)
})

test('whatever the text, the description keeps its limit and no control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 0, max: 50 }), (whole, maxLength) => {
      const description = describe(text(whole), { quoted: 'keep', maxLength })
      expect(description.length).toBeLessThanOrEqual(maxLength)
      expect(description).not.toMatch(/[\0-\x08\x0B-\x1F\x7F]|\r/)
      expect(description.isWellFormed()).toBe(true)
    }),
  )
})
