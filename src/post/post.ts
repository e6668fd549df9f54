/** Handing notices to the relay over SMTP (nodemailer): one connection, one notice, one recipient. */

import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import type { SendMailOptions } from 'nodemailer'
import type { Clock, Post } from '../gateway/ports.ts'
import { mailable } from '../mail/address.ts'
import { Fault, isFault } from '../mail/fault.ts'
import type { Address } from '../mail/header.ts'
import type { Notice } from '../mail/notice.ts'
import { LOOP_FIELD } from '../mail/signs.ts'
import { faultOf, isAboutReturnPath, type Progress } from './faults.ts'
import { boundaryOf, type OwnMail, ownLetter } from './own-mail.ts'
import { signInByToken, TOKEN_SIGN_IN } from './token.ts'

export type PostTls = {
  /** PEM; undefined = the system's. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
  readonly servername?: string | undefined
  /** Told the server's certificate once it is trusted; answers an error for one of another name (node:tls). */
  readonly checkServerIdentity?: ConnectionOptions['checkServerIdentity'] | undefined
}

/** Milliseconds. `socket`: of silence; `whole`: for one notice, whatever the relay does. */
export type PostTimeouts = {
  readonly connect: number
  readonly greeting: number
  readonly socket: number
  readonly whole: number
}

export type PostOptions = {
  readonly host: string
  readonly port: number
  /** `starttls` is never less than that: a relay that offers none gets no notice. `plain` uses no TLS even where it is offered. */
  readonly security: 'tls' | 'starttls' | 'plain'
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Instead of the password. `refused` is one the relay would not take: another one, or undefined for none. */
  readonly accessToken?: ((refused?: string) => Promise<string | undefined>) | undefined
  /** Through a proxy. */
  readonly tunnel?: ((host: string, port: number) => Promise<Socket>) | undefined
  readonly tls?: PostTls | undefined
  readonly from: Address
  /** `null`: MAIL FROM:<> (RFC 3834 §3.3); a relay that refuses it is remembered for as long as this object lives. */
  readonly returnPath: 'from' | null
  readonly timeouts?: Partial<PostTimeouts> | undefined
  readonly clock: Clock
}

export const TIMEOUTS: PostTimeouts = { connect: 30_000, greeting: 16_000, socket: 60_000, whole: 300_000 }

export class SmtpPost implements Post {
  readonly #options: PostOptions
  #nullRefused = false

  constructor(options: PostOptions) {
    this.#options = options
  }

  /** See `Post`. It is offered a second time only when the relay has refused the null return path, and with it the notice. */
  async send(notice: Notice, signal: AbortSignal): Promise<void> {
    const { returnPath, from } = this.#options
    // Whatever the library makes of an odd address, it is not asked.
    if (mailable(notice.to) !== notice.to)
      throw new Fault('5.1.3', 'the address is none that can be written to', { scope: 'mail' })
    if (returnPath === null && !this.#nullRefused) {
      if ((await this.#try(notice.to, letterOf(notice, this.#options), '', signal)) === 'sent') return
      this.#nullRefused = true
    }
    await this.#try(notice.to, letterOf(notice, this.#options), from.address, signal)
  }

  /** Hands a mail of our own over, which answers nobody: what cannot reach its recipient comes back to `from`. Faults as in `Post`. */
  async mail(own: OwnMail, signal: AbortSignal): Promise<void> {
    const { from, clock } = this.#options
    await this.#try(own.to, { ...ownLetter(own, clock.now()), from }, from.address, signal)
  }

  /** A token may have expired early, or been revoked: one fresh one before the credentials count as refused. */
  async #try(
    to: string,
    letter: SendMailOptions,
    returnPath: string,
    signal: AbortSignal,
  ): Promise<'sent' | 'return path refused'> {
    const { accessToken } = this.#options
    const token = await accessToken?.()
    return await this.#offer(to, letter, returnPath, token, signal).catch(async (error: unknown) => {
      const isRefused = token !== undefined && isFault(error) && error.status === '4.7.8'
      const fresh = isRefused ? await accessToken?.(token) : undefined
      if (fresh === undefined) throw error
      return await this.#offer(to, letter, returnPath, fresh, signal)
    })
  }

  async #offer(
    to: string,
    letter: SendMailOptions,
    returnPath: string,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<'sent' | 'return path refused'> {
    const progress: Progress = { offered: false, dotted: false }
    const timeouts = { ...TIMEOUTS, ...this.#options.timeouts }
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeouts.whole)])
    const { createTransport } = await import('nodemailer')
    const transport = createTransport(await connectionOf(this.#options, timeouts, token))
    transport.use('stream', (mail, done) => {
      mail.message?.processFunc(content => watch(content, progress))
      done()
    })
    try {
      const envelope = { from: returnPath, to: [to] }
      await transport.sendMail({ ...letter, envelope, signal: deadline })
      return 'sent'
    } catch (error) {
      if (returnPath === '' && isAboutReturnPath(error)) return 'return path refused'
      throw faultOf(error, progress, signal)
    } finally {
      transport.close()
    }
  }
}

