import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { needsPassword } from '../../src/mime/password.ts'
import { compound } from '../support/compound.ts'
import { zip } from '../support/zip.ts'

const folder = mkdtempSync(join(tmpdir(), 'mailclip-password-'))
afterAll(() => rmSync(folder, { recursive: true }))

function isLocked(content: Buffer): boolean {
  const path = join(folder, 'file')
  writeFileSync(path, content)
  return needsPassword({ path, size: content.length }, content.subarray(0, 4096))
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const base64 = (text: string): Buffer => Buffer.from(text, 'base64')

const ENCRYPTED_ODF = '<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>'
const aes = zip('a.txt', 'text')
aes.writeUInt16LE(99, 8)
aes.writeUInt16LE(99, aes.indexOf('PK\x01\x02') + 10)
const noDirectory = (archive: Buffer): Buffer => archive.subarray(0, archive.indexOf('PK\x01\x02'))

/** Made by 7-Zip 16.02 of two files of a line; `names` with their names encrypted, `one` of a single file. */
const SEVEN_ZIP = {
  open: 'N3q8ryccAAQJOaIMZQAAAAAAAAAgAAAAAAAAAPOzEdMBAANhCmIKAAAAgTMHrg/OP8PniCoxHVtcPWSisXIv6jnfrGZ7ILvLld3eK6UrQ5DiDKDX3xhiZOZ1uHVfcccYyjarYTAWUerT/0xkPQsHzu+2Mxf7NoVtiXnyW/k+rKDaUgAAABcGCAEJXQAHCwEAASMDAQEFXQAQAAAMbgoB3As2rgAA',
  locked:
    'N3q8ryccAARDcMH3iQAAAAAAAAAhAAAAAAAAAKGosH2BHaFM0Vq3GT/L1q3MaYhbAACBMweuD87ysgwHsMPa919FiphISvexmyBKSyTIHzUEOMSZ/SwZxCBKFdroQ1Ab6EK4pqwagfAQQLMP/0vwvcTA3O8WWBvuIKIG2jHCtZT37Jqj8cY5PygQBpjtCYqKMz5JMuA0i1SBRiur1ShRFzmmfSaFsAAAABcGEAEJeQAHCwEAASMDAQEFXQAQAAAMgI4KAftuUkUAAA==',
  names:
    'N3q8ryccAAR/+AxPkAAAAAAAAAA9AAAAAAAAAEfOIXAm/8dQeA3SxMkafpu39aoa2x3VQPc9NdQjEhHoV4SzIEg15jV2Y1iIdhbBZ9N5MYbDHcDWQ5DDMI9nTwyvpraBrjbZPN2nJZ4B7tYXdbsWHHJME+nl78P8Cyf+BQiRgjXJAlpqKjqQpoHuZdkq01IzOvSmFjURQE2pmSewFD3JO+gsZixfTSuu7PBjRwjpdmoXBhABCYCAAAcLAQACJAbxBwESUw8Tcvw3HlujmQU8n8g8t8ZkIwMBAQVdABAAAAEADHmAjgoBIDSbogAA',
  one: 'N3q8ryccAARru0GeEAAAAAAAAABiAAAAAAAAAAIbqynQSerPioEAMtNML8IZgvvMAQQGAAEJEAAHCwEAAiQG8QcBElMPivC1wyojcqLb1QHA4YfkKSEhAQABAAwGAgAICgEHoerdAAAFARkBABENADEALgB0AHgAdAAAABQKAQDnZNJHOIHdARUGAQAggKSBAAA=',
}

const rar4 = (archive: string, file: string): Buffer =>
  hex(`526172211a0700 cf9073${archive}0d00000000000000 000074${file}0d000300000000ff aabbcc 0000 7b 0040 0700`)
const rar5 = (extra: string): Buffer =>
  hex(
    `526172211a070100 00000000 03 01 00 00 00000000 ${extra === '' ? '02 02 00' : `06 02 01 ${extra}`} 00000000 03 05 00 00`,
  )

/** Dictionaries that qpdf 11.3 wrote: by revision, with an empty user password and with one. */
const PDF: Readonly<Record<string, readonly [id: string, dictionary: string]>> = {
  '40 bits, locked': [
    '52fa21c612b8ebfeb681e1d7d02195cf',
    '/Length 40 /O <94e8094419662a774442fb072e3d9f19e9d130ec09a4d0061e78fe920f7ab62f> /P -4 /R 2 /U <eefd4fa7a9aa79e7ae82af73294c2539bb520f87ec9483f30218e7c2cb3d50af> /V 1',
  ],
  '40 bits, open': [
    '1bed0e2b945022cd8e71bc080b856c18',
    '/Length 40 /O <c92422687facee686e373f10b5c7d04738053152f7e2ee30e11c69ec442576ab> /P -4 /R 2 /U <e9def39f3d8295d7d253b6950760972018e29766c56719f6dba7d3f222279f88> /V 1',
  ],
  '128 bits, locked': [
    '64f13e97db67c343c999bf83405269d2',
    '/Length 128 /O <0ba3835f88f90388e74e54584125ce142be0de24c6b0d37746e075b891756671> /P -4 /R 3 /U <4ddd59cf45c42f17b5fd2a2aa869e9ef0122456a91bae5134273a6db134c87c4> /V 2',
  ],
  '128 bits, open': [
    '4df7377f06c6e99c6ed33d34186e18bd',
    '/Length 128 /O <566fa873ee33c797cd3b904fdadf814afa34df9a38f6ed41b984e2c6da2aa6f5> /P -4 /R 3 /U <12cbc7bed9ec830300e887995d5ac4230122456a91bae5134273a6db134c87c4> /V 2',
  ],
  'AES of 128 bits, locked': [
    '54ba21e4c4ece7c24f71be60184ea6c3',
    '/Length 128 /O <0ba3835f88f90388e74e54584125ce142be0de24c6b0d37746e075b891756671> /P -4 /R 4 /U <725b91c8ee03d92b98d32aaff7e723fa0122456a91bae5134273a6db134c87c4> /V 4',
  ],
  'AES of 128 bits, open, its metadata in the clear': [
    'd0c6c35c167bf05345677c0a997893e3',
    '/EncryptMetadata false /Length 128 /O <566fa873ee33c797cd3b904fdadf814afa34df9a38f6ed41b984e2c6da2aa6f5> /P -4 /R 4 /U <1c7ace2846f87d27cea631ae6a67c9e40122456a91bae5134273a6db134c87c4> /V 4',
  ],
  'AES of 256 bits, of Acrobat 9, locked': [
    '00',
    '/O <00> /P -4 /R 5 /U <cee4646d923633aba90d7a67bddbf1626b7144654a95b9f0a56430952bf88aa8376ddb4f21a95079d6a3d24f32061f08> /V 5',
  ],
  'AES of 256 bits, of Acrobat 9, open': [
    '00',
    '/O <00> /P -4 /R 5 /U <cb8ca9f23129d1fe34800d4f2843e1d50795f8dbc112ed8b42e5ec30716caa8ffcc86dbe2503e92a1dcd4bafe069fc75> /V 5',
  ],
  'AES of 256 bits, locked': [
    '00',
    '/O <00> /P -4 /R 6 /U <1bd8ab39ca92c21bfcd92c46de07619958d8f7e830ef917dc11532899d42e97f89aa636dbcde633eff1cccf3d9fec63c> /V 5',
  ],
  'AES of 256 bits, open': [
    '00',
    '/O <00> /P -4 /R 6 /U <c29e398caf3adbe884d2912ba6ff850983e7cd331c5f925a40bb8ff29ba5ad7897caec2fdeb41f94203c7f4742de2493> /V 5',
  ],
}

function pdf([id, encrypt]: readonly [string, string], stream = false, filter = '/Standard'): Buffer {
  const trailer = `<< /Size 12 /Root 1 0 R /Encrypt 11 0 R /ID [<${id}> <${id}>] >>`
  const body = `%PDF-1.7\n% 11 0 obj is elsewhere\n11 0 obj\n<< /Filter ${filter} ${encrypt} >>\nendobj\n`
  const table = stream ? `12 0 obj\n${trailer}stream\n` : `xref\n0 1\n0000000000 65535 f \ntrailer\n${trailer}\n`
  return Buffer.from(`${body}${table}startxref\n${body.length}\n%%EOF\n`, 'latin1')
}

const fib = (flags: number): Buffer =>
  hex(`eca5c1000000000000 00 ${flags.toString(16).padStart(4, '0')}`.replace(/(..)(..)$/, '$2$1'))
const xls = (record: string): Buffer => hex(`09081000 00060500bb0dcc07c100000006040000 ${record} 0a000000`)
const slides = (token: string): Buffer => hex(`0000f60f14000000 14000000 ${token} 00000000`)

test.each<[string, Buffer, boolean]>([
  ['a ZIP with a password', zip('a.txt', 'text', 'geheim'), true],
  ['a ZIP without one', zip('a.txt', 'text'), false],
  ['a ZIP with AES', aes, true],
  ['a ZIP without its directory', noDirectory(zip('a.txt', 'text', 'geheim')), true],
  ['an open ZIP without its directory', noDirectory(zip('a.txt', 'text')), false],
  ['an OpenDocument file with a password', zip('META-INF/manifest.xml', ENCRYPTED_ODF), true],
  ['an OpenDocument file without one', zip('META-INF/manifest.xml', '<manifest:file-entry/>'), false],
  ['a 7z with a password', base64(SEVEN_ZIP.locked), true],
  ['a 7z whose names are encrypted, too', base64(SEVEN_ZIP.names), true],
  ['a 7z of one file with a password', base64(SEVEN_ZIP.one), true],
  ['a 7z without one', base64(SEVEN_ZIP.open), false],
  ['a RAR 4 with a password', rar4('0000', '0480'), true],
  ['a RAR 4 whose names are encrypted, too', rar4('8000', '0080'), true],
  ['a RAR 4 without one', rar4('0000', '0080'), false],
  ['a RAR 5 with a password', rar5('03 02 01 00'), true],
  ['a RAR 5 with a time in its extra area', rar5('03 02 03 00'), false],
  ['a RAR 5 whose names are encrypted, too', hex('526172211a070100 00000000 03 04 00 00'), true],
  ['a RAR 5 without one', rar5(''), false],
  ...Object.entries(PDF).map(([name, parts]): [string, Buffer, boolean] => [
    `a PDF, ${name}`,
    pdf(parts),
    name.includes('locked'),
  ]),
  ...Object.entries(PDF).map(([name, parts]): [string, Buffer, boolean] => [
    `a PDF with a stream for its table, ${name}`,
    pdf(parts, true),
    name.includes('locked'),
  ]),
  ['a PDF for the owner of a certificate', pdf(PDF['40 bits, locked'] ?? ['', ''], false, '/Adobe.PubSec'), false],
  ['a new Office file with a password', compound({ EncryptionInfo: hex('00'), EncryptedPackage: hex('00') }), true],
  ['an Office file under rights management', compound({ EncryptedPackage: hex('00') }), false],
  [
    'a mail of Outlook with a locked file inside',
    compound({ a: hex('00') }, ['EncryptionInfo', 'EncryptedPackage']),
    false,
  ],
  ['an old Word file with a password', compound({ WordDocument: fib(0x100) }), true],
  ['an old Word file without one', compound({ WordDocument: fib(0x200) }), false],
  ['an old Excel file with a password', compound({ Workbook: xls(`2f003600 010001000100 ${'5a'.repeat(48)}`) }), true],
  ['an old Excel file without one', compound({ Workbook: xls('e1000200b004') }), false],
  ['old slides with a password', compound({}, [], { 'Current User': slides('dfc4d1f3') }), true],
  ['old slides without one', compound({}, [], { 'Current User': slides('5fc091e3') }), false],
  ['a text', Buffer.from('PK is no archive'), false],
])('%s needs a password: %s', (_, content, locked) => {
  expect(isLocked(content)).toBe(locked)
})

test('a file that is cut short anywhere is no failure', () => {
  for (const whole of [zip('a.txt', 'text', 'x'), base64(SEVEN_ZIP.locked), rar4('0000', '0480'), rar5('03 02 01 00')])
    for (let length = 0; length < whole.length; length++)
      expect(isLocked(whole.subarray(0, length))).toBeTypeOf('boolean')
  const office = compound({ EncryptionInfo: hex('00'), EncryptedPackage: hex('00') })
  for (let length = 0; length < office.length; length += 100)
    expect(isLocked(office.subarray(0, length))).toBeTypeOf('boolean')
})

test('a file that is not there is no failure', () => {
  expect(needsPassword({ path: join(folder, 'none'), size: 9 }, zip('a.txt', 'text', 'x'))).toBe(false)
})

test.each([
  ['a PDF of objects of the same number', `%PDF-1.7\n${'11 0 obj '.repeat(200_000)}`],
  ['a PDF of open brackets', `%PDF-1.7\n${'<<['.repeat(400_000)}`],
  ['a ZIP of directory entries', `PK\x03\x04${'PK\x01\x02'.repeat(300_000)}`],
  ['a 7z of nothing but counts', `7z\xbc\xaf\x27\x1c${'\xff'.repeat(1_000_000)}`],
  ['a RAR 5 of nothing but counts', `Rar!\x1a\x07\x01\x00${'\x80'.repeat(1_000_000)}`],
])('%s of a megabyte is read in linear time', (_, start) => {
  const trailer = `trailer << /Encrypt 11 0 R >> startxref\n${start.length}\n%%EOF`
  expect(isLocked(Buffer.from(`${start}\nxref ${trailer}`, 'latin1'))).toBeTypeOf('boolean')
})
