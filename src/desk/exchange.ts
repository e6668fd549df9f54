/** Requests to the desk, each with its deadlines: an answer comes back whole, or a Fault says how much of the request may have arrived. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { Fault } from '../mail/fault.ts'
import { Connection, type Head, type Received, type Request, type TlsOptions, type Tunnel } from './connection.ts'
import { type Answer, interrupted, unreachable } from './faults.ts'
import { Slots } from './slots.ts'
import type { Upload } from './upload.ts'
import { Watch } from './watch.ts'

export type ExchangeOptions = {
  readonly origin: string
  readonly authorization: string | undefined
  readonly timeout: number
  readonly stall: number
  readonly maxUpload: number
  readonly concurrency: number
  readonly tls: TlsOptions
  readonly tunnel?: Tunnel | undefined
}

/** How much of a request has left us. A question changes nothing wherever it broke off. */
type Sent = 'question' | 'nothing' | 'octets'

export class Exchange {
  readonly #options: ExchangeOptions
  readonly #connection: Connection
  readonly #connectTimeout: number
  // Requests wait here and not in the pool, where their deadlines would run.
  readonly #uploads: Slots
  readonly #questions: Slots

  constructor(options: ExchangeOptions) {
    const { origin, authorization, timeout, concurrency, tls, tunnel } = options
    this.#options = options
    this.#connectTimeout = Math.min(timeout, 10_000)
    this.#uploads = new Slots(concurrency)
    // Each upload has two questions, before and after it: as many at once as keep the uploads from waiting for them.
    this.#questions = new Slots(2 * concurrency)
    const connectTimeout = this.#connectTimeout
    this.#connection = new Connection({
      origin,
      authorization,
      connections: 3 * concurrency,
      connectTimeout,
      tls,
      tunnel,
    })
  }

  /**
   * Sends once, never again. `whole`: the last octet had been sent when the answer came; a file that goes out in one piece counts as sent when it is
   * handed over.
   */
  async post(path: string, content: Upload, signal: AbortSignal): Promise<{ answer: Answer; whole: boolean }> {
    using _slot = await this.#uploads.take(signal)
    using watch = new Watch(signal, this.#options.maxUpload)
    const progress: Progress = { octets: 0 }
    try {
      const request = { method: 'POST', path, accept: 'application/json', headers: content.headers } as const
      const answer = await this.#upload(request, content.body(), progress, watch)
      return { answer, whole: progress.octets === content.length }
    } catch (error) {
      throw this.#failure(error, watch, signal, progress.octets > 0 ? 'octets' : 'nothing')
    }
  }

  async get(path: string, signal: AbortSignal): Promise<Answer> {
    using _slot = await this.#questions.take(signal)
    using watch = new Watch(signal, this.#connectTimeout + this.#options.timeout)
    try {
      return await this.#answer({ method: 'GET', path, accept: 'application/json' }, watch)
    } catch (error) {
      throw this.#failure(error, watch, signal, 'question')
    }
  }

  /** SHA-256 (hex) of what lies there; `large` above `limit` octets, `packed` when a proxy has encoded it all the same; else the answer. */
  async download(path: string, limit: number, signal: AbortSignal): Promise<Downloaded> {
    using _slot = await this.#questions.take(signal)
    using watch = new Watch(signal, this.#options.maxUpload)
    watch.within(this.#connectTimeout + this.#options.timeout, 'the desk gave no answer')
    try {
      return await this.#hashed({ method: 'GET', path, accept: '*/*' }, limit, watch)
    } catch (error) {
      throw this.#failure(error, watch, signal, 'question')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
  }

  async #upload(request: Request, body: Buffer | AsyncIterable<Buffer>, progress: Progress, watch: Watch) {
    if (Buffer.isBuffer(body)) {
      // It goes out together with the head of the request.
      const begins = (): void => {
        progress.octets = body.length
        watch.within(this.#options.timeout, 'the desk gave no answer')
      }
      return this.#answer({ ...request, body, begins }, watch)
    }
    const stream = Readable.from(this.#metered(body, progress, watch))
    try {
      return await this.#answer({ ...request, body: stream }, watch)
    } finally {
      // Neither an early answer nor an abort makes undici let go of the body.
      await closed(stream)
    }
  }

  /** One that breaks off or is too long keeps its status and loses its text; rejects when the caller gave up, or no answer began. */
  async #answer(request: Request, watch: Watch): Promise<Answer> {
    const text = new Text()
    const received = await this.#connection.send(request, watch, () => octets => text.takes(octets))
    return answerOf(received, text, watch)
  }

  async *#metered(body: AsyncIterable<Buffer>, progress: Progress, watch: Watch): AsyncGenerator<Buffer, void> {
    const { stall, timeout } = this.#options
    for await (const octets of body) {
      // Counted here: the desk may have answered before anybody asks for what follows the last octets.
      progress.octets += octets.length
      watch.within(stall, 'the upload did not move')
      yield octets
    }
    watch.within(timeout, 'the desk gave no answer')
  }

  async #hashed(request: Request, limit: number, watch: Watch): Promise<Downloaded> {
    const hash = createHash('sha256')
    const text = new Text()
    let size = 0
    const hashes = (octets: Buffer): boolean => {
      size += octets.length
      if (size > limit) return false
      hash.update(octets)
      watch.within(this.#options.stall, 'the download did not move')
      return true
    }
    const received = await this.#connection.send(request, watch, head => {
      if (head.status !== 200) return octets => text.takes(octets)
      return isPacked(head) ? () => false : hashes
    })
    if (received.status !== 200) return { kind: 'answer', answer: answerOf(received, text, watch) }
    if (isPacked(received)) return { kind: 'packed' }
    if (received.end === 'left') return { kind: 'large' }
    if (received.end === 'broken') throw received.error
    return { kind: 'hash', sha256: hash.digest('hex') }
  }

  /** What a request without an answer means. A caller that gave up gets its own reason back, unless it left the upload in doubt. */
  #failure(error: unknown, watch: Watch, signal: AbortSignal, sent: Sent): unknown {
    const applied = sent === 'octets' ? 'maybe' : 'no'
    if (watch.givenUp) {
      return applied === 'no' ? signal.reason : interrupted(applied, 'the upload was cut short', signal.reason)
    }
    if (error instanceof Fault) return new Fault(error.status, error.message, { applied, cause: error.cause })
    if (isOurs(error)) return error
    const nowhere =
      this.#connection.unconnected(error) ||
      (sent === 'nothing' && watch.expired !== undefined) ||
      (sent === 'question' && isTlsAlert(error))
    return nowhere && applied === 'no' ? unreachable(error) : interrupted(applied, watch.expired, error)
  }
}

