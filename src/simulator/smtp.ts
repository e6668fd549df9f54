/** A real SMTP server that takes everything and delivers nothing: it keeps a journal, for demo and tests. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

/** One mail as it came: envelope and octets. */
export type Sunk = {
  /** `''` for MAIL FROM:<>. */
  readonly from: string
  /** Every RCPT TO, in order. */
  readonly to: readonly string[]
  /** Header and body as they came in DATA, one character an octet. */
  readonly raw: string
  readonly at: Date
}

export interface SmtpSink extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Oldest first; it grows. */
  readonly journal: readonly Sunk[]
  /** Resolves when this many have come since the start. */
  arrived(count: number): Promise<readonly Sunk[]>
}

/** Mails larger than this are refused with 552 (octets). */
const LARGEST = 64 * 1024 * 1024

/** Listens on `port` (0 = a free one); any user and password will do, and none. Rejects when it cannot listen. */
export async function startSmtpSink({ host = '127.0.0.1', port = 0 } = {}): Promise<SmtpSink> {
  const journal: Sunk[] = []
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    size: LARGEST,
    onAuth: ({ username }, _session, done) => done(null, { user: username }),
    onData(stream, { envelope: { mailFrom, rcptTo } }, done) {
      text(stream.setEncoding('latin1')).then(raw => {
        const from = mailFrom === false ? '' : mailFrom.address
        journal.push({ from, to: rcptTo.map(({ address }) => address), raw, at: new Date() })
        server.emit('sunk')
        done()
      }, done)
    },
  })
  // A client that hangs up is its own affair.
  server.on('error', () => undefined)
  await listen(server, host, port)
  // A server that listens on TCP has an address of this shape.
  const bound = (server.server.address() as AddressInfo).port
  return {
    host,
    port: bound,
    journal,
    async arrived(count) {
      while (journal.length < count) await once(server, 'sunk')
      return journal
    },
    [Symbol.asyncDispose]: () => new Promise(resolve => server.close(() => resolve())),
  }
}

function listen(server: SMTPServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
}
