/** The one connection to an IMAP server: made when it is needed, watched, replaced when it is gone, and asked one thing at a time. */

import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import { ImapFlow, type ImapFlowError, type Logger } from 'imapflow'
import { Fault, isFault } from '../mail/fault.ts'
import { type Doing, faultOf, type Party, wordsOf } from './faults.ts'
import { type Namespace, namespaceOf } from './names.ts'
import { type Tunnel, transportOver } from './transport.ts'
import { Turn, unlessAborted } from './turn.ts'

export type ImapOptions = {
  /** The configured name. */
  readonly name: string
  readonly host: string
  readonly port: number
  /** `plain` sends the credentials in the clear: whoever configures it has been asked before. */
  readonly security: 'tls' | 'starttls' | 'plain'
  readonly user: string
  readonly password: string
  /** The watched folder; '/' is the server's separator. */
  readonly folder: string
  /** Where mails are filed: made and subscribed to before the first sweep. */
  readonly outcomeFolders?: readonly string[]
  /** Milliseconds. `idle`: without an octet, before the server is asked whether it lives; `renew`: one IDLE (RFC 9051 §6.3.13). */
  readonly timeouts: {
    readonly connect: number
    readonly greeting: number
    readonly idle: number
    readonly renew: number
  }
  /** Contents, not paths. */
  readonly tls: {
    readonly ca: string | undefined
    readonly cert: string | undefined
    readonly key: string | undefined
    readonly minVersion: 'TLSv1.2' | 'TLSv1.3' | undefined
    readonly servername: string | undefined
    /** Told the server's certificate once it is trusted; answers an error for one of another name (node:tls). */
    readonly checkServerIdentity?: ConnectionOptions['checkServerIdentity'] | undefined
  }
  /** Through a proxy. */
  readonly tunnel?: Tunnel | undefined
  /** Instead of the password (OAUTHBEARER, XOAUTH2). */
  readonly accessToken?: AccessToken | undefined
}

/** A token that is good now, asked for at each connect. `refused` is one the server would not take: another one, or undefined for none. */
export type AccessToken = (refused?: string) => Promise<string | undefined>

export type Watcher = {
  /** A folder has more mails than before. */
  more(folder: string): void
  ended(): void
}

/** A connection in its folder, and what its server last said no with: in words, and as imapflow told it. */
export type Link = {
  readonly client: ImapFlow
  readonly namespace: Namespace
  readonly refusal: () => string
  readonly refused: () => ImapFlowError | undefined
}

const MIB = 2 ** 20
/** Pause after a command before IDLE begins: longer than between two commands of one sweep, each of which would have to break it. */
const IDLE_AFTER = 1_000
const LOGOUT_GRACE = 2_000

export class Session implements AsyncDisposable {
  readonly #options: ImapOptions
  readonly #watcher: Watcher
  readonly #turn = new Turn()
  #client: ImapFlow | undefined
  #link: Link | undefined
  #generation = 0
  /** Octets that earlier connections have received. */
  #earlier = 0
  #over = false
  /** The last connect that failed: whoever was waiting for a turn meanwhile is told the same, and does not knock again. */
  #failed: { readonly times: number; readonly fault: unknown } = { times: 0, fault: undefined }

  constructor(options: ImapOptions, watcher: Watcher) {
    this.#options = options
    this.#watcher = watcher
  }

  get party(): Party {
    const { host, port, user, password } = this.#options
    return { host, port, secrets: [password, user] }
  }

  /** Octets that the server has sent so far, over all connections. */
  get received(): number {
    return this.#earlier + (this.#client?.stats().received ?? 0)
  }

