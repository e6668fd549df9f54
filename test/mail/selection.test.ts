import { describe, expect, test } from 'vitest'
import { type Part, SCRIPT } from '../../src/mail/part.ts'
import { type AttachmentRules, select } from '../../src/mail/selection.ts'

const RULES: AttachmentRules = {
  maxSize: 25_000_000,
  refuse: ['.exe', '.js', '.lnk', '.iso', '.com', '.jar', '.msi'],
  inlineImages: 'smart',
  unpack: ['tnef'],
  original: 'never',
}
const CONTEXT = { allParts: false, recurring: new Set<string>() }

const part = (facts: Partial<Part> = {}): Part => ({
  part: '2',
  type: 'application/pdf',
  role: 'file',
  disposition: 'attachment',
  contentId: undefined,
  originalName: 'report.pdf',
  size: 1000,
  sha256: 'ab'.repeat(32),
  file: '/spool/7/2',
  sniffed: undefined,
  executable: false,
  image: undefined,
  cited: false,
  ...facts,
})
const image = (width: number, height: number, facts: Partial<Part> = {}): Part =>
  part({
    type: 'image/png',
    role: 'inline-image',
    disposition: 'inline',
    originalName: 'image001.png',
    cited: true,
    size: 5000,
    image: { width, height },
    ...facts,
  })
const verdict = (one: Part, rules = RULES, context = CONTEXT) => select([one], rules, context).items[0]?.fate

describe('images in the text: logos stay, screenshots go', () => {
  test.each([
    ['a pasted screenshot', image(1280, 720), 'send'],
    ['a logo of 200 × 60', image(200, 60), 'skip'],
    ['a banner of 400 × 100', image(400, 100), 'skip'],
    ['a banner of 401 × 100', image(401, 100), 'send'],
    ['a picture of 300 × 101', image(300, 101), 'send'],
    ['an icon of 64 × 64 in 2 KB', image(64, 64, { size: 2000 }), 'skip'],
    ['a tracking pixel', image(1, 1, { size: 43 }), 'skip'],
    ['a logo the text does not refer to', image(200, 60, { cited: false }), 'send'],
    ['an image of unknown size', image(1, 1, { image: undefined, size: 100 }), 'send'],
    ['a small image attached as a file', image(20, 20, { role: 'file', cited: false }), 'send'],
  ])('%s: %s', (_what, one, fate) => {
    expect(verdict(one)?.kind).toBe(fate)
  })

  test('an image that is on several other tickets is left out, however large', () => {
    const large = image(1280, 720, { sha256: 'cd'.repeat(32) })
    expect(verdict(large, RULES, { allParts: false, recurring: new Set(['cd'.repeat(32)]) })?.kind).toBe('skip')
  })

  test('all images go, or none, as the operator says', () => {
    expect(verdict(image(1, 1), { ...RULES, inlineImages: 'all' })?.kind).toBe('send')
    expect(verdict(image(1280, 720), { ...RULES, inlineImages: 'none' })?.kind).toBe('skip')
  })
})

