/** Mails, dispatches and outcomes to write into a ledger. */

import type { Conclusion, Sighted } from '../../src/gateway/ports.ts'
import type { Dispatch, Fate, Item } from '../../src/mail/dispatch.ts'
import type { Envelope } from '../../src/mail/envelope.ts'
import type { Notice, NoticeKind } from '../../src/mail/notice.ts'
import type { FinalKind } from '../../src/mail/outcome.ts'
import type { Numbering, Ref } from '../../src/mail/ref.ts'
import { because } from '../../src/mail/status.ts'
import type { TicketNumber } from '../../src/mail/subject.ts'

export const ticket = (number: string): TicketNumber => number as TicketNumber
export const T1 = ticket('I161026_000005')
export const T2 = ticket('I161026_000006')

export const START = new Date('2026-11-02T08:00:00Z')
export const MINUTE = 60_000
/** How long the tests' ledgers let a suspect wait. */
export const CALM = 10_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const numbering = (uidValidity = '17', folder = 'INBOX', mailbox = 'support'): Numbering => ({
  mailbox,
  folder,
  uidValidity,
})

export const cursor = (uid: number, mailbox?: string): Ref => ({ ...numbering('17', 'INBOX', mailbox), uid })

export function envelope(uid: number, over: Partial<Envelope> = {}): Envelope {
  return {
    ref: { mailbox: 'support', folder: 'INBOX', uidValidity: '17', uid },
    fingerprint: `fingerprint of ${uid}`,
    size: 10_240,
    arrivedAt: START,
    seen: false,
    subject: `Scan ${uid} for I161026_000005`,
    from: { name: 'Ada', address: 'ada@example.com' },
    messageId: `<${uid}@example.com>`,
    inReplyTo: [],
    references: ['<before@example.com>'],
    machine: undefined,
    silent: undefined,
    outline: [{ part: '2', type: 'application/pdf', name: 'scan.pdf', disposition: 'attachment', encodedSize: 8000 }],
    ...over,
  }
}

export const sighted = (uid: number, over: Partial<Sighted> & { readonly envelope?: Envelope } = {}): Sighted => ({
  envelope: envelope(uid),
  tickets: [T1],
  trace: ['ticket: I161026_000005'],
  decided: undefined,
  ...over,
})

/** A mail that shows by its arrival that this is the time. */
export const newest = (arrivedAt: Date): Sighted => sighted(9, { envelope: envelope(9, { arrivedAt }) })

export const item = (name: string, over: Partial<Item> = {}): Item => ({
  part: '2',
  name,
  originalName: name,
  type: 'application/pdf',
  size: 6000,
  sha256: `sha256 of ${name}`,
  ticket: T1,
  fate: { kind: 'send' },
  ...over,
})

export const dispatchOf = (...items: readonly Item[]): Dispatch => ({ description: 'Please see the scan.', items })

export const skip: Fate = { kind: 'skip', reason: 'a logo' }
export const refuse: Fate = { kind: 'refuse', ...because('refused-type', 'programs are not taken') }

export const notice = (kind: NoticeKind, to = 'ada@example.com', n = 1): Notice => ({
  kind,
  to,
  messageId: `<notice-${kind}-${n}@mailclip.example>`,
  subject: 'Re: Scan',
  html: undefined,
  text: 'It could not be attached.',
  inReplyTo: undefined,
  references: ['<1@example.com>'],
})

export const FOLDERS = { delivered: 'Mailclip/Delivered', bounced: 'Mailclip/Bounced', held: 'Mailclip/Held' } as const

export const final = (kind: FinalKind, over: Partial<Conclusion> = {}): Conclusion => ({
  outcome: {
    kind,
    ...(kind === 'delivered' ? because('delivered', 'on its ticket') : because('no-ticket', 'no number')),
  },
  notice: undefined,
  filing: kind === 'discarded' ? undefined : { folder: FOLDERS[kind], flag: undefined },
  ...over,
})

export const deferred = (until: Date): Conclusion => ({
  outcome: { kind: 'deferred', until, status: '4.4.2', code: 'deferred-4.4.2', reason: 'the connection broke' },
  notice: undefined,
  filing: undefined,
})
