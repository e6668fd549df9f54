import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { extensionOf } from '../../src/mail/extensions.ts'
import { type Named, safeName, uniqueNames } from '../../src/mail/filename.ts'

const named = (originalName: string | undefined, rest: Partial<Named> = {}): Named => ({
  originalName,
  type: 'application/octet-stream',
  sniffed: undefined,
  role: 'file',
  ...rest,
})
const safe = (originalName: string | undefined, rest: Partial<Named> = {}) => safeName(named(originalName, rest), 3)
const E_ACUTE = '\u00E9'

describe('a name that could do harm is made safe and stays recognisable', () => {
  test.each([
    ['report.pdf', 'report.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\temp\\a.pdf', 'a.pdf'],
    ['C:\\my_folder\\my_image.png', 'my_image.png'],
    ['\\\\server\\scans\\doc.pdf', 'doc.pdf'],
    ['100%Price.pdf', '100_Price.pdf'],
    ['Invoice (2).pdf', 'Invoice (2).pdf'],
    ['..\\..\\b.txt', 'b.txt'],
    ['folder/', 'folder'],
    ['a\r\nb.pdf', 'a b.pdf'],
    ['a\0b.pdf', 'ab.pdf'],
    ['a%0d%0ab.pdf', 'a_0d_0ab.pdf'],
    ['invoice\u202Efdp.exe', 'invoicefdp.exe'],
    ['zero\u200Bwidth\uFEFF.pdf', 'zerowidth.pdf'],
    ['tag\u{E0041}ged.pdf', 'tagged.pdf'],
    ['.htaccess', 'htaccess'],
    ['...hidden.txt', 'hidden.txt'],
    ['trailing.pdf. . ', 'trailing.pdf'],
    ['CON', '_CON'],
    ['con.txt', '_con.txt'],
    ['LPT1.tar.gz', '_LPT1.tar.gz'],
    ['CONSOLE.txt', 'CONSOLE.txt'],
    ['say "hi"; <b>.txt', 'say _hi_; _b_.txt'],
    ['a:b|c?d*e.txt', 'a_b_c_d_e.txt'],
    ['lone\uD800surrogate.txt', 'lonesurrogate.txt'],
    ['e\u0301te\u0301.pdf', `${E_ACUTE}t${E_ACUTE}.pdf`],
    ['too   many\tblanks.pdf', 'too many blanks.pdf'],
    ['\u{1F469}\u{1F3FD} photo.jpg', '\u{1F469}\u{1F3FD} photo.jpg'],
    ['日本語.pdf', '日本語.pdf'],
  ])('%j becomes %j', (given, expected) => {
    expect(safe(given)).toBe(expected)
  })
})

describe('a part without a usable name is called by its place and what it is', () => {
  test.each([
    [undefined, { type: 'application/pdf' }, 'attachment-3.pdf'],
    [undefined, { type: 'application/pdf', sniffed: 'image/png' }, 'attachment-3.png'],
    [undefined, {}, 'attachment-3.bin'],
    [undefined, { type: 'text/x-log' }, 'attachment-3.txt'],
    ['', { role: 'message' as const }, 'attachment-3.eml'],
    ['/../', {}, 'attachment-3.bin'],
    ['???', { type: 'text/csv' }, 'attachment-3.csv'],
    ['\u202E\u200B', {}, 'attachment-3.bin'],
  ])('%j of %j becomes %s', (given, rest, expected) => {
    expect(safe(given, rest)).toBe(expected)
  })
})

test.each([
  ['forwarded message', 'forwarded message.eml'],
  ['Re: Version 1.2', 'Re_ Version 1.2.eml'],
  ['Login at portal.example.com', 'Login at portal.example.com.eml'],
  ['lamp.eml', 'lamp.eml'],
  ['lamp.EML', 'lamp.EML'],
  ['lamp.msg', 'lamp.msg'],
  ['lamp.txt', 'lamp.txt'],
  [`${'x'.repeat(200)}`, `${'x'.repeat(146)}.eml`],
])('an attached mail called %j goes as %j, so that a mail program opens it', (given, expected) => {
  expect(safe(given, { role: 'message', type: 'message/rfc822' })).toBe(expected)
})

