import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldsOf, structuredField } from '../../src/mime/fields.ts'
import { nameIn } from '../../src/mime/leaf-name.ts'
import { structured } from '../../src/mime/parameters.ts'

const fields = (block: string) => fieldsOf(Buffer.from(`${block}\r\n\r\n`, 'latin1'))
const utf8 = (text: string) => Buffer.from(text).toString('latin1')
const named = (...parameters: readonly string[]) =>
  nameIn(fields(`Content-Disposition: attachment; ${parameters.join('; ')}`), 'application/pdf')

describe('a file has the name that its sender meant', () => {
  test.each([
    ['with a copy number, not in quotes', 'filename=Invoice (2).pdf', 'Invoice (2).pdf'],
    ['with one parenthesis, not in quotes', 'filename=Bericht (neu.pdf', 'Bericht (neu.pdf'],
    ['that ends in a parenthesis', 'filename=Bericht (neu)', 'Bericht (neu)'],
    ['with a comment behind it', 'filename=report.pdf (made by a scanner)', 'report.pdf'],
    ['with a comment behind its quotes', 'filename="report.pdf" (made by a scanner); size=3', 'report.pdf'],
    ['with blanks, not in quotes', 'filename=my report.pdf; size=3', 'my report.pdf'],
    ['with a semicolon, not in quotes', 'filename=Invoice; final.pdf', 'Invoice; final.pdf'],
    ['with a semicolon, not in quotes, and a parameter', 'filename=Invoice; final.pdf; size=3', 'Invoice; final.pdf'],
    ['with a semicolon behind its extension', 'filename=Invoice.pdf; inline', 'Invoice.pdf'],
    ['with a comma, not in quotes', 'filename=Invoice, final.pdf', 'Invoice, final.pdf'],
    ['without a semicolon behind it', 'filename=a.pdf size=3', 'a.pdf'],
    ['with a comma for the semicolon behind it', 'filename=a.pdf, size=3', 'a.pdf'],
    ['with a comma for the semicolon behind its quotes', 'filename="a.pdf", size=3', 'a.pdf'],
    ['with an equals sign, not in quotes', 'filename=a=b.pdf', 'a=b.pdf'],
    ['in single quotes', "filename='a b.pdf'", 'a b.pdf'],
    ['with an apostrophe', `filename="it's.pdf"`, "it's.pdf"],
    ['in escaped quotes', 'filename=\\"a b.pdf\\"; size=3', 'a b.pdf'],
    ['without its first quote', 'filename=a b.pdf"', 'a b.pdf'],
    ['without its last quote', 'filename="a b.pdf', 'a b.pdf'],
    ['without its last quote, before a parameter', 'filename="a b.pdf; size=3', 'a b.pdf'],
    ['with quotes within the quotes', 'filename="say "hi" now.pdf"', 'say "hi" now.pdf'],
    ['with quotes at the end of the quotes', 'filename="say "hi""; size=3', 'say "hi"'],
    ['with escaped quotes within the quotes', 'filename="say \\"hi\\" now.pdf"', 'say "hi" now.pdf'],
    ['of which only a word is in quotes', 'filename="Bericht" neu.pdf', '"Bericht" neu.pdf'],
    ['that is a Windows path', 'filename="C:\\my_folder\\my_image.png"', 'C:\\my_folder\\my_image.png'],
    ['that is an escaped Windows path', 'filename="C:\\\\my\\\\image.png"', 'C:\\my\\image.png'],
    ['that is a Windows path, not in quotes', 'filename=C:\\scans\\a (2).pdf', 'C:\\scans\\a (2).pdf'],
    ['that is a share', 'filename="\\\\server\\scans\\doc.pdf"', '\\\\server\\scans\\doc.pdf'],
    ['that is a relative path', 'filename="scans\\Über.pdf"', 'scans\\Über.pdf'],
    ['that is a folder', 'filename="C:\\scans\\"', 'C:\\scans\\'],
    ['with escaped parentheses', 'filename="a\\(b\\).pdf"', 'a(b).pdf'],
    ['given twice, at first empty', 'filename=""; filename="a.pdf"', 'a.pdf'],
    ['given twice', 'filename="a.pdf"; filename="b.pdf"', 'a.pdf'],
    ['behind junk', '???; =; x y filename="a.pdf"', 'a.pdf'],
    ['behind empty parameters', ';; ; filename="a.pdf"', 'a.pdf'],
    ['with blanks around the equals sign', 'FileName = "a.pdf"', 'a.pdf'],
  ])('%s', (_what, parameter, name) => {
    expect(named(parameter)).toBe(name)
  })

  test.each([
    ['labelled Latin 1 and UTF-8', "filename*= ISO-8859-1'en'R%C3%BCckmeldung.txt", 'Rückmeldung.txt'],
    ['labelled windows-1252 and UTF-8', "filename*=windows-1252''Pr%C3%BCfung.pdf", 'Prüfung.pdf'],
    ['labelled Latin 1 and that', "filename*=iso-8859-1''Pr%FCfung.pdf", 'Prüfung.pdf'],
    ['labelled UTF-8 and Latin 1', "filename*=UTF-8''Pr%FCfung.pdf", 'Prüfung.pdf'],
    ['in quotes', `filename*="UTF-8''Pr%C3%BCfung.pdf"`, 'Prüfung.pdf'],
    ['without its star', "filename=UTF-8''Pr%C3%BCfung.pdf", 'Prüfung.pdf'],
    ['labelled GB 2312 and UTF-8', "filename*=gb2312''%E6%96%87%E4%BB%B6.pdf", '文件.pdf'],
    ['labelled Big5 and UTF-8', "filename*=big5''%E6%96%87%E4%BB%B6.pdf", '文件.pdf'],
    ['labelled Shift_JIS and UTF-8', "filename*=shift_jis''%E6%96%87%E4%BB%B6.pdf", '文件.pdf'],
    ['without a label', 'filename*=Pr%C3%BCfung.pdf', 'Prüfung.pdf'],
    ['with an empty label', "filename*=''Pr%C3%BCfung.pdf", 'Prüfung.pdf'],
    ['with half a label', "filename*=UTF-8'Pr%C3%BCfung.pdf", 'Prüfung.pdf'],
    ['with a percent sign', "filename*=utf-8''100%Price.pdf", '100%Price.pdf'],
    ['with an apostrophe', "filename*=utf-8'de'it's.pdf", "it's.pdf"],
    ['in pieces', "filename*0*=utf-8''Pr%C3; filename*1*=%BCfung; filename*2=.pdf", 'Prüfung.pdf'],
    ['in pieces, not in order', "filename*2=.pdf; filename*0*=utf-8''Pr%C3; filename*1*=%BCfung", 'Prüfung.pdf'],
    ['in eleven pieces', [...'abcdefghij.'].map((letter, at) => `filename*${at}=${letter}`).join('; '), 'abcdefghij.'],
    ['in pieces with a gap', "filename*0*=utf-8''Pr%C3%BC; filename*3*=fung.pdf", 'Prüfung.pdf'],
    ['in pieces without the first', 'filename*1="fung"; filename*2=".pdf"', 'fung.pdf'],
    [
      'in pieces beside a plain one',
      "filename=Pr?fung.pdf; filename*0*=utf-8''Pr%C3%BC; filename*1=fung.pdf",
      'Prüfung.pdf',
    ],
    ['beside an empty one', "filename*=utf-8''; filename=a.pdf", 'a.pdf'],
    ['in pieces that are an encoded word', 'filename*0="=?utf-8?Q?Pr=C3"; filename*1="=BCfung.pdf?="', 'Prüfung.pdf'],
    ['raw, in a piece', `filename*0="Pr${utf8('ü')}"; filename*1=fung.pdf`, 'Prüfung.pdf'],
    ['raw, under a label', `filename*=iso-8859-1''Pr${utf8('ü')}fung.pdf`, 'Prüfung.pdf'],
  ])('by RFC 2231, %s', (_what, parameter, name) => {
    expect(named(parameter)).toBe(name)
  })

  test.each([
    ['labelled Latin 1 and UTF-8', 'filename="=?iso-8859-1?Q?R=C3=BCckmeldung=2Etxt?="', 'Rückmeldung.txt'],
    ['not in quotes', 'filename==?utf-8?Q?Pr=C3=BCf;ung.pdf?=; size=3', 'Prüf;ung.pdf'],
    ['of two words', 'filename="=?utf-8?Q?Pr=C3?= =?utf-8?Q?=BCfung.pdf?="', 'Prüfung.pdf'],
    ['of two words without a blank', 'filename="=?utf-8?B?UHLDvA==?==?utf-8?Q?fung.pdf?="', 'Prüfung.pdf'],
    ['of a B and a Q word', 'filename="=?utf-8?B?UHLD?= =?utf-8?Q?=BCfung.pdf?="', 'Prüfung.pdf'],
    ['with its extension outside', 'filename="=?utf-8?B?UHLDvGZ1bmc=?=.pdf"', 'Prüfung.pdf'],
    ['without an end, in base64', 'filename="=?UTF-8?B?UHLDvGZiZXJpY2h0IFExLnBkZg=="', 'Prüfbericht Q1.pdf'],
    ['without an end, in letters', 'filename="=?UTF-8?Q?Pr=C3=BCfung.pdf"', 'Prüfung.pdf'],
    ['without a charset', 'filename="=??Q?Pr=C3=BCfung.pdf?="', 'Prüfung.pdf'],
    ['with raw blanks', 'filename="=?utf-8?Q?Pr=C3=BCfung neu.pdf?="', 'Prüfung neu.pdf'],
    ['with raw quotes', 'filename="=?utf-8?Q?Pr=C3=BCfung_"neu".pdf?="', 'Prüfung "neu".pdf'],
    ['with raw octets', 'filename="=?iso-8859-1?Q?Pr\xFCfung?_neu.pdf?="', 'Prüfung? neu.pdf'],
  ])('by RFC 2047, %s', (_what, parameter, name) => {
    expect(named(parameter)).toBe(name)
  })

  test.each([
    ['slashes', 'filename=6%2Fdokus%2F60417.docx', '6_dokus_60417.docx'],
    ['UTF-8', 'filename="Pr%C3%BCfbericht%20Q1.pdf"', 'Prüfbericht Q1.pdf'],
    ['no UTF-8', 'filename="Pr%FCfung.pdf"', 'Pr%FCfung.pdf'],
    ['a control character', 'filename="a%0d%0ab.pdf"', 'a%0d%0ab.pdf'],
    ['a per cent', 'filename="100% sicher%20.pdf"', '100% sicher%20.pdf'],
    ['the dot of a program', 'filename="invoice%2Eexe"', 'invoice.exe'],
  ])('percent-encoded, with %s', (_what, parameter, name) => {
    expect(named(parameter)).toBe(name)
  })

  test('raw UTF-8 that was cut inside a letter', () => {
    expect(named(`filename="${utf8('Картинка для заявки номер один').slice(0, -1)}"`)).toBe(
      'Картинка для заявки номер оди\uFFFD',
    )
  })

  test.each([
    [
      'the whole type',
      '=?utf-8?B?aW1hZ2UvcG5nOyB4LXVuaXgtbW9kZT0wNjQ0OyBuYW1lPSJDYXB0dXJlIGTigJnDqWNyYW4gMTguMzYucG5nIg==?=',
      'Capture d’écran 18.36.png',
    ],
    ['the parameters', 'image/png; =?utf-8?Q?name=3D=22=C3=A9cran.png=22?=', 'écran.png'],
  ])('where %s is an encoded word', (_what, type, name) => {
    const header = fields(`Content-Type: ${type}`)
    expect(structuredField(header, 'content-type').value).toBe('image/png')
    expect(nameIn(header, 'image/png')).toBe(name)
  })

  test.each([
    [
      'in a second Content-Disposition',
      ['Content-Disposition: inline', 'Content-Disposition: attachment; filename=a.pdf'],
      'a.pdf',
    ],
    ['in a second Content-Type', ['Content-Type: application/pdf', 'Content-Type: text/plain; name=a.pdf'], 'a.pdf'],
    ['in Content-Location', ['Content-Location: IMG_0007.jpg', 'Content-ID: <0>'], 'IMG_0007.jpg'],
    ['in a Content-Location that is a URL', ['Content-Location: http://x.example/a/caf%C3%A9.jpg?w=3'], 'café.jpg'],
    ['in a Content-Location that is a path', ['Content-Location: file:///C:\\scans\\a.jpg'], 'a.jpg'],
    ['in an encoded Content-Location', ['Content-Location: =?utf-8?Q?Pr=C3=BCf.jpg?='], 'Prüf.jpg'],
    ['in two pairs of quotes', ['Content-Disposition: attachment; filename=""a.pdf""'], 'a.pdf'],
    ['in quotes that are escaped', [`Content-Disposition: attachment; filename="\\"a.pdf\\""`], 'a.pdf'],
    ['in curly quotes', [utf8('Content-Type: application/pdf; name=“a.pdf”')], 'a.pdf'],
    ['in Content-ID', ['Content-ID: dummy.pdf', 'Content-Description: This is dummy.pdf'], 'dummy.pdf'],
    ['in the Content-ID of Outlook', ['Content-ID: <image001.png@01D7A0.ABCDEF>'], 'image001.png'],
    ['in Content-Description', ['Content-Description: =?utf-8?Q?Pr=C3=BCfung.pdf?='], 'Prüfung.pdf'],
    ['nowhere', ['Content-ID: <ACORD>', 'Content-Description: the request', 'Content-Location: part1.x'], undefined],
    ['nowhere, for a program is named by itself alone', ['Content-ID: <setup.exe>'], undefined],
  ])('%s', (_where, header, name) => {
    expect(nameIn(fields(header.join('\r\n')), 'image/jpeg')).toBe(name)
  })

  test.each(['text/plain', 'text/html', 'text/calendar', 'application/pgp-signature', undefined])(
    'but a body or a signature of type %s is not named by its Content-Location',
    type => {
      expect(nameIn(fields('Content-Location: index.html'), type)).toBeUndefined()
    },
  )
})

