/** Mails for tests, as octets: a person's plain letter unless said otherwise. */
import { createCipheriv, createHash, randomUUID } from 'node:crypto'
import { compose, type Entity, type Field, leaf, mailbox, multipart, words } from '../../src/simulator/samples/mime.ts'

export type Letter = {
  readonly subject?: string
  /** An addr-spec, or `Name <addr-spec>` in ASCII. */
  readonly from?: string
  readonly to?: string
  /** Absent when there is `html`; otherwise a sentence. */
  readonly text?: string
  readonly html?: string
  /** Name to content, in this order; disposed as attachments. The type follows from the name. */
  readonly attachments?: Readonly<Record<string, string | Buffer>>
  /** Content-ID to image; beside the HTML in a multipart/related, named after its id. */
  readonly inline?: Readonly<Record<string, Buffer>>
  /** With angle brackets; new for each letter by default, so that two letters are two mails. */
  readonly messageId?: string
  readonly inReplyTo?: string
  readonly references?: readonly string[]
  readonly date?: Date
  /** Further fields, as they are; several of a name are an array. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** The whole mail, CRLF throughout. Everything but the Message-ID depends on the argument alone. */
export function letter(written: Letter = {}): Buffer {
  const files = Object.entries(written.attachments ?? {}).map(([name, content]) =>
    leaf(typeOf(name), Buffer.from(content), { name, disposition: 'attachment' }),
  )
  const body = bodyOf(written)
  return compose(fieldsOf(written), files.length === 0 ? body : multipart('mixed', [body, ...files]))
}

/** `size` octets that do not compress, the same for the same seed. */
export function octets(size: number, seed: string | number = 'mailclip'): Buffer {
  const key = createHash('sha256').update(String(seed)).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}

/** Hex. */
export const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

function fieldsOf(written: Letter): readonly Field[] {
  const { inReplyTo, references } = written
  const fields: Field[] = [
    ['Date', (written.date ?? new Date('2026-11-20T09:30:00Z')).toUTCString().replace('GMT', '+0000')],
    ['From', written.from ?? mailbox('Ada Example', 'ada@example.org')],
    ['To', written.to ?? 'support@example.com'],
    ['Message-ID', written.messageId ?? `<${randomUUID()}@example.org>`],
    ['Subject', words(written.subject ?? 'Screenshot for I161026_000005')],
  ]
  if (inReplyTo !== undefined) fields.push(['In-Reply-To', inReplyTo])
  if (references !== undefined) fields.push(['References', references.join('\r\n ')])
  for (const [name, values] of Object.entries(written.headers ?? {}))
    for (const value of [values].flat()) fields.push([name, value])
  return fields
}

function bodyOf({ text, html, inline }: Letter): Entity {
  const plain = leaf('text/plain', text ?? 'Please see the attachment.\n')
  if (html === undefined) return plain
  const images = Object.entries(inline ?? {}).map(([contentId, image]) =>
    leaf('image/png', image, { name: `${contentId.replace(/@.*/, '')}.png`, disposition: 'inline', contentId }),
  )
  const page = leaf('text/html', html)
  const shown = images.length === 0 ? page : multipart('related', [page, ...images], '; type="text/html"')
  return text === undefined ? shown : multipart('alternative', [plain, shown])
}

const typeOf = (name: string): string => TYPES[name.toLowerCase().replace(/.*\./, '')] ?? 'application/octet-stream'

const TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  eml: 'application/octet-stream',
  html: 'text/html',
  jpg: 'image/jpeg',
  json: 'application/json',
  pdf: 'application/pdf',
  png: 'image/png',
  txt: 'text/plain',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  zip: 'application/zip',
}

/** Mails of one header block, octet for octet, as a scanner without a clock or a counter sends them: one for each content of its file `scan.pdf`. */
export function scans(contents: readonly string[], written: Letter = {}, withoutMessageId = false): readonly Buffer[] {
  const blank = letter({ ...written, attachments: { 'scan.pdf': 'CONTENT' } }).toString('latin1')
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const one = withoutMessageId ? blank.replace(/^Message-ID: .*\r\n/m, '') : blank
  return contents.map(content => Buffer.from(one.replace(base64('CONTENT'), base64(content)), 'latin1'))
}
