/** Mails in mails, and mails that nobody here can open: what goes to the ticket, and what the sender hears of it. */
import { simpleParser } from 'mailparser'
import { expect, test } from 'vitest'
import { signed } from '../support/cms.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter, octets, sha256 } from '../support/letters.ts'
import { untilDone } from '../support/passing.ts'
import { setup, type WholeRoad } from '../support/road.ts'

const SUBJECT = 'Printer 3/4 of I161026_000005'

describeWithDovecot('the mail itself', () => {
  test('goes after its files where that is asked for, octet for octet, under its subject', async () => {
    const { post, sweep, desk } = await setup({ settings: { attachments: { original: 'always' } } })
    const mail = letter({ subject: SUBJECT, attachments: { 'a.pdf': octets(200_000) } })
    await post(mail)
    expect(await sweep()).toBe(0)
    expect(desk.received.map(({ name, sha256: hash }) => [name, hash])).toEqual([
      ['a.pdf', sha256(octets(200_000))],
      ['Printer 3_4 of I161026_000005.eml', sha256(mail)],
    ])
  })

  test('goes where nothing else does, also when the process has to fetch it a second time', async () => {
    const road = await setup({ settings: { attachments: { original: 'whenNothingElse' } } })
    const { desk } = road
    const mail = letter({ subject: SUBJECT, text: 'It is broken.' })
    desk.will(503)
    await road.post(mail)
    expect(await untilDone(road)).toBeGreaterThan(1)
    expect(desk.documents('I161026_000005').map(({ name, bytes }) => [name, sha256(bytes)])).toEqual([
      ['Printer 3_4 of I161026_000005.eml', sha256(mail)],
    ])
  })
})

const mixed = (...parts: readonly (readonly string[])[]): Buffer =>
  Buffer.from(
    [
      'From: Ada Example <ada@example.org>',
      'To: support@example.com',
      `Subject: ${SUBJECT}`,
      'Message-ID: <sealed@example.org>',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=outer',
      '',
      ...parts.flatMap(part => ['--outer', ...part]),
      '--outer--',
      '',
    ].join('\r\n'),
  )

const SMIME = [
  'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m',
  'Content-Transfer-Encoding: base64',
  '',
  'MAAw',
]
const PGP = [
  'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b',
  '',
  '--b',
  'Content-Type: application/pgp-encrypted',
  '',
  'Version: 1',
  '--b',
  'Content-Type: application/octet-stream',
  '',
  '-----BEGIN PGP MESSAGE-----',
  '--b--',
]
/** Refused, so that there is a notice. */
const PROGRAM = ['Content-Type: application/octet-stream; name=setup.exe', '', 'MZ']

/** The text of the one notice, as one line. */
const noticeOn = async ({ sent }: WholeRoad): Promise<string> =>
  ((await simpleParser(sent[0]?.raw ?? '')).text ?? '').replace(/\s+/g, ' ')

describeWithDovecot('what is encrypted', () => {
  test.each([
    ['S/MIME', SMIME, 'smime.p7m', '0\x000'],
    ['PGP', PGP, 'attachment-2.asc', '-----BEGIN PGP MESSAGE-----'],
  ])('by %s goes as it came, and trace and notice say so', async (_kind, part, name, content) => {
    const road = await setup()
    await road.post(mixed(part, PROGRAM))
    expect(await road.sweep()).toBe(0)
    expect(road.desk.received.map(one => [one.name, one.bytes.toString('latin1')])).toEqual([[name, content]])
    expect(await noticeOn(road)).toMatch(/as it came: it is encrypted or sealed/)
    const [row] = await road.mails()
    expect((await road.trace(row?.id ?? '')).join('\n')).toMatch(/goes as it came: it is encrypted/)
  })
})

describeWithDovecot('what is signed in an envelope', () => {
  test('goes under its own names with its text, and the envelope beside it', async () => {
    const { post, sweep, desk } = await setup({ settings: { attachments: { unpack: ['tnef', 'signed'] } } })
    const inside = [
      'Content-Type: multipart/mixed; boundary=inner',
      '',
      '--inner',
      '',
      'See the report.',
      '--inner',
      'Content-Type: application/pdf; name="Bericht 1.pdf"',
      'Content-Disposition: attachment',
      '',
      'the report',
      '--inner--',
      '',
    ]
    const envelope = await signed(inside.join('\r\n'))
    await post(
      mixed([
        'Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m',
        'Content-Transfer-Encoding: base64',
        '',
        ...(envelope.toString('base64').match(/.{1,76}/g) ?? []),
      ]),
    )
    expect(await sweep()).toBe(0)
    expect(desk.received.map(({ name, bytes, description }) => [name, sha256(bytes), description])).toEqual([
      ['smime.p7m', sha256(envelope), 'See the report.'],
      ['Bericht 1.pdf', sha256('the report'), 'See the report.'],
    ])
  })
})

describeWithDovecot('what came in no file', () => {
  test('is left out, and the notice says why', async () => {
    const road = await setup()
    const pointer = [
      'Content-Type: message/external-body; access-type=URL; URL="ftp://x/y"',
      '',
      'Content-Type: image/png',
      '',
      '',
    ]
    const piece = ['Content-Type: message/partial; id=a; number=2; total=3; name=piece.bin', '', 'x']
    await road.post(mixed(pointer, piece))
    expect(await road.sweep()).toBe(0)
    expect(road.desk.received).toEqual([])
    const notice = await noticeOn(road)
    expect(notice).toMatch(/it only points to a file that did not come with the mail/)
    expect(notice).toMatch(/a piece of a mail that was sent in several/)
  })
})
