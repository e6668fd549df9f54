/** A desk in this process, scripted to fail: it keeps what it is sent, lists it, gives it back, and otherwise does as it was told. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Certificate } from './certificate.ts'
import { readUpload, type Upload } from './desk-body.ts'
import { ACCOUNT, type Build, type KeptDocument, listOf, recordOf, Shelf, sha256 } from './desk-shelf.ts'

/**
 * What the desk does with a request. A number answers so, and keeps the document when it is 2xx.
 * `hang up`: reads it all, keeps nothing, resets; `keep and hang up`: keeps it, resets; `silent`, `keep and be silent`: never answers;
 * `stall`: stops reading after the header; `truncate`: keeps it, and its 201 breaks off; `trickle`: keeps it, and its 201 comes octet by octet;
 * `endless`: keeps it, and its 201 has no end; `swallow`: reads without keeping anything in memory, then 201.
 */
export type Act =
  | number
  | 'hang up'
  | 'keep and hang up'
  | 'silent'
  | 'keep and be silent'
  | 'stall'
  | 'truncate'
  | 'trickle'
  | 'endless'
  | 'swallow'
  | Reply

export type Reply = {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Default: when the status is 2xx. */
  readonly keep?: boolean
  /** Kept this many milliseconds after the answer. */
  readonly keepAfter?: number
  /** Milliseconds before the answer. */
  readonly delay?: number
  /** Answers no sooner. */
  readonly when?: Promise<unknown>
  /** Milliseconds before it reads the body. */
  readonly hold?: number
  /** Answers when it has the header and does not wait for the body. */
  readonly early?: boolean
  /** These octets instead of an HTTP answer, then the end. */
  readonly raw?: string
}

export type Route = 'list' | 'download' | 'ticket'

export type Received = Upload & {
  readonly ticket: string
  readonly size: number
  readonly sha256: string
  readonly contentLength: string | undefined
  readonly headers: IncomingMessage['headers']
}

export type ScriptedDeskOptions = {
  readonly user?: string
  readonly password?: string
  /** Bearer instead of Basic. */
  readonly token?: string
  /** `Authorization` of other accounts that it lets in. */
  readonly alsoKnown?: readonly string[]
  readonly tls?: Certificate
  readonly maxVersion?: 'TLSv1.2'
  /** PEM: lets nobody in without a certificate of this authority. */
  readonly clientCa?: string
  /** Milliseconds before every answer. */
  readonly latency?: number
}

export type ScriptedDesk = AsyncDisposable & {
  /** `http://127.0.0.1:PORT/api/v1/50004` */
  readonly url: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** What the coming uploads meet, one after the other; when the script is over they are kept and answered 201. */
  will(...acts: readonly Act[]): void
  /** The same for questions of one kind. */
  willSay(route: Route, ...acts: readonly Act[]): void
  /** Every upload that came whole, kept or not, in order. */
  readonly received: readonly Received[]
  /** Every request whose header came, in order. */
  readonly requests: readonly {
    readonly method: string
    readonly path: string
    readonly at: number
    readonly headers: IncomingMessage['headers']
  }[]
  documents(ticket: string): readonly KeptDocument[]
  /** A document that somebody else put there. */
  put(ticket: string, name: string, bytes: Buffer): KeptDocument
  /** Tickets the desk knows; `any` by default. */
  tickets: Set<string> | 'any'
  /** Columns of tickets that differ from an open one: `desk.records.set('I161026_000005', { END_DATE_UT: '…' })`. */
  readonly records: Map<string, Readonly<Record<string, unknown>>>
  /** How the list is written: builds before 2020.2 and 2023.1 leave columns out. */
  build: Build
  /** Connections taken so far. */
  readonly connections: number
  /** Resolves when it is so; looked at whenever something happens at the desk. */
  until(so: () => boolean): Promise<void>
  close(): Promise<void>
}

const BASE = `/api/v1/${ACCOUNT}`

/** `Authorization` of a login (RFC 7617). */
export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** `finished` is vitest's onTestFinished, or anything that calls back at the end. */
export async function scriptedDesk(
  finished?: (close: () => Promise<void>) => void,
  options: ScriptedDeskOptions = {},
): Promise<ScriptedDesk> {
  const desk = new Desk(options)
  await desk.open()
  finished?.(() => desk.close())
  return desk
}

