/** Mails that their sender's program signed in an envelope (S/MIME signed-data): openssl makes them here, as such programs do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { isFault } from '../../src/mail/fault.ts'
import type { ParsedMail } from '../../src/mail/part.ts'
import { select } from '../../src/mail/selection.ts'
import { Allowance } from '../../src/mime/allowance.ts'
import { signedMail } from '../../src/mime/signed.ts'
import { cms, signed } from '../support/cms.ts'
import { octets, sha256 } from '../support/letters.ts'
import { file, lines, multipart, outline, plain, setup } from './parsing.ts'
import * as write from './winmail.ts'

const PDF = octets(20_000)

const enveloped = (der: Buffer, name = 'smime.p7m'): string => file(name, der, 'application/pkcs7-mime')

const RULES = { maxSize: 25e6, refuse: ['.exe'], inlineImages: 'smart', original: 'never' } as const
const asked = { allParts: false, recurring: new Set<string>() }

test.each([
  ['in one piece', []],
  ['in pieces of which nobody knew the length', ['-stream']],
  ['without its certificate', ['-nocerts']],
])('the files of a mail that is signed %s go, and the envelope goes beside them', async (_, words) => {
  const content = multipart('mixed', plain('See the report.'), file('Bericht 1.pdf', PDF))
  const { parse } = await setup()
  const mail = await parse(enveloped(await signed(content, ...words)))
  expect(outline(mail)).toEqual(['1 encrypted smime.p7m', '1/1 body', '1/2 file Bericht 1.pdf'])
  expect(mail.parts[2]).toMatchObject({ originalName: 'Bericht 1.pdf', sha256: sha256(PDF), size: PDF.length })
  expect(mail.text.whole).toBe('See the report.')
  expect(mail.remarks).toEqual(['part 1 is signed data and was opened; its signature was not checked'])
  const { items, trace } = select(mail.parts, { ...RULES, unpack: ['signed'] }, asked)
  expect(items.map(({ name, fate }) => [name, fate.kind])).toEqual([
    ['smime.p7m', 'send'],
    ['Bericht 1.pdf', 'send'],
  ])
  expect(trace[0]).toMatch(/goes as it came: it has the signature, which is not checked here/)
  const closed = select(mail.parts, { ...RULES, unpack: [] }, asked)
  expect(closed.items.map(({ fate }) => fate.kind)).toEqual(['send', 'skip'])
})

test('a file that stands behind the parts of what was signed is a doubt', async () => {
  const lost = `${PDF.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`
  const { parse } = await setup()
  const mail = await parse(enveloped(await signed(`${multipart('mixed', plain('See the report.'))}${lost}`)))
  expect(mail.doubts).toEqual([
    `part 1, outside of the parts: its text holds ${PDF.length} bytes of base64 that are no text`,
  ])
})

test('an envelope takes no file past a refusal', async () => {
  const content = multipart('mixed', plain('Try this.'), file('setup.exe', 'MZ'), file('a.pdf', PDF))
  const { parse } = await setup()
  const mail = await parse(multipart('mixed', plain('t'), enveloped(await signed(content))))
  const { items } = select(mail.parts, { ...RULES, unpack: ['signed'] }, asked)
  expect(items.map(({ part, fate }) => [part, fate.kind])).toEqual([
    ['2', 'skip'],
    ['2/2', 'refuse'],
    ['2/3', 'send'],
  ])
})

test.each<[string, () => Promise<Buffer>]>([
  ['encrypted', () => cms(plain('secret'), '-encrypt', '-aes128', 'pair.pem')],
  ['a signed file that is no mail', () => signed(`%PDF-1.7\n${'x'.repeat(5_000)}`)],
  ['a signature of something elsewhere', () => cms(plain('x'), '-sign', '-signer', 'pair.pem')],
  ['an envelope that is cut short', async () => (await signed(plain('x'.repeat(9_000)))).subarray(0, 5_000)],
  ['no such thing at all', async () => Buffer.from('MAAw')],
])('what is %s stays closed, and goes as it came', async (_, made) => {
  const { parse } = await setup()
  expect(outline(await parse(multipart('mixed', plain('t'), enveloped(await made()))))).toEqual([
    '1 body',
    '2 encrypted smime.p7m',
  ])
})

/** Part and fate of every file. */
const fates = ({ parts }: ParsedMail, ...unpack: readonly ('tnef' | 'signed')[]): readonly string[] =>
  select(parts, { ...RULES, unpack }, asked).items.map(({ part, fate }) => `${part} ${fate.kind}`)