describe('the boundary of a multipart is found', () => {
  test.each([
    ['in quotes', ['Content-Type: multipart/mixed; boundary="a b"'], 'a b'],
    ['not in quotes', ['Content-Type: multipart/mixed; boundary=a=_b'], 'a=_b'],
    ['with a comment', ['Content-Type: multipart/mixed (x; y="z"); boundary=b (c)'], 'b'],
    ['with parentheses', ['Content-Type: multipart/mixed; boundary=(c)b'], '(c)b'],
    ['with junk behind its quotes', ['Content-Type: multipart/mixed; boundary="b"c'], 'b'],
    ['without a semicolon', ['Content-Type: multipart/mixed boundary="b"'], 'b'],
    ['behind a comma', ['Content-Type: multipart/mixed, boundary="b"'], 'b'],
    ['behind a charset without a semicolon', ['Content-Type: multipart/mixed; charset=utf-8 boundary=b'], 'b'],
    ['in single quotes', ["Content-Type: multipart/mixed; boundary='b'"], 'b'],
    ['by RFC 2231', ['Content-Type: multipart/mixed; boundary*0=a; boundary*1=b'], 'ab'],
    ['given twice', ['Content-Type: multipart/mixed; boundary=b; boundary=c'], 'b'],
    ['where the fold lost its indent', ['Content-Type: multipart/mixed;', 'boundary="b"'], 'b'],
    ['where the fold lost its indent and the semicolon', ['Content-Type: multipart/mixed', 'boundary="b:c"'], 'b:c'],
    ['where a question mark is the indent', ['Content-Type: multipart/mixed;', '?boundary="b"'], 'b'],
    ['where a no-break space is the indent', ['Content-Type: multipart/mixed;', '\xA0boundary="b"'], 'b'],
    ['where another parameter lost its indent', ['Content-Type: multipart/mixed;', 'x-y=1;', ' boundary="b"'], 'b'],
    ['where the type lost its indent', ['Content-Type:', 'multipart/mixed;', ' boundary="b"'], 'b'],
    ['where the fold is in the midst of it', ['Content-Type: multipart/mixed; boundary="a', 'b"'], 'a b'],
    ['where the lines end in CR CR LF', ['Content-Type: multipart/mixed;\r', '\tboundary="b"\r'], 'b'],
    ['in a second Content-Type', ['Content-Type: text/plain', 'Content-Type: multipart/mixed; boundary=b'], 'b'],
    [
      'behind octet-stream',
      ['Content-Type: application/octet-stream', 'Content-Type: multipart/mixed; boundary=b'],
      'b',
    ],
    ['behind nonsense', ['Content-Type: ?', 'Content-Type: multipart/mixed; boundary=b'], 'b'],
    [
      'behind a multipart without one',
      ['Content-Type: multipart/mixed', 'Content-Type: multipart/mixed; boundary=b'],
      'b',
    ],
    ['with an umlaut', ['Content-Type: multipart/mixed; boundary="Gr\xFCn"'], 'Gr\xFCn'],
    ['with an umlaut in UTF-8', [`Content-Type: multipart/mixed; boundary="${utf8('Grün')}"`], utf8('Grün')],
  ])('%s', (_how, header, boundary) => {
    const type = structuredField(fields(header.join('\r\n')), 'content-type')
    expect(type.value).toBe('multipart/mixed')
    expect(type.bytes('boundary')[0]).toBe(boundary)
  })

  test('with and without the white space of a fold, and with single quotes that may be its own', () => {
    const folded = structuredField(fields('Content-Type: multipart/mixed; boundary="ab\r\n =cd"'), 'content-type')
    expect(folded.bytes('boundary')).toEqual(['ab =cd', 'ab=cd'])
    expect(structured("multipart/mixed; boundary='b'").bytes('boundary')).toEqual(['b', "'b'"])
    expect(structured('multipart/mixed').bytes('boundary')).toEqual([])
  })

  test.each([
    ['a field', ['Content-Type: text/plain', 'Subject: x']],
    ['a parameter behind another field', ['Content-Type: text/plain', 'X-Y: z', 'boundary=b']],
    ['base64 that looks like a parameter', ['Content-Type: text/plain', 'b25lCg==']],
    ['a setting in a text', ['Content-Type: text/plain', 'user=root']],
  ])('but %s is no continuation', (_what, header) => {
    expect(fields(header.join('\r\n')).get('content-type')).toEqual(['text/plain'])
  })
})