describe('dangerous files are refused', () => {
  test.each([
    ['setup.exe', {}],
    ['SETUP.EXE', {}],
    ['invoice.pdf.exe', {}],
    ['invoice.e\u200Bxe', {}],
    ['invoice\u202Efdp.exe', {}],
    ['invoice.exe.', {}],
    ['invoice.exe .', {}],
    ['invoice.exe\u00A0\u200B', {}],
    ['invoice．exe', {}],
    ['invoice.exe:x.pdf', {}],
    ['invoice.exe::$DATA', {}],
    ['setup.exe', { sniffed: 'application/pdf' }],
    ['invoice.ｅｘｅ', {}],
    ['C:\\x\\run.js', {}],
    ['holiday.pdf', { executable: true }],
    ['readme', { executable: true }],
    [undefined, { executable: true }],
    ['readme', { executable: true, sniffed: SCRIPT }],
    ['holiday.jpg', { executable: true, sniffed: SCRIPT }],
    ['notes.txt', { executable: true }],
    ['forwarded.eml', { role: 'message' as const, executable: true }],
    ['report.pdf', { sniffed: 'application/x-msdownload' }],
    ['report.pdf', { sniffed: 'application/java-archive' }],
    [undefined, { sniffed: 'application/java-archive' }],
    [undefined, { type: 'application/x-msdownload' }],
    ['report', { type: 'application/x-msdownload' }],
    ['report.unknown', { type: 'application/x-msdownload' }],
    [undefined, { type: 'application/x-msi', sniffed: 'application/x-cfb' }],
    [undefined, { type: 'application/java-archive', sniffed: 'application/zip' }],
  ])('%j %j', (originalName, facts) => {
    expect(verdict(part({ originalName, ...facts }))).toMatchObject({
      kind: 'refuse',
      status: '5.6.1',
      code: 'refused-type',
    })
  })

  test.each([
    ['a page that was saved', part({ originalName: 'www.example.com.pdf' })],
    ['a standard', part({ originalName: 'DIN.COM.ISO.9001.pdf' })],
    ['a crash dump', part({ originalName: 'outlook.exe.dmp' })],
    ['the configuration of a program', part({ originalName: 'outlook.exe.config' })],
    ['the log of an installer', part({ originalName: 'setup.exe.log' })],
    ['a script that is called a text', part({ originalName: 'bundle.js.txt' })],
    ['the map of a script', part({ originalName: 'app.js.map' })],
    ['what a browser recorded of a site', part({ originalName: 'portal.example.com.har' })],
    ['what a browser recorded of a port', part({ originalName: 'portal.example.com:8080.har' })],
    ['a photo', part({ originalName: 'ISO.ISO.jpg', sniffed: 'image/jpeg' })],
    ['a card', part({ originalName: 'anna@example.com.vcf' })],
    ['a mail named after its subject', part({ originalName: 'Login at example.com.eml', role: 'message' })],
    ['a mail named after its subject alone', part({ originalName: 'Login at example.com', role: 'message' })],
    ['a PDF that a registry calls a program', part({ type: 'application/x-msdownload', sniffed: 'application/pdf' })],
    [
      'a PDF without a name that a registry calls a program',
      part({ type: 'application/x-msdownload', sniffed: 'application/pdf', originalName: undefined }),
    ],
    ['a list that a registry calls a program', part({ type: 'application/x-msdownload', originalName: 'list.csv' })],
    ['a text that begins as a script', part({ originalName: 'deploy.txt', executable: true, sniffed: SCRIPT })],
    ['an archive that begins as a JAR', part({ originalName: 'logs.zip', sniffed: 'application/java-archive' })],
    ['a document that begins as a JAR', part({ originalName: 'a.docx', sniffed: 'application/java-archive' })],
    ['a script by its own name', part({ originalName: 'deploy.sh', executable: true })],
    ['a page', part({ originalName: 'exe.html' })],
    ['a name that only contains the letters', part({ originalName: 'commercial-executive.pdf' })],
  ])('%s is not', (_what, one) => {
    expect(verdict(one)?.kind).toBe('send')
  })

  test('an operator who refuses nothing gets everything', () => {
    expect(verdict(part({ originalName: 'setup.exe', executable: true }), { ...RULES, refuse: [] })?.kind).toBe('send')
  })
})

test('a file over the limit is refused, one of just the limit goes', () => {
  expect(verdict(part({ size: 25_000_001 }))).toMatchObject({ kind: 'refuse', status: '5.2.3', code: 'too-large' })
  expect(verdict(part({ size: 25_000_000 }))?.kind).toBe('send')
})

describe('what is not a file for the ticket', () => {
  test.each([
    ['a signature', part({ role: 'signature', type: 'application/pgp-signature' }), 'skip', 'send'],
    ['a delivery report', part({ role: 'report', type: 'message/delivery-status' }), 'skip', 'send'],
    ['an invitation beside the text', part({ role: 'alternative', type: 'text/calendar' }), 'skip', 'send'],
    [
      'the marker of an encrypted mail',
      part({ role: 'encrypted', type: 'application/pgp-encrypted', size: 12 }),
      'skip',
      'send',
    ],
    ['a file that somebody encrypted', part({ role: 'encrypted', type: 'application/pgp-encrypted' }), 'send', 'send'],
    ['encrypted content', part({ role: 'encrypted' }), 'send', 'send'],
    ['a pointer to content elsewhere', part({ role: 'reference', type: 'message/external-body' }), 'skip', 'skip'],
    ['a piece of a mail sent in several', part({ role: 'reference', type: 'message/partial' }), 'skip', 'send'],
    ['winmail.dat', part({ role: 'tnef', type: 'application/ms-tnef' }), 'send', 'send'],
    ['a forwarded mail', part({ role: 'message', type: 'message/rfc822' }), 'send', 'send'],
    ['an empty file', part({ size: 0 }), 'send', 'send'],
    ['a program', part({ originalName: 'a.exe' }), 'refuse', 'refuse'],
    ['a signature that is too large', part({ role: 'signature', size: 99_000_000 }), 'skip', 'refuse'],
  ])('%s: %s; when the operator asks for all parts: %s', (_what, one, usual, all) => {
    expect(verdict(one)?.kind).toBe(usual)
    expect(verdict(one, RULES, { ...CONTEXT, allParts: true })?.kind).toBe(all)
  })
})

