import { describe, expect, test } from 'vitest'
import { ticketPattern, ticketsIn, ticketsInAny } from '../../src/mail/subject.ts'

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

describe('a number is found as a person reads it', () => {
  test.each([
    ['a zero-width space within', 'Re: I161026_\u200B000005'],
    ['a zero-width space before', 'Ticket\u200BI161026_000005'],
    ['a word joiner and a soft hyphen within', 'Re: I161026\u2060_000\u00AD005'],
    ['a byte order mark within', 'Re: I161026_\uFEFF000005'],
    ['marks of direction around', '\u200FRe: \u202AI161026_000005\u202C'],
    ['a variation selector within', 'I\uFE0E161026_000005'],
    ['full-width letters', 'Re: Ｉ１６１０２６＿０００００５'],
    ['full-width digits alone', 'Re: I１６１０２６_０００００５'],
    ['Arabic digits', 'رد: I١٦١٠٢٦_٠٠٠٠٠٥'],
    ['Persian digits', 'I۱۶۱۰۲۶_۰۰۰۰۰۵'],
    ['Hindi digits', 'I१६१०२६_०००००५'],
    ['bold digits', 'I𝟏𝟔𝟏𝟎𝟐𝟔_𝟎𝟎𝟎𝟎𝟎𝟓'],
    ['an underscore as in a URL', 'Re: I161026%5F000005'],
    ['a whole subject as in a URL', 'Re%3A%20I161026%5f000005%20printer'],
    ['an underscore as in quoted-printable', 'Re: I161026=5F000005'],
    ['an underscore as in HTML', 'Re: I161026&#95;000005'],
    ['an underscore as in Markdown', 'Re: I161026\\_000005'],
  ])('%s', (_what, subject) => {
    expect(ticketsIn(subject, usual)).toEqual(['I161026_000005'])
  })

  test('beside one that is plain', () => {
    expect(ticketsIn('I161026_000005 and I161026\\_000006', usual)).toEqual(['I161026_000005', 'I161026_000006'])
  })

  test.each(['\u2011', '\u2010', '\u2013', '\uFF0D'])('with %j for its hyphen', dash => {
    expect(ticketsIn(`P240101${dash}003`, ticketPattern(String.raw`[A-Z]\d{6}-\d{3}`))).toEqual(['P240101-003'])
  })

  test.each([
    ['a blank within', 'I161026 000005'],
    ['a blank before the underscore', 'I161026 _000005'],
    ['an ideographic blank within', 'I161026_\u3000000005'],
    ['an encoded blank within', 'I161026%20_000005'],
    ['a line end within', 'I161026_\n000005'],
    ['a letter of another script', '\u0406161026_000005'],
    ['another digit, and something invisible between', 'I161026_000005\u200B7'],
    ['digits before it, and something invisible between', '7\u200B161026_000005 17\u200BI161026_000005'],
    ['two numbers that touch', 'I161026_00000517'],
    ['a date and a number', '161026 I_000005'],
    ['digits of an encoded octet', 'I161026_00000%35%36'],
    ['a superscript', 'I161026_00000\u2075'],
  ])('but with %s it is none', (_what, subject) => {
    expect(ticketsIn(subject, usual)).toEqual([])
  })

  test('of several readings the first that has a number counts', () => {
    const readings = ['Re: I161026 000005', 'Re: I161026_000005', 'I161026_000006']
    expect(ticketsInAny(readings, usual)).toEqual(['I161026_000005'])
    expect(ticketsInAny([], usual)).toEqual([])
  })

  test.each(['\u200B', '%5F', '\\_', '\\', '%', '=', '&#95;', '０', '\u0660', '\u200B0'])('in a flood of %j', unit => {
    expect(ticketsIn(`I161026_000005 ${unit.repeat(1_000_000)}`, usual)).toEqual(['I161026_000005'])
  })
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

test.each([
  '(?<=x)I1',
  'I1(?=x)',
  '(a)\\1',
  String.raw`(?<a>x)\k<a>`,
  '(?>a+)b',
  'a++b',
  '(?R)',
  '(?(1)a|b)',
  'a{1001}',
  '(?:a{0,999}){0,999}b',
  '((a{1,99}){1,99}){1,99}b',
  '[',
])('a pattern the linear-time engine does not take is refused: %s', source => {
  expect(() => ticketPattern(source)).toThrow()
})

test('a subject of a hundred thousand characters is read to its cap', () => {
  const subject = `${'I161026_'.repeat(12_500)}I161026_000005`
  expect(ticketsIn(subject, usual)).toEqual([])
})

test('a pattern that would take a backtracking engine for ever ends', () => {
  expect(ticketsIn(`${'a'.repeat(1_900)}!`, ticketPattern('(a+)+b'))).toEqual([])
})

/** A hundred kilobytes; a test that does not end is how a backtracking engine would be found out. */
const flood = (unit: string): string => unit.repeat(100_000 / unit.length)

describe('a hostile pattern or subject costs no more than its length, and the number before it is found', () => {
  test.each([
    ['repeats of repeats', '(a+)+b', 'a'],
    ['repeats of repeats of repeats', '((a*)*)*b', 'a'],
    ['lazy repeats of lazy repeats', '(a*?)*?b', 'a'],
    ['two ways to read each letter', '(a|aa)+b', 'a'],
    ['a letter or none', '(a|a?)+b', 'a'],
    ['classes that overlap', '([a-z]+)*[0-9]{2}x', 'ab'],
    ['cases that overlap', '([a-zA-Z]|[a-z0-9])+!', 'aA'],
    ['anything, over and over', '(.*)*x', 'y'],
    ['anything twenty times', '(.*a){20}b', 'a'],
    ['anything a thousand times', '.{1,1000}x', 'y'],
    ['neighbours that want the same', '(x+x+)+y', 'x'],
    ['thirty letters or none', `${'a?'.repeat(30)}${'a'.repeat(30)}b`, 'a'],
    ['counts of counts of counts', '(?:(?:a{1,9}){1,9}){1,9}b', 'a'],
    ['words without end', String.raw`\b(\w+\s?)+\bZ`, 'word '],
    ['letters that fold to others', '(i|I|\u0131|\u0130)+z', '\u0131'],
    ['numbers that are all but whole', String.raw`(\d+)+_(\d+)+_x`, '1_'],
    ['beginnings of the usual number', '[A-Z]{9}', 'I161026_'],
    ['the usual number without its end', '[A-Z]{9}', 'I161026_00000 '],
    ['the usual number, glued', '[A-Z]{9}', 'I161026_0000055'],
    ['the usual number, again and again', '[A-Z]{9}', 'I161026_000005 '],
  ])('%s', (_, source, unit) => {
    const pattern = ticketPattern(String.raw`${source}|[A-Z]\d{6}_\d{6}`)
    expect(ticketsIn(`I161026_000005 ${flood(unit)}`, pattern)).toEqual(['I161026_000005'])
  })
})
