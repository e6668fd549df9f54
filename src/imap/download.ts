/** A whole mail, streamed octet for octet, and proven to be whole. */

import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ImapFlow } from 'imapflow'
import type { Fetched } from '../gateway/ports.ts'
import { Fault } from '../mail/fault.ts'
import { headerOf, LONGEST_HEADER } from '../mail/header.ts'

/** One FETCH asks for so much: a slow line spends little on round trips, and little memory is held. */
const CHUNK = 2 ** 20

/**
 * Resolves with the octets written once `sink` has taken them all; `gone` when the mail is not there (any more). Fault 4.4.2 scope `mail` when the
 * answer is short.
 */
export async function download(
  client: ImapFlow,
  uid: number,
  sink: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<'gone' | Fetched> {
  try {
    const fetched = await stream(client, uid, sink, signal)
    if (fetched !== 'missing') return fetched
    if (await isThere(client, uid)) throw new Fault('4.4.2', 'the server does not hand out the mail')
    return 'gone'
  } catch (error) {
    // Its octets may have stopped because somebody removed the mail meanwhile.
    if (isDownloadError(error) && client.usable && (await isGone(client, uid))) return 'gone'
    throw error
  }
}

/** Octets of a mail that is asked for in one go, without the streams between the library and the sink. */
export const SMALL = 256 * 1024

/**
 * Small mails, each as one piece, in one FETCH. Left out is whose octets are not as many as the server says it has: that is for `download`, since the
 * library knows odd servers.
 */
export async function smallOnes(client: ImapFlow, uids: readonly number[]): Promise<ReadonlyMap<number, Buffer>> {
  const query = { uid: true, size: true, source: { start: 0, maxLength: SMALL } }
  const answers = await client.fetchAll(uids.join(','), query, { uid: true })
  const whole = answers.flatMap(({ uid, size, source }) =>
    source !== undefined && source.length > 0 && source.length < SMALL && source.length === size
      ? [[uid, source] as const]
      : [],
  )
  return new Map(whole)
}

async function stream(
  client: ImapFlow,
  uid: number,
  sink: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<'missing' | Fetched> {
  const { content, meta } = await client.download(`${uid}`, undefined, { uid: true, chunkSize: CHUNK })
  if (content === undefined) return 'missing'
  const counter = new Counter(async size => {
    if (size === 0 && (meta.expectedSize ?? 0) > 0) throw new Fault('4.4.2', 'the server sent an empty mail')
    await assertWhole(client, uid, size, meta.expectedSize)
  })
  try {
    await pipeline(content, counter, sink, { signal })
    return { size: counter.octets, header: counter.header }
  } finally {
    // An open download keeps the connection from IDLE.
    content.destroy()
  }
}

/** Counts, keeps the header block, and lets the stream end only when `atEnd` says so: a sink that has ended counts as whole. */
class Counter extends Transform {
  octets = 0
  header: Buffer = Buffer.alloc(0)
  #isHeaderWhole = false
  readonly #atEnd: (octets: number) => Promise<void>

  constructor(atEnd: (octets: number) => Promise<void>) {
    super()
    this.#atEnd = atEnd
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    this.octets += chunk.length
    if (!this.#isHeaderWhole) {
      const head = Buffer.concat([this.header, chunk.subarray(0, LONGEST_HEADER - this.header.length)])
      this.header = headerOf(head)
      this.#isHeaderWhole = this.header.length < head.length || head.length === LONGEST_HEADER
    }
    done(null, chunk)
  }

  override _flush(done: (error?: Error) => void): void {
    this.#atEnd(this.octets).then(() => done(), done)
  }
}

/**
 * RFC822.SIZE is a hint (Exchange counts otherwise), but a server that cuts partial answers short looks the same as one that miscounts. One more
 * question tells them apart: it has the last octet, and none after it. No answer to that tells nothing, and then the mail is not whole.
 */
async function assertWhole(client: ImapFlow, uid: number, size: number, expected: number | undefined): Promise<void> {
  if (size === expected) return
  const start = Math.max(size - 1, 0)
  const last = await client.fetchOne(`${uid}`, { source: { start, maxLength: 2 } }, { uid: true })
  if (last === false || last.source?.length !== size - start)
    throw new Fault('4.4.2', `the server sent ${size} octets of a mail that may go on`)
}

/** Whether the folder that is open has this UID, by what the server shows. */
export async function isShown(client: ImapFlow, uid: number): Promise<boolean> {
  return (await client.fetchOne(`${uid}`, { uid: true }, { uid: true })) !== false
}

/**
 * Whether the folder that is open has this UID: before a mail is called gone a search has to agree, since an answer without it may be one that the
 * library could not read, or the server's way to say that it cannot show it now. Fault 4.2.0 scope `mailbox` when the search is refused.
 */
export async function isThere(client: ImapFlow, uid: number): Promise<boolean> {
  if (await isShown(client, uid)) return true
  // Until then a server may go by what was there when it told last (RFC 9051 §7.5.1).
  await client.noop()
  const named = await client.search({ uid: `${uid}` }, { uid: true })
  if (!Array.isArray(named))
    throw new Fault('4.2.0', `the server does not say whether it has UID ${uid}`, { scope: 'mailbox' })
  return named.includes(uid)
}

/** What cannot be found out is no reason to call it gone, nor to tell of another failure than the one that was met. */
const isGone = (client: ImapFlow, uid: number): Promise<boolean> =>
  isThere(client, uid).then(
    there => !there,
    () => false,
  )

const isDownloadError = (error: unknown): boolean =>
  error instanceof Fault || (error instanceof Error && 'code' in error && error.code === 'DownloadIncomplete')