test.each([
  ['text/plain', ['text/plain', 'text/html']],
  ['application/pdf', ['application/pdf', 'multipart/mixed; boundary=b']],
  ['text/plain', ['text', 'text/plain']],
  ['text/plain', ['text/plain', 'multipart/mixed']],
])('of several types %s counts: %j', (type, written) => {
  const header = fields(written.map(value => `Content-Type: ${value}`).join('\r\n'))
  expect(structuredField(header, 'content-type').value).toBe(type)
})

test.each([
  ['Text/Plain ; charset=utf-8', 'text/plain'],
  ['text / plain', 'text/plain'],
  ['(a comment) text/plain', 'text/plain'],
  ['"application/pdf"; name=x', 'application/pdf'],
  ['application/pdf name=x', 'application/pdf'],
  ['name=x', ''],
  ['', ''],
  ['multipart/mixed: boundary=x', 'multipart/mixed'],
])('the value of %j is %j', (written, value) => {
  expect(structured(written).value).toBe(value)
})

/** A megabyte; what takes the square of its length would not end. */
const flood = (unit: string): string => unit.repeat(1_000_000 / unit.length)

describe('a flood in a field with parameters costs no more than its length', () => {
  test.each([
    '"',
    '" ',
    '"(',
    '"(;',
    '\\"',
    '\\',
    '(',
    '(\\',
    "'",
    ';',
    '; ',
    ',',
    ' ',
    ' ,',
    'a=',
    'a=;',
    'a="',
    'a="";',
    'name="a" ',
    '=?',
    '=?a?q?',
    '=?a?q?=',
    '=?a?b?YQ==?= ',
    '%',
    '%C3',
    "filename*0*=utf-8''%C3;",
    'filename*=',
    'filename=a;',
    'filename=a.b;',
    '\r\n boundary="',
    '\r\nboundary="a";',
    '\r\n?',
    '\xE9',
    '=?utf-8?q?\xE9',
    '\xE9?=',
  ])('of %j', unit => {
    for (const start of [
      '',
      'multipart/mixed; boundary=',
      'x/y; name="',
      'x/y; filename=',
      "x/y; filename*0*=utf-8''",
    ]) {
      const header = fields(`Content-Type: ${start}${flood(unit)}`)
      const type = structured(`${start}${flood(unit)}`)
      expect(type.value.length + type.bytes('boundary').length).toBeLessThan(100_000)
      expect(nameIn(header, undefined)?.length ?? 0).toBeLessThan(300_000)
    }
  })
})

test('no octets at all can make it throw', () => {
  const likely = fc.array(
    fc.constantFrom(
      'Content-Type:',
      'multipart/mixed',
      'boundary',
      'filename',
      'name',
      '*0',
      '*',
      '=',
      ';',
      ',',
      '"',
      "'",
      '(',
      ')',
      '\\',
      ' ',
      '\r\n',
      '=?utf-8?q?',
      '?=',
      '%',
      '41',
      '\xE9',
      'a.pdf',
    ),
  )
  fc.assert(
    fc.property(likely, pieces => {
      const header = fields(pieces.join(''))
      structuredField(header, 'content-type').bytes('boundary')
      nameIn(header, 'image/png')
    }),
    { numRuns: 2000 },
  )
})
