/**
 * The open corpus of real mails down the product's own road: preview of every file, and a sweep of all of them. What other decoders find is found
 * by us too; where not, corpus-expectations.json says what ours is and why it is right. Its figures may only rise.
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { PreviewRow } from '../../src/cli/preview-row.ts'
import type { MailRow } from '../../src/gateway/books.ts'
import { cutBody } from '../../src/mime/cut.ts'
import { corpus, describeWithCorpus, type Entry, type Leaf, manifest, numbered } from '../support/corpus.ts'
import type { KeptDocument } from '../support/desk-shelf.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { configured, mailclip, rows } from '../support/process.ts'
import { setup } from '../support/road.ts'

type Deviation = { readonly file: string; readonly part: string; readonly field: string; readonly ours: string | null }
type Expectations = {
  /** How many agree, of how many. */
  readonly agreement: Readonly<Record<string, readonly [found: number, of: number]>>
  readonly reasons: Readonly<Record<string, string>>
  /** Mails in which a file may be that was not found, with the doubt; at most one in a hundred. */
  readonly held: Readonly<Record<string, string>>
  /** `why` is a key of `reasons`. */
  readonly deviations: readonly (Deviation & { readonly why: string })[]
}

const expected: Expectations = JSON.parse(readFileSync(new URL('./corpus-expectations.json', import.meta.url), 'utf8'))

const HELD = 'a file may be in this mail that was not found: '

/** Everything that may go goes: what is left out by choice has tests of its own. */
const ATTACHMENTS = { inlineImages: 'all', refuse: [] }

class Agreement {
  readonly deviations: Deviation[] = []
  readonly #counts = new Map<string, [found: number, of: number]>()

  /** `ours` is what a deviation is known by. */
  note(what: string, agrees: boolean, file: string, part: string, ours: string | null): void {
    this.count(what, agrees)
    if (!agrees) this.deviations.push({ file, part, field: what, ours })
  }

  count(what: string, agrees: boolean): void {
    const [found, of] = this.#counts.get(what) ?? [0, 0]
    this.#counts.set(what, [found + (agrees ? 1 : 0), of + 1])
  }

