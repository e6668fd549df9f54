import { describe, expect, test } from 'vitest'
import { isFault } from '../../src/mail/fault.ts'
import type { ParsedMail } from '../../src/mail/part.ts'
import { html, lines, multipart, outline, plain, setup } from './parsing.ts'

const nested = (depth: number): string => {
  const levels = Array.from(
    { length: depth },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
  )
  return `${levels.join('')}\r\ndeep`
}
const parts = (count: number): string =>
  `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Type: text/plain; name=a\r\n\r\nx\r\n'.repeat(count)}--b--`
const rfc822 = (depth: number): string => 'Content-Type: message/rfc822\r\n\r\n'.repeat(depth)

type End = 'parsed' | '5.6.0' | '5.3.5'

// In time: within the deadline of the parser, whose end is another fault than these.
describe('a bomb ends in time, as a result or a fault, and the next good mail parses', () => {
  test.each<[string, () => string, End]>([
    ['90 levels of multipart', () => nested(90), 'parsed'],
    ['120 levels of multipart', () => nested(120), '5.6.0'],
    ['20,000 levels of multipart', () => nested(20_000), '5.6.0'],
    ['900 parts', () => parts(900), 'parsed'],
    ['1,100 parts', () => parts(1100), '5.6.0'],
    ['100,000 parts', () => parts(100_000), '5.6.0'],
    ['1,000 forwarded mails in each other', () => rfc822(1000), 'parsed'],
    ['a header of 10 MB in one field', () => `X: ${'y'.repeat(10_000_000)}\r\n\r\n`, '5.6.0'],
    ['a header of 500,000 fields', () => `${'To: a@b.c\r\n'.repeat(500_000)}\r\n`, '5.6.0'],
    [
      'a Content-ID of 250,000 brackets',
      () => lines('Content-Type: x/y', `Content-ID: <${'>'.repeat(250_000)}x`, '', 'x'),
      'parsed',
    ],
    ['100,000 encoded words', () => lines(`Subject: ${'=?utf-8?Q?a?= '.repeat(60_000)}`, '', 'x'), 'parsed'],
    [
      '20,000 pieces of one name',
      () =>
        lines(
          `Content-Type: text/x-a; ${Array.from({ length: 20_000 }, (_, at) => `name*${at}=x`).join('; ')}`,
          '',
          'x',
        ),
      'parsed',
    ],
    ['HTML 100,000 levels deep', () => html(`${'<div>'.repeat(100_000)}deep`), 'parsed'],
    ['HTML of 2,000 nested tables', () => html(`${'<table><tr><td>'.repeat(2000)}deep`), 'parsed'],
    ['HTML that opens and never closes', () => html('<a'.repeat(1_000_000)), 'parsed'],
    ['HTML of a million comments', () => html('<!--'.repeat(1_000_000)), 'parsed'],
    ['HTML of a million attributes', () => html(`<p ${'a=b '.repeat(120_000)}>deep</p>`), 'parsed'],
    ['a line that looks like a reply without end', () => plain(`On ${'a '.repeat(90_000)}\nx`), 'parsed'],
    ['a Dutch reply without end', () => plain(`${'Op x schreef \n'.repeat(14_000)}x`), 'parsed'],
    ['50,000 quotes in each other', () => plain('>'.repeat(50_000)), 'parsed'],
    ['20 MB of text on one line', () => plain('x'.repeat(20_000_000)), 'parsed'],
    ['10 MB of line ends', () => plain('\n'.repeat(10_000_000)), 'parsed'],
    ['10 MB that looks like delimiters', () => multipart('mixed', plain('--\r\n'.repeat(2_500_000))), 'parsed'],
    [
      '5 MB of padding',
      () => lines('Content-Type: x/y', 'Content-Transfer-Encoding: base64', '', '='.repeat(5_000_000)),
      'parsed',
    ],
    [
      '5 MB of equals signs',
      () => lines('Content-Type: x/y', 'Content-Transfer-Encoding: quoted-printable', '', '='.repeat(5_000_000)),
      'parsed',
    ],
    [
      '5 MB of blanks',
      () => lines('Content-Type: x/y', 'Content-Transfer-Encoding: quoted-printable', '', ' '.repeat(5_000_000)),
      'parsed',
    ],
  ])('%s', async (_what, bomb, expected) => {
    const { parse } = await setup()
    const end = await parse(bomb()).catch((error: unknown) => error)
    expect(isFault(end) ? end.status : 'parsed', String(end)).toBe(expected)
    expect((await parse(plain('good'))).text.whole).toBe('good')
  })
})

test('the words of HTML 100,000 levels deep are there', async () => {
  const { parse } = await setup()
  expect((await parse(html(`${'<div>'.repeat(100_000)}deep`))).text.whole).toBe('deep')
})

test('a text that begins like an attribution and never ends is kept whole', async () => {
  const { parse } = await setup()
  const mail: ParsedMail = await parse(plain(`On ${'a '.repeat(90_000)}\nx`))
  expect(outline(mail)).toEqual(['1 body'])
  expect(mail.text.cut).toBe(mail.text.whole)
})
