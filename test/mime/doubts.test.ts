import { describe, expect, test } from 'vitest'
import { Passage } from '../../src/mime/doubts.ts'
import { LOOK_ALIKES, noise, wrapped } from './look-alikes.ts'
import { file, html, lines, multipart, outline, plain, setup } from './parsing.ts'

async function doubts(text: string, size = text.length): Promise<readonly string[]> {
  const passage = new Passage()
  for (let at = 0; at < text.length; at += size) passage.write(Buffer.from(text.slice(at, at + size)))
  return passage.doubts()
}

const PDF = Buffer.concat([Buffer.from('%PDF-1.4\n'), noise(600, 'pdf')])

describe('a text may hold a file that was not taken out', () => {
  test.each([
    ['base64 of a PDF', wrapped(PDF), 'a file (application/pdf)'],
    ['base64 of a PDF in narrow lines', wrapped(PDF, 60), 'a file (application/pdf)'],
    ['base64 of bytes of no known kind', wrapped(noise(1200, 'some')), 'that are no text'],
    ['base64 below a sentence', `Here it is:\n\n${wrapped(PDF)}\n\nRegards`, 'a file (application/pdf)'],
    ['base64 right below a line that ends in a colon', `The file:\n${wrapped(PDF)}`, 'a file (application/pdf)'],
    ['base64 below the fields of its part', `Content-Transfer-Encoding: base64\n${wrapped(PDF)}`, 'a file'],
    ['indented base64', wrapped(PDF, 76, '    '), 'a file (application/pdf)'],
    [
      'base64 below armor that has ended',
      `-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n${wrapped(PDF)}`,
      'a file',
    ],
    [
      'the header of a part that has a name',
      '--b\nContent-Type: application/pdf; name="a.pdf"\n\nJVBE',
      'with a file name',
    ],
    [
      'the header of a part that has a file name',
      '--b\nX: y\nContent-Disposition: attachment;\n filename=a.pdf',
      'with a file name',
    ],
    [
      'the header of a part whose fold lost its indent',
      '--b\nContent-Disposition: attachment;\nfilename=a.pdf',
      'with a file name',
    ],
    ['the header of a part with a name in pieces', "--b\nContent-Type: x/y; name*0*=utf-8''a", 'with a file name'],
  ])('%s', async (_what, text, doubt) => {
    for (const whole of [text, text.replaceAll('\n', '\r\n')])
      for (const size of [1, 50, whole.length]) expect((await doubts(whole, size)).join()).toContain(doubt)
  })

  test('more than a hundred harmless texts are no reason to doubt', async () => {
    expect(LOOK_ALIKES.length).toBeGreaterThanOrEqual(100)
    const doubted: string[] = []
    for (const [what, text] of LOOK_ALIKES) if ((await doubts(text)).length > 0) doubted.push(what)
    expect(doubted).toEqual([])
  })

  test('a megabyte without a line end, of lines, or of dashes is read in linear time', async () => {
    for (const text of ['x'.repeat(1e6), `${'-'.repeat(70)}\n`.repeat(15_000), 'Content-Type: a; '.repeat(60_000)])
      expect(await doubts(text, 4096)).toEqual([])
  })
})

/** The last chunk of a PNG. */
const IEND = Buffer.from('0000000049454e44ae426082', 'hex')

