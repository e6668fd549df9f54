import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Envelope } from '../../src/mail/envelope.ts'
import { sizeIn } from '../../src/mail/fates.ts'
import { languageOf } from '../../src/mail/language.ts'
import { compose, type NoticeFacts, type NoticeOptions, noticeWanted } from '../../src/mail/notice.ts'
import { MORE_SECTIONS, type Outcome } from '../../src/mail/outcome.ts'
import { because, CODES } from '../../src/mail/status.ts'
import { parseTemplates, type Template } from '../../src/mail/template.ts'

const folder = join(import.meta.dirname, '../../config/notices')
const textOf = (language: string): string => readFileSync(join(folder, `${language}.txt`), 'utf8')

function templateOf(text: string, language = 'en'): Template {
  const parsed = parseTemplates(text, `${language}.txt`, language)
  if ('mistakes' in parsed) throw new Error(parsed.mistakes.join('\n'))
  return parsed.template
}

const english = templateOf(textOf('en'))

const options: NoticeOptions = {
  secret: 'a secret of this installation',
  from: { name: 'Support', address: 'support@example.com' },
  example: 'I161026_000005',
  timeZone: 'Europe/Paris',
  maxFile: 25_000_000,
  maxMail: 50_000_000,
}

const envelope: Envelope = {
  ref: { mailbox: 'support', folder: 'INBOX', uidValidity: '17', uid: 4 },
  fingerprint: '5e'.repeat(32),
  size: 4_711,
  arrivedAt: new Date('2026-10-16T08:05:00Z'),
  seen: false,
  subject: 'I161026_000005 the printer is on fire again',
  from: { name: 'Anna', address: 'anna@customer.example' },
  messageId: '<1@customer.example>',
  inReplyTo: [],
  references: [],
  machine: undefined,
  silent: undefined,
  outline: undefined,
}

const bounced = (code: keyof typeof CODES, reason = 'a reason'): Outcome => ({
  kind: 'bounced',
  ...because(code, reason),
})

const facts = (outcome: Outcome, change: Partial<Envelope> = {}): NoticeFacts => ({
  envelope: { ...envelope, ...change },
  outcome,
  tickets: [],
  files: [],
})

const KINDS: Readonly<Record<string, Outcome['kind']>> = {
  delivered: 'delivered',
  'several-tickets': 'held',
  unparsable: 'held',
  uncertain: 'held',
  'desk-refused': 'held',
  tries: 'held',
  poison: 'held',
  'not-requester': 'held',
  operator: 'held',
}

const until = new Date('2026-10-16T13:05:00Z')

/** One notice of each code, with the files such a mail would have. */
function everyNotice(template: Template): readonly { readonly code: string; readonly text: string }[] {
  const told = Object.keys(CODES).filter(code => !['machine', 'gone', 'spoof'].includes(code)) as (keyof typeof CODES)[]
  const outcomes = told.map((code): Outcome => {
    const kind = KINDS[code] ?? 'bounced'
    return kind === 'deferred' ? { kind, until, ...because(code, 'a reason') } : { kind, ...because(code, 'a reason') }
  })
  const instead = MORE_SECTIONS.map(
    (section): Outcome => ({ kind: 'bounced', section, ...because('nothing-attached', 'a reason') }),
  )
  const delayed: Outcome = { kind: 'deferred', until, status: '4.4.1', code: 'deferred-4.4.1', reason: 'no answer' }
  return [...outcomes, ...instead, delayed].map(outcome => {
    const files = filesOf(outcome)
    const several = outcome.code === 'several-tickets' ? ['I161026_000005', 'I161026_000006'] : ['I161026_000005']
    const tickets = outcome.code === 'no-ticket' ? [] : several
    const { subject, text } = compose({ envelope, outcome, tickets, files }, template, options)
    const told = 'section' in outcome ? (outcome.section ?? outcome.code) : outcome.code
    return { code: told, text: `Subject: ${subject}\n\n${text}` }
  })
}