class Desk implements ScriptedDesk {
  readonly user: string
  readonly password: string
  readonly received: Received[] = []
  readonly requests: ScriptedDesk['requests'][number][] = []
  readonly records = new Map<string, Readonly<Record<string, unknown>>>()
  tickets: Set<string> | 'any' = 'any'
  build: Build = '2025.3'
  connections = 0
  readonly #options: ScriptedDeskOptions
  readonly #server: ReturnType<typeof createServer>
  readonly #scripts = new Map<Route | 'upload', Act[]>()
  readonly #shelf = new Shelf()
  readonly #ending = new AbortController()
  #waiting: { readonly so: () => boolean; readonly resolve: () => void }[] = []

  constructor(options: ScriptedDeskOptions) {
    this.#options = options
    this.user = options.user ?? 'mailclip'
    this.password = options.password ?? 'a secret of ours'
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      request.on('error', () => {})
      // A request that ends badly is what the tests are about.
      this.#serve(request, response).catch(() => response.destroy())
    }
    const { tls, maxVersion, clientCa: ca } = options
    const demands = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
    this.#server = tls
      ? createTlsServer({ ...tls, ...demands, ...(maxVersion && { maxVersion }) }, answer)
      : createServer(answer)
    this.#server.requestTimeout = 0
    this.#server.on('connection', () => {
      this.connections += 1
    })
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get port(): number {
    // A server that listens on TCP has an address of this shape.
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.port}${BASE}`
  }

  will(...acts: readonly Act[]): void {
    this.#script('upload').push(...acts)
  }

  willSay(route: Route, ...acts: readonly Act[]): void {
    this.#script(route).push(...acts)
  }

  documents(ticket: string): readonly KeptDocument[] {
    return this.#shelf.on(ticket)
  }

  put(ticket: string, name: string, bytes: Buffer, description?: string): KeptDocument {
    return this.#shelf.put(ticket, { name, bytes, description })
  }

  until(so: () => boolean): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push({ so, resolve })
      this.#tell()
    })
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#ending.abort()
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #script(route: Route | 'upload'): Act[] {
    const script = this.#scripts.get(route) ?? []
    this.#scripts.set(route, script)
    return script
  }

  #tell(): void {
    const met = this.#waiting.filter(({ so }) => so())
    this.#waiting = this.#waiting.filter(waiting => !met.includes(waiting))
    for (const { resolve } of met) resolve()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request
    this.requests.push({ method, path, at: performance.now(), headers })
    this.#tell()
    await this.#pause(this.#options.latency ?? 0)
    if (!this.#knows(headers.authorization ?? '')) return say(response, 401, WRONG)
    const [, ticket, documents, nested] =
      /^\/requests\/([^/]+)(?:(\/documents)(?:\/([^/]+))?)?$/.exec(path.slice(BASE.length)) ?? []
    const [, top] = /^\/documents\/([^/]+)$/.exec(path.slice(BASE.length)) ?? []
    const route = `${method} ${documents !== undefined && nested === undefined ? 'list' : (nested ?? top) ? 'download' : 'ticket'}`
    if (!path.startsWith(BASE) || (ticket === undefined && top === undefined)) return say(response, 403, FORBIDDEN)
    const number = decodeURIComponent(ticket ?? '').toUpperCase()
    if (route === 'POST list') return this.#upload(number, request, response)
    if (method !== 'GET') return say(response, 403, FORBIDDEN)
    await this.#question(route.slice(4) as Route, number, decodeURIComponent(nested ?? top ?? ''), response)
  }

  #knows(authorization: string): boolean {
    const { token, alsoKnown = [] } = this.#options
    const own = token === undefined ? basic(this.user, this.password) : `Bearer ${token}`
    return authorization === own || alsoKnown.includes(authorization)
  }

  async #upload(ticket: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const act = this.#script('upload').shift() ?? 201
    const reply = replyOf(act)
    if (act === 'stall') return
    if (reply?.early) return perform(reply, response)
    if (act === 'swallow') {
      for await (const _ of request);
      return say(response, 201, this.#href(ticket))
    }
    await this.#pause(reply?.hold ?? 0)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const known = this.tickets === 'any' || this.tickets.has(ticket)
    if (known) this.#receive(ticket, Buffer.concat(chunks), request, act, reply)
    else if (reply?.status === 201) return say(response, 404, NOT_FOUND)
    await this.#answer(act, reply, ticket, response)
  }

  #receive(ticket: string, body: Buffer, request: IncomingMessage, act: Act, reply: Reply | undefined): void {
    const { headers } = request
    const upload = readUpload(headers['content-type'] ?? '', body)
    const { bytes, name, description } = upload
    const size = bytes.length
    const length = headers['content-length']
    this.received.push({ ...upload, ticket, size, sha256: sha256(bytes), contentLength: length, headers })
    const later = reply?.keepAfter
    const keep = reply === undefined ? KEEPING.has(act) : (reply.keep ?? (reply.status >= 200 && reply.status < 300))
    if (keep && later === undefined) this.put(ticket, name, bytes, description)
    this.#tell()
    if (later === undefined) return
    void this.#pause(later).then(() => {
      this.put(ticket, name, bytes, description)
      this.#tell()
    })
  }

  async #answer(act: Act, reply: Reply | undefined, ticket: string, response: ServerResponse): Promise<void> {
    const href = this.#href(ticket)
    if (reply !== undefined) {
      await this.#pause(reply.delay ?? 0)
      await reply.when
      return perform({ body: reply.status < 300 ? href : FAILED, ...reply }, response)
    }
    if (act === 'hang up' || act === 'keep and hang up') return void response.socket?.resetAndDestroy()
    if (act === 'truncate') {
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': href.length })
      response.write(href.slice(0, -5))
      response.socket?.end()
    }
    if (act === 'endless') {
      const more = Readable.from(endless())
      response.writeHead(201, { 'content-type': 'application/json' })
      return pipeline(more, response)
    }
    if (act !== 'trickle') return
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': href.length })
    for (const letter of href) {
      response.write(letter)
      await this.#pause(200)
    }
    response.end()
  }

  async #question(route: Route, ticket: string, id: string, response: ServerResponse): Promise<void> {
    const act = this.#script(route).shift()
    const reply = act === undefined ? undefined : replyOf(act)
    if (act !== undefined && !(reply?.status === 200 && reply.body === undefined)) {
      return this.#answer(act, reply, ticket, response)
    }
    if (route === 'download') return this.#download(id, response, reply?.headers)
    if (this.tickets !== 'any' && !this.tickets.has(ticket)) return say(response, 404, NOT_FOUND)
    const answer =
      route === 'list'
        ? listOf(this.url, ticket, this.documents(ticket), this.build)
        : recordOf(this.url, ticket, this.records.get(ticket))
    say(response, 200, JSON.stringify(answer))
  }

  #download(id: string, response: ServerResponse, headers: Reply['headers']): void {
    const document = this.#shelf.find(id)
    if (document === undefined) say(response, 404, NOT_FOUND)
    else response.writeHead(200, { 'content-type': 'application/octet-stream', ...headers }).end(document.bytes)
  }

  #href(ticket: string): string {
    return JSON.stringify({ HREF: `${this.url}/requests/${ticket}` })
  }

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#ending.signal })
  }
}

function* endless(): Generator<string> {
  for (;;) yield ' '.repeat(65_536)
}

const KEEPING: ReadonlySet<Act> = new Set(['keep and hang up', 'keep and be silent', 'truncate', 'trickle', 'endless'])

const WRONG = '{"error": "Invalid Login / Password"}'
const FORBIDDEN = '{"error": "Unauthorized Method for your profile"}'
const NOT_FOUND = '{"error": "Resource not found"}'
const FAILED = '<html><body>something went wrong</body></html>'

const replyOf = (act: Act): Reply | undefined =>
  typeof act === 'number' ? { status: act } : typeof act === 'object' ? act : undefined

function perform({ status, body = FAILED, headers, raw }: Reply, response: ServerResponse): void {
  if (raw !== undefined) return void response.socket?.end(raw)
  response.writeHead(status, headers).end(body)
}

const say = (response: ServerResponse, status: number, body: string): void =>
  perform({ status, body, headers: { 'content-type': 'application/json' } }, response)