describe('a mail tells where a file may be in it', () => {
  const doubtsOf = async (mail: string): Promise<readonly string[]> => (await (await setup()).parse(mail)).doubts

  test.each([
    ['its text', plain(wrapped(PDF)), 'part 1: its text holds 609 bytes of base64 that are a file (application/pdf)'],
    [
      'its HTML',
      html(`<pre>\n${wrapped(PDF)}\n</pre>`),
      'part 1: its text holds 609 bytes of base64 that are a file (application/pdf)',
    ],
    [
      'what stands before its parts',
      multipart('mixed', plain('x')).replace('--=_', `${wrapped(PDF).replaceAll('\n', '\r\n')}\r\n--=_`),
      'outside of the parts: its text holds 609 bytes of base64 that are a file (application/pdf)',
    ],
    [
      'what stands behind its parts',
      `${multipart('mixed', plain('x'))}${wrapped(PDF)}\r\n`,
      'outside of the parts: its text holds 609 bytes of base64 that are a file (application/pdf)',
    ],
    ...[
      ['another rendering', multipart('alternative', plain('x'), `Content-Type: text/markdown\r\n\r\n${wrapped(PDF)}`)],
      [
        'a signature',
        multipart('signed', plain('x'), `Content-Type: application/pgp-signature\r\n\r\n${wrapped(PDF)}`),
      ],
    ].map(([what = '', mail = '']) => [
      what,
      mail,
      'part 2: its text holds 609 bytes of base64 that are a file (application/pdf)',
    ]),
    [
      'a multipart without parts',
      lines('Content-Type: multipart/mixed; boundary=never', '', 'x'),
      'part 1: it is a multipart in which no part was found',
    ],
    [
      'a multipart that ends with its header',
      'Content-Type: multipart/mixed; boundary=never\r\n\r\n',
      'part 1: it is a multipart in which no part was found',
    ],
  ])('%s', async (_what, mail, doubt) => {
    expect(await doubtsOf(mail)).toEqual([doubt])
  })

  test.each([
    ['in the midst of a line', 30],
    ['before its first digit', 0],
    ['in the midst of four digits', 38],
  ])('base64 that is cut off %s', async (_where, length) => {
    const mail = multipart('mixed', plain('text'), file('a.pdf', PDF))
    const start = mail.indexOf('JVBE')
    expect(await doubtsOf(mail.slice(0, start + length))).toEqual(['part 2: its base64 is cut off'])
  })

  test.each([
    ['a PDF', Buffer.from('%PDF-1.4\n% one\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n')],
    ['a PNG', Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), noise(97, 'png'), IEND])],
    [
      'a JPEG',
      Buffer.concat([Buffer.from('\xFF\xD8\xFF\xE0', 'latin1'), noise(96, 'jpg'), Buffer.from('ffd9', 'hex')]),
    ],
    [
      'a ZIP',
      Buffer.concat([Buffer.from('PK\x03\x04'), noise(97, 'zip'), Buffer.from('PK\x05\x06'), Buffer.alloc(18)]),
    ],
  ])('base64 of %s without the delimiter behind it is no sign when the file has its end', async (_what, octets) => {
    expect(octets.length % 3).toBe(0)
    const mail = multipart('mixed', plain('text'), file('a.bin', octets))
    const end = mail.lastIndexOf('\r\n--', mail.length - 3)
    for (const left of [mail.slice(0, end), `${mail.slice(0, end)}\r\n`]) expect(await doubtsOf(left)).toEqual([])
    expect(await doubtsOf(mail.slice(0, end - 4))).toEqual(['part 2: its base64 is cut off'])
  })

  test('a whole mail of base64 that ends in the midst of a line', async () => {
    const mail = lines('Subject: scan', file('scan.pdf', PDF))
    expect(await doubtsOf(mail.slice(0, mail.indexOf('JVBE') + 101))).toEqual(['part 1: its base64 is cut off'])
    expect(await doubtsOf(`${mail}\r\n`)).toEqual([])
  })

  test('a part that another part ran into, below the end of a mail within the mail', async () => {
    const inner = lines('Content-Type: message/rfc822', '', 'Subject: x', multipart('mixed', plain('inner')))
    const mail = multipart('mixed', plain('outer'), `${inner}${file('a.pdf', PDF)}`)
    expect(await doubtsOf(mail)).toEqual([
      'behind part 2: its text holds 609 bytes of base64 that are a file (application/pdf)',
    ])
  })

  test('what is whole is none: renderings without parts, an empty multipart that is closed, an attached archive', async () => {
    for (const mail of [
      lines('Content-Type: multipart/alternative; boundary=never', '', 'Hello.'),
      lines('Content-Type: multipart/mixed; boundary=b', '', '--b--', ''),
      multipart(
        'mixed',
        lines('Content-Type: multipart/related; name=a.mht', 'Content-Disposition: attachment', '', 'x'),
      ),
    ])
      expect(await doubtsOf(mail)).toEqual([])
  })
})

test.each(['base64', 'quoted-printable'])(
  'a multipart that is encoded as a whole in %s is decoded and read on',
  async encoding => {
    const { parse } = await setup()
    const whole = multipart('mixed', plain('See the file.'), file('a.pdf', PDF))
    const [head = '', ...body] = whole.split('\r\n\r\n')
    const text = body.join('\r\n\r\n')
    const encoded = encoding === 'base64' ? wrapped(Buffer.from(text)) : text.replaceAll('=', '=3D')
    const mail = await parse(`${head}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${encoded}\r\n`)
    expect(outline(mail)).toEqual(['1 body', '2 file a.pdf'])
    expect(mail.doubts).toEqual([])
    expect(mail.remarks).toEqual(['part 1 is a multipart that is encoded as a whole, and was decoded'])
  },
)