function filesOf({ code, kind, reason }: Outcome): NoticeFacts['files'] {
  const ticket = 'I161026_000005'
  const pdf = { name: 'Rapport d’été.pdf', size: 1_234_567, state: 'skipped', reason, ticket: undefined } as const
  const photo = { name: 'IMG_0001.jpg', size: 31_400_000, state: 'skipped', reason, ticket: undefined } as const
  const unsized = { ...pdf, size: undefined }
  if (code === 'nothing-attached') return []
  if (code === 'no-ticket' || code === 'not-allowed') return [unsized]
  if (code === 'unparsable' || code === 'poison') return []
  if (kind === 'delivered') return [{ ...pdf, state: 'delivered', ticket }]
  if (kind === 'deferred')
    return [
      { ...pdf, state: 'delivered', ticket },
      { ...photo, state: 'pending', ticket },
    ]
  if (code === 'uncertain')
    return [
      { ...pdf, state: 'delivered', ticket },
      { ...photo, state: 'uncertain', ticket },
    ]
  if (code === 'partial')
    return [
      { ...pdf, state: 'delivered', ticket },
      { ...photo, state: 'refused', reason: 'more than 25000000 octets', code: 'too-large', ticket },
      { name: 'setup.exe', size: 900, state: 'refused', reason: '.exe is refused', code: 'refused-type', ticket },
      { name: 'image001.png', size: 2_048, state: 'skipped', reason: 'a small picture in the text', ticket },
    ]
  if (['too-large', 'refused-type', 'virus', 'closed', 'desk-refused'].includes(code))
    return [{ ...photo, state: 'refused', ticket }]
  return [pdf]
}

const LANGUAGES = ['en', 'fr', 'de', 'es', 'it', 'nl', 'pt']

test.each(LANGUAGES)('the notices in %s say what happened and what to do next', async language => {
  const notices = everyNotice(templateOf(textOf(language), language))
  const golden = notices.map(({ code, text }) => `======== ${code}\n${text}`).join('\n')
  expect(golden).not.toMatch(/\{\{|\}\}|undefined/)
  await expect(golden).toMatchFileSnapshot(`golden/notices.${language}.txt`)
})

/** One of each kind, with the code that says most. */
const SAID: Readonly<Record<string, Outcome>> = {
  delivered: { kind: 'delivered', ...because('delivered', 'a reason') },
  delayed: { kind: 'deferred', until, status: '4.4.1', code: 'deferred-4.4.1', reason: 'no answer' },
  bounced: { kind: 'bounced', ...because('partial', 'a reason') },
  held: { kind: 'held', ...because('uncertain', 'a reason') },
}

const said = (outcome: Outcome, language: string) => {
  const facts = { envelope, outcome, tickets: ['I161026_000005'], files: filesOf(outcome) }
  return compose(facts, templateOf(textOf(language), language), options)
}

const eachKind = LANGUAGES.flatMap(language =>
  Object.entries(SAID).map(([kind, outcome]) => [kind, language, outcome] as const),
)

test.each(eachKind)(
  'a %s notice in %s is, letter for letter, what is kept here as text and as HTML',
  async (kind, language, outcome) => {
    const { subject, text, html = '' } = said(outcome, language)
    await expect(`Subject: ${subject}\n\n${text}`).toMatchFileSnapshot(`golden/${language}/${kind}.txt`)
    await expect(html).toMatchFileSnapshot(`golden/${language}/${kind}.html`)
  },
)

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
const shown = (html: string): string =>
  html
    .replace(/^.*<body>|<th.*?<\/th>|<[^>]*>/gs, ' ')
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? '')

test.each(eachKind)('a %s notice in %s says the same in HTML as in text, in the same order', (_, language, outcome) => {
  const { text, html = '' } = said(outcome, language)
  const words = (from: string) => from.split(/[^\p{L}\p{N}]+/u).filter(word => word !== '')
  expect(words(shown(html))).toEqual(words(text))
})