/** Octets of an answer that are read; more proves nothing. */
const ANSWER_LIMIT = 1024 * 1024

/** An answer's octets as they come in, up to the limit. */
class Text {
  readonly #chunks: Buffer[] = []
  #size = 0

  takes(octets: Buffer): boolean {
    this.#chunks.push(octets)
    this.#size += octets.length
    return this.#size <= ANSWER_LIMIT
  }

  toString(): string {
    return UTF8.decode(this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks))
  }
}

const UTF8 = new TextDecoder()

function answerOf(received: Received, text: Text, watch: Watch): Answer {
  if (received.end === 'broken' && watch.givenUp) throw received.error
  const { status, header, end } = received
  return { status, header, text: end === 'whole' ? text.toString() : undefined }
}

const isPacked = ({ header }: Head): boolean => (header('content-encoding') ?? 'identity') !== 'identity'

/** Resolves when a stream has let go of what it holds. */
async function closed(stream: Readable): Promise<void> {
  if (stream.closed) return
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.once('close', resolve).on('error', () => {})
  stream.destroy()
  await promise
}

type Progress = { octets: number }

export type Downloaded =
  | { readonly kind: 'hash'; readonly sha256: string }
  | { readonly kind: 'large' | 'packed' }
  | { readonly kind: 'answer'; readonly answer: Answer }

/** The server broke off on the level of TLS: it lets nobody in with our certificate, or without any, whatever we ask. */
const isTlsAlert = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^ERR_SSL_.*_ALERT_/.test(String(error.code))

/** undici was called wrongly: a bug of ours, not the network's. */
const isOurs = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'UND_ERR_INVALID_ARG'
