/** The connections to one desk: pinned to its origin, few, short-lived when idle; requests go out here and answers are read here. */

import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { ConnectionOptions as NodeTls, SecureVersion } from 'node:tls'
import type { buildConnector, Dispatcher } from 'undici'
import type HttpPool from 'undici/lib/dispatcher/pool.js'
import type { Watch } from './watch.ts'

export type TlsOptions = {
  /** PEM; replaces the certificate authorities of the system. */
  readonly ca?: string | null | undefined
  readonly cert?: string | null | undefined
  readonly key?: string | null | undefined
  readonly minVersion?: SecureVersion | null | undefined
  readonly servername?: string | null | undefined
  /** Told the server's certificate once it is trusted; answers an error for one of another name (node:tls). */
  readonly checkServerIdentity?: NodeTls['checkServerIdentity'] | undefined
}

export type ConnectionOptions = {
  readonly origin: string
  readonly authorization: string | undefined
  readonly connections: number
  /** Milliseconds to connect, TLS included. */
  readonly connectTimeout: number
  readonly tls: TlsOptions
  readonly tunnel?: Tunnel | undefined
}

/** Opens a connection through a proxy. */
export type Tunnel = (host: string, port: number) => Promise<Socket>

export type Request = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly accept: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | Readable
  /** Called before the first octet leaves us. */
  readonly begins?: () => void
}

export type Head = {
  readonly status: number
  /** The first of several; names in lower case. */
  readonly header: (name: string) => string | undefined
}

/** Told the octets of an answer as they come; answers false when it wants no more. */
export type Reader = (octets: Buffer) => boolean

/** `left` by the reader, `broken` off by anything else. */
export type Received = Head & ({ readonly end: 'whole' | 'left' } | { readonly end: 'broken'; readonly error: Error })

/** Idle connections are left early, for a POST on one that the server is closing may or may not have been read (RFC 9112 §9.3.1). */
const IDLE = 2000

export class Connection {
  readonly #options: ConnectionOptions
  /** Made for the first request: a mailbox may be empty for days. */
  #pool: Promise<HttpPool> | undefined
  readonly #headers: Readonly<Record<string, string>>
  /** Errors that came while connecting: nothing had been sent then, whatever their code. */
  readonly #connecting = new WeakSet<object>()

  constructor(options: ConnectionOptions) {
    const { authorization } = options
    this.#options = options
    this.#headers = {
      'user-agent': 'mailclip',
      'accept-encoding': 'identity',
      ...(authorization === undefined ? {} : { authorization }),
    }
  }

  /**
   * Resolves when the answer has ended, whatever it says and however that was; redirects are answers like any other. Rejects when none began.
   * @param reader for the answer with this head
   */
  async send(request: Request, watch: Watch, reader: (head: Head) => Reader): Promise<Received> {
    const { method, path, accept, headers = {}, body = null, begins } = request
    this.#pool ??= this.#open()
    const pool = await this.#pool
    return new Promise((resolve, reject) => {
      // Until there is a connection undici has nothing that could be ended.
      watch.cutting(reason => {
        this.#connecting.add(reason)
        reject(reason)
      })
      if (watch.isOver) return
      const reply = new Reply({ watch, begins, reader, resolve, reject })
      pool.dispatch({ method, path, headers: { ...this.#headers, accept, ...headers }, body }, reply)
    })
  }

  /** Whether this error came before there was a connection. */
  unconnected(error: unknown): boolean {
    return error instanceof Error && this.#connecting.has(error)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#pool)?.destroy()
  }

  async #open(): Promise<HttpPool> {
    // The package as a whole (fetch, WebSocket, caches, mocks) takes longer to load than a short sweep has requests to send.
    const { default: Pool } = await import('undici/lib/dispatcher/pool.js')
    const { default: build } = await import('undici/lib/core/connect.js')
    const pool = new Pool(this.#options.origin, {
      connections: this.#options.connections,
      pipelining: 1,
      keepAliveTimeout: IDLE,
      keepAliveMaxTimeout: IDLE,
      // The watch has the deadlines: these two restart with every octet and would cut long answers into nonsense.
      headersTimeout: 0,
      bodyTimeout: 0,
      // HTTP/2 would put all uploads on one connection, and then they break together.
      allowH2: false,
      connect: connectorOf(this.#options, build),
    })
    pool.on('connectionError', (_origin, _targets, error) => this.#connecting.add(error))
    return pool
  }
}

function connectorOf(
  { connectTimeout, tls, tunnel }: ConnectionOptions,
  build: typeof buildConnector,
): buildConnector.connector {
  const direct = heedingAlerts(build({ timeout: connectTimeout, allowH2: false, ...given(tls) }))
  if (tunnel === undefined) return direct
  return (options, callback) => {
    const secure = options.protocol === 'https:'
    tunnel(options.hostname, Number(options.port) || (secure ? 443 : 80)).then(
      httpSocket => (secure ? direct({ ...options, httpSocket }, callback) : callback(null, httpSocket)),
      (error: Error) => callback(error, null),
    )
  }
}

/**
 * A server that does not like our certificate says so by an alert after the handshake (TLS 1.3, RFC 8446 §4.4.2.4). Node tells that error and then
 * an ordinary end; undici goes by the end, unless the error has ended the connection.
 */
const heedingAlerts =
  (connector: buildConnector.connector): buildConnector.connector =>
  (options, callback) =>
    connector(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null)
      socket.once('error', alert => socket.destroy(alert))
      callback(null, socket)
    })

type Sending = {
  readonly watch: Watch
  readonly begins: (() => void) | undefined
  readonly reader: (head: Head) => Reader
  readonly resolve: (received: Received) => void
  readonly reject: (error: Error) => void
}

/** What undici tells of one request. Its own `request` makes a stream of every answer, which costs more than most of them are worth. */
class Reply implements Dispatcher.DispatchHandler {
  readonly #sending: Sending
  #head: Head | undefined
  #reader: Reader | undefined

  constructor(sending: Sending) {
    this.#sending = sending
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const { watch, begins } = this.#sending
    watch.cutting(reason => controller.abort(reason))
    if (!controller.aborted) begins?.()
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Interim answers (RFC 9110 §15.2) say nothing yet.
    if (status < 200) return
    this.#head = { status, header: name => firstOf(headers[name]) }
    this.#reader = this.#sending.reader(this.#head)
  }

  onResponseData(controller: Dispatcher.DispatchController, octets: Buffer): void {
    if (this.#head === undefined || this.#reader?.(octets) !== false) return
    this.#sending.resolve({ ...this.#head, end: 'left' })
    controller.abort(new Error('the rest of the answer is not wanted'))
  }

  onResponseEnd(): void {
    if (this.#head !== undefined) this.#sending.resolve({ ...this.#head, end: 'whole' })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#head === undefined) this.#sending.reject(error)
    else this.#sending.resolve({ ...this.#head, end: 'broken', error })
  }
}

const firstOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

/** Settings that say something; null and undefined leave Node's default. */
const given = (tls: TlsOptions): Record<string, Told> =>
  Object.fromEntries(
    Object.entries(tls).filter((entry): entry is [string, Told] => (entry[1] ?? undefined) !== undefined),
  )

type Told = NonNullable<TlsOptions[keyof TlsOptions]>
