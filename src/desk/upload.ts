/** An attachment as the body of a POST, in the two encodings a desk may want: a small one whole, others streamed from their file; its length known before. */
import { createHash, hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type Form from 'form-data'
import type { Attachment } from '../mail/dispatch.ts'
import { Fault } from '../mail/fault.ts'

export type Encoding = 'multipart' | 'json'

export type Upload = {
  /** Content-Type and the exact Content-Length. */
  readonly headers: Readonly<Record<string, string>>
  /** The same length as a number. */
  readonly length: number
  /**
   * The octets of the body: at once of a small file, one after the other of a large one, which is opened when the first are asked for and closed
   * when the generator ends or is returned. Fault 4.3.0 when the file is not the attachment any more, thrown before any octet of a small file is
   * handed out; of a large one the last octets are held back until that is known, so that no whole body can carry a wrong file.
   */
  body(): Buffer | AsyncGenerator<Buffer, void>
}

/** `file` is the path of the decoded octets; `''` for the description leaves the field out. */
export async function upload(
  encoding: Encoding,
  attachment: Attachment,
  file: string,
  description: string,
): Promise<Upload> {
  const frame = encoding === 'json' ? json : multipart
  const framed = await frame(attachment, description.toWellFormed())
  const { head, end, base64 } = framed
  const length = head.length + (base64 ? 4 * Math.ceil(attachment.size / 3) : attachment.size) + end.length
  return {
    headers: { ...framed.headers, 'content-length': String(length) },
    length,
    body: () => (attachment.size <= SMALL ? small(file, attachment, framed) : large(file, attachment, framed)),
  }
}

/** What stands before and after the octets of the file. */
type Framed = {
  readonly headers: Readonly<Record<string, string>>
  readonly head: Buffer
  readonly end: Buffer
  readonly base64: boolean
}

// Loaded at the first need, and kept: `import` looks for a package anew each time.
let FormData: typeof Form | undefined

/** Field `description` first, then the one part `documents`: raw octets, raw UTF-8 name. */
async function multipart(attachment: Attachment, description: string): Promise<Framed> {
  FormData ??= (await import('form-data')).default
  const form = new FormData()
  if (description !== '') form.append('description', description)
  const about = { filename: fileName(attachment.name), contentType: wellFormed(attachment.type) }
  // The library writes the frame; the octets go by it, because it would copy them several times.
  form.append('documents', Buffer.alloc(0), about)
  const frame = form.getBuffer()
  const end = Buffer.from(`\r\n--${form.getBoundary()}--\r\n`)
  return { headers: form.getHeaders(), head: frame.subarray(0, frame.length - end.length), end, base64: false }
}

/** `{"description":…,"documents":[{"filename":…,"filedata":"<base64>"}]}`. */
function json(attachment: Attachment, description: string): Framed {
  const about = description === '' ? '' : `"description":${JSON.stringify(description)},`
  const head = `{${about}"documents":[{"filename":${JSON.stringify(attachment.name.toWellFormed())},"filedata":"`
  const headers = { 'content-type': 'application/json' }
  return { headers, head: Buffer.from(head), end: Buffer.from('"}]}'), base64: true }
}

/** Padding may stand at the end only, so what is left over from multiples of three octets waits for the next chunk. */
async function* inBase64(octets: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
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
function small(file: string, attachment: Attachment, { head, end, base64 }: Framed): Buffer {
  const { size, sha256 } = attachment
  // The octets come to lie where they are sent from; one more than there should be is asked for, to see that there is none.
  const body = Buffer.allocUnsafe(head.length + size + end.length)
  const octets = body.subarray(head.length, head.length + size)
  if (read(file, body, head.length, size + 1) !== size || hash('sha256', octets) !== sha256.toLowerCase())
    throw changed()
  if (base64) return Buffer.concat([head, Buffer.from(octets.toString('base64'), 'latin1'), end])
  head.copy(body)
  end.copy(body, head.length + size)
  return body
}

/** Answers how many octets of `length` came: fewer only when the file has no more. */
function read(file: string, into: Buffer, at: number, length: number): number {
  try {
    const descriptor = openSync(file, 'r')
    try {
      return readSync(descriptor, into, at, length, 0)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    return unreadable(error)
  }
}

/** Octets of one write: a multiple of three, small enough that a slow line shows progress. */
const CHUNK = 96 * 1024

/** Octets of one read: asking another thread costs as much as reading a hundred thousand. */
const BLOCK = 4 * CHUNK

async function* large(
  file: string,
  attachment: Attachment,
  { head, end, base64 }: Framed,
): AsyncGenerator<Buffer, void> {
  await using handle = await opened(file)
  if ((await handle.stat()).size !== attachment.size) throw changed()
  yield head
  yield* base64 ? inBase64(octets(handle, attachment)) : octets(handle, attachment)
  yield end
}

async function* octets(handle: FileHandle, attachment: Attachment): AsyncGenerator<Buffer, void> {
  const digest = createHash('sha256')
  let size = 0
  let held: Buffer | undefined
  for (let block = await next(handle); block.length > 0; block = await next(handle)) {
    size += block.length
    if (size > attachment.size) throw changed()
    digest.update(block)
    if (held !== undefined) yield* inChunks(held)
    held = block
  }
  if (size !== attachment.size || digest.digest('hex') !== attachment.sha256.toLowerCase()) throw changed()
  if (held !== undefined) yield* inChunks(held)
}

function* inChunks(block: Buffer): Generator<Buffer, void> {
  for (let at = 0; at < block.length; at += CHUNK) yield block.subarray(at, at + CHUNK)
}

const changed = (): Fault => new Fault('4.3.0', 'the spooled file is not the attachment any more')

const unreadable = (cause: unknown): never => {
  throw new Fault('4.3.0', 'the spooled file cannot be read', { cause })
}

const opened = (file: string): Promise<FileHandle> => open(file).catch(unreadable)

async function next(handle: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(BLOCK), 0, BLOCK).catch(unreadable)
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
