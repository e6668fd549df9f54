/** winmail.dat: what is inside arrives under its own name; what cannot be opened goes as it is. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Envelope } from '../../src/mail/envelope.ts'
import type { ParsedMail } from '../../src/mail/part.ts'
import { type Rules, routeByContent } from '../../src/mail/route.ts'
import { type AttachmentRules, select } from '../../src/mail/selection.ts'
import { ticketPattern } from '../../src/mail/subject.ts'
import { lines, multipart, octetsOf, outline, plain, setup } from './parsing.ts'
import * as write from './winmail.ts'

const RULES: AttachmentRules = {
  maxSize: 25_000_000,
  refuse: ['.exe'],
  inlineImages: 'smart',
  unpack: ['tnef'],
  original: 'never',
}
const ROUTING: Rules = {
  ticket: { pattern: ticketPattern('I\\d+'), several: 'first', fromThread: false, closed: 'attach' },
  senders: { allow: ['*'], authentication: 'off', authservIds: [], requester: 'off' },
  machines: 'deliver',
  nothingAttached: 'bounce',
  attachments: { ...RULES, maxMailSize: 1e9 },
  description: { quoted: 'cut', maxLength: 4000 },
}
const CONTEXT = { allParts: false, recurring: new Set<string>() }

const attachedAs = (name: string, octets: Buffer): string =>
  lines(
    `Content-Type: application/ms-tnef; name="${name}"`,
    `Content-Disposition: attachment; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    octets.toString('base64').replace(/.{76}/g, '$&\r\n'),
  )
const letterWith = (...containers: readonly Buffer[]): string =>
  multipart('mixed', plain('see below'), ...containers.map(one => attachedAs('winmail.dat', one)))

async function opened(container: Buffer) {
  const { parse } = await setup()
  return parse(letterWith(container))
}

/** Name and fate of every file, in the order of the mail. */
const fates = (mail: ParsedMail, rules = RULES, context = CONTEXT): readonly string[] =>
  select(mail.parts, rules, context).items.map(({ name, fate }) => `${name} ${fate.kind}`)

