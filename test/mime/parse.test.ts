import { createHash, randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { select } from '../../src/mail/selection.ts'
import { file, html, lines, multipart, octetsOf, outline, plain, setup } from './parsing.ts'

const GIF = Buffer.from(
  'R0lGODlhKAAeAIAAAAAAAP///yH5BAEAAAAALAAAAAAoAB4AAAIfhI+py+0Po5y02ouz3rz7D4biSJbmiabqyrbuC8fyTBcAOw==',
  'base64',
)

const RULES = {
  maxSize: 25_000_000,
  refuse: ['.exe'],
  inlineImages: 'smart',
  unpack: ['tnef'],
  original: 'never',
} as const

describe('every leaf that is a file arrives as a file, octet for octet', () => {
  test.each([
    ['attached', 'attachment'],
    ['sent inline', 'inline'],
    ['with a disposition nobody knows', 'x-something'],
  ])('a text file %s', async (_how, disposition) => {
    const { parse } = await setup()
    const octets = 'first;second\r\n\xE9;2\r\n'
    const mail = await parse(
      multipart('mixed', plain('see below'), file('a.csv', Buffer.from(octets, 'latin1'), 'text/csv', disposition)),
    )
    expect(outline(mail)).toEqual(['1 body', '2 file a.csv'])
    expect(octetsOf(mail, '2').toString('latin1')).toBe(octets)
  })

  test('a named text part without a disposition', async () => {
    const { parse } = await setup()
    const mail = await parse(
      multipart('mixed', plain('text'), lines('Content-Type: text/plain; name=log.txt', '', 'line ')),
    )
    expect(outline(mail)).toEqual(['1 body', '2 file log.txt'])
    expect(octetsOf(mail, '2').toString()).toBe('line ')
  })

  test.each([
    ['no semicolon', 'Content-Type: text/plain', 'Content-Disposition: attachment filename="a.log"'],
    ['a comma', 'Content-Type: text/plain', 'Content-Disposition: inline, filename=a.log'],
    ['no disposition', 'Content-Type: text/plain', 'Content-Disposition: filename="a.log"'],
    ['no semicolon behind its type', 'Content-Type: application/pdf name=a.log', 'X-Disposition: none'],
    ['another parameter', 'Content-Type: text/plain', 'Content-Disposition: inline; name="a.log"'],
    ['another parameter of its type', 'Content-Type: text/plain; filename=a.log', 'Content-Disposition: inline'],
    ['another type of the whole', 'Content-Type: multipart/related; name=a.log', 'Content-Disposition: attachment'],
  ])('a file that is named with %s', async (_how, ...header) => {
    const { parse } = await setup()
    const part = lines(...header, 'Content-Transfer-Encoding: base64', '', 'b25lCg==')
    const mail = await parse(multipart('mixed', plain('text'), part, plain('more')))
    expect(outline(mail)).toEqual(['1 body', '2 file a.log', '3 body'])
    expect(octetsOf(mail, '2').toString()).toBe('one\n')
  })

  test('a nameless text with a disposition nobody knows', async () => {
    const { parse } = await setup()
    const part = lines('Content-Type: text/plain', 'Content-Disposition: attachement', '', 'one')
    expect(outline(await parse(multipart('mixed', plain('text'), part)))).toEqual(['1 body', '2 file'])
    expect(outline(await parse(part))).toEqual(['1 body'])
  })

  test.each(['inline', undefined, 'attachment'])(
    'a forwarded mail (%s) is one file, not its own attachments',
    async disposition => {
      const { parse } = await setup()
      const inner = lines(
        'Subject: =?utf-8?Q?D=C3=A9j=C3=A0_vu?=',
        multipart('mixed', plain('inner'), file('b.pdf', '%PDF-')),
      )
      const header = disposition === undefined ? [] : [`Content-Disposition: ${disposition}`]
      const mail = await parse(
        multipart('mixed', plain('outer'), lines('Content-Type: message/rfc822', ...header, '', inner)),
      )
      expect(outline(mail)).toEqual(['1 body', '2 message Déjà vu.eml'])
      expect(octetsOf(mail, '2').toString('latin1')).toBe(inner)
      expect(mail.text.whole).toBe('outer')
    },
  )

  test.each([
    ['Printer 3/4 is broken', 'Printer 3_4 is broken.eml'],
    ['I cannot run setup.exe, version 1.2', 'I cannot run setup_exe, version 1.2.eml'],
    ['', undefined],
  ])('a forwarded mail with the subject %j is called %j', async (subject, name) => {
    const { parse } = await setup()
    const mail = await parse(
      multipart('mixed', lines('Content-Type: message/rfc822', '', `Subject: ${subject}`, '', 'x')),
    )
    expect(mail.parts[0]?.originalName).toBe(name)
  })

  test('the mails of a digest', async () => {
    const { parse } = await setup()
    const mail = await parse(
      multipart('digest', lines('', 'Subject: one', '', 'x'), lines('', 'Subject: two', '', 'y')),
    )
    expect(outline(mail)).toEqual(['1 message one.eml', '2 message two.eml'])
  })

  test('a uuencoded part, named by its first line', async () => {
    const { parse } = await setup()
    const part = lines(
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: x-uuencode',
      '',
      'begin 644 hi.txt',
      '%:&5L;&\\`',
      '`',
      'end',
    )
    const mail = await parse(multipart('mixed', plain('text'), part))
    expect(outline(mail)).toEqual(['1 body', '2 file hi.txt'])
    expect(octetsOf(mail, '2').toString()).toBe('hello')
  })

  const UU = ['begin 644 caf\xE9.txt', '%:&5L;&\\`', '`', 'end']

  test('files that stand in the text by uuencode, and the text without them', async () => {
    const { parse } = await setup()
    const mail = await parse(lines('Subject: x', '', 'See below.', ...UU, 'Regards', ...UU, ''))
    expect(outline(mail)).toEqual(['1 body', '1/1 file café.txt', '1/2 file café.txt'])
    expect(octetsOf(mail, '1/2').toString()).toBe('hello')
    expect(mail.text.whole).toBe('See below.\nRegards\n')
    expect(mail.remarks).toEqual(['part 1: 2 files were taken out of the text'])
    const { items } = select(mail.parts, RULES, { allParts: false, recurring: new Set() })
    expect(items.map(({ name, fate }) => `${name} ${fate.kind}`)).toEqual(['café.txt send', 'café (2).txt send'])
  })

  test.each([
    ['that never ends', ['begin 644 a.txt', '%:&5L;&\\`']],
    ['of which a line is damaged', ['begin 644 a.txt', '%:&\xA5L;&\\`', 'end']],
    ['without content', ['begin 644 a.txt', 'end']],
    ['that is only a sentence', ['begin 100 days ago, they said', 'and it was so']],
  ])('and uuencode %s stays in the text', async (_what, block) => {
    const { parse } = await setup()
    const mail = await parse(lines('Subject: x', '', 'Hello', ...block))
    expect(outline(mail)).toEqual(['1 body'])
    expect(mail.text.whole).toBe(['Hello', ...block].join('\n'))
  })

  test('a file that is all there is to the mail', async () => {
    const { parse } = await setup()
    const mail = await parse(lines('Subject: scan', file('scan.pdf', '%PDF-1.4')))
    expect(mail.parts).toMatchObject([{ part: '1', role: 'file', sniffed: 'application/pdf', size: 8 }])
    expect(mail.text).toEqual({ whole: '', cut: '', forwarded: false })
  })

  test('an empty file, and one that has only a header', async () => {
    const { parse } = await setup()
    const bare = lines('Content-Type: image/png; name=none.png')
    const mail = await parse(multipart('mixed', plain('text'), bare, file('empty.pdf', ''), file('full.pdf', 'x')))
    expect(outline(mail)).toEqual(['1 body', '2 file none.png', '3 file empty.pdf', '4 file full.pdf'])
    expect(mail.parts.map(({ size }) => size)).toEqual([4, 0, 0, 1])
    expect((await stat(mail.parts[2]?.file ?? '')).size).toBe(0)
  })

  test.each([
    ['of no octets', ''],
    ['of an empty line', '\r\n'],
    ['of two empty lines', '\r\n\r\n'],
    ['that ends in an empty line', 'x\r\n\r\n'],
  ])('a text file %s, wherever it stands', async (_what, octets) => {
    const { parse } = await setup()
    const text = lines('Content-Type: text/plain; name=a.log', '', octets)
    const mail = await parse(
      multipart('mixed', text, multipart('mixed', text, plain('b'), text), text, plain('b'), text),
    )
    const found = mail.parts.filter(({ role }) => role === 'file').map(({ part }) => octetsOf(mail, part).toString())
    expect(found).toEqual([octets, octets, octets, octets, octets])
  })

  test.each([
    ['at all', 'b25lCg==\r\ndHdvCg==', ['part 2 has no empty line between its header and its content']],
    ['but one of blanks', ' \r\nb25lCg==\r\ndHdvCg==\r\n\r\n', []],
  ])('a file before which there is no empty line %s', async (_how, content, remarks) => {
    const { parse } = await setup()
    const header = lines('Content-Type: application/pdf; name=a.pdf', 'Content-Transfer-Encoding: base64')
    const mail = await parse(multipart('mixed', plain('text'), lines(header, content), file('b.pdf', 'b')))
    expect(outline(mail)).toEqual(['1 body', '2 file a.pdf', '3 file b.pdf'])
    expect(octetsOf(mail, '2').toString()).toBe('one\ntwo\n')
    expect(mail.remarks).toEqual(remarks)
    const alone = await parse(lines('Subject: scan', header, content))
    expect(octetsOf(alone, '1').toString()).toBe('one\ntwo\n')
  })

  test.each([
    ['that is not indented', ['Content-Disposition: attachment;', 'filename="a.pdf"']],
    ['that begins with a no-break space', ['Content-Disposition: attachment;', '\xA0filename="a.pdf"']],
    ['that begins with a question mark', ['Content-Disposition: attachment;', '?filename="a.pdf"']],
    ['within the quotes, that is not indented', ['Content-Disposition: attachment; filename="a', 'b.pdf"']],
    ['that is the whole value', ['Content-Disposition:', 'attachment; filename="a.pdf"']],
  ])('a file below a fold %s', async (_what, header) => {
    const { parse } = await setup()
    const part = lines('Content-Type: application/pdf', ...header, '', '%PDF-1.4')
    const mail = await parse(multipart('mixed', plain('text'), part))
    expect(outline(mail)).toEqual(['1 body', expect.stringMatching(/^2 file a(?: b)?\.pdf$/)])
    expect(octetsOf(mail, '2').toString()).toBe('%PDF-1.4')
  })

  test('an empty file below a field that was folded wrongly', async () => {
    const { parse } = await setup()
    const part = lines('Content-Type: application/pdf;', 'name=a.pdf', 'Content-Disposition: attachment', '', '')
    const mail = await parse(multipart('mixed', plain('text'), part))
    expect(mail.parts[1]).toMatchObject({ role: 'file', size: 0 })
  })

  test('files behind a delimiter that ends the mail too early', async () => {
    const { parse } = await setup()
    const part = (name: string) => `--b\r\n${file(name, name)}\r\n`
    const head = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n'
    const twice = await parse(`${head}${part('a.pdf')}--b--\r\n${part('b.pdf')}--b--\r\n`)
    expect(outline(twice)).toEqual(['1 file a.pdf', '2 file b.pdf'])
    const inner = `--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n${head}${part('i.pdf')}--b--\r\n\r\n`
    const mail = await parse(`${head}${part('a.pdf')}${inner}${part('b.pdf')}--b--\r\n`)
    expect(outline(mail)).toEqual(['1 file a.pdf', '2 message x.eml', '3 file i.pdf', '4 file b.pdf'])
  })

  test('a large file in a mail that was cut off before its end', async () => {
    const { parse } = await setup()
    const octets = randomBytes(3_000_000)
    const whole = multipart('mixed', plain('text'), file('a.bin', octets))
    const mail = await parse(whole.slice(0, whole.lastIndexOf('\r\n--')))
    expect(octetsOf(mail, '2').equals(octets)).toBe(true)
  })
})

test('a leaf is counted, hashed and kept where only we can read it', async () => {
  const { parse } = await setup()
  const octets = randomBytes(100_000)
  const mail = await parse(multipart('mixed', plain('text'), file('a.bin', octets, 'application/x-thing')))
  const { file: path = '', ...facts } = mail.parts[1] ?? {}
  expect(facts).toEqual({
    part: '2',
    type: 'application/x-thing',
    role: 'file',
    disposition: 'attachment',
    contentId: undefined,
    originalName: 'a.bin',
    size: 100_000,
    sha256: createHash('sha256').update(octets).digest('hex'),
    sniffed: undefined,
    executable: false,
    image: undefined,
    cited: false,
  })
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
  expect(mail.parts[0]?.file).toBeUndefined()
})

test('parts are numbered as IMAP numbers them', async () => {
  const { parse } = await setup()
  const related = multipart(
    'related',
    html('<img src="cid:i@x">'),
    lines('Content-ID: <i@x>', file('i.gif', GIF, 'image/gif', 'inline')),
  )
  const inner = multipart('mixed', file('b.pdf', 'b'), file('c.pdf', 'c'))
  const mail = await parse(
    multipart('mixed', multipart('alternative', plain('text'), related), file('a.pdf', 'a'), inner),
  )
  expect(outline(mail)).toEqual([
    '1.1 body',
    '1.2.1 alternative',
    '1.2.2 inline-image i.gif',
    '2 file a.pdf',
    '3.1 file b.pdf',
    '3.2 file c.pdf',
  ])
})

describe('names are read as the sender meant them', () => {
  test.each([
    ['RFC 2231', `filename*=UTF-8''r%C3%A9sum%C3%A9%20%E2%82%AC.pdf`, 'résumé €.pdf'],
    ['RFC 2231 in pieces', `filename*0*=utf-8''%C3%A9; filename*1*=t%C3%A9; filename*2=.pdf`, 'été.pdf'],
    ['RFC 2047 in a parameter', 'filename="=?utf-8?B?w6l0w6kucGRm?="', 'été.pdf'],
    ['raw UTF-8', `filename="${Buffer.from('été.pdf').toString('latin1')}"`, 'été.pdf'],
    ['raw windows-1252', 'filename="\xE9t\xE9.pdf"', 'été.pdf'],
    ['unquoted with blanks', 'filename=my report.pdf', 'my report.pdf'],
    ['raw KOI8-R', 'filename="\xD4\xC5\xD3\xD4.pdf"', 'тест.pdf'],
    ['a path', 'filename="../../etc/passwd"', '../../etc/passwd'],
    ['empty, so the type names it', 'filename=""', 'type.pdf'],
  ])('%s', async (_how, parameter, name) => {
    const { parse } = await setup()
    const part = lines(
      'Content-Type: application/pdf; name=type.pdf',
      `Content-Disposition: attachment; ${parameter}`,
      '',
      'x',
    )
    expect((await parse(multipart('mixed', part))).parts[0]?.originalName).toBe(name)
  })
})

describe('what a part is for', () => {
  test.each([
    [
      'an S/MIME signature',
      multipart('signed', plain('t'), file('smime.p7s', 'x', 'application/pkcs7-signature')),
      'signature',
    ],
    [
      'a PGP signature',
      multipart('signed', plain('t'), lines('Content-Type: application/pgp-signature', '', 'x')),
      'signature',
    ],
    [
      'a signed contract',
      multipart('mixed', plain('t'), file('contract.pdf.sig', 'x', 'application/pgp-signature')),
      'file',
    ],
    ['S/MIME encrypted', multipart('mixed', plain('t'), file('smime.p7m', 'x', 'application/pkcs7-mime')), 'encrypted'],
    [
      'PGP encrypted',
      multipart(
        'encrypted',
        lines('Content-Type: application/pgp-encrypted', '', 'Version: 1'),
        file('x.asc', 'x', 'application/octet-stream'),
      ),
      'encrypted',
    ],
    [
      'a delivery report',
      multipart('report', plain('t'), lines('Content-Type: message/delivery-status', '', 'x')),
      'report',
    ],
    [
      'a delivery report that somebody hands on',
      multipart('mixed', plain('t'), file('details.txt', 'x', 'message/delivery-status')),
      'file',
    ],
    [
      'the header of a mail that came back, handed on',
      multipart(
        'mixed',
        plain('t'),
        lines('Content-Type: text/rfc822-headers', 'Content-Disposition: attachment', '', 'x'),
      ),
      'file',
    ],
    [
      'a piece of a report with a name',
      multipart('report', plain('t'), file('details.txt', 'x', 'message/delivery-status')),
      'report',
    ],
    ['winmail.dat', multipart('mixed', plain('t'), file('winmail.dat', 'x', 'application/octet-stream')), 'tnef'],
    [
      'content elsewhere',
      multipart('mixed', plain('t'), lines('Content-Type: message/external-body', '', 'x')),
      'reference',
    ],
    [
      'an invitation in the text',
      multipart('alternative', plain('t'), lines('Content-Type: text/calendar; method=REQUEST', '', 'x')),
      'alternative',
    ],
    ['an invitation attached', multipart('mixed', plain('t'), file('invite.ics', 'x', 'text/calendar')), 'file'],
    ['a document in an alternative', multipart('alternative', plain('t'), file('a.pdf', 'x')), 'file'],
    ['nameless undeclared binary', multipart('mixed', plain('t'), lines('', '\x00\x01\x02\x03\x04')), 'file'],
    [
      'a phone photo sent inline',
      multipart('mixed', plain('t'), file('IMG.jpg', 'x', 'image/jpeg', 'inline')),
      'inline-image',
    ],
  ])('%s', async (_what, mail, role) => {
    const { parse } = await setup()
    expect((await parse(mail)).parts[1]).toMatchObject({ part: '2', role })
  })

  test('an image the text shows is known by its cid, one it does not show is not', async () => {
    const { parse } = await setup()
    const image = (id: string) => lines(`Content-ID: <${id}>`, file(`${id}.gif`, GIF, 'image/gif'))
    const mail = await parse(
      multipart('related', html('<p>x<img src="cid:one%40x"></p>'), image('one@x'), image('two@x')),
    )
    expect(mail.parts.slice(1)).toMatchObject([
      { role: 'inline-image', cited: true, image: { width: 40, height: 30 }, sniffed: 'image/gif' },
      { role: 'file', cited: false },
    ])
  })
})

describe('programs are known by their octets', () => {
  const zeros = '\0'.repeat(64)
  test.each([
    ['PE', `MZ\x90${zeros}`, true],
    ['ELF', `\x7FELF${zeros}`, true],
    ['Mach-O', `\xCF\xFA\xED\xFE${zeros}`, true],
    ['a script', '#!/bin/sh\necho', true],
    ['a shortcut', Buffer.from('4c0000000114020000000000c0000000000000460000', 'hex').toString('latin1'), true],
    [
      'a text that begins with MZ',
      'MZ is the mark of a DOS program, as everybody knows who has ever looked at one',
      false,
    ],
    ['a PDF', '%PDF-1.4', false],
  ])('%s', async (_what, octets, executable) => {
    const { parse } = await setup()
    const mail = await parse(file('holiday.jpg', Buffer.from(octets, 'latin1'), 'image/jpeg'))
    expect(mail.parts[0]?.executable).toBe(executable)
  })
})

describe('the text of a mail', () => {
  const whole = async (mail: string) => (await (await setup()).parse(mail)).text.whole

  test('is the plain rendering', async () => {
    expect(await whole(multipart('alternative', plain('plain'), html('<b>rich</b>')))).toBe('plain')
  })

  test.each(['', '  \r\n', 'This mail needs an HTML reader.'])(
    'is the HTML one where the plain one is %j',
    async stub => {
      expect(
        await whole(multipart('alternative', plain(stub), html('<p>The real and much longer <b>text</b></p>'))),
      ).toBe('The real and much longer text')
    },
  )

  test('is made of HTML where there is nothing else', async () => {
    const body = html(
      '<html><head><title>T</title><style>p{}</style></head><body><h1>Title</h1><p>a&amp;b<br>c</p><script>x()</script><ul><li>one</li></ul></body>',
    )
    expect(await whole(body)).toBe('Title\na&b\nc\n * one')
  })

  test('joins what stands between images', async () => {
    const image = file('i.jpg', 'x', 'image/jpeg', 'inline')
    expect(await whole(multipart('mixed', plain('above'), image, plain('below')))).toBe('above\n\nbelow')
  })

  test('is unwrapped where it was wrapped (format=flowed)', async () => {
    const body = lines(
      'Content-Type: text/plain; format=flowed',
      '',
      'one ',
      'line',
      ' > stuffed',
      '> quoted ',
      '> line',
      '-- ',
      'Jo',
    )
    expect(await whole(body)).toBe('one line\n> stuffed\n> quoted line\n-- \nJo')
  })

  test.each([
    ['declared', 'text/plain; charset=koi8-r', '\xD4\xC5\xD3\xD4', 'тест'],
    ['undeclared UTF-8', 'text/plain', '\xC3\xA9', 'é'],
    ['undeclared windows-1252', 'text/plain', '\x80 \xE9', '€ é'],
    ['UTF-8 called Latin 1', 'text/plain; charset=iso-8859-1', '\xC3\xA9', 'é'],
    ['Latin 1 called UTF-8', 'text/plain; charset=utf-8', 'caf\xE9', 'café'],
    ['Latin 1 with Windows letters', 'text/plain; charset=iso-8859-1', '\x93x\x94', '“x”'],
    ['a charset nobody knows', 'text/plain; charset=x-mine', '\xC3\xA9', 'é'],
    ['undeclared KOI8-R', 'text/plain', '\xD4\xC5\xD3\xD4 \xD4\xC5\xD3\xD4', 'тест тест'],
    [
      'undeclared Shift_JIS',
      'text/plain',
      '\x93\xFA\x96{\x8C\xEA\x82\xCC\x83\x81\x81[\x83\x8B\x82\xC5\x82\xB7',
      '日本語のメールです',
    ],
    ['KOI8-R called Latin 1', 'text/plain; charset=iso-8859-1', '\xD4\xC5\xD3\xD4 \xD4\xC5\xD3\xD4', 'тест тест'],
    [
      'undeclared French of accents only',
      'text/plain',
      '\xE9t\xE9 \xE0 \xE9t\xE9, \xE7\xE0 et l\xE0',
      'été à été, çà et là',
    ],
    ['undeclared signs', 'text/plain', '\xAB\xBB\xAB\xBB \xA9\xAE \xB0\xB0', '«»«» ©® °°'],
    ['ISO-2022-JP', 'text/plain; charset=iso-2022-jp', '\x1B$BF|K\\8l\x1B(B', '日本語'],
    ['Shift_JIS', 'text/plain; charset=Shift_JIS', '\x93\xFA\x96{', '日本'],
    ['UTF-16 by its mark', 'text/plain; charset=utf-16', '\xFF\xFEa\0b\0', 'ab'],
  ])('is read in its charset: %s', async (_what, type, octets, expected) => {
    expect(await whole(lines(`Content-Type: ${type}`, '', octets))).toBe(expected)
  })

  test('tells when its charset was not believed', async () => {
    const { parse } = await setup()
    const mail = await parse(lines('Content-Type: text/plain; charset=x-mine', '', 'x'))
    expect(mail.remarks).toEqual(['part 1: text is in a charset nobody knows'])
  })

  test('of HTML too deep to lay out is not lost in silence', async () => {
    const { parse } = await setup()
    const mail = await parse(html(`${'<div>'.repeat(2000)}deep &eacute; text${'</div>'.repeat(2000)}`))
    expect(mail.text.whole).toBe('deep &eacute; text')
    expect(mail.remarks).toEqual(['the HTML is nested very deeply; its text was taken without layout'])
  })
})

test('mail whose lines end in a bare CR is read like any other', async () => {
  const { parse } = await setup()
  const text = multipart('mixed', plain('text'), lines('Content-Type: text/x-log; name=a.log', '', 'one', 'two'))
  const mail = await parse(lines('Subject: x', text).replaceAll('\r\n', '\r'))
  expect(outline(mail)).toEqual(['1 body', '2 file a.log'])
  expect(octetsOf(mail, '2').toString()).toBe('one\rtwo')
})

test('a multipart in which no part is found is text when it is short, a file when it is not', async () => {
  const { parse } = await setup()
  const broken = (size: number) => lines('Content-Type: multipart/mixed; boundary=never', '', 'x'.repeat(size))
  const short = await parse(broken(100))
  expect(outline(short)).toEqual(['1 body'])
  expect(short.doubts).toEqual(['part 1: it is a multipart in which no part was found'])
  expect(outline(await parse(broken(100_000)))).toEqual(['1 file'])
  const inside = await parse(multipart('mixed', plain('text'), broken(100_000)))
  expect(octetsOf(inside, '2').toString()).toBe('x'.repeat(100_000))
})

test('an empty mail is an empty mail', async () => {
  const { parse } = await setup()
  expect((await parse('')).text.whole).toBe('')
  expect(outline(await parse('Subject: x'))).toEqual(['1 body'])
})
