/** The connections to one desk: pinned to its origin, few, short-lived when idle; requests go out here and answers are read here. */

import type { Socket } from 'node:net'
import type { ConnectionOptions as NodeTls, SecureVersion } from 'node:tls'
import type { buildConnector, Dispatcher, Pool } from 'undici'
import type { Answer } from './faults.ts'
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
  readonly body?: NonNullable<Dispatcher.DispatchOptions['body']>
}

/** Octets of an answer that are read; more proves nothing. */
const ANSWER_LIMIT = 1024 * 1024

/** Idle connections are left early, for a POST on one that the server is closing may or may not have been read (RFC 9112 §9.3.1). */
const IDLE = 2000

export class Connection {
  readonly #options: ConnectionOptions
  /** Made for the first request: a mailbox may be empty for days, and undici is a large package. */
  #pool: Promise<Pool> | undefined
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

  /** Resolves with the head of the answer, whatever it says; redirects are answers like any other. The caller reads the body or destroys it. */
  async send(request: Request, watch: Watch): Promise<Dispatcher.ResponseData> {
    const { method, path, accept, headers = {}, body = null } = request
    this.#pool ??= this.#open()
    const response = await (await this.#pool).request({
      method,
      path,
      headers: { ...this.#headers, accept, ...headers },
      body,
      signal: watch.signal,
    })
    // Destroying a body half read is an error to undici, and nobody listens any more then.
    response.body.on('error', () => {})
    return response
  }

  /** Whether this error came before there was a connection. */
  unconnected(error: unknown): boolean {
    return error instanceof Error && this.#connecting.has(error)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#pool)?.destroy()
  }

  async #open(): Promise<Pool> {
    const undici = await import('undici')
    const pool = new undici.Pool(this.#options.origin, {
      connections: this.#options.connections,
      pipelining: 1,
      keepAliveTimeout: IDLE,
      keepAliveMaxTimeout: IDLE,
      // The watch has the deadlines: these two restart with every octet and would cut long answers into nonsense.
      headersTimeout: 0,
      bodyTimeout: 0,
      // HTTP/2 would put all uploads on one connection, and then they break together.
      allowH2: false,
      connect: connectorOf(this.#options, undici.buildConnector),
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

/** Reads a whole answer. One that breaks off or is too long keeps its status and loses its text; rejects only when the caller gave up. */
export async function answerOf(response: Dispatcher.ResponseData, watch: Watch): Promise<Answer> {
  const chunks: Buffer[] = []
  let size = 0
  let whole = true
  try {
    for await (const chunk of response.body) {
      if (!(chunk instanceof Buffer)) continue
      size += chunk.length
      if (size > ANSWER_LIMIT) break
      chunks.push(chunk)
    }
  } catch (error) {
    if (watch.givenUp) throw error
    whole = false
  }
  return {
    status: response.statusCode,
    header: name => headerOf(response, name),
    text: whole && size <= ANSWER_LIMIT ? new TextDecoder().decode(Buffer.concat(chunks)) : undefined,
  }
}

export function headerOf(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** Settings that say something; null and undefined leave Node's default. */
const given = (tls: TlsOptions): Record<string, Told> =>
  Object.fromEntries(
    Object.entries(tls).filter((entry): entry is [string, Told] => (entry[1] ?? undefined) !== undefined),
  )

type Told = NonNullable<TlsOptions[keyof TlsOptions]>