/**
 * The content flows only after the relay's 354, and nodemailer writes the final dot when it ends: before `end` the relay cannot have the
 * notice, after it nobody here can tell (RFC 5321 §4.2.5, RFC 1047).
 */
function watch(content: NodeJS.ReadableStream, progress: { offered: boolean; dotted: boolean }): PassThrough {
  const watched = new PassThrough()
  progress.offered = true
  watched.once('end', () => {
    progress.dotted = true
  })
  content.once('error', error => watched.destroy(error))
  return content.pipe(watched)
}

/** What nodemailer needs to connect; through a proxy the connection is there already. Faults of the tunnel come out with scope `post`. */
export async function connectionOf(options: PostOptions, timeouts: PostTimeouts, token: string | undefined) {
  const { host, port, security, user, tls } = options
  const auth = authOf(options, token)
  const connection = await options.tunnel?.(host, port).catch((error: unknown) => {
    throw isFault(error) ? new Fault(error.status, error.message, { scope: 'post' }) : error
  })
  return {
    ...(connection === undefined ? {} : { connection }),
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'plain',
    tls: { ...tls, minVersion: tls?.minVersion ?? ('TLSv1.2' as const) },
    // Whoever configured a user wants it used: without `forceAuth` a relay that offers no AUTH would be talked to unknown.
    ...(user === undefined ? {} : { auth, forceAuth: true }),
    customAuth: { [TOKEN_SIGN_IN]: signInByToken },
    connectionTimeout: timeouts.connect,
    dnsTimeout: timeouts.connect,
    greetingTimeout: timeouts.greeting,
    socketTimeout: timeouts.socket,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

const authOf = ({ user = '', password = '' }: PostOptions, token: string | undefined) =>
  token === undefined ? { user, pass: password } : { type: 'custom' as const, method: TOKEN_SIGN_IN, user, pass: token }

/** RFC 3834 §3.1. Addresses are objects: a comma in a name would make two of a string. */
function letterOf(notice: Notice, { from, clock }: PostOptions): SendMailOptions & { baseBoundary?: string } {
  return {
    from,
    to: { name: '', address: notice.to },
    subject: notice.subject,
    text: notice.text,
    // A boundary of its own choosing would make of every repeat another mail.
    ...(notice.html === undefined ? {} : { html: notice.html, baseBoundary: boundaryOf(notice.messageId) }),
    textEncoding: 'quoted-printable',
    messageId: notice.messageId,
    date: clock.now(),
    ...(notice.inReplyTo === undefined ? {} : { inReplyTo: notice.inReplyTo }),
    references: [...notice.references],
    headers: {
      'Auto-Submitted': 'auto-replied',
      // Exchange heeds this one, and RFC 3834 §3.1.8 allows Precedence for responders older than itself.
      'X-Auto-Response-Suppress': 'All',
      Precedence: 'bulk',
      [LOOP_FIELD]: 'yes',
    },
    xMailer: false,
  }
}