test('envelopes in each other are opened three deep, and the outermost alone goes beside what is inside', async () => {
  let content = multipart('mixed', plain('deep'), file('deep.pdf', PDF))
  for (let n = 0; n < 4; n += 1) content = enveloped(await signed(content))
  const { parse } = await setup()
  const mail = await parse(content)
  expect(outline(mail)).toEqual(['1', '1/1', '1/1/1', '1/1/1/1'].map(part => `${part} encrypted smime.p7m`))
  expect(fates(mail, 'signed')).toEqual(['1 send', '1/1 skip', '1/1/1 skip', '1/1/1/1 send'])
})

test('a winmail.dat in an envelope is opened as any other, and stays in it when envelopes are to stay closed', async () => {
  const winmail = file('winmail.dat', write.tnef(write.attached('a.txt', 'a')), 'application/ms-tnef')
  const { parse } = await setup()
  const mail = await parse(enveloped(await signed(multipart('mixed', plain('t'), winmail))))
  expect(fates(mail, 'signed', 'tnef')).toEqual(['1 send', '1/2 skip', '1/2/1 send'])
  expect(fates(mail, 'signed')).toEqual(['1 send', '1/2 send', '1/2/1 skip'])
  expect(fates(mail, 'tnef')).toEqual(['1 send', '1/2 skip', '1/2/1 skip'])
})

test('more files than anybody sends leave it closed, and the next mail is read', async () => {
  const parts = Array.from({ length: 400 }, (_, n) => enveloped(Buffer.from('x'), `${n}.p7m`))
  const one = enveloped(await signed(multipart('mixed', ...parts)))
  const { parse } = await setup()
  const mail = await parse(multipart('mixed', one, one, one))
  expect(mail.parts).toHaveLength(803)
  expect(mail.remarks.at(-1)).toBe('part 3 could not be opened: more than 1000 files are inside')
  expect((await parse(plain('good'))).text.whole).toBe('good')
})

/** The beginning of signed data of unknown length, up to its content. */
const BEGINNING = '308006092a864886f70d010702a080308002010131003080' + '06092a864886f70d010701a080'

test.each([
  ['in a million pieces', `2480${'040178'.repeat(1_000_000)}`, 'it has more entries than anybody would write'],
  ['in pieces of pieces without end', '2480'.repeat(100_000), 'it is nested deeper than anybody would write'],
  ['longer than it is', '0484ffffffff78', 'it is cut short, or a length in it is wrong'],
  ['with a length of nine octets', '0489ffffffffffffffffff', 'a length in it is wrong'],
])('an envelope whose content is %s stays closed', async (_, content, reason) => {
  const { parse } = await setup()
  const mail = await parse(enveloped(Buffer.from(BEGINNING + content, 'hex')))
  expect(mail.remarks).toEqual([`part 1 could not be opened: ${reason}`])
  expect(outline(mail)).toEqual(['1 encrypted smime.p7m'])
})

test('whatever octets are wrong in one, it is opened or it is not, and nothing else happens', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-signed-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const whole = await signed(lines('Content-Type: text/plain', '', 'x'.repeat(3_000)), '-stream')
  const path = join(folder, 'smime.p7m')
  const wrong = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(wrong, async changes => {
      const octets = Buffer.from(whole)
      for (const [at, octet] of changes) octets[at] = octet
      await writeFile(path, octets)
      const end = await signedMail(path, new Allowance()).catch((error: unknown) => error)
      expect(end === undefined || typeof end === 'string' || isFault(end), String(end)).toBe(true)
    }),
    { numRuns: 100 },
  )
})