describe('what is inside winmail.dat arrives', () => {
  test('under its own name and octet for octet, in the place of winmail.dat', async () => {
    const mail = await opened(
      write.tnef(write.attached('Übersicht 2026.xlsx', 'PK-one'), write.attached('b.pdf', '%PDF-two')),
    )
    expect(outline(mail)).toEqual(['1 body', '2 tnef winmail.dat', '2/1 file Übersicht 2026.xlsx', '2/2 file b.pdf'])
    expect(octetsOf(mail, '2/1').toString()).toBe('PK-one')
    expect(octetsOf(mail, '2/2').toString()).toBe('%PDF-two')
    expect(fates(mail)).toEqual(['winmail.dat skip', 'Übersicht 2026.xlsx send', 'b.pdf send'])
    expect(mail.remarks).toEqual(['part 2 was opened; inside: Übersicht 2026.xlsx, b.pdf'])
    expect(select(mail.parts, RULES, CONTEXT).trace[1]).toContain('it was opened, and the files inside go in its place')
  })

  test('with its size and hash, where nobody else can read it', async () => {
    const content = Buffer.alloc(3_000_001, 'spool')
    const mail = await opened(write.tnef(write.attached('large.bin', content)))
    const [, , inside] = mail.parts
    expect(inside).toMatchObject({
      size: 3_000_001,
      sha256: createHash('sha256').update(content).digest('hex'),
      disposition: 'attachment',
    })
    expect(statSync(inside?.file ?? '').mode & 0o777).toBe(0o600)
    expect(octetsOf(mail, '2/1').equals(content)).toBe(true)
  })

  test('from several winmail.dat in one mail', async () => {
    const { parse } = await setup()
    const mail = await parse(
      letterWith(write.tnef(write.attached('a.txt', 'a')), write.tnef(write.attached('b.txt', 'b'))),
    )
    expect(outline(mail).slice(1)).toEqual([
      '2 tnef winmail.dat',
      '2/1 file a.txt',
      '3 tnef winmail.dat',
      '3/1 file b.txt',
    ])
  })

  test('also when it is empty', async () => {
    const mail = await opened(write.tnef(write.attached('CONFIG.SYS', '')))
    expect(mail.parts[2]).toMatchObject({ originalName: 'CONFIG.SYS', size: 0 })
  })

  test('with its declared type and Content-ID, from a property where there is no attribute', async () => {
    const { rendering, properties, property, unicode, eightBit } = write
    const content = property(0x3701, 0x102, Buffer.from('octets'))
    const list = properties(
      content,
      unicode(write.LONG_NAME, 'a.bin'),
      eightBit(0x370e, 'Image/PNG'),
      unicode(0x3712, '<id@x>'),
    )
    const mail = await opened(write.tnef(rendering(), list))
    expect(mail.parts[2]).toMatchObject({ type: 'image/png', contentId: 'id@x', originalName: 'a.bin' })
    expect(octetsOf(mail, '2/1').toString()).toBe('octets')
  })

  test('behind properties of every kind, named ones too', async () => {
    const { properties, property, u16, u32, unicode } = write
    const guid = Buffer.alloc(16, 7)
    const named = Buffer.concat([u16(0x1f), u16(0x8001), guid, u32(1), u32(6), Buffer.from('a\0b\0\0\0\0\0', 'latin1')])
    const numbered = Buffer.concat([u16(3), u16(0x8002), guid, u32(0), u32(1), u32(42)])
    const list = properties(
      Buffer.concat([named, u32(1), u32(2), Buffer.from('x\0\0\0')]),
      numbered,
      Buffer.concat([u16(0x40), u16(0x3007), Buffer.alloc(8)]),
      Buffer.concat([u16(0x48), u16(0x3009), guid]),
      Buffer.concat([u16(0x101e), u16(0x300a), u32(2), u32(1), Buffer.from('a\0\0\0'), u32(4), Buffer.from('abcd')]),
      Buffer.concat([u16(0x1003), u16(0x300b), u32(2), u32(1), u32(2)]),
      property(0x370b, 3, -1 >>> 0),
      unicode(write.LONG_NAME, 'last.txt'),
    )
    const mail = await opened(write.tnef(write.rendering(), write.ofFile(write.DATA, Buffer.from('x')), list))
    expect(outline(mail)[2]).toBe('2/1 file last.txt')
    expect(mail.parts[1]?.role).toBe('tnef')
  })

  test('without the interface that an object begins with', async () => {
    const object = Buffer.concat([Buffer.alloc(16, 1), Buffer.from('\xD0\xCF\x11\xE0', 'latin1')])
    const list = write.properties(write.property(0x3701, 0x0d, object), write.unicode(0x3001, 'Picture'))
    const mail = await opened(write.tnef(write.rendering(), list))
    expect(outline(mail)[2]).toBe('2/1 file Picture')
    expect(octetsOf(mail, '2/1').toString('hex')).toBe('d0cf11e0')
  })

  test('from programs that mark no beginnings and write the name first', async () => {
    const one = (name: string) => [
      write.ofFile(write.TITLE, Buffer.from(`${name}\0`)),
      write.ofFile(write.DATA, Buffer.from(name)),
    ]
    const mail = await opened(write.tnef(...one('a.txt'), ...one('b.txt')))
    expect(outline(mail).slice(2)).toEqual(['2/1 file a.txt', '2/2 file b.txt'])
  })

  test('and is refused where the rules refuse it', async () => {
    const program = `MZ\x90${'\0'.repeat(64)}`
    const mail = await opened(
      write.tnef(
        write.attached('setup.exe', 'x'),
        write.attached('holiday.jpg', program),
        write.attached('a.txt', 'x'),
      ),
    )
    expect(fates(mail)).toEqual(['winmail.dat skip', 'setup.exe refuse', 'holiday.jpg refuse', 'a.txt send'])
  })
})

