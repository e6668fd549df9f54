import { expect, test } from 'vitest'
import { type Entity, type EntityKind, Splitter, type SplitterEvent } from '../../src/mime/splitter.ts'

/** Reads just what these mails declare. */
function kindOf(header: Buffer): EntityKind {
  const text = header.toString('latin1')
  const boundary = /boundary="?([^"\r\n]+)/.exec(text)?.[1]
  if (/multipart\//.test(text))
    return { kind: 'multipart', boundary: boundary === undefined ? undefined : Buffer.from(boundary, 'latin1') }
  return { kind: 'leaf', isBase64: /base64/.test(text), isMail: /message\//.test(text) }
}

/** Leaves as `type: content`, and what stands outside of them as `outside: …`; one line each. */
function split(mail: string, size = mail.length): readonly string[] {
  const splitter = new Splitter(kindOf)
  const contents = new Map<Entity, string>()
  const told: string[] = []
  let outside = ''
  const take = (event: SplitterEvent): void => {
    if (event.kind === 'begin') contents.set(event.entity, '')
    if (event.kind === 'content')
      contents.set(event.entity, `${contents.get(event.entity)}${event.bytes.toString('latin1')}`)
    if (event.kind === 'outside') outside += event.bytes.toString('latin1')
    if (event.kind === 'stray') told.push('stray')
    if (event.kind !== 'end') return
    const type = /[a-z]+\/[a-z0-9-]+/.exec(event.entity.header.toString('latin1'))?.[0] ?? 'none'
    told.push(
      `${event.preamble ? 'preamble of ' : ''}${type}: ${contents.get(event.entity)}${event.cut ? ' (cut)' : ''}`,
    )
  }
  for (let at = 0; at < mail.length; at += size)
    for (const event of splitter.push(Buffer.from(mail.slice(at, at + size), 'latin1'))) take(event)
  for (const event of splitter.end()) take(event)
  return outside.trim() === '' ? told : [...told, `outside: ${outside.trim()}`]
}

const MIXED = 'Content-Type: multipart/mixed; boundary="=_boundary"'
const TEXT = 'Content-Type: text/plain'
const PDF = 'Content-Type: application/pdf\nContent-Transfer-Encoding: base64'
const lines = (...all: readonly string[]): string => all.join('\n')
const WHOLE = ['preamble of multipart/mixed: ', 'text/plain: one', 'application/pdf: JVBE']

test.each([
  [
    'as it should be',
    lines(MIXED, '', '--=_boundary', TEXT, '', 'one', '--=_boundary', PDF, '', 'JVBE', '--=_boundary--', ''),
  ],
  [
    'whose header runs into the first delimiter',
    lines(MIXED, '--=_boundary', TEXT, '', 'one', '--=_boundary', PDF, '', 'JVBE', '--=_boundary--'),
  ],
  [
    'whose body shows another boundary than its header declares',
    lines(MIXED, '', '--other', TEXT, '', 'one', '--other', PDF, '', 'JVBE', '--other--'),
  ],
  [
    'that declares no boundary',
    lines('Content-Type: multipart/mixed', '', '--other', TEXT, '', 'one', '--other', PDF, '', 'JVBE', '--other--'),
  ],
  [
    'with blanks behind its delimiters',
    lines(MIXED, '', '--=_boundary  ', TEXT, '', 'one', '--=_boundary\t', PDF, '', 'JVBE', '--=_boundary-- '),
  ],
  [
    'whose base64 runs into a delimiter',
    lines(MIXED, '', '--=_boundary', TEXT, '', 'one', '--=_boundary', PDF, '', 'JVBE--=_boundary--'),
  ],
  [
    'whose text runs into a delimiter',
    lines(MIXED, '', '--=_boundary', TEXT, '', 'one--=_boundary', PDF, '', 'JVBE', '--=_boundary--'),
  ],
  [
    'with a field on the line of a delimiter',
    lines(MIXED, '', '--=_boundary', TEXT, '', 'one', `--=_boundary${PDF}`, '', 'JVBE', '--=_boundary--'),
  ],
  [
    'of which a character of a delimiter is damaged',
    lines(MIXED, '', '--=_boundary', TEXT, '', 'one', '--=_bxundary', PDF, '', 'JVBE', '--=_boundary--'),
  ],
  [
    'that ends in a damaged delimiter',
    lines(MIXED, '', '--=_boundary', TEXT, '', 'one', '--=_boundary', PDF, '', 'JVBE', '--=_bxundary--', ''),
  ],
  [
    'whose header ends in a line of one blank',
    lines(MIXED, ' ', '--=_boundary', TEXT, ' ', 'one', '--=_boundary', PDF, '', 'JVBE', '--=_boundary--'),
  ],
  [
    'with an empty line within a header',
    lines(
      MIXED,
      '',
      '--=_boundary',
      TEXT,
      '',
      'one',
      '--=_boundary',
      'Content-Type: application/pdf',
      '',
      'Content-Transfer-Encoding: base64',
      '',
      'JVBE',
      '--=_boundary--',
    ),
  ],
  [
    'with two delimiters in a row',
    lines(
      MIXED,
      '',
      '--=_boundary',
      '--=_boundary',
      TEXT,
      '',
      'one',
      '--=_boundary',
      PDF,
      '',
      'JVBE',
      '--=_boundary--',
    ),
  ],
  [
    'that ends with its last delimiter, without a line end',
    lines(MIXED, '', '--=_boundary', TEXT, '', 'one', '--=_boundary', PDF, '', 'JVBE', '--=_boundary--'),
  ],
  [
    'that is closed too early',
    lines(
      MIXED,
      '',
      '--=_boundary',
      TEXT,
      '',
      'one',
      '--=_boundary--',
      '--=_boundary',
      PDF,
      '',
      'JVBE',
      '--=_boundary--',
    ),
  ],
])('a mail %s is split into its parts, wherever its chunks end', (_how, mail) => {
  for (const text of [mail, mail.replaceAll('\n', '\r\n')])
    for (const size of [1, 2, 3, 7, 50, text.length]) expect(split(text, size)).toEqual(WHOLE)
})

test('a mail within a mail is a leaf, and may have the boundary of the mail around it', () => {
  const inner = lines('Subject: x', MIXED, '', '--=_inner', TEXT, '', 'one', '--=_inner--')
  const mail = lines(MIXED, '', '--=_boundary', 'Content-Type: message/rfc822', '', inner, '--=_boundary--', '')
  expect(split(mail)).toEqual(['preamble of multipart/mixed: ', `message/rfc822: ${inner}`])
})

/** Exchange, PHPMailer and JavaMail count through the boundaries of one mail. */
test.each([
  ['_005_AM0PR01MB1234_', '_004_AM0PR01MB1234_'],
  ['b1_0123456789abcdef', 'b2_0123456789abcdef'],
  ['=_boundary', '=_boundary1'],
])('a mail within a mail with boundary %s stays whole with boundary %s', (outer, own) => {
  for (const declared of [`boundary="${own}"`, `BOUNDARY=${own}; charset=utf-8`, `boundary=\n\t"${own}"`]) {
    const text = [`--${own}`, TEXT, '', 'one', `--${own}`, PDF, '', 'JVBE', `--${own}--`, '']
    const inner = lines('Subject: x', `Content-Type: multipart/mixed; ${declared}`, '', ...text)
    for (const type of ['message/rfc822', 'application/octet-stream']) {
      const top = `Content-Type: multipart/mixed; boundary="${outer}"`
      const parts = [
        `--${outer}`,
        `Content-Type: ${type}`,
        '',
        inner,
        `--${outer}`,
        TEXT,
        '',
        'two',
        `--${outer}--`,
        '',
      ]
      const mail = lines(top, '', ...parts)
      for (const whole of [mail, mail.replaceAll('\n', '\r\n')])
        for (const size of [1, 7, 64, whole.length])
          expect(split(whole, size).map(one => one.replaceAll('\r\n', '\n'))).toEqual([
            'preamble of multipart/mixed: ',
            `${type}: ${inner}`,
            'text/plain: two',
          ])
    }
  }
})

test('a file that begins with the MIME-Version of a saved mail keeps it', () => {
  const saved = lines('MIME-Version: 1.0', 'Subject: x', '', 'one')
  for (const blank of ['', '\n\n']) {
    const mail = lines(MIXED, '', '--=_boundary', TEXT, '', `${blank}${saved}`, '--=_boundary--', '')
    expect(split(mail)).toEqual(['preamble of multipart/mixed: ', `text/plain: ${blank}${saved}`])
  }
})

test('the end of a multipart within ends at the delimiter of the one around it', () => {
  const within = 'Content-Type: multipart/alternative; boundary="=_within"'
  const mail = lines(
    MIXED,
    '',
    '--=_boundary',
    within,
    '',
    '--=_within',
    TEXT,
    '',
    'one',
    '--=_boundary',
    PDF,
    '',
    'JVBE',
    '--=_boundary--',
  )
  expect(split(mail)).toEqual([
    'preamble of multipart/mixed: ',
    'preamble of multipart/alternative: ',
    ...WHOLE.slice(1),
  ])
})

test('what stands before, between and behind the parts comes out as such', () => {
  const mail = lines(MIXED, '', 'Before.', '--=_boundary', TEXT, '', 'one', '--=_boundary--', 'Behind.', '')
  expect(split(mail)).toEqual(['preamble of multipart/mixed: Before.', 'text/plain: one', 'outside: Behind.'])
})

test('a mail that ends before the delimiter that was due is cut, and its last line end is the delimiter’s', () => {
  expect(split(lines(MIXED, '', '--=_boundary', PDF, '', 'JVBE', ''))).toEqual([
    'preamble of multipart/mixed: ',
    'application/pdf: JVBE (cut)',
  ])
})

test('a multipart without parts keeps its content', () => {
  expect(split(lines(MIXED, '', 'All there is.', ''))).toEqual(['multipart/mixed: All there is.\n (cut)'])
})

test.each([
  ['a row of dashes', '-'.repeat(80)],
  ['a signature', '-- \nAnn'],
  ['a boundary in a sentence', 'It says --=_boundary in the log'],
  ['a line that only begins like a delimiter', '--=_boundary-of-something-else'],
  ['a pasted header', 'Content-Type: text/html'],
])('%s in a text is text', (_what, text) => {
  for (const size of [1, 5, 1000])
    expect(split(lines(MIXED, '', '--=_boundary', TEXT, '', text, '--=_boundary--'), size)).toEqual([
      'preamble of multipart/mixed: ',
      `text/plain: ${text}`,
    ])
})

test('a line that resembles a delimiter, in front of a part header, is told', () => {
  const mail = lines(MIXED, '', '--=_boundary', TEXT, '', 'one', '--=_boundxxx', PDF, '', 'JVBE', '--=_boundary--')
  expect(split(mail)).toContain('stray')
})

test('a hundred thousand dashes, delimiters and header lines are passed in linear time', () => {
  const dashes = lines(
    MIXED,
    '',
    '--=_boundary',
    TEXT,
    '',
    '-'.repeat(1_000_000),
    `${'--x\n'.repeat(100_000)}`,
    '--=_boundary--',
  )
  expect(split(dashes, 256 * 1024)).toHaveLength(2)
  expect(() => split(lines(MIXED, '', '--=_boundary\nX: y\n\nz\n'.repeat(2000)))).toThrow('over the limits')
  expect(() => split(`${'X: y\n'.repeat(300_000)}`, 64 * 1024)).toThrow('over the limits')
  expect(split(`Content-Type: text/plain\n${'--x\n'.repeat(100_000)}`, 64 * 1024)).toHaveLength(1)
})
