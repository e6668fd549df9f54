import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readHeader } from '../../src/mime/header.ts'

const read = (block: string) => readHeader(Buffer.from(block, 'latin1'))
const utf8 = (text: string) => Buffer.from(text).toString('latin1')

describe('the subject is read whatever its encoding', () => {
  test.each([
    ['plain', 'Re: [I161026_000005]', 'Re: [I161026_000005]'],
    [
      'a number split over two encoded words',
      '=?utf-8?Q?I1610?= =?utf-8?Q?26=5F000005?= Caf=?utf-8?B?w6k=?=',
      'I161026_000005 Café',
    ],
    ['a number split over a fold', '=?utf-8?B?STE2MTA=?=\r\n =?utf-8?B?MjZfMDAwMDA1?=', 'I161026_000005'],
    ['a letter split over two words', '=?utf-8?B?ww==?= =?utf-8?B?qQ==?=', 'é'],
    ['two charsets', '=?iso-8859-1?Q?=E9?= =?koi8-r?B?1MXT1A==?=', 'éтест'],
    ['ISO-2022-JP', '=?ISO-2022-JP?B?GyRCRnxLXDhsGyhC?= I161026_000005', '日本語 I161026_000005'],
    ['ISO-2022-JP in two words', '=?ISO-2022-JP?B?GyRCJUYbKEI=?= =?ISO-2022-JP?B?GyRCJTklSBsoQg==?=', 'テスト'],
    ['raw ISO-2022-JP', '\x1B$BF|K\\8l\x1B(B', '日本語'],
    ['raw UTF-8', utf8('Störung I161026_000005'), 'Störung I161026_000005'],
    ['raw windows-1252', 'St\xF6rung \x96 I161026_000005', 'Störung – I161026_000005'],
    ['raw KOI8-R beside a number', '\xD4\xC5\xD3\xD4 \xD4\xC5\xD3\xD4 I161026_000005', 'тест тест I161026_000005'],
    ['raw octets inside a word', '=?iso-8859-1?Q?Fr\xF6sche?=', 'Frösche'],
    ['UTF-7', '=?utf-7?Q?Fr+APY-sche_1+-1?=', 'Frösche 1+1'],
    ['a language tag', '=?utf-8*fr?Q?=C3=A9t=C3=A9?=', 'été'],
    ['an unknown charset', '=?x-nobody?Q?abc?=', 'abc'],
    ['a broken word', '=?utf-8?B?????', '=?utf-8?B?????'],
    ['a fold within a word', '=?utf-8?Q?Fehler_am_Drucker_I161026\r\n =5F000005?=', 'Fehler am Drucker I161026_000005'],
    ['two folds within a word', '=?utf-8?B?STE2\r\n MTAyNl8w\r\n MDAwMDU=?= x', 'I161026_000005 x'],
    ['a fold in a word of raw blanks', '=?utf-8?Q?Fehler am\r\n Drucker?=', 'Fehler am Drucker'],
    ['a fold behind what is no word', '=?utf-8?Q?Fehler\r\n am Drucker', 'Fehler am Drucker'],
    [
      'a raw question mark and quotes in a word',
      '=?UTF-8?Q?Was_ist_los?_"Drucker"_I161026=5F000005?=',
      'Was ist los? "Drucker" I161026_000005',
    ],
    ['a question mark before an encoded letter', '=?utf-8?Q?Was?=20=C3=A9?=', 'Was? é'],
    ['a question mark at the end', '=?utf-8?Q?Was??=', 'Was?'],
    ['two words of which the first has no end', '=?utf-8?Q?I1610 =?utf-8?Q?26=5F000005?=', 'I161026_000005'],
    ['a word without its end', 'Re: =?utf-8?Q?Caf=C3=A9=2C_I161026=5F000005', 'Re: Café, I161026_000005'],
    ['a word without its end, in base64', '=?utf-8?B?STE2MTAyNl8wMDAwMDU=', 'I161026_000005'],
    ['UTF-8 under another label', '=?iso-8859-1?Q?R=C3=BCck?= =?windows-1252?B?w7w=?=', 'Rückü'],
    ['Latin 1 under the label of UTF-8', '=?utf-8?Q?R=FCck?=', 'Rück'],
    ['words of two encodings', '=?utf-8?B?w6k=?= =?utf-8?Q?=C3=A9?=', 'éé'],
    ['raw UTF-8 that was cut inside a letter', utf8('Лампа в комнате').slice(0, -1), 'Лампа в комнат\uFFFD'],
    ['a smuggled line', '=?utf-8?Q?a=0D=0ABcc:_b?=', 'a Bcc: b'],
    ['wide blanks', utf8('a\u3000b'), 'a\u3000b'],
  ])('%s', (_what, written, expected) => {
    expect(read(`From: a@b.c\r\nSubject: ${written}\r\n\r\n`).subject).toBe(expected)
  })
})

