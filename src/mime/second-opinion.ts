/**
 * What another MIME parser finds in a mail: mailparser, which shares no code with the splitter that
 * parses mails here. Runs in the child process; mailparser is loaded at the first use.
 */
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { MailParserOptions } from 'mailparser'
import type { OtherAttachment } from '../gateway/ports.ts'

/** Only attachments are asked for: no text is turned into HTML, and no HTML into text. */
const OPTIONS: MailParserOptions = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipTextLinks: true,
  skipImageLinks: true,
  // A forwarded mail is one attachment with the bytes it was sent with, as it is here.
  ignoreEmbedded: true,
  checksumAlgo: 'sha256',
}

/** Rejects when mailparser gives up: header blocks over 1 MB, more than 1,000 parts, a broken stream. */
export async function attachmentsIn(raw: string): Promise<readonly OtherAttachment[]> {
  const { MailParser } = await import('mailparser')
  // mailparser narrows the types of its inherited methods.
  const parser = new MailParser(OPTIONS) as Duplex
  const broken = new AbortController()
  parser.once('error', error => broken.abort(error))
  const found: OtherAttachment[] = []
  await pipeline(createReadStream(raw), parser, async (read: AsyncIterable<unknown>) => {
    for await (const one of read) {
      if (isAttachment(one)) found.push(await drained(one, broken.signal))
    }
  })
  return found
}

/** What is used of mailparser's AttachmentStream; size and checksum are there when its content has ended. */
type Attachment = {
  readonly content: NodeJS.ReadableStream
  readonly contentType: string
  readonly filename?: string
  readonly size: number
  readonly checksum: string
  release(): void
}

const isAttachment = (one: unknown): one is Attachment =>
  typeof one === 'object' && one !== null && 'type' in one && one.type === 'attachment'

/** The content is hashed as it comes and kept nowhere. It never ends when the parser breaks. */
async function drained(attachment: Attachment, broken: AbortSignal): Promise<OtherAttachment> {
  attachment.content.resume()
  await once(attachment.content, 'end', { signal: broken })
  attachment.release()
  const { filename, contentType, size, checksum } = attachment
  return { name: filename, type: contentType, size, sha256: checksum }
}
