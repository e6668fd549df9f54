import { describe, expect, test } from 'vitest'
import { noise } from './look-alikes.ts'
import { lines, multipart, octetsOf, plain, setup } from './parsing.ts'

const PDF = Buffer.concat([Buffer.from('%PDF-1.4\n'), noise(200, 'pdf')])
const wrapped = (octets: Buffer): string => (octets.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n')
const MAIL = 'From: a@b.example\r\nSubject: hello\r\n\r\nHello, this is the mail itself.\r\n'

async function attached(header: readonly string[], content: string): Promise<Buffer> {
  const { parse } = await setup()
  const part = lines(
    'Content-Type: application/pdf; name="a.pdf"',
    'Content-Disposition: attachment; filename="a.pdf"',
    ...header,
    '',
    content,
  )
  return octetsOf(await parse(multipart('mixed', plain('text'), part)), '2')
}

describe('the first encoding that means something counts', () => {
  test.each([
    ['7bit, and then base64', ['Content-Transfer-Encoding: 7bit', 'Content-Transfer-Encoding: base64']],
    ['base64, and then 7bit', ['Content-Transfer-Encoding: base64', 'Content-Transfer-Encoding: 7bit']],
    ['two in one field', ['Content-Transfer-Encoding: 8bit, base64']],
    ['base-64', ['Content-Transfer-Encoding: base-64']],
    ['b64', ['Content-Transfer-Encoding: b64']],
    ['x-base64', ['Content-Transfer-Encoding: x-base64']],
    ['base64 with a parameter', ['Content-Transfer-Encoding: base64; charset=utf-8']],
    ['a field that ran into another one', ['Content-Description: xContent-Transfer-Encoding: base64']],
    ['none, and the file is base64 all the same', []],
  ])('%s', async (_what, header) => {
    expect((await attached(header, wrapped(PDF))).equals(PDF)).toBe(true)
  })

  test.each(['quoted_printable', 'quoted-printable; charset=utf-8', 'QP', 'Quoted Printable'])('%s', async encoding => {
    expect((await attached([`Content-Transfer-Encoding: ${encoding}`], 'a=3Db')).toString()).toBe('a=b')
  })
})

describe('bytes that contradict their encoding are taken as they stand', () => {
  test.each(['base64', 'quoted-printable'])('a mail that is declared as %s', async encoding => {
    const { parse } = await setup()
    const part = lines(
      'Content-Type: message/rfc822',
      `Content-Transfer-Encoding: ${encoding}`,
      '',
      `${MAIL}<a href=3D"x">1=2</a>`,
    )
    const mail = await parse(multipart('mixed', plain('text'), part))
    expect(octetsOf(mail, '2').toString()).toBe(`${MAIL}<a href=3D"x">1=2</a>`)
    expect(mail.remarks).toEqual([expect.stringContaining('its bytes are taken as they stand')])
  })

  test('a mail that is encoded as declared is decoded', async () => {
    const { parse } = await setup()
    const quoted = lines(
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      MAIL.replace('Hello,', 'Hello=2C'),
    )
    const base64 = lines(
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: base64',
      '',
      wrapped(Buffer.from(MAIL)),
    )
    const mail = await parse(multipart('mixed', quoted, base64))
    for (const part of ['1', '2']) expect(octetsOf(mail, part).toString()).toBe(MAIL)
  })

  test.each(['base64', 'quoted-printable'])('a binary file that is declared as %s', async encoding => {
    const raw = Buffer.from(`%PDF-1.4\n\0\x80\xFF = / a b c, and so on: it goes on like that`, 'latin1')
    expect((await attached([`Content-Transfer-Encoding: ${encoding}`], raw.toString('latin1'))).equals(raw)).toBe(true)
  })

  test('text in base64 stays what it is where nothing declares it', async () => {
    const { parse } = await setup()
    const text = wrapped(PDF)
    const mail = await parse(
      multipart('mixed', plain('text'), lines('Content-Type: text/plain; name=dump.txt', '', text)),
    )
    expect(octetsOf(mail, '2').toString()).toBe(text)
  })
})

test('the checksum of ASCII armor is no part of the file', async () => {
  const large = Buffer.concat(Array.from({ length: 10_000 / PDF.length + 1 }, () => PDF))
  const sizes = [60, 61, 62, 9_000, 9_001, 9_002]
  for (const octets of [PDF, ...sizes.map(size => large.subarray(0, size))])
    expect((await attached(['Content-Transfer-Encoding: base64'], `${wrapped(octets)}\r\n=zH6Q`)).equals(octets)).toBe(
      true,
    )
})

test('a line that is no field, with a field of the part below it, does not become a piece of the file', async () => {
  const header = ['this line has lost its field', 'Content-Transfer-Encoding: base64']
  expect(await attached(header, wrapped(PDF))).toEqual(PDF)
})

test('a multipart that only says that it is quoted-printable as a whole keeps what looks like an escape', async () => {
  const { parse } = await setup()
  const whole = multipart(
    'mixed',
    plain('text'),
    lines('Content-Disposition: attachment; filename="a.bin"', '', 'x=41y'),
  )
  const mail = await parse(`Content-Transfer-Encoding: quoted-printable\r\n${whole}`)
  expect(octetsOf(mail, '2').toString()).toBe('x=41y')
})