  /** Prints the figures; none may be lower than the one written down, and every deviation in these files is one that is explained. */
  judge(files: ReadonlySet<string>): void {
    for (const [what, [found, of]] of this.#counts) {
      const percent = ((100 * found) / of).toFixed(2)
      process.stdout.write(`corpus: ${found} of ${of} ${what} (${percent} %)\n`)
    }
    const known = expected.deviations.filter(({ file, field }) => this.#counts.has(field) && files.has(file))
    for (const { why } of known) expect(expected.reasons[why], why).toBeDefined()
    const plain = ({ file, part, field, ours }: Deviation) => `${file} ${part} ${field}: ${ours}`
    expect(this.deviations.map(plain).sort()).toEqual(known.map(plain).sort())
    for (const [what, [found, of]] of this.#counts) {
      const [least, all] = expected.agreement[`${what}, ${files.size} files`] ?? [0, 0]
      expect([of, found >= least], `${what}: ${found} of ${of}; at least ${least} of ${all} are expected`).toEqual([
        all,
        true,
      ])
    }
  }
}

/** Runs of ASCII white space are folds; longer subjects than 2,000 characters are cut. */
const unfolded = (text: string): string =>
  text
    .replace(/[ \t\r\n]+/g, ' ')
    .trim()
    .slice(0, 2000)
    .trim()

/** What `role` means for a ticket: it goes, it stays, or the place it has in the mail decides. */
const GOES = new Set(['attachment', 'inline-image', 'message', 'tnef', 'smime', 'pgp-encrypted'])
const STAYS = new Set(['report', 'signature', 'pgp-control', 'external-body', 'partial'])

type Ours = PreviewRow['attachments'][number]

/** Takes a part of ours for one that was expected, each of ours once. */
function claim(left: Ours[], leaf: Leaf): Ours | undefined {
  const fits = left.filter(({ sha256 }) => sha256 === leaf.sha256 || sha256 === leaf.crlf?.sha256)
  const one = fits.find(({ part }) => part === leaf.path) ?? fits[0]
  if (one !== undefined) left.splice(left.indexOf(one), 1)
  return one
}

function compare({ file, expect: wanted }: Entry, row: PreviewRow, agreement: Agreement): void {
  const subject = unfolded(row.subject)
  agreement.note('subjects', subject === unfolded(wanted.subject.value ?? ''), file, '', subject)
  const left = [...row.attachments]
  for (const leaf of wanted.attachments.filter(({ role }) => role !== 'unparsed-multipart')) {
    const ours = claim(left, leaf)
    const there = ours?.size ?? row.attachments.find(({ part }) => part === leaf.path)?.size ?? null
    agreement.note('octets', ours !== undefined, file, leaf.path, there === null ? null : `${there} octets`)
    if (ours === undefined) continue
    if (leaf.filename !== null)
      agreement.note('names', ours.originalName === leaf.filename, file, leaf.path, ours.originalName)
    // A mail that a machine wrote goes nowhere, and then all its parts have the reason of the whole.
    const stays = ours.state === 'skipped' && ours.reason !== row.reason
    if (GOES.has(leaf.role)) agreement.note('choices', !stays, file, leaf.path, ours.reason)
    if (STAYS.has(leaf.role)) agreement.note('choices', stays, file, leaf.path, 'goes')
  }
  for (const { part, name, type, size } of left)
    agreement.note('parts of ours alone', false, file, part, `${name}, ${type}, ${size} octets`)
}

type Preview = (some: readonly Entry[], ...options: readonly string[]) => Promise<readonly PreviewRow[]>

/** `preview --json` with this configuration, one process for all the mails. */
async function previewing(more: object): Promise<Preview> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-corpus-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const nowhere = { host: '127.0.0.1', security: 'plain', user: 'support', password: 'x' }
  const desk = { url: 'http://127.0.0.1:9/api/v1/1', user: 'mailclip', password: 'x' }
  const config = await configured(folder, { mailboxes: [nowhere], desk, ...more })
  return async (some, ...options) => {
    const files = some.map(({ file }) => join(corpus, file))
    const { code, out, err } = await mailclip(['preview', '--json', '--config', config, ...options, ...files])
    expect([code, err]).toEqual([0, ''])
    return rows(out) as readonly Readonly<Record<string, unknown>>[] as readonly PreviewRow[] // the product contract says so
  }
}

async function previewAll(entries: readonly Entry[]): Promise<ReadonlyMap<string, PreviewRow>> {
  const preview = await previewing({ notices: null, attachments: ATTACHMENTS })
  const half = Math.ceil(entries.length / 2)
  const halves = [entries.slice(0, half), entries.slice(half)]
  const all = await Promise.all(halves.map(some => preview(some, '--ticket', 'I161026_000005')))
  return new Map(all.flat().map(row => [row.file.slice(corpus.length + 1), row]))
}

/** What a manifest calls mails that nobody is to answer. */
const SILENT = new Set(['auto-reply', 'bounce', 'list', 'feedback-report', 'read-receipt'])
const RELAY = { host: '127.0.0.1', port: 9, security: 'plain' }