describe('the text of winmail.dat is the text of a mail that has no other', () => {
  const { ofMessage, property, unicode, eightBit } = write
  const binary = (id: number, text: string | Buffer): Buffer => property(id, 0x102, Buffer.from(text))
  const rtf = (text: string): Buffer => {
    const header = Buffer.alloc(16)
    header.writeUInt32LE(0x414c454d, 8)
    return Buffer.concat([header, Buffer.from(text, 'latin1')])
  }
  // The example of MS-OXRTFCP §3.1.
  const compressed = Buffer.from(
    '2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0',
    'hex',
  )
  test.each<[string, readonly Buffer[], string]>([
    ['plain', [ofMessage(unicode(0x1000, 'the téxt'))], 'the téxt'],
    ['plain, in its code page', [write.codepage(1251), ofMessage(eightBit(0x1000, '\xF2\xE5\xF1\xF2'))], 'тест'],
    ['plain, as an attribute', [write.ofMail(0x0002800c, Buffer.from('the text\0'))], 'the text'],
    ['HTML', [ofMessage(binary(0x1013, '<html><body>the <b>text</b></body></html>'))], 'the text'],
    ['HTML in UTF-8', [ofMessage(property(0x3fde, 3, 65001), binary(0x1013, '<p>naïve</p>'))], 'naïve'],
    [
      'RTF',
      [
        ofMessage(
          binary(0x1009, rtf("{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}one\\'e9\\par two \\u8364 ?x}")),
        ),
      ],
      'oneé\ntwo €x',
    ],
    [
      'HTML in RTF',
      [
        ofMessage(
          binary(
            0x1009,
            rtf(
              '{\\rtf1\\ansi\\fromhtml1{\\*\\htmltag64 <p>}\\htmlrtf \\par\\b \\htmlrtf0 the text{\\*\\htmltag72 </p>}{\\*\\other no}}',
            ),
          ),
        ),
      ],
      'the text',
    ],
    ['compressed RTF', [ofMessage(binary(0x1009, compressed))], 'hello world'],
  ])('%s', async (_how, attributes, text) => {
    const { parse } = await setup()
    const container = attachedAs('winmail.dat', write.tnef(...attributes, write.attached('a.txt', 'x')))
    const mail = await parse(multipart('mixed', plain(' '), container))
    expect(mail.text.whole).toBe(text)
    expect(fates(mail)).toEqual(['winmail.dat skip', 'a.txt send'])
    expect((await parse(multipart('mixed', plain('visible'), container))).text.whole).toBe('visible')
  })

  test('whatever its RTF is, the files in it arrive', async () => {
    const { parse } = await setup()
    const broken = [
      compressed.subarray(0, 20),
      Buffer.alloc(9),
      rtf('\\'.repeat(100_000)),
      rtf(`{\\rtf1${'{\\*'.repeat(80_000)}`),
    ]
    for (const one of broken) {
      const container = write.tnef(ofMessage(binary(0x1009, one)), write.attached('a.txt', 'x'))
      const mail = await parse(multipart('mixed', plain(' '), attachedAs('winmail.dat', container)))
      expect(fates(mail)).toEqual(['winmail.dat skip', 'a.txt send'])
    }
  })
})

describe('the name of a file inside', () => {
  const named = async (...attributes: readonly Buffer[]) =>
    (await opened(write.tnef(...attributes, write.ofFile(write.DATA, Buffer.from('x'))))).parts[2]?.originalName

  test.each([
    ['Japanese', 932, '\x93\xFA\x96{.txt', '日本.txt'],
    ['Cyrillic', 1251, '\xF2\xE5\xF1\xF2.txt', 'тест.txt'],
    ['Hebrew', 1255, '\xF9\xEC.txt', 'של.txt'],
    ['Chinese', 936, '\xD6\xD0.txt', '中.txt'],
    ['western', 1252, '\xE9t\xE9.txt', 'été.txt'],
    ['UTF-8', 65001, '\xC3\xA9.txt', 'é.txt'],
    ['no code page', 0, '\xE9.txt', 'é.txt'],
    ['a code page nobody knows', 64999, '\xE9.txt', 'é.txt'],
  ])('is read in the code page of the mail: %s', async (_what, number, octets, name) => {
    const long = write.properties(write.eightBit(write.LONG_NAME, octets))
    expect(await named(write.codepage(number), write.rendering(), long)).toBe(name)
    const title = write.ofFile(write.TITLE, Buffer.from(`${octets}\0`, 'latin1'))
    expect(await named(write.codepage(number), write.rendering(), title)).toBe(name)
  })

  test('is the old one where there is no long one, and none where there is none', async () => {
    const { rendering, ofFile, TITLE, properties, unicode } = write
    expect(await named(rendering(), ofFile(TITLE, Buffer.from('OLD.DOC\0junk')))).toBe('OLD.DOC')
    expect(await named(rendering(), properties(unicode(0x3704, 'SHORT.DOC')))).toBe('SHORT.DOC')
    expect(await named(rendering())).toBeUndefined()
  })
})

