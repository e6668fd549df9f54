/** The open corpus of real mails, where it lies: every file is read, and what other decoders find in it is found by us. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ParsedMail } from '../../src/mail/part.ts'
import { select } from '../../src/mail/selection.ts'
import { cutBody } from '../../src/mime/cut.ts'
import { readHeader } from '../../src/mime/header.ts'
import { MimeParser } from '../../src/mime/parse.ts'

type Expected = {
  readonly path: string
  readonly role: string
  readonly filename: string | null
  readonly sha256: string
  readonly crlf?: { readonly sha256: string }
}
type Entry = {
  readonly file: string
  readonly expect: { readonly subject?: { readonly value?: string }; readonly attachments: readonly Expected[] }
}
type Reply = { readonly file: string; readonly expect: { readonly trimmed?: { readonly text: string } } }
type Manifest = { readonly messages: readonly Entry[]; readonly replies: readonly Reply[] }

const folder = process.env['MAILCLIP_CORPUS'] ?? fileURLToPath(new URL('../../../shared/corpus/open', import.meta.url))
const present = existsSync(join(folder, 'manifest.json'))
if (!present) process.stderr.write(`SKIPPED: the corpus is not at ${folder}; set MAILCLIP_CORPUS\n`)

const manifest = (): Manifest => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))

/** Roles of leaves that may go to a ticket; `unparsed-multipart` is no leaf. */
const FILES = new Set(['attachment', 'inline-image', 'message', 'calendar', 'tnef'])
const RULES = {
  maxSize: 25_000_000,
  refuse: ['.exe'],
  inlineImages: 'smart',
  unpack: ['tnef'],
  original: 'never',
} as const

type Tally = { found: number; total: number; readonly missed: string[] }
const tally = (): Tally => ({ found: 0, total: 0, missed: [] })
const note = (into: Tally, found: boolean, what: string) => {
  into.total += 1
  if (found) into.found += 1
  else into.missed.push(what)
}
const print = (what: string, { found, total, missed }: Tally) =>
  process.stdout.write(
    `corpus: ${found} of ${total} ${what}${missed.length > 0 ? `; not: ${missed.join(', ')}` : ''}\n`,
  )

/** Takes a leaf of ours for one that was expected, each of ours once. */
function claim(mail: ParsedMail, expected: Expected, taken: Set<number>): ParsedMail['parts'][number] | undefined {
  const hashes = [expected.sha256, expected.crlf?.sha256]
  const fits = mail.parts.flatMap((part, at) => (hashes.includes(part.sha256) && !taken.has(at) ? [at] : []))
  const at = fits.find(one => mail.parts[one]?.part === expected.path) ?? fits[0]
  if (at === undefined) return undefined
  taken.add(at)
  return mail.parts[at]
}

describe.runIf(present)('the open corpus', () => {
  test('every mail is read, and its files are found octet for octet under their names', async () => {
    const top = await mkdtemp(join(tmpdir(), 'mailclip-corpus-'))
    onTestFinished(() => rm(top, { recursive: true, force: true }))
    await using parser = new MimeParser({ deadline: 20_000, memory: 512 * 2 ** 20, children: 2 })
    const [all, named, others, names] = [tally(), tally(), tally(), tally()]

    const one = async ({ file, expect: expected }: Entry) => {
      const target = await mkdtemp(join(top, 'mail-'))
      const mail = await parser.parse(join(folder, file), target, new AbortController().signal)
      const { trace } = select(mail.parts, RULES, { allParts: false, recurring: new Set() })
      expect(trace).toHaveLength(mail.parts.length)
      const taken = new Set<number>()
      for (const attachment of expected.attachments.filter(({ role }) => role !== 'unparsed-multipart')) {
        const found = claim(mail, attachment, taken)
        const what = `${file} ${attachment.path}`
        note(FILES.has(attachment.role) ? all : others, found !== undefined, what)
        if (!FILES.has(attachment.role) || attachment.filename === null) continue
        note(named, found !== undefined, what)
        if (found?.role !== 'message') note(names, found?.originalName === attachment.filename, what)
      }
      await rm(target, { recursive: true })
    }
    const waiting = [...manifest().messages]
    const worker = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await one(next)
    }
    await Promise.all([worker(), worker(), worker()])

    print('files', all)
    print('files with a name', named)
    print('signatures, reports and other leaves', others)
    print('names', names)
    expect(all.found / all.total).toBeGreaterThan(0.995)
    expect(named.missed).toEqual([])
    expect(others.found / others.total).toBeGreaterThan(0.99)
    expect(names.found / names.total).toBeGreaterThan(0.98)
  }, 120_000)

  test('every subject is read as other decoders read it', async () => {
    const subjects = tally()
    const plain = (text: string) => text.replace(/[ \t\r\n]+/g, ' ').trim()
    for (const { file, expect: expected } of manifest().messages) {
      const header = readHeader(await readFile(join(folder, file)))
      note(subjects, plain(header.subject) === plain(expected.subject?.value ?? '').slice(0, 2000), file)
    }
    print('subjects', subjects)
    expect(subjects.found / subjects.total).toBeGreaterThan(0.995)
  })

  test('most replies are cut as people cut them', async () => {
    const replies = tally()
    const plain = (text: string) => text.replace(/\s+/g, ' ').trim()
    for (const { file, expect: expected } of manifest().replies) {
      const { text } = await cutBody(await readFile(join(folder, file), 'utf8'), '')
      note(replies, plain(text.cut) === plain(expected.trimmed?.text ?? ''), file.replace(/^.*__|\.txt$/g, ''))
    }
    print('replies', replies)
    expect(replies.found / replies.total).toBeGreaterThan(0.65)
  })
})