describe('the mail itself', () => {
  const original = part({ part: 'mail', type: 'message/rfc822', role: 'message', originalName: 'Help.eml', size: 9000 })
  const body = part({ part: '1', role: 'body', file: undefined, originalName: undefined })
  const fates = (
    parts: readonly Part[],
    rule: AttachmentRules['original'],
    { whole = original, machine = false, maxSize = 10_000 } = {},
  ) =>
    select(parts, { ...RULES, original: rule, maxSize }, { ...CONTEXT, machine }, whole).items.map(
      ({ name, fate }) => `${name} ${fate.kind}`,
    )

  test('stays where it is unless it is asked for', () => {
    expect(fates([body, part()], 'never')).toEqual(['report.pdf send'])
    expect(fates([body], 'never')).toEqual([])
  })

  test('goes with its files, or where there are none', () => {
    expect(fates([body, part()], 'always')).toEqual(['report.pdf send', 'Help.eml send'])
    expect(fates([body], 'always')).toEqual(['Help.eml send'])
    expect(fates([body, image(10, 10)], 'whenNothingElse')).toEqual(['image001.png skip', 'Help.eml send'])
    expect(fates([body, part()], 'whenNothingElse')).toEqual(['report.pdf send'])
  })

  test('brings no program past a refusal', () => {
    const program = part({ originalName: 'a.exe' })
    expect(fates([body, program], 'always')).toEqual(['a.exe refuse', 'Help.eml skip'])
    expect(fates([body, program, part()], 'always')).toEqual(['a.exe refuse', 'report.pdf send', 'Help.eml skip'])
    expect(fates([body, program], 'whenNothingElse')).toEqual(['a.exe refuse', 'Help.eml skip'])
  })

  test('keeps to the limit of size, and costs the files in it nothing', () => {
    const whole = { ...original, size: 10_001 }
    expect(fates([body, part()], 'always', { whole })).toEqual(['report.pdf send', 'Help.eml skip'])
    expect(fates([body], 'always', { whole })).toEqual(['Help.eml refuse'])
  })

  test('goes alone only where a person wrote it', () => {
    expect(fates([body], 'always', { machine: true })).toEqual([])
    expect(fates([body, part()], 'always', { machine: true })).toEqual(['report.pdf send', 'Help.eml send'])
  })
})

test('an encrypted mail goes as it came, and the trace says why', () => {
  const sealed = part({ role: 'encrypted', type: 'application/octet-stream', originalName: undefined })
  const { items, trace } = select([sealed], RULES, CONTEXT)
  expect(items).toMatchObject([{ name: 'attachment-1.asc', type: 'application/pgp-encrypted' }])
  expect(trace[0]).toMatch(/goes as it came: it is encrypted, or signed in an envelope/)
})

test('every leaf leaves a line with its verdict and the reason, bodies included', () => {
  const body = part({ part: '1', role: 'body', type: 'text/plain', file: undefined, originalName: undefined })
  const { trace, items } = select([body, part(), image(10, 10), part({ originalName: 'x.exe' })], RULES, CONTEXT)
  expect(trace).toEqual([
    'part 1 (body, text/plain, 1000 octets) skipped: the text of the mail',
    'part 2 (report.pdf, file, application/pdf, 1000 octets) goes',
    'part 2 (image001.png, inline-image, image/png, 5000 octets) skipped: a small image of the text, such as a logo',
    'part 2 (x.exe, file, application/pdf, 1000 octets) refused: files of type .exe are not accepted here',
  ])
  expect(items.map(({ name }) => name)).toEqual(['report.pdf', 'image001.png', 'x.exe'])
})

test('of two images with one name the one that goes keeps it', () => {
  const { items } = select([image(10, 10), image(1280, 720)], RULES, CONTEXT)
  expect(items.map(({ name, fate }) => `${name} ${fate.kind}`)).toEqual(['image001 (2).png skip', 'image001.png send'])
})

test('nameless parts are counted as attachments, not as leaves', () => {
  const body = part({ part: '1', role: 'body', file: undefined })
  expect(select([body, part({ originalName: undefined })], RULES, CONTEXT).items[0]?.name).toBe('attachment-1.pdf')
})

test('a type nobody declared is what the octets say', () => {
  const one = part({ type: 'application/octet-stream', sniffed: 'image/jpeg' })
  expect(select([one], RULES, CONTEXT).items[0]?.type).toBe('image/jpeg')
})
