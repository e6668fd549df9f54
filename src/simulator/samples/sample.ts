/** What a sample mail is: octets somebody's mail program could have sent, and what must become of them. */
import { createHash } from 'node:crypto'
import { compose, type Entity, type Field, mailbox, words } from './mime.ts'

export type Sample = {
  /** Short, for tables and file names. */
  readonly name: string
  /** One sentence: who sends such a mail, and what is remarkable about it. */
  readonly about: string
  /** The same octets every time. */
  readonly raw: () => Buffer
  readonly expect: Expectation
}

/** With the default settings, `SAMPLE_LIMIT` as the largest attachment, and a desk that knows `SAMPLE_TICKETS`. */
export type Expectation = {
  readonly outcome: 'delivered' | 'bounced' | 'discarded' | 'held'
  /** Token of the reason (docs/states.md). */
  readonly code: string
  /** The ticket it is for, known to the desk or not. */
  readonly ticket: string | undefined
  /** Every file in it, in its order. */
  readonly files: readonly ExpectedFile[]
}

export type ExpectedFile = {
  /** As the desk shows it. */
  readonly name: string
  /** Hex, of the octets on the desk. */
  readonly sha256: string
  /** `unsent`: it would have gone, but the mail as a whole did not. */
  readonly fate: 'delivered' | 'skipped' | 'refused' | 'unsent'
}

/** `attachments.maxSize` the samples are written for, in octets. */
export const SAMPLE_LIMIT = 5_000_000
/** Where the samples are sent to. */
export const SAMPLE_MAILBOX = 'support@example.com'

/** The ticket of the sample with this number. */
export const ticketOf = (n: number): string => `I261120_${String(n).padStart(6, '0')}`

export const fileOf = (name: string, content: Buffer, fate: ExpectedFile['fate'] = 'delivered'): ExpectedFile => ({
  name,
  sha256: createHash('sha256').update(content).digest('hex'),
  fate,
})

export type Sender = { readonly name: string; readonly address: string; readonly program: string }

/** A whole mail of this sender; each sample has a date and a Message-ID of its own. */
export function mailOf(n: number, sender: Sender, subject: string, body: Entity, more: readonly Field[] = []): Buffer {
  const minute = String(n).padStart(2, '0')
  const domain = sender.address.replace(/^.*@/, '')
  const fields: Field[] = [
    ['From', mailbox(sender.name, sender.address)],
    ['To', mailbox('Support', SAMPLE_MAILBOX)],
    ['Subject', words(subject)],
    ['Date', `Fri, 20 Nov 2026 08:${minute}:00 +0100`],
    ['Message-ID', `<sample-${minute}@${domain}>`],
    ['X-Mailer', sender.program],
    ...more,
  ]
  return compose(fields, body)
}