test.each([
  ['CRLF', '\r\n'],
  ['LF', '\n'],
  ['CR', '\r'],
])('lines may end in %s', (_what, end) => {
  const header = read(['Subject: one', ' two', 'From: a@b.c', '', 'Subject: body'].join(end))
  expect(header.subject).toBe('one two')
  expect(header.from?.address).toBe('a@b.c')
})

test('of two subjects the first one counts', () => {
  const header = read('Subject: I161026_000005\r\nsubject: I161026_000006\r\n\r\n')
  expect(header.subject).toBe('I161026_000005')
  expect(header.fields.get('subject')).toEqual(['I161026_000005', 'I161026_000006'])
})

describe('a number may stand in another reading of the subject', () => {
  const readings = (...subjects: readonly string[]) => {
    const { subject, otherSubjects } = read(`${subjects.map(one => `Subject: ${one}\r\n`).join('')}\r\n`)
    return [subject, ...(otherSubjects ?? [])]
  }

  test.each([
    ['a plain one has no other', ['I161026_000005'], ['I161026_000005']],
    [
      'an underscore that was not encoded',
      ['=?utf-8?Q?St=C3=B6rung_I161026_000005?='],
      ['Störung I161026 000005', 'Störung_I161026_000005'],
    ],
    ['a second field behind an empty one', ['', 'Re: I161026_000005'], ['Re: I161026_000005']],
    ['a second field behind one without a number', ['Fwd', 'I161026_000005'], ['Fwd', 'I161026_000005']],
    ['the same field twice', ['Fwd', 'Fwd'], ['Fwd']],
    ['no field at all', [], ['']],
  ])('%s', (_what, written, expected) => {
    expect(readings(...written)).toEqual(expected)
  })
})

test('what is no field is passed over', () => {
  const header = read('From jdoe@x Mon Jan  1 00:00:00 2024\r\nnonsense\r\n: empty\r\nSubject : late colon\r\n\r\n')
  expect([...header.fields]).toEqual([['subject', ['late colon']]])
})

test('a field may be called like a property of every object', () => {
  expect(read('__proto__: a\r\nconstructor: b\r\n\r\n').fields.get('__proto__')).toEqual(['a'])
})

describe('the sender is one mailbox', () => {
  test.each([
    ['Jo Doe <jo@x.org>', 'Jo Doe', 'jo@x.org'],
    ['"Doe, Jo" <jo@x.org>', 'Doe, Jo', 'jo@x.org'],
    ['jo@x.org (Jo Doe)', 'Jo Doe', 'jo@x.org'],
    ['jo@x.org', '', 'jo@x.org'],
    ['Evil, <evil@z>, x', '', 'evil@z'],
    ['"evil@z, x" <jo@x.org>, other@x.org', 'evil@z, x', 'jo@x.org'],
    ['evil@z <jo@x.org>', 'evil@z', 'jo@x.org'],
    ['=?utf-8?Q?Evil=2C_=3Cevil=40z=3E?= <jo@x.org>', 'Evil, <evil@z>', 'jo@x.org'],
    ['Team: jo@x.org, al@x.org;', '', 'jo@x.org'],
    ['"jo"@x.org', '', 'jo@x.org'],
    ['"Jo \\"the\\" Doe" <jo@x.org>', 'Jo "the" Doe', 'jo@x.org'],
    ['<jo@x.org', '', 'jo@x.org'],
    [utf8('Jö <jö@exämple.org>'), 'Jö', 'jö@exämple.org'],
  ])('%s', (written, name, address) => {
    expect(read(`From: ${written}\r\n\r\n`).from).toEqual({ name, address })
  })

  test.each(['', '<>', 'Jo Doe', '"a@evil x"@corp', 'undisclosed:;', 'a@b@c', '<a b@c.d>', 'a@', '@b', 'a@b..c'])(
    '%j names nobody',
    written => {
      expect(read(`From: ${written}\r\n\r\n`).from).toBeUndefined()
    },
  )

  test('a second From changes nothing', () => {
    expect(read('From: a@b.c\r\nFrom: x@y.z\r\n\r\n').from?.address).toBe('a@b.c')
  })
})