describeWithCorpus('949 real mails', () => {
  test('are previewed as other decoders read them, and none harms the parser', async () => {
    const entries = manifest().messages
    const previewed = await previewAll(entries)
    expect(previewed.size).toBe(entries.length)
    const held = [...previewed].filter(([, { code }]) => code === 'poison' || code === 'unparsable')
    expect(Object.fromEntries(held.map(([file, { reason }]) => [file, reason.replace(HELD, '')]))).toEqual(
      expected.held,
    )
    expect(held.length).toBeLessThanOrEqual(entries.length / 100)
    const agreement = new Agreement()
    for (const entry of entries) {
      const row = previewed.get(entry.file)
      if (row !== undefined) compare(entry, row, agreement)
    }
    agreement.judge(filesOf(entries))
  }, 180_000)

  test('are answered to no auto-reply, bounce, report or list, even if every one of them had bounced', async () => {
    const entries = manifest().messages.filter(({ expect: { class: kind } }) => SILENT.has(kind?.value ?? ''))
    const notices = { from: 'support@example.com', smtp: RELAY, on: ['bounced', 'held', 'delivered', 'delayed'] }
    const preview = await previewing({ notices, attachments: ATTACHMENTS })
    const told = await preview(entries, '--kind', 'bounced')
    const answered = told.filter(({ notice }) => notice !== null)
    process.stdout.write(`corpus: ${answered.length} of ${told.length} mails of machines and lists answered\n`)
    expect(told).toHaveLength(206)
    expect(answered.map(({ file }) => file)).toEqual([])
    const people = manifest().messages.filter(({ expect: { class: kind } }) => kind?.value === 'normal')
    const heard = await preview(people, '--kind', 'bounced')
    expect(heard.map(({ notice }) => notice !== null)).toEqual(people.map(() => true))
  }, 60_000)

  test('have their replies cut as people cut them, and never what the sender wrote', async () => {
    const agreement = new Agreement()
    const plain = (text: string) => text.replace(/\s+/g, ' ').trim()
    const { replies } = manifest()
    for (const { file, expect: wanted } of replies) {
      const text = cutBody(await readFile(join(corpus, file), 'utf8'), '')
      const trimmed = wanted.trimmed?.text ?? ''
      const [kept, own] = [plain(text.cut === '' ? text.whole : text.cut), plain(trimmed)]
      agreement.note('replies', kept === own, file, '', kept.length < own.length ? 'shorter' : 'longer')
    }
    agreement.judge(filesOf(replies))
  })
})

const filesOf = (entries: readonly { readonly file: string }[]): ReadonlySet<string> =>
  new Set(entries.map(({ file }) => file))

/**
 * Mails with a name to lose, every second of them: the whole corpus takes minutes on a busy machine. `npm run prove:corpus` sweeps all of it.
 */
const isSwept = ({ expect: { attachments } }: Entry, at: number): boolean =>
  process.env['MAILCLIP_SWEEP'] === 'all' ||
  (at % 2 === 0 && attachments.some(({ role, filename }) => GOES.has(role) && filename !== null))

/** I000000_000001, …: a ticket for each mail. */
const ticketOf = (at: number): string => `I000000_${String(at + 1).padStart(6, '0')}`

function compareSwept(
  { file, expect: wanted }: Entry,
  ticket: string,
  mail: MailRow,
  documents: readonly KeptDocument[],
  agreement: Agreement,
): void {
  const subject = unfolded(mail.subject)
  const named = unfolded(`${ticket} ${wanted.subject.value ?? ''}`)
  agreement.note('subjects over IMAP', subject === named, file, '', subject.replace(ticket, '').trim())
  agreement.note('mails that need nobody', mail.state !== 'held', file, '', mail.reason)
  if (mail.state !== 'delivered') return
  const left = [...documents]
  for (const { path, role, sha256, crlf, filename } of wanted.attachments.filter(({ role }) => GOES.has(role))) {
    const at = left.findIndex(document => document.sha256 === (crlf?.sha256 ?? sha256))
    agreement.note('octets on the ticket', at >= 0, file, path, role)
    const [document] = at < 0 ? [] : left.splice(at, 1)
    const item = mail.attachments.find(({ documentId }) => documentId === document?.id)
    if (document !== undefined && filename !== null)
      agreement.note('names on the ticket', item?.originalName === filename, file, path, item?.originalName ?? null)
  }
}

describeWithCorpus('real mails in a mailbox', () => {
  describeWithDovecot('of Dovecot', () => {
    test('have their files on their tickets, octet for octet, after one sweep', async () => {
      const entries = manifest().messages.filter(isSwept)
      const road = await setup({ notices: null, settings: { attachments: ATTACHMENTS } })
      const raws = await Promise.all(
        entries.map(async ({ file }, at) => numbered(await readFile(join(corpus, file)), ticketOf(at))),
      )
      const uids = await road.imap.deliverMany(raws)
      expect(await road.sweep()).toBe(0)
      const mails = new Map((await road.mails()).map(mail => [mail.uid, mail]))
      const agreement = new Agreement()
      for (const [at, entry] of entries.entries()) {
        const mail = mails.get(uids[at] ?? 0)
        if (mail !== undefined) compareSwept(entry, ticketOf(at), mail, road.desk.documents(ticketOf(at)), agreement)
      }
      expect(mails.size).toBe(entries.length)
      agreement.judge(filesOf(entries))
    }, 600_000)
  })
})