describe('nothing in a winmail.dat is lost', () => {
  test('one without files is another rendering of the text, and says so', async () => {
    const mail = await opened(write.tnef(write.codepage(1252), write.ofMail(0x0002800c, Buffer.from('the body'))))
    expect(fates(mail)).toEqual(['winmail.dat skip'])
    expect(mail.remarks).toEqual(['no file was found inside part 2'])
    expect(mail.text.whole).toBe('see below')
  })

  test.each([
    ['a contact', 'IPM.Contact'],
    ['a task', 'IPM.Task'],
    ['an invitation', 'IPM.Microsoft Schedule.MtgReq'],
  ])('%s goes as it is: its content is nowhere else', async (_what, name) => {
    expect(fates(await opened(write.tnef(write.messageClass(name))))).toEqual(['winmail.dat send'])
  })

  test('one without files and without a text that can be read goes where the mail has no other text', async () => {
    const { parse } = await setup()
    const mail = await parse(
      multipart('mixed', plain(' '), attachedAs('winmail.dat', write.tnef(write.codepage(1252)))),
    )
    expect(fates(mail)).toEqual(['winmail.dat send'])
  })

  test.each([
    'IPM.Microsoft Mail.Read Receipt',
    'REPORT.IPM.Note.IPNRN',
    'Report.IPM.Note.NDR',
    'IPM.Schedule.Meeting.Resp.Pos',
    'IPM.Microsoft Schedule.MtgRespN',
  ])('%s is a report, and stays', async name => {
    const mail = await opened(write.tnef(write.messageClass(name)))
    expect(mail.parts[1]?.role).toBe('report')
    expect(fates(mail)).toEqual(['winmail.dat skip'])
    expect((await opened(write.tnef(write.ofMessage(write.unicode(0x1a, name))))).parts[1]?.role).toBe('report')
  })

  test('a mail behind the sentence that Outlook writes for others is opened, and the sentence stays', async () => {
    const inner = write.tnef(write.attached('inner.pdf', '%PDF-'))
    const mail = await opened(write.tnef(write.attached('outer.txt', 'x'), write.embeddedWithStub(inner)))
    expect(fates(mail)).toEqual(['winmail.dat send', 'outer.txt send', 'inner.pdf send'])
  })

  test('where the mail itself is missing behind that sentence, winmail.dat goes along', async () => {
    const stub = Buffer.concat([
      write.rendering(),
      write.ofFile(write.DATA, Buffer.from('This attachment is a MAPI 1.0 embedded message')),
      write.properties(write.property(write.METHOD, 3, 5)),
    ])
    const mail = await opened(write.tnef(write.attached('outer.txt', 'x'), stub))
    expect(fates(mail)).toEqual(['winmail.dat send', 'outer.txt send'])
  })

  test('an object of another program goes as far as it is shown, and winmail.dat goes along', async () => {
    const object = Buffer.concat([
      write.rendering(),
      write.ofFile(write.DATA, Buffer.from('the picture')),
      write.properties(write.property(write.METHOD, 3, 6), write.property(0x3701, 0x0d, Buffer.alloc(40, 1))),
    ])
    expect(fates(await opened(write.tnef(object)))).toEqual(['winmail.dat send', 'attachment-2.bin send'])
  })

  test('it is known by its first bytes under any name and no type', async () => {
    const { parse } = await setup()
    const container = write.tnef(write.attached('a.txt', 'a'))
    const part = lines(
      'Content-Type: application/octet-stream; name=ATT00001.dat',
      'Content-Transfer-Encoding: base64',
      '',
      container.toString('base64').replace(/.{76}/g, '$&\r\n'),
    )
    expect(outline(await parse(multipart('mixed', plain('t'), part)))).toEqual([
      '1 body',
      '2 tnef ATT00001.dat',
      '2/1 file a.txt',
    ])
  })

  test('a file by that name which is something else goes as it is', async () => {
    const mail = await opened(Buffer.from('%PDF-1.4'))
    expect(fates(mail)).toEqual(['winmail.dat send'])
    expect(mail.remarks).toEqual(['part 2 could not be opened: it is no TNEF stream'])
  })

  test('the files of a mail inside arrive, and winmail.dat goes along for its text', async () => {
    const inner = write.tnef(write.codepage(1251), write.attached('inner.pdf', '%PDF-'), write.embedded(write.tnef()))
    const mail = await opened(write.tnef(write.attached('outer.txt', 'x'), write.embedded(inner)))
    expect(fates(mail)).toEqual(['winmail.dat send', 'outer.txt send', 'inner.pdf send'])
    expect(mail.remarks).toEqual([
      'part 2 was opened; inside: outer.txt, inner.pdf; what could not be taken out of it: an embedded mail',
    ])
  })

  const { attached, rendering, ofFile, properties, property, tnef } = write
  test.each([
    ['an embedded mail that is broken', write.embedded(Buffer.from('junk')), 'an embedded mail'],
    ['a pointer', Buffer.concat([rendering(), properties(property(write.METHOD, 3, 7))]), 'a pointer to a file that'],
    ['an attachment without content', rendering(), 'an attachment without content'],
    ['octets after its end', Buffer.from('\0\0\0'), 'octets after its end'],
    [
      'a checksum that is wrong',
      Buffer.concat([ofFile(0x00069003, Buffer.from('x')).subarray(0, -2), Buffer.from([0, 0])]),
      'octets that do not add up',
    ],
    [
      'a property of a kind nobody knows',
      Buffer.concat([rendering(), ofFile(write.DATA, Buffer.from('x')), properties(property(0x3999, 0x77, 1))]),
      'a property of a kind nobody knows',
    ],
  ])('%s beside a file: the file arrives, and winmail.dat goes along', async (_what, beside, rest) => {
    const mail = await opened(tnef(attached('a.txt', 'x'), beside))
    expect(fates(mail).slice(0, 2)).toEqual(['winmail.dat send', 'a.txt send'])
    expect(mail.remarks[0]).toContain(`what could not be taken out of it: ${rest}`)
  })

  test('where the operator leaves it closed, it goes and what is inside does not', async () => {
    const mail = await opened(write.tnef(write.attached('a.txt', 'x')))
    const closed = { ...RULES, unpack: [] }
    expect(fates(mail, closed)).toEqual(['winmail.dat send', 'a.txt skip'])
    expect(select(mail.parts, closed, CONTEXT).trace[2]).toContain('inside winmail.dat, which goes as it is')
    expect(fates(mail, RULES, { ...CONTEXT, allParts: true })).toEqual(['winmail.dat send', 'a.txt send'])
  })

  test.each([
    ['a read receipt', 'REPORT.IPM.Note.IPNRN', 'discarded'],
    ['a mail', 'IPM.Note', 'bounced'],
  ])('of %s without files: %s makes the mail %s', async (_what, name, kind) => {
    const mail = await opened(write.tnef(write.messageClass(name)))
    const envelope = { outline: [], inReplyTo: [], references: [] } as Partial<Envelope> as Envelope // all that is asked of it
    expect(routeByContent(envelope, [], mail, ROUTING, CONTEXT).outcome).toMatchObject({
      kind,
      code: 'nothing-attached',
    })
  })

  test('what was inside does not stand in for a part that the server names and the mail lacks', async () => {
    const mail = await opened(write.tnef(write.attached('a.txt', 'x'), write.attached('b.txt', 'x')))
    const named = (part: string) => ({ part, type: 'x/y', name: part, disposition: undefined, encodedSize: 1 })
    const routed = (...parts: readonly string[]) => {
      const envelope = { outline: parts.map(named), inReplyTo: [], references: [] } as Partial<Envelope> as Envelope // all that is asked of it
      return routeByContent(envelope, [], mail, ROUTING, CONTEXT).outcome?.code
    }
    expect(routed('2')).toBeUndefined()
    expect(routed('2', '3')).toBe('unparsable')
  })
})

