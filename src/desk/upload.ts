/** An attachment as the body of a POST, in the two encodings a desk may want: streamed from its file, its length known before. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Attachment } from '../mail/dispatch.ts'
import { Fault } from '../mail/fault.ts'

export type Encoding = 'multipart' | 'json'

export type Upload = {
  /** Content-Type and the exact Content-Length. */
  readonly headers: Readonly<Record<string, string>>
  /** The same length as a number. */
  readonly length: number
  /**
   * The octets of the body. The file is opened when the first are asked for and closed when the generator ends or is returned.
   * Fault 4.3.0 when the file is not the attachment any more; the last octets are held back until that is known, so that no whole body can carry a wrong file.
   */
  body(): AsyncGenerator<Buffer, void>
}

/** `file` is the path of the decoded octets; `''` for the description leaves the field out. */
export async function upload(
  encoding: Encoding,
  attachment: Attachment,
  file: string,
  description: string,
): Promise<Upload> {
  const encode = encoding === 'json' ? json : multipart
  const { headers, length, whole, body } = await encode(attachment, description.toWellFormed())
  return {
    headers: { ...headers, 'content-length': String(length) },
    length,
    async *body() {
      if (attachment.size <= SMALL) yield whole(small(file, attachment))
      else yield* large(file, attachment, body)
    },
  }
}

type Encoded = {
  readonly headers: Readonly<Record<string, string>>
  readonly length: number
  readonly whole: (octets: Buffer) => Buffer
  readonly body: (octets: AsyncIterable<Buffer>) => AsyncIterable<Buffer>
}

/** Field `description` first, then the one part `documents`: raw octets, raw UTF-8 name. */
async function multipart(attachment: Attachment, description: string): Promise<Encoded> {
  const { default: FormData } = await import('form-data')
  const form = new FormData()
  if (description !== '') form.append('description', description)
  const about = { filename: fileName(attachment.name), contentType: wellFormed(attachment.type) }
  // The library writes the frame; the octets go by it, because it would copy them several times.
  form.append('documents', Buffer.alloc(0), about)
  const frame = form.getBuffer()
  const end = Buffer.from(`\r\n--${form.getBoundary()}--\r\n`)
  const head = frame.subarray(0, frame.length - end.length)
  return {
    headers: form.getHeaders(),
    length: frame.length + attachment.size,
    whole: octets => Buffer.concat([head, octets, end]),
    async *body(octets) {
      yield head
      yield* octets
      yield end
    },
  }
}

/** `{"description":…,"documents":[{"filename":…,"filedata":"<base64>"}]}`, never whole in memory. */
function json(attachment: Attachment, description: string): Encoded {
  const about = description === '' ? '' : `"description":${JSON.stringify(description)},`
  const head = `{${about}"documents":[{"filename":${JSON.stringify(attachment.name.toWellFormed())},"filedata":"`
  const tail = '"}]}'
  return {
    headers: { 'content-type': 'application/json' },
    length: Buffer.byteLength(head) + 4 * Math.ceil(attachment.size / 3) + Buffer.byteLength(tail),
    whole: octets => Buffer.from(head + octets.toString('base64') + tail),
    async *body(octets) {
      yield Buffer.from(head)
      yield* base64(octets)
      yield Buffer.from(tail)
    },
  }
}

/** Padding may stand at the end only, so what is left over from multiples of three octets waits for the next chunk. */
async function* base64(octets: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of octets) {
    const joined = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const whole = joined.length - (joined.length % 3)
    rest = joined.subarray(whole)
    yield Buffer.from(joined.toString('base64', 0, whole), 'latin1')
  }
  if (rest.length > 0) yield Buffer.from(rest.toString('base64'), 'latin1')
}

/** Octets of a file that goes out in one piece: one write instead of many, and nothing of a wrong file leaves us. */
const SMALL = 128 * 1024

/** Synchronous on purpose: the parser wrote it a moment ago, and what lies in memory is read sooner than another thread is asked for it. */
function small(file: string, attachment: Attachment): Buffer {
  const octets = read(() => (statSync(file).size === attachment.size ? readFileSync(file) : undefined))
  if (octets?.length !== attachment.size || sha256(octets) !== attachment.sha256.toLowerCase()) throw changed()
  return octets
}

function read<T>(reading: () => T): T {
  try {
    return reading()
  } catch (error) {
    return unreadable(error)
  }
}

const sha256 = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex')

/** A multiple of three, small enough that a slow line shows progress. */
const CHUNK = 96 * 1024

async function* large(file: string, attachment: Attachment, body: Encoded['body']): AsyncGenerator<Buffer, void> {
  await using handle = await opened(file)
  if ((await handle.stat()).size !== attachment.size) throw changed()
  yield* body(octets(handle, attachment))
}

async function* octets(handle: FileHandle, attachment: Attachment): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256')
  let size = 0
  let held: Buffer | undefined
  for (let chunk = await next(handle); chunk.length > 0; chunk = await next(handle)) {
    size += chunk.length
    if (size > attachment.size) throw changed()
    hash.update(chunk)
    if (held !== undefined) yield held
    held = chunk
  }
  if (size !== attachment.size || hash.digest('hex') !== attachment.sha256.toLowerCase()) throw changed()
  if (held !== undefined) yield held
}

const changed = (): Fault => new Fault('4.3.0', 'the spooled file is not the attachment any more')

const unreadable = (cause: unknown): never => {
  throw new Fault('4.3.0', 'the spooled file cannot be read', { cause })
}

const opened = (file: string): Promise<FileHandle> => open(file).catch(unreadable)

async function next(handle: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK).catch(unreadable)
  return buffer.subarray(0, bytesRead)
}

/** form-data escapes quotes, CR and LF (4.0.6 on) but takes everything before a slash away and an empty name for no file at all. */
const fileName = (name: string): string => {
  const tail = name
    .toWellFormed()
    .replace(/[\0-\x1F\x7F]/g, '_')
    .split('/')
    .findLast(Boolean)
  return tail ?? 'attachment'
}

/** type "/" subtype, both tokens (RFC 9110 §8.3.1): anything else could break out of its header line. */
const wellFormed = (type: string): string =>
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,127}\/[!#$%&'*+.^_`|~0-9A-Za-z-]{1,127}$/.test(type)
    ? type
    : 'application/octet-stream'
