import { expect, test } from 'vitest'
import { ticketPattern, ticketsIn } from '../../src/mail/subject.ts'

const usual = ticketPattern(String.raw`[A-Z]\d{6}_\d{6}`)

test.each([
  ['a plain number', 'I161026_000005', ['I161026_000005']],
  ['a number in an answer', 'RE: [I161026_000005] printer', ['I161026_000005']],
  ['lower case', 'fwd: i161026_000005', ['I161026_000005']],
  ['a number between brackets and punctuation', '(S161123_000034), merci', ['S161123_000034']],
  ['two numbers, in their order', 'P090330_000001 and I161026_000005', ['P090330_000001', 'I161026_000005']],
  ['the same number twice is one', 'I161026_000005 (was i161026_000005)', ['I161026_000005']],
  ['a number glued to letters is none', 'XI161026_000005', []],
  ['a number glued to a digit is none', 'I161026_0000051', []],
  ['a file time stamp is none', 'scan 260429_105232', []],
  ['a number after one that was glued', 'XI161026_000005 I161026_000006', ['I161026_000006']],
  ['a number beside an underscore', 'scan_I161026_000005_final', ['I161026_000005']],
  ['letters that only fold to ASCII are none', '\u017f161123_000034', []],
  ['no number', 'printer on fire', []],
  ['nothing', '', []],
])('%s', (_, subject, tickets) => {
  expect(ticketsIn(subject, usual)).toEqual(tickets)
})

test('a pattern with a group named ticket yields the group', () => {
  const pattern = ticketPattern(String.raw`ticket n. (?P<ticket>[A-Z]\d+)`)
  expect(ticketsIn('New Ticket n. i0963193 for you', pattern)).toEqual(['I0963193'])
})

test('a pattern for numbers with a dash is taken', () => {
  expect(ticketsIn('P240101-003', ticketPattern(String.raw`[A-Z]\d{6}-\d{3}`))).toEqual(['P240101-003'])
})

test('a pattern that may match nothing ends', () => {
  expect(ticketsIn('abc', ticketPattern('x*'))).toEqual([])
})

test.each(['(?<=x)I1', '(a)\\1', '['])('a pattern the linear-time engine does not take is refused: %s', source => {
  expect(() => ticketPattern(source)).toThrow()
})

test('a subject of a hundred thousand characters is read to its cap', () => {
  const subject = `${'I161026_'.repeat(12_500)}I161026_000005`
  expect(ticketsIn(subject, usual)).toEqual([])
})

test('a pattern that would take a backtracking engine for ever ends', () => {
  expect(ticketsIn(`${'a'.repeat(1_900)}!`, ticketPattern('(a+)+b'))).toEqual([])
})