describe('a winmail.dat that is broken or made to hurt goes as it is, and soon', () => {
  const whole = write.tnef(
    write.codepage(1252),
    write.attached('a.txt', 'content'),
    write.embedded(write.tnef(write.attached('b.txt', 'more'))),
  )

  test('cut anywhere, it yields no half of a file', async () => {
    const { parse } = await setup()
    const cuts = Array.from({ length: 9 }, (_, at) => Math.floor(((at + 1) * (whole.length - 1)) / 9))
    const mail = await parse(letterWith(...cuts.map(at => whole.subarray(0, at))))
    for (const { role, part, size } of mail.parts.slice(1))
      expect(role === 'tnef' || size === 7, `part ${part}, ${role}, ${size} octets`).toBe(true)
    expect(mail.remarks.at(-1)).toMatch(/could not be opened: it is cut short/)
  })

  test('with any octet changed, the mail is parsed and winmail.dat or its files go', async () => {
    const { parse } = await setup()
    const changed = Array.from({ length: Math.min(whole.length, 900) }, (_, at) => {
      const octets = Buffer.from(whole)
      octets[at] = (octets[at] ?? 0) ^ 0xff
      return octets
    })
    const mail = await parse(letterWith(...changed))
    const items = select(mail.parts, RULES, CONTEXT).items
    for (const at of changed.keys()) {
      const own = items.filter(({ part }) => part === String(at + 2) || part.startsWith(`${at + 2}/`))
      expect(own.some(({ fate }) => fate.kind === 'send')).toBe(true)
      expect(own.slice(1).reduce((sum, { size }) => sum + size, 0)).toBeLessThan(whole.length)
    }
  })

  const { attached, rendering, ofFile, ofMail, properties, PROPERTIES, DATA, tnef, u16, u32 } = write
  const claims = (list: Buffer) => tnef(attached('a.txt', 'x'), rendering(), ofFile(PROPERTIES, list))
  const deep = (levels: number): Buffer =>
    Array.from({ length: levels }).reduce<Buffer>(inner => tnef(attached('a.txt', 'x'), write.embedded(inner)), tnef())
  test.each([
    [
      'an attribute of 4 GB',
      Buffer.concat([tnef(attached('a.txt', 'x')), Buffer.from([2]), u32(DATA), u32(2 ** 32 - 1)]),
    ],
    ['four billion properties', claims(u32(2 ** 32 - 1))],
    ['four billion values', claims(Buffer.concat([u32(1), u16(0x101e), u16(1), u32(2 ** 32 - 1), Buffer.alloc(64)]))],
    ['four billion numbers', claims(Buffer.concat([u32(1), u16(0x1048), u16(1), u32(2 ** 32 - 1), Buffer.alloc(64)]))],
    ['a value of 4 GB', claims(Buffer.concat([u32(1), u16(0x1f), u16(1), u32(1), u32(2 ** 32 - 1), Buffer.alloc(64)]))],
    [
      'a named property of 4 GB',
      claims(Buffer.concat([u32(1), u16(3), u16(0x8000), Buffer.alloc(16), u32(1), u32(2 ** 32 - 1)])),
    ],
    ['1,001 files', tnef(...Array.from({ length: 1001 }, () => attached('a.txt', 'x')))],
    ['a million files', tnef(attached('a.txt', 'x'), Buffer.alloc(rendering().length * 1_000_000, rendering()))],
    ['a million attributes', tnef(attached('a.txt', 'x'), Buffer.alloc(11_000_000, ofMail(1, Buffer.alloc(0))))],
    [
      'a million values',
      tnef(
        attached('a.txt', 'x'),
        properties(Buffer.concat([u16(0x101e), u16(1), u32(1_000_000), Buffer.alloc(4_000_000)])),
      ),
    ],
  ])('%s', async (_what, container) => {
    const start = performance.now()
    const mail = await opened(container)
    expect(performance.now() - start).toBeLessThan(50_000)
    expect(outline(mail)).toEqual(['1 body', '2 tnef winmail.dat'])
    expect(fates(mail, { ...RULES, maxSize: 1e9 })).toEqual(['winmail.dat send'])
    expect(mail.remarks[0]).toMatch(/^part 2 could not be opened: /)
  })

  test('500 mails in each other are opened ten deep', async () => {
    const mail = await opened(deep(500))
    expect(mail.parts).toHaveLength(2 + 10)
    expect(mail.parts[1]?.role).toBe('file')
  })

  test('a thousand files in 900 winmail.dat are still a thousand', async () => {
    const { parse } = await setup()
    const one = write.tnef(write.attached('a.txt', 'x'), write.attached('b.txt', 'x'))
    const mail = await parse(letterWith(...Array.from({ length: 900 }, () => one)))
    expect(mail.parts.filter(({ part }) => part.includes('/'))).toHaveLength(1000)
    expect(fates(mail).filter(fate => fate.endsWith('send'))).toHaveLength(1000 + 400)
  })
})

