/**
 * What another MIME parser finds in a mail: mailparser, which shares no code with the splitter that
 * parses mails here. Runs in the child process; mailparser is loaded at the first use.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { MailParserOptions } from 'mailparser'
import type { OtherFile } from '../mail/doubts.ts'

/** Only attachments are asked for: no text is turned into HTML, and no HTML into text. */
const OPTIONS: MailParserOptions = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipTextLinks: true,
  skipImageLinks: true,
  // A forwarded mail is one attachment with the bytes it was sent with, as it is here.
  ignoreEmbedded: true,
}

/**
 * Rejects when mailparser gives up: header blocks over 1 MB, more than 1,000 parts, a broken
 * stream.
 */
export async function attachmentsIn(raw: string): Promise<readonly OtherFile[]> {
  const { MailParser } = await import('mailparser')
  // mailparser narrows the types of its inherited methods.
  const parser = new MailParser(OPTIONS) as Duplex
  const broken = new AbortController()
  parser.once('error', error => broken.abort(error))
  const found: OtherFile[] = []
  await pipeline(createReadStream(raw), parser, async (read: AsyncIterable<unknown>) => {
    for await (const one of read) {
      if (isAttachment(one)) found.push(await drained(one, broken.signal))
    }
  })
  return found
}

/** What is used of mailparser's AttachmentStream. */
type Attachment = {
  readonly content: NodeJS.ReadableStream & AsyncIterable<Buffer>
  readonly contentType: string
  readonly filename?: string
  release(): void
}

const isAttachment = (one: unknown): one is Attachment =>
  typeof one === 'object' && one !== null && 'type' in one && one.type === 'attachment'

/** The content is hashed as it comes and kept nowhere. It never ends when the parser breaks. */
async function drained(attachment: Attachment, broken: AbortSignal): Promise<OtherFile> {
  const { content, filename, contentType } = attachment
  const sum = new LineEndHash()
  content.on('data', (chunk: Buffer) => sum.write(chunk))
  await once(content, 'end', { signal: broken })
  attachment.release()
  return { name: filename, type: contentType, size: sum.size, hashes: sum.digests() }
}

/** Hashes bytes, and the same bytes with each line end that may stand behind them. */
class LineEndHash {
  readonly #hash = createHash('sha256')
  #held = EMPTY
  size = 0

  write(chunk: Buffer): void {
    this.size += chunk.length
    const all = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const end = all.at(-1) === LF ? (all.at(-2) === CR ? 2 : 1) : all.at(-1) === CR ? 1 : 0
    this.#hash.update(all.subarray(0, all.length - end))
    this.#held = Buffer.from(all.subarray(all.length - end))
  }

  digests(): readonly string[] {
    const ends = new Set([this.#held.toString('latin1'), '', '\n', '\r\n'])
    return Array.from(ends, end => this.#hash.copy().update(end).digest('hex'))
  }
}

const EMPTY: Buffer = Buffer.alloc(0)
const LF = 0x0a
const CR = 0x0d