test('nothing that a sender wrote is markup, and nothing is fetched', () => {
  const evil = '<img src="https://evil.example/x.png" onerror=\'alert(1)\'>&lt;</td></table><style>*{}</style>'
  const files = [{ name: evil, size: 1, state: 'refused', reason: evil, ticket: evil } as const]
  const outcome = bounced('unknown-ticket')
  const notice = compose({ ...facts(outcome, { subject: evil }), tickets: [evil], files }, english, options)
  const { html = '' } = notice
  const tags = new Set([...html.matchAll(/<\/?([^\s>]+)/g)].map(([, tag]) => tag))
  expect([...tags].filter(tag => !/^(!doctype|html|head|meta|title|body|p|table|tr|th|td)$/.test(tag ?? ''))).toEqual(
    [],
  )
  expect(html.match(/<[^>]*(?:src|href|style|on\w+)\s*=/g)).toBeNull()
  expect(shown(html).split(evil).length - 1).toBeGreaterThanOrEqual(3)
})

test('lists and remarks of a text of your own are lists in HTML, too', () => {
  const text = `${textOf('en').replace(/^\[no-ticket\][^[]*/m, '')}\n`.replace(
    '\n[words]\n',
    '[no-ticket]\nTwo ways:\n\n- one\n- two\n\n  so\n  there\n\n[words]\n',
  )
  const { html } = compose(facts(bounced('no-ticket')), templateOf(text), options)
  expect(html).toContain('<ul>\n<li>one</li>\n<li>two</li>\n</ul>')
  expect(html).toContain('<p>  so<br>\n  there</p>')
})

test('every text and word of the English file is in all languages', () => {
  const names = (language: string) => {
    const { sections, words } = templateOf(textOf(language), language)
    return [...sections.keys(), ...words.keys()].sort()
  }
  for (const language of LANGUAGES) expect(names(language), language).toEqual(names('en'))
})

const THEIRS: readonly (readonly [language: string, promise: RegExp])[] = [
  ['en', /somebody/i],
  ['fr', /une personne de notre/i],
  ['de', /jemand/i],
  ['es', /una persona de nuestro/i],
  ['it', /una persona del nostro/i],
  ['nl', /iemand/i],
  ['pt', /uma pessoa do nosso/i],
]

test.each(THEIRS)(
  'in %s nobody is promised to look at a ticket that may be there or not, and both get one answer',
  (language, promise) => {
    const template = templateOf(textOf(language), language)
    const tell = (outcome: Outcome) =>
      compose({ ...facts(outcome), tickets: ['I161026_000005'] }, template, { ...options, hideTickets: true })
    const foreign = tell({ kind: 'held', ...because('not-requester', 'x') })
    const unknown = tell(bounced('unknown-ticket'))
    expect([foreign.subject, foreign.text, foreign.html]).toEqual([unknown.subject, unknown.text, unknown.html])
    expect(foreign.text).not.toMatch(promise)
    expect(said({ kind: 'held', ...because('uncertain', 'x') }, language).text).toMatch(promise)
  },
)

test.each(LANGUAGES)('no line of a notice in %s is longer than a screen, but for names', language => {
  const lines = everyNotice(templateOf(textOf(language), language)).flatMap(({ text }) => text.split('\n'))
  expect(lines.filter(line => line.length > 78 && !line.startsWith('- '))).toEqual([])
})

test.each(LANGUAGES)('every code a sender may hear of has its own words in %s', language => {
  const { sections } = templateOf(textOf(language), language)
  const told = Object.keys(CODES).filter(code => !['machine', 'gone', 'spoof', 'operator'].includes(code))
  expect(told.filter(code => !sections.has(code))).toEqual([])
})