const folder = process.env['MAILCLIP_CORPUS'] ?? fileURLToPath(new URL('../../../shared/corpus/open', import.meta.url))
const present = existsSync(join(folder, 'manifest.json'))
if (!present) process.stderr.write(`SKIPPED: the corpus is not at ${folder}; set MAILCLIP_CORPUS\n`)

type File = { readonly filename: string; readonly size: number; readonly sha256: string }
type Blob = {
  readonly file: string
  readonly upstream: readonly { readonly files?: readonly File[]; readonly attachments?: readonly string[] }[]
  readonly ytnef: readonly { readonly name: string; readonly size: number; readonly sha256: string }[]
}
type Manifest = {
  readonly tnef: readonly Blob[]
  readonly messages: readonly { readonly file: string; readonly tags: readonly string[] }[]
}

describe.runIf(present)('the open corpus', () => {
  const manifest = (): Manifest => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))

  test('every winmail.dat of other projects yields the files they expect, octet for octet', async () => {
    const blobs = manifest().tnef
    expect(blobs).toHaveLength(7)
    for (const blob of blobs) {
      const mail = await opened(readFileSync(join(folder, blob.file)))
      const found = mail.parts.slice(2).map(({ originalName, size, sha256 }) => ({ name: originalName, size, sha256 }))
      // The body stays where it is; other readers write it out as RTF.
      const files = blob.upstream
        .flatMap(({ files = [] }) => files)
        .filter(({ filename }) => !/-body\.rtf$/.test(filename))
      for (const { filename, size, sha256 } of files)
        expect(found, blob.file).toContainEqual({ name: filename, size, sha256 })
      for (const one of blob.ytnef) expect(found, blob.file).toContainEqual(one)
      for (const { attachments } of blob.upstream)
        if (attachments !== undefined) expect(found.map(({ name }) => name)).toEqual(attachments)
      // An appointment has its content in properties; the others without files are a receipt and a text.
      const isAppointment = blob.file.endsWith('multi-name-property.tnef')
      expect(fates(mail)[0], blob.file).toBe(isAppointment ? 'winmail.dat send' : 'winmail.dat skip')
    }
  })

  test('of the two mails with a winmail.dat that holds no file, the delivery report keeps it and the other hands it over', async () => {
    const { parseFile } = await setup()
    const tagged = manifest().messages.filter(({ tags }) => tags.includes('tnef'))
    expect(tagged).toHaveLength(2)
    for (const { file: name } of tagged) {
      const mail = await parseFile(join(folder, name))
      expect(mail.parts.filter(({ part }) => part.includes('/'))).toEqual([])
      expect(fates(mail)).toContain(name.startsWith('sisimai') ? 'winmail.dat skip' : 'winmail.dat send')
    }
  })
})
