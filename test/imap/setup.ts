/** A mailbox on a Dovecot. */
import { Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import type { Fetched } from '../../src/gateway/ports.ts'
import { ImapMailbox } from '../../src/imap/mailbox.ts'
import type { ImapOptions } from '../../src/imap/session.ts'
import { Fault } from '../../src/mail/fault.ts'
import type { Ref } from '../../src/mail/ref.ts'
import { type Dovecot, type DovecotOptions, dovecot, type OwnDovecot, sharedDovecot } from '../support/dovecot.ts'

export const signal = new AbortController().signal

export type Bundle = {
  readonly server: Dovecot
  readonly mailbox: ImapMailbox
  /** The ref of a UID in the watched folder, after a refresh. */
  readonly ref: (uid: number) => Promise<Ref>
}

/** With options for the server, even none of them: on one of its own. */
export function setup(
  server: DovecotOptions,
  options?: Partial<ImapOptions>,
): Promise<Bundle & { readonly server: OwnDovecot }>
export function setup(server?: DovecotOptions, options?: Partial<ImapOptions>): Promise<Bundle>
export async function setup(server?: DovecotOptions, options: Partial<ImapOptions> = {}): Promise<Bundle> {
  const running = await (server === undefined ? sharedDovecot() : dovecot(server))
  onTestFinished(() => running.close())
  const mailbox = mailboxAt(running, options)
  const ref = async (uid: number): Promise<Ref> => ({ mailbox: 'support', ...(await mailbox.refresh(signal)), uid })
  return { server: running, mailbox, ref }
}

export function mailboxAt(
  server: { readonly port: number; readonly user?: string; readonly password?: string },
  options: Partial<ImapOptions> = {},
): ImapMailbox {
  const mailbox = new ImapMailbox({
    name: 'support',
    host: '127.0.0.1',
    port: server.port,
    security: 'plain',
    user: server.user ?? 'support',
    password: server.password ?? 'correct-horse',
    folder: 'INBOX',
    timeouts: { connect: 5_000, greeting: 5_000, idle: 10_000, renew: 60_000 },
    tls: { ca: undefined, cert: undefined, key: undefined, minVersion: undefined, servername: undefined },
    ...options,
  })
  onTestFinished(() => mailbox[Symbol.asyncDispose]())
  return mailbox
}

/** Keeps what is written, and tells whether it ended well. */
export class Sink extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  get octets(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}

/** The Fault that `work` ends with. */
export async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Fault) return error
  throw new Error('there was no fault', { cause: error })
}

/** A mail with one attachment of `size` octets, CRLF throughout. */
export function letter(subject: string, size = 0, headers = ''): string {
  const line = `${'A'.repeat(76)}\r\n`
  const head = `From: Ann <ann@example.org>\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.org>\r\n${headers}`
  if (size === 0) return `${head}\r\nHello.\r\n`
  const mime = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'
  const text = '--b\r\nContent-Type: text/plain\r\n\r\nHello.\r\n'
  const disposition = 'Content-Disposition: attachment; filename="scan.pdf"'
  const file = `--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n${disposition}\r\n\r\n`
  return `${head}${mime}${text}${file}${line.repeat(Math.ceil(size / 78))}--b--\r\n`
}

/** What is told of this mail when it has been fetched. */
export function fetchedOf(raw: Buffer | string): Fetched {
  const octets = Buffer.from(raw)
  return { size: octets.length, header: octets.subarray(0, octets.indexOf('\r\n\r\n') + 4) }
}