test('threads keep their last fifty references, with angle brackets', () => {
  const ids = Array.from({ length: 60 }, (_, at) => `<${at}@x>`)
  const header = read(`References: ${ids.join('\r\n ')}\r\nIn-Reply-To: text <59@x>\r\nMessage-ID: <60@x> (c)\r\n\r\n`)
  expect(header.references).toEqual(ids.slice(10))
  expect(header.inReplyTo).toEqual(['<59@x>'])
  expect(header.messageId).toBe('<60@x>')
  expect(read('Message-ID: bare@x\r\n\r\n').messageId).toBe('<bare@x>')
})

test.each([
  ['<>', ''],
  ['<jo@x.org>', 'jo@x.org'],
  ['jo@x.org', 'jo@x.org'],
  ['nonsense <', undefined],
])('a return path of %s is read as %j', (written, expected) => {
  expect(read(`Return-Path: ${written}\r\nReturn-Path: <second@x>\r\n\r\n`).returnPath).toBe(expected)
})

test('dates with comments are dates, others are none', () => {
  expect(read('Date: Mon, 1 Jan 2024 10:00:00 +0100 (CET)\r\n\r\n').date).toEqual(new Date('2024-01-01T09:00:00Z'))
  expect(read('Date: soon\r\n\r\n').date).toBeUndefined()
  expect(read('Subject: x\r\n\r\n').date).toBeUndefined()
})

describe('a flood is read in no time', () => {
  test.each([
    ['encoded words', '=?utf-8?Q?a?= '.repeat(19_000)],
    ['words that never close', '=?utf-8?Q?'.repeat(26_000)],
    ['angle brackets', '<'.repeat(260_000)],
    ['comments', '('.repeat(260_000)],
    ['quotes', '"\\'.repeat(130_000)],
    ['dots', `${'a.'.repeat(130_000)}@`],
    ['folds', '\r\n x'.repeat(65_000)],
    ['folds within a word', `=?utf-8?Q?${'\r\n x'.repeat(65_000)}`],
    ['words that begin and fold', '=?utf-8?Q?\r\n '.repeat(20_000)],
    ['words of every charset', '=?x?Q?=E9?= =?utf-8?Q?=E9=E9=E9=E9?= '.repeat(7000)],
    ['question marks', '=?utf-8?Q??='.repeat(20_000)],
    ['fields', '\r\nX: y'.repeat(40_000)],
    ['line ends of old', '\r'.repeat(260_000)],
    ['octets of no charset', '\r\n \xE9'.repeat(60_000)],
    ['addresses', 'a@b.c, '.repeat(37_000)],
  ])('of %s', (_what, flood) => {
    for (const field of ['Subject', 'From', 'References', 'Message-ID', 'Return-Path']) {
      const block = Buffer.from(`${field}: ${flood}x\r\n\r\n`, 'latin1')
      const before = process.cpuUsage()
      const header = readHeader(block)
      // What is not linear takes minutes of the processor; a busy machine does not make it more.
      expect(process.cpuUsage(before).user).toBeLessThan(5_000_000)
      expect(header.subject.length).toBeLessThanOrEqual(2000)
    }
  })
})

test('no octets at all can make it throw', () => {
  const likely = fc.array(
    fc.constantFrom(
      'From:',
      'Subject:',
      '=?utf-8?B?',
      '?=',
      '\r',
      '\n',
      ' ',
      '<',
      '>',
      '"',
      ',',
      '\xE9',
      'a@b',
      '\x1B$B',
    ),
  )
  fc.assert(fc.property(likely, pieces => void read(pieces.join(''))))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), octets => void readHeader(octets)))
})