test('the same mail gets the same notice to the octet, and each kind its own Message-ID', () => {
  const first = compose(facts(bounced('no-ticket')), english, options)
  expect(compose(facts(bounced('no-ticket')), english, options)).toEqual(first)
  expect(first.messageId).toMatch(/^<mailclip\.[\da-f]{32}@example\.com>$/)
  const held = compose(facts({ kind: 'held', ...because('uncertain', 'x') }), english, options)
  const others = [
    held.messageId,
    compose(facts(bounced('no-ticket')), english, { ...options, secret: 'other' }).messageId,
    compose(facts(bounced('no-ticket'), { fingerprint: '6f'.repeat(32) }), english, options).messageId,
  ]
  expect(new Set([first.messageId, ...others]).size).toBe(4)
})

test('a link in place of the file has words of its own, and those of the code where a template lacks them', () => {
  const outcome: Outcome = { kind: 'bounced', section: 'nothing-attached-link', ...because('nothing-attached', 'x') }
  expect(compose(facts(outcome), english, options).text).toContain('You sent a link, not the file')
  const old = templateOf(textOf('en').replace(/^\[nothing-attached-link\][^[]*/m, ''))
  expect(compose(facts(outcome), old, options).text).toContain('No file came with it')
  const inReplyTo = [`<mailclip.${'5e'.repeat(16)}@example.com>`]
  expect(noticeWanted(outcome, { ...envelope, inReplyTo, outline: [] }, { on: ['bounced'] })).toBe('send')
})

test('a code without words of its own gets those of its outcome', () => {
  const { text } = compose(facts({ kind: 'held', ...because('operator', 'set aside') }), english, options)
  expect(text).toContain('somebody here will look at it')
})

test.each([
  ['Printer', 'Re: Printer'],
  ['Re: Printer', 'Re: Printer'],
  ['RE: AW: re[2]: Printer', 'Re: Printer'],
  ['SV: Rép : Printer', 'Re: Printer'],
  ['Fwd: Printer', 'Re: Fwd: Printer'],
  ['Report', 'Re: Report'],
  ['', 'Re: your mail'],
  ['Re: ', 'Re: your mail'],
  ['a\r\nBcc: eve@evil.example', 'Re: a Bcc: eve@evil.example'],
  ['a\u2028b\u202Egpj.exe\u0000c', 'Re: a b gpj.exe c'],
  ['half a pair \uD83D', 'Re: half a pair \uFFFD'],
])('the answer to %j is called %j', (subject, answered) => {
  expect(compose(facts(bounced('no-ticket'), { subject }), english, options).subject).toBe(answered)
})

test('a subject of two thousand characters is cut, in the subject and in the quote', () => {
  const notice = compose(facts(bounced('no-ticket'), { subject: '👩‍👩‍👧 '.repeat(400) }), english, options)
  expect([...new Intl.Segmenter('en').segment(notice.subject)]).toHaveLength('Re: '.length + 250)
  expect(notice.subject.endsWith('…')).toBe(true)
  expect(notice.text.length).toBeLessThan(2_500)
})

test.each([
  ['a first mail', {}, '<1@customer.example>', ['<1@customer.example>']],
  ['an answer', { inReplyTo: ['<0@x>'] }, '<1@customer.example>', ['<0@x>', '<1@customer.example>']],
  [
    'a mail in a thread',
    { inReplyTo: ['<b@x>'], references: ['<a@x>', '<b@x>'] },
    '<1@customer.example>',
    ['<a@x>', '<b@x>', '<1@customer.example>'],
  ],
  ['an answer to two mails', { inReplyTo: ['<a@x>', '<b@x>'] }, '<1@customer.example>', ['<1@customer.example>']],
  ['a mail without Message-ID', { messageId: undefined, references: ['<a@x>'] }, undefined, []],
  ['a mail whose Message-ID is none', { messageId: '<a>\r\nBcc: <b@x>' }, undefined, []],
  [
    'a mail that lists itself',
    { references: ['<1@customer.example>', '<a b@x>'] },
    '<1@customer.example>',
    ['<1@customer.example>'],
  ],
])('the notice stands in the thread of %s', (_, change, inReplyTo, references) => {
  expect(compose(facts(bounced('no-ticket'), change), english, options)).toMatchObject({ inReplyTo, references })
})

const literal = [
  '{{files}}',
  '{{example}}',
  '{{constructor}}',
  `\${process.env.HOME}`,
  '<%= 7*7 %>',
  '$& $1 $`',
  '[no-ticket]',
  '# not a remark',
]

test.each(literal)('%s in subject, ticket and file name stands in the notice as it is', value => {
  const files = [{ name: value, size: 1, state: 'refused', reason: value, ticket: undefined } as const]
  const { text } = compose(
    { ...facts(bounced('unknown-ticket'), { subject: value }), tickets: [value], files },
    english,
    options,
  )
  expect(text.split(value).length - 1).toBeGreaterThanOrEqual(3)
  expect(text.match(/Your files:/g)).toHaveLength(1)
})

test('a file name cannot begin a line of its own', () => {
  const files = [
    {
      name: 'a.pdf\n- evil.pdf (1 byte): attached',
      size: 1,
      state: 'skipped',
      reason: undefined,
      ticket: undefined,
    } as const,
  ]
  const { text } = compose({ ...facts(bounced('no-ticket')), files }, english, options)
  expect(text.match(/^- .*/gm)).toHaveLength(1)
})

test('of a thousand files fifty are named and the rest is counted', () => {
  const files = Array.from(
    { length: 1_050 },
    (_, n) => ({ name: `${n}.txt`, size: n, state: 'skipped', reason: undefined, ticket: undefined }) as const,
  )
  const { text } = compose({ ...facts(bounced('no-ticket')), files }, english, options)
  expect(text.match(/^- .*/gm)).toHaveLength(51)
  expect(text).toContain('- and 1,000 more')
})

test.each([
  ['en', 0, '0 bytes'],
  ['en', 999, '999 bytes'],
  ['en', 1_234, '1.2 kB'],
  ['en', 25_000_000, '25 MB'],
  ['en', 3_210_000_000, '3.2 GB'],
  ['fr', 512, '512 octets'],
  ['fr', 1_234_567, '1,2 Mo'],
  ['de', 1_234_567, '1,2 MB'],
])('in %s %d octets are %s', (language, octets, size) => {
  expect(sizeIn(language, octets).replace(/\u00A0/g, ' ')).toBe(size)
})

const all = { on: ['bounced', 'held', 'delivered', 'delayed'] as const }
const deferred = (time: string): Outcome => ({
  kind: 'deferred',
  until: new Date(time),
  status: '4.4.1',
  code: 'deferred-4.4.1',
  reason: 'no answer',
})

test.each([
  ['a bounced mail', bounced('no-ticket'), {}, 'send'],
  ['a held mail', { kind: 'held', ...because('poison', 'x') } as Outcome, {}, 'send'],
  ['a delivered mail', { kind: 'delivered', ...because('delivered', 'x') } as Outcome, {}, 'send'],
  ['a mail that waits', deferred('2026-10-16T08:06:00Z'), {}, 'send'],
  ['a discarded mail', { kind: 'discarded', ...because('machine', 'x') } as Outcome, {}, undefined],
  [
    'a held mail whose sender may be forged',
    { kind: 'held', ...because('spoof', 'x') } as Outcome,
    {},
    { suppressed: 'its sender may be forged' },
  ],
  [
    'a held mail of a machine',
    { kind: 'held', ...because('unknown-ticket', 'x') } as Outcome,
    { machine: { kind: 'automatic', why: 'Precedence: bulk' } as const },
    { suppressed: 'Precedence: bulk' },
  ],
  [
    'a bounced mail that must not be answered',
    bounced('no-ticket'),
    { silent: 'its sender takes no answers' },
    { suppressed: 'its sender takes no answers' },
  ],
  ['a mail without sender', bounced('no-ticket'), { from: undefined }, { suppressed: 'no usable From address' }],
])('whether %s is answered', (_, outcome, change, wanted) => {
  expect(noticeWanted(outcome, { ...envelope, ...change }, all)).toEqual(wanted)
})

test('only the kinds of notices.on are sent', () => {
  expect(noticeWanted(bounced('no-ticket'), envelope, { on: ['held'] })).toBeUndefined()
  expect(noticeWanted(bounced('no-ticket'), { ...envelope, silent: 'x' }, { on: [] })).toBeUndefined()
})

const available = ['en', 'fr', 'pt-BR']

test.each([
  ['the words of the subject', 'Merci pour votre aide avec le ticket', undefined, 'fr'],
  ['the words before the claim', 'Please help with the printer', 'fr-FR', 'en'],
  ['the claim when the words say nothing', 'I161026_000005', 'fr-CA', 'fr'],
  ['a text for one country when the mail claims it in any case', 'I161026_000005', 'pt-br', 'pt-BR'],
  ['the fallback when there is no text in that language', 'Das ist nicht mein Drucker', 'de', 'en'],
  ['the fallback when nothing says anything', '', undefined, 'en'],
  ['the fallback when one word is all there is', 'I161026_000005 est', undefined, 'en'],
])('auto takes %s', (_, text, claimed, language) => {
  expect(languageOf({ text, claimed }, available, 'en')).toBe(language)
})

test.each([
  [
    'an unknown placeholder',
    '[end]\n{{ticket}}',
    /en\.txt:\d+: unknown placeholder \{\{ticket\}\}; here may stand \{\{subject\}\}/,
  ],
  ['an unknown section', '[no-tickets]\nx', /en\.txt:\d+: unknown section \[no-tickets\]/],
  ['a section a second time', '[held]\nx', /en\.txt:\d+: section \[held\] a second time/],
  ['an unknown word', '[words]\nfine = yes', /en\.txt:\d+: unknown word fine/],
  ['a word without text', '[words]\nfine', /en\.txt:\d+: a line of \[words\] is written: name = text/],
  [
    'a placeholder where none may stand',
    '[words]\nnot-yet = {{ticket}}',
    /en\.txt:\d+: unknown placeholder \{\{ticket\}\}; none may stand here/,
  ],
  ['an open brace', '[end]\n{{subject', /en\.txt:\d+: \{\{ without \}\}/],
  ['files in the middle of a line', '[end]\nhere: {{files}}', /en\.txt:\d+: \{\{files\}\} stands alone on its line/],
])('%s is a mistake with file and line', (_, added, mistake) => {
  const text = `${textOf('en').replace(/^\[end\][^[]*/m, '')}\n${added}`
  const parsed = parseTemplates(text, 'en.txt', 'en')
  expect('mistakes' in parsed && parsed.mistakes).toEqual([expect.stringMatching(mistake)])
  const lines = text.split('\n')
  const line = Number('mistakes' in parsed && /:(\d+):/.exec(parsed.mistakes[0] ?? '')?.[1])
  expect(lines.slice(-2)).toContain(lines[line - 1])
})

test('an empty file lacks everything, and says so at once', () => {
  const parsed = parseTemplates('hello\n', 'xx.txt', 'de')
  expect('mistakes' in parsed && parsed.mistakes).toContain('xx.txt:1: text before the first [section]')
  expect('mistakes' in parsed && parsed.mistakes).toContain('xx.txt: section [bounced] is missing')
  expect('mistakes' in parsed && parsed.mistakes).toContain('xx.txt: attached = … is missing in [words]')
})

test('a text edited on Windows, with a byte order mark, remarks and lists, is read as it was meant', () => {
  const own = '\uFEFF# ours\r\n[no-ticket]\r\n# a remark\r\nTwo ways:\r\n\r\n- one\r\n- two\r\n\r\n\\# 1\r\n\\[x]\r\n'
  const text =
    own +
    textOf('en')
      .replace(/^\[no-ticket\][^[]*/m, '')
      .replaceAll('\n', '\r\n')
  const notice = compose(facts(bounced('no-ticket')), templateOf(text), options)
  expect(notice.text).toContain('Hello,\n\nTwo ways:\n\n- one\n- two\n\n# 1 [x]\n\nThis is')
})
