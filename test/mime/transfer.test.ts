import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Encoding, encodingOf, transferOf } from '../../src/mime/transfer.ts'

function decode(encoding: Encoding, text: string | Buffer, size = 7): string {
  const octets = typeof text === 'string' ? Buffer.from(text, 'latin1') : text
  const transfer = transferOf(encoding, { bareCr: false })
  const pieces: Buffer[] = []
  for (let at = 0; at < octets.length; at += size) pieces.push(transfer.update(octets.subarray(at, at + size)))
  return Buffer.concat([...pieces, transfer.end()]).toString('latin1')
}

test.each([
  ['base64', 'base64'],
  [' BASE64 (really)', 'base64'],
  ['"base64"', 'base64'],
  ['base64;', 'base64'],
  ['Quoted-Printable', 'quoted-printable'],
  ['quoted printable', 'quoted-printable'],
  ['x-uuencode', 'uuencode'],
  ['x-uue', 'uuencode'],
  ['7bit', 'identity'],
  ['base9000', 'base9000' as never],
  [undefined, 'identity'],
])('an encoding written %j is %s', (field, expected) => {
  expect(encodingOf(field === undefined ? undefined : [field])).toBe(field === 'base9000' ? 'identity' : expected)
})

describe('base64 is read through what happens to it on the way', () => {
  test.each([
    ['folded', 'aGVs\r\nbG8=\r\n', 'hello'],
    ['without padding', 'aGVsbG8', 'hello'],
    ['with blanks and junk between', ' aG!Vs -bG*8=', 'hello'],
    ['encoded piece by piece', 'aGVs\r\nbA==\r\nbw==\r\n', 'hello'],
    ['encoded piece by piece on one line', 'aGVsbA==bw==', 'hello'],
    ['encoded piece by piece and folded then', 'aGVsbA==bw==aGVs\r\nbA==bw==aGVsbG8=\r\nbw==\r\n', 'hellohellohelloo'],
    ['with a footer of a list below', 'aGVsbG8=\r\n______\r\nlist mailing list\r\nlist@x.org\r\n', 'hello'],
    ['with a word for a footer', 'aGVsbG8=\r\nbye\r\n', 'hello'],
    ['empty', '\r\n', ''],
  ])('%s', (_what, text, expected) => {
    expect(decode('base64', text)).toBe(expected)
  })
})

describe('quoted-printable is read by RFC 2045 and with patience', () => {
  test.each([
    ['octets and soft breaks', 'a=3Db=\r\nc=C3=a9\r\n', 'a=bc\xC3\xA9\r\n'],
    ['soft breaks with blanks and bare LF', 'a= \t\r\nb=\nc', 'abc'],
    ['blanks added in transport', 'a \t\r\nb  \n', 'a\r\nb\n'],
    ['blanks that are meant', 'a b=20\r\n', 'a b \r\n'],
    ['sequences that are none', 'a=XYb=', 'a=XYb'],
    ['raw octets', 'caf\xE9\r\n', 'caf\xE9\r\n'],
    ['a soft break at the end', 'a=\r\n', 'a'],
  ])('%s', (_what, text, expected) => {
    for (const size of [1, 2, 3, 1000]) expect(decode('quoted-printable', text, size)).toBe(expected)
  })
})

test('a line of a megabyte is decoded in pieces', () => {
  const long = 'a=3D '.repeat(200_000)
  expect(decode('quoted-printable', long, 65_536)).toBe('a= '.repeat(200_000).trimEnd())
})

/** `hello` as a line of uuencode, and the lines that end a file. */
const LINE = '%:&5L;&\\`'
const END = '`\nend\n'

test('uuencode finds the file between its first and its last line', () => {
  const transfer = transferOf('uuencode', { bareCr: false })
  const text = 'hello\nbegin 644 say it.txt\n%:&5L;&\\`\n`\nend\nbye\n'
  const octets = Buffer.concat([transfer.update(Buffer.from(text)), transfer.end()])
  expect(octets.toString()).toBe('hello')
  expect(transfer.name).toBe('say it.txt')
})

test.each([
  ['with the type of the file in its mode', 'begin 100644 a.txt\n%:&5L;&\\`\n`\nend\n', 'hello'],
  ['in base64', 'begin-base64 644 a.txt\naGVs\nbG8=\n====\n', 'hello'],
  ['that is none', 'hello\r\nworld\r\n', 'hello\r\nworld\r\n'],
  ['that is none, in a line without end', 'hello '.repeat(20_000), 'hello '.repeat(20_000)],
  ['in a line longer than any', `begin 644 a.txt\n${LINE}${' '.repeat(3_000)}\n${END}`, 'hello'],
  ['of nothing', '', ''],
])('uuencode %s', (_what, text, expected) => {
  for (const size of [1, 7, 100_000]) expect(decode('uuencode', text, size)).toBe(expected)
})

test('what looks like a beginning in the middle of a long line is text', () => {
  const text = `${'x'.repeat(1024)}begin 644 a.txt\n${LINE}\n${END}`
  expect(decode('uuencode', text)).toBe(text)
})

test('a begin-base64 file of one long line comes back, however it was cut into chunks', () => {
  const text = `begin-base64 644 a\n${Buffer.from('a'.repeat(300_000)).toString('base64')}\n====\n`
  for (const size of [1, 1000, 65_536]) expect(decode('uuencode', text, size)).toBe('a'.repeat(300_000))
})

test.each([
  ['letters', 'a'],
  ['beginnings', 'begin 644 a '],
  ['line ends', '\n'],
])('a megabyte of %s, byte by byte, is no uuencode and stays', (_what, unit) => {
  const text = unit.repeat(Math.ceil(1_000_000 / unit.length)).slice(0, 1_000_000)
  expect(decode('uuencode', text, 1) === text).toBe(true)
})

test('base64 in pieces comes back, however long its one line is', () => {
  const piece = Buffer.from('a'.repeat(1000)).toString('base64')
  for (const size of [1001, 50_000, 300_000])
    expect(decode('base64', piece.repeat(200), size)).toBe('a'.repeat(200_000))
})

test('what is encoded comes back, however it was cut into chunks', () => {
  const octets = fc.uint8Array({ maxLength: 300 }).map(all => Buffer.from(all))
  fc.assert(
    fc.property(octets, fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 50 }), (all, width, size) => {
      const folded = all.toString('base64').replace(new RegExp(`.{${width}}`, 'g'), '$&\r\n')
      expect(decode('base64', folded, size)).toBe(all.toString('latin1'))
      const quoted = [...all]
        .map((octet, at) => `=${octet.toString(16).padStart(2, '0')}${at % width ? '' : '=\r\n'}`)
        .join('')
      expect(decode('quoted-printable', quoted, size)).toBe(all.toString('latin1'))
      expect(decode('identity', all, size)).toBe(all.toString('latin1'))
    }),
  )
})

test('a file longer than a chunk comes back, whatever its lines', () => {
  const all = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7919) % 251))
  for (const width of [61, 76]) {
    const folded = all.toString('base64').replace(new RegExp(`.{${width}}`, 'g'), '$&\r\n')
    for (const size of [65_537, 300_000, 1_000_000])
      expect(decode('base64', folded, size) === all.toString('latin1')).toBe(true)
  }
})