  /**
   * Runs `work` alone on a connection that is signed in; whatever it throws comes out as a Fault (4.4.1, 4.4.2, 4.4.5, 4.7.5, 4.7.8, 4.2.0).
   * When `signal` aborts the caller is let go at once, and the turn ends when the command under way is answered.
   */
  run<T>(signal: AbortSignal, doing: Doing, work: (link: Link) => Promise<T>): Promise<T> {
    const { times } = this.#failed
    const alone = async (): Promise<T> => {
      using _turn = await this.#turn.take()
      signal.throwIfAborted()
      if (this.#failed.times > times) throw this.#failed.fault
      const link = await this.#connected().catch((error: unknown) => {
        this.#failed = { times: this.#failed.times + 1, fault: faultOf(error, 'connecting', this.party) }
        throw this.#failed.fault
      })
      return await work(link).catch((error: unknown) => {
        signal.throwIfAborted()
        throw faultOf(error, doing, this.party)
      })
    }
    return unlessAborted(alone(), signal)
  }

  /** Says goodbye for at most two seconds; commands under way fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true
    const client = this.#client
    if (client === undefined) return
    // logout() rejects when the connection is gone already.
    if (client.usable)
      await Promise.race([client.logout().catch(() => undefined), sleep(LOGOUT_GRACE, undefined, { ref: false })])
    client.close()
  }

  async #connected(): Promise<Link> {
    if (this.#link !== undefined && this.#link.client === this.#client && this.#client.usable) return this.#link
    // A client that lost its socket may still hold timers; a second login beside it would see every mail twice.
    this.#client?.close()
    if (this.#over) throw new Error('the mailbox is closed')
    this.#earlier = this.received
    this.#client = undefined
    this.#generation += 1
    const { accessToken } = this.#options
    const token = await accessToken?.()
    this.#link = await this.#signIn(token).catch(async (error: unknown) => {
      // It may have expired early, or been revoked: one fresh token before the credentials count as refused.
      const isRefused = token !== undefined && (error as ImapFlowError).authenticationFailed === true
      const fresh = isRefused ? await accessToken?.(token) : undefined
      if (fresh === undefined) throw error
      return await this.#signIn(fresh)
    })
    return this.#link
  }

  async #signIn(token: string | undefined): Promise<Link> {
    const { host, port, tunnel } = this.#options
    const connection = await tunnel?.(host, port).catch((error: unknown) => {
      throw isFault(error) ? new Fault(error.status, error.message, { scope: 'mailbox' }) : error
    })
    if (this.#over) {
      connection?.destroy()
      throw new Error('the mailbox is closed')
    }
    const { client, refusal, refused } = this.#construct(token, connection)
    // Known before it is up, so that disposing ends it.
    this.#client = client
    try {
      await client.connect()
    } catch (error) {
      client.close()
      throw error
    }
    return { client, namespace: namespaceOf(client), refusal, refused }
  }

  /** The listeners are there before anything can happen, and stay: a reset may arrive long after close(). */
  #construct(accessToken: string | undefined, connection: Socket | undefined): Omit<Link, 'namespace'> {
    let refused: ImapFlowError | undefined
    const logger: Logger = {
      debug() {},
      info() {},
      warn(line: { readonly err?: ImapFlowError }) {
        if (line.err?.responseStatus !== undefined) refused = line.err
      },
      error() {},
    }
    const client = new ImapFlow({
      ...clientOptions(this.#options, accessToken),
      ...(connection === undefined ? {} : { transport: transportOver(connection) }),
      id: `${this.#generation}`,
      logger,
    })
    client.on('error', () => undefined)
    // One that was never up has not ended: whoever waits would be sent to a server that refuses us, again and again.
    client.on('close', () => {
      if (this.#link?.client === client) this.#watcher.ended()
    })
    client.on('exists', ({ path, count, prevCount }) => {
      if (count > prevCount) this.#watcher.more(path)
    })
    return { client, refusal: () => wordsOf(refused, this.party), refused: () => refused }
  }
}

function clientOptions(
  options: ImapOptions,
  accessToken: string | undefined,
): ConstructorParameters<typeof ImapFlow>[0] {
  const { host, port, security, user, password, timeouts, tls } = options
  return {
    host,
    port,
    secure: security === 'tls',
    // Left out it would mean: in the clear if the server (or somebody on the way) does not offer STARTTLS.
    ...(security === 'tls' ? {} : { doSTARTTLS: security === 'starttls' }),
    auth: accessToken === undefined ? { user, pass: password } : { user, accessToken },
    tls: tlsOptions(tls),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
    connectionTimeout: timeouts.connect,
    greetingTimeout: timeouts.greeting,
    socketTimeout: timeouts.idle,
    maxIdleTime: timeouts.renew,
    autoIdleDelay: IDLE_AFTER,
    disableCompression: true,
    maxLiteralSize: 64 * MIB,
    maxResponseSize: 128 * MIB,
    clientInfo: { name: 'mailclip' },
  }
}

/** Node takes an absent option and an undefined one differently. */
function tlsOptions({ minVersion = 'TLSv1.2', ...given }: ImapOptions['tls']): ConnectionOptions {
  return { minVersion, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}
