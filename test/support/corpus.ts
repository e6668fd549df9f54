/** The open corpus of real mails, where it lies: it is used there and never part of the project. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'

/** A leaf that is no body, as other decoders see it. */
export type Leaf = {
  readonly path: string
  readonly role: string
  readonly filename: string | null
  readonly sha256: string
  /** As an IMAP server hands it out, where that differs. */
  readonly crlf?: { readonly sha256: string }
}

export type Entry = {
  readonly file: string
  readonly tags: readonly string[]
  readonly expect: {
    readonly subject: { readonly value?: string }
    readonly attachments: readonly Leaf[]
    /** `auto-reply`, `bounce`, `list`, `feedback-report`, `read-receipt`, `normal`; absent: nobody says. */
    readonly class?: { readonly value: string } | null
  }
}

export type Reply = { readonly file: string; readonly expect: { readonly trimmed?: { readonly text: string } } }

export type Manifest = { readonly messages: readonly Entry[]; readonly replies: readonly Reply[] }

export const corpus =
  process.env['MAILCLIP_CORPUS'] ?? fileURLToPath(new URL('../../../shared/corpus/open', import.meta.url))
const present = existsSync(join(corpus, 'manifest.json'))
if (!present) process.stderr.write(`SKIPPED: the corpus is not at ${corpus}; set MAILCLIP_CORPUS\n`)

/** Skipped loudly where the corpus is not. */
export const describeWithCorpus = describe.skipIf(!present)

export const manifest = (): Manifest => JSON.parse(readFileSync(join(corpus, 'manifest.json'), 'utf8'))

/** The raw mail with a ticket number in front of its subject; nothing else is touched, whatever the line ends. */
export function numbered(raw: Buffer, ticket: string): Buffer {
  const text = raw.toString('latin1')
  const end = Math.min(
    ...['\n\n', '\r\n\r\n', '\r\r'].map(blank => text.indexOf(blank)).filter(at => at >= 0),
    text.length,
  )
  const subject = /(?:^|[\r\n])subject[ \t]*:/i.exec(text.slice(0, end))
  if (subject !== null) return inserted(raw, subject.index + subject[0].length, ` ${ticket} `)
  const eol = /\r?\n|\r/.exec(text)?.[0] ?? '\r\n'
  // What stands before the first field is not ours to push down: an mbox line, or the empty line of a mail without a header.
  const first = /^>?From [^\r\n]*(?:\r?\n|\r)/.exec(text)?.[0].length ?? 0
  return inserted(raw, first, `Subject: ${ticket}${eol}`)
}

const inserted = (raw: Buffer, at: number, text: string): Buffer =>
  Buffer.concat([raw.subarray(0, at), Buffer.from(text, 'latin1'), raw.subarray(at)])