test('a name of 5,004 characters is cut to 150 octets and keeps its extension', () => {
  expect(safe(`${'x'.repeat(5000)}.pdf`)).toBe(`${'x'.repeat(146)}.pdf`)
})

test('a long name is cut between letters as people see them', () => {
  const name = safe(`${'\u{1F468}\u{1F3FD}'.repeat(60)}.jpg`)
  expect(name).toBe(`${'\u{1F468}\u{1F3FD}'.repeat(18)}.jpg`)
})

test('one letter with a thousand accents still makes a name', () => {
  const name = safe(`e${'\u0323\u0301'.repeat(1000)}.pdf`)
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(150)
  expect(name.endsWith('.pdf')).toBe(true)
})

test('two files of one name can be told apart, whatever the letter case', () => {
  expect(uniqueNames(['a.pdf', 'A.PDF', 'a.pdf', 'a (2).pdf', 'b'])).toEqual([
    'a.pdf',
    'A (2).PDF',
    'a (3).pdf',
    'a (2) (2).pdf',
    'b',
  ])
})

test('whatever a sender calls a file, the name is safe, short and settled', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({ maxLength: 400 }),
    fc
      .array(fc.constantFrom('.', ' ', '/', '\\', 'CON', '\u202E', '\0', '\r\n', 'é', 'e\u0301', '\uD83D', '%2e', 'x'))
      .map(all => all.join('')),
  )
  fc.assert(
    fc.property(anything, given => {
      const name = safe(given)
      expect(name).not.toBe('')
      expect(name).not.toMatch(/[<>:"/\\|?*%]|\p{Cc}|\p{Cf}|\p{Cs}|^[.\s]|[.\s]$/u)
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(150)
      expect(name.normalize('NFC')).toBe(name)
      expect(safe(name)).toBe(name)
    }),
    { numRuns: 1000 },
  )
})

test('names made unique are all different and all short', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 300, unit: fc.constantFrom('a', 'A', '.', 'é') })), given => {
      const names = uniqueNames(given.map((one, at) => safeName(named(one), at + 1)))
      expect(new Set(names.map(name => name.toLowerCase())).size).toBe(given.length)
      for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(150)
    }),
  )
})

describe('the last extension is found however it is dressed up', () => {
  test.each([
    ['report.pdf', '.pdf'],
    ['www.example.com.pdf', '.pdf'],
    ['invoice.PDF.ＥＸＥ', '.exe'],
    ['invoice．exe', '.exe'],
    ['invoice。exe', '.exe'],
    ['invoice.e\u200Bxe', '.exe'],
    ['invoice\u202Efdp.exe', '.exe'],
    ['invoice.exe\u200B.\u00A0. ', '.exe'],
    ['invoice. exe', '.exe'],
    ['invoice.exe:stream', '.exe'],
    ['invoice.exe::$DATA', '.exe'],
    ['invoice.exe:x.pdf', '.exe'],
    ['C:\\my.folder\\run.js', '.js'],
    ['folder.exe/', '.exe'],
    ['portal.example.com:8080.har', '.har'],
    ['setup.exe: the log.txt', '.txt'],
    ['my.folder/readme', ''],
    ['.', ''],
    ['', ''],
  ])('%j has %j', (name, extension) => {
    expect(extensionOf(name)).toBe(extension)
  })

  test.each(['.', ' ', ':', 'a:', '.a:', '/', '\u200B', '.\u200B'])('in a flood of %j as well', unit => {
    expect(extensionOf(`${unit.repeat(1_000_000)}.exe`)).not.toBe('.exe')
    expect(extensionOf(`a.exe${unit.repeat(1000)}`)).toMatch(/^(?:\.exea?|\.a|)$/)
  })
})
