/** What sight knows of a mail: its headers, distilled, its size and its part list. No content. */
import { createHash } from 'node:crypto'
import { type Authentication, authenticationIn } from './authentication.ts'
import type { Address, Header, Machine } from './header.ts'
import type { Ref } from './ref.ts'
import { machineOf, type OwnAddresses, silenceOf } from './sender.ts'

export type { Address, Header, Machine } from './header.ts'

/** One leaf as IMAP's BODYSTRUCTURE tells it: a hint, never a proof (sizes are encoded, names may be missing). */
export type OutlinePart = {
  /** IMAP section number, `'1'`, `'2.1'` (RFC 9051 §6.4.5.1). */
  readonly part: string
  /** Lower case, `application/pdf`. */
  readonly type: string
  readonly name: string | undefined
  readonly disposition: 'attachment' | 'inline' | undefined
  readonly encodedSize: number
}

export type Envelope = {
  readonly ref: Ref
  /** SHA-256 (hex) over mailbox name, NUL and the raw header block; it only re-recognises (docs/overview.md). */
  readonly fingerprint: string
  /** RFC822.SIZE in octets: a hint for limits, never a proof of completeness. */
  readonly size: number
  readonly arrivedAt: Date
  /** \Seen at first sight; only the first sweep's `backlog` asks for it. */
  readonly seen: boolean
  readonly subject: string
  /** As in `Header`; undefined where there are none. */
  readonly otherSubjects?: readonly string[] | undefined
  readonly from: Address | undefined
  readonly messageId: string | undefined
  readonly inReplyTo: readonly string[]
  readonly references: readonly string[]
  readonly machine: Machine | undefined
  /** Why this mail must not be answered (RFC 3834 §2), undefined when it may. */
  readonly silent: string | undefined
  /** Undefined when the server gave no BODYSTRUCTURE. */
  readonly outline: readonly OutlinePart[] | undefined
  /** The first language the mail claims for itself (RFC 3282), `fr`, lower case; undefined when it claims none. */
  readonly language?: string | undefined
  /** What servers on its way wrote of its sender; undefined when none did. */
  readonly authentication?: Authentication | undefined
}

/** What the mailbox tells beside the header. `rawHeader`: the octets as they came. */
export type SightedFacts = Pick<Envelope, 'ref' | 'size' | 'arrivedAt' | 'seen' | 'outline'> & {
  readonly rawHeader: Uint8Array
}

/** The envelope of a mail as it is kept. `own`: our addresses, for what comes from us is never answered. */
export const distil = (header: Header, { rawHeader, ...facts }: SightedFacts, own: OwnAddresses): Envelope => ({
  ...facts,
  fingerprint: fingerprint(facts.ref.mailbox, rawHeader),
  subject: header.subject,
  ...(header.otherSubjects?.length ? { otherSubjects: header.otherSubjects } : {}),
  from: header.from,
  messageId: header.messageId,
  inReplyTo: header.inReplyTo,
  references: header.references,
  machine: machineOf(header, own),
  silent: silenceOf(header, own),
  language: languageClaimed(header),
  authentication: header.fields.has('authentication-results') ? authenticationIn(header) : undefined,
})

/** SHA-256 (hex) over mailbox name, NUL and the raw header block. No size: Exchange changes RFC822.SIZE after the first fetch. */
export const fingerprint = (mailbox: string, rawHeader: Uint8Array): string =>
  createHash('sha256').update(mailbox).update('\0').update(rawHeader).digest('hex')

/** Outlook writes Content-Language or Accept-Language into what people send. */
function languageClaimed({ fields }: Header): string | undefined {
  const claim = fields.get('content-language')?.[0] ?? fields.get('accept-language')?.[0] ?? ''
  return /^\s*([a-z]{2,3})(?![a-z])/i.exec(claim)?.[1]?.toLowerCase()
}
