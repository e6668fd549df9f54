/** The answer to the sender (RFC 3834): whether one may go, and what it says. */
import { createHmac } from 'node:crypto'
import { mailable } from './address.ts'
import type { Envelope } from './envelope.ts'
import { fatesOf, type NoticeFile, sizeIn } from './fates.ts'
import type { Address } from './header.ts'
import { htmlOf, textOf } from './letter.ts'
import type { FinalKind, Outcome } from './outcome.ts'
import { plain } from './plain.ts'
import { fillWord, paragraphsOf, type Template } from './template.ts'

export type NoticeKind = FinalKind | 'delayed'

/** What is sent, complete and durable before it is sent, so that a repeat is the same octets with the same Message-ID. */
export type Notice = {
  readonly kind: NoticeKind
  /** Exactly one addr-spec. */
  readonly to: string
  /** Deterministic, with angle brackets. */
  readonly messageId: string
  readonly subject: string
  readonly text: string
  /** The same words for programs that show HTML; undefined = plain text alone, as in notices written down by earlier versions. */
  readonly html: string | undefined
  readonly inReplyTo: string | undefined
  readonly references: readonly string[]
}

export type NoticeFacts = {
  readonly envelope: Envelope
  readonly outcome: Outcome
  readonly tickets: readonly string[]
  readonly files: readonly NoticeFile[]
}

export type NoticeOptions = {
  /** Keeps Message-IDs from being guessed; the same for ever, so that a repeat is recognised. */
  readonly secret: string
  /** Who answers; its domain is that of the Message-ID. */
  readonly from: Address
  /** What a ticket number looks like. */
  readonly example: string
  readonly timeZone: string
  /** Octets. */
  readonly maxFile: number
  readonly maxMail: number
  /** Whoever writes only to their own tickets must not learn which others there are: one answer for both. */
  readonly hideTickets?: boolean
}

/** A mail that has been deferred for so long is worth a word (RFC 5321 §4.5.4.1 speaks of hours). Milliseconds. */
export const LONG_WAIT = 4 * 3_600_000

/**
 * Whether this outcome is told to the sender: undefined when nobody asked for notices of its kind, `suppressed` when one would be due
 * but must not go. `on`: the kinds of `notices.on`; `hideTickets`: as in NoticeOptions.
 */
export function noticeWanted(
  outcome: Outcome,
  envelope: Envelope,
  { on, hideTickets }: { readonly on: readonly NoticeKind[]; readonly hideTickets?: boolean },
): 'send' | { readonly suppressed: string } | undefined {
  const kind = kindOf(outcome)
  if (kind === 'discarded' || !on.includes(kind)) return undefined
  if (outcome.code === 'spoof') return { suppressed: 'its sender may be forged' }
  // An answer for one of the two alone would tell as much as two different ones.
  if (hideTickets && TELLING.has(outcome.code) && !(on.includes('bounced') && on.includes('held')))
    return { suppressed: 'it would tell strangers which tickets there are' }
  const silent = envelope.machine?.why ?? envelope.silent
  if (silent !== undefined) return { suppressed: silent }
  // A responder that gives no sign of being one: a person who has understood the notice sends a file or a number.
  // With a link in place of the file it may be such a person, who believes that the file is here; `perSenderPerDay` ends a loop.
  if (outcome.kind === 'bounced' && outcome.section === undefined && isBareAnswer(envelope))
    return { suppressed: 'it answers a notice of ours and brings no file' }
  if (mailable(envelope.from?.address ?? '') === undefined) return { suppressed: 'no usable From address' }
  return 'send'
}

/**
 * The notice for a mail whose sender is to be told (`noticeWanted` said `send`). Deterministic: the same facts give the same octets.
 * It quotes the subject at most, never the body, and goes to the one From address, never to Reply-To (RFC 3834 §4 leaves the choice).
 */
export function compose(
  { envelope, outcome, tickets, files }: NoticeFacts,
  template: Template,
  options: NoticeOptions,
): Notice {
  const kind = kindOf(outcome)
  const subject = plain(envelope.subject, LONGEST_SUBJECT)
  const values = {
    subject: plain(envelope.subject, LONGEST_QUOTE) || fillWord(template, 'no-subject', {}),
    date: dateIn(template.language, envelope.arrivedAt, options.timeZone),
    tickets: tickets.map(ticket => plain(ticket, 50)).join(', '),
    example: options.example,
    'max-file': sizeIn(template.language, options.maxFile),
    'max-mail': sizeIn(template.language, options.maxMail),
  }
  const guarded = options.hideTickets && TELLING.has(outcome.code)
  const [section, kindSaid] = guarded ? ['not-requester', 'bounced'] : [outcome.code, kind]
  const fates = fatesOf(guarded ? files.map(untold) : files, outcome, template, values)
  const told = outcome.kind === 'deferred' ? undefined : outcome.section
  const middle =
    template.sections.get(told ?? section) ?? template.sections.get(section) ?? template.sections.get(kindSaid) ?? []
  const parts = [template.sections.get('start') ?? [], middle, template.sections.get('end') ?? []]
  const paragraphs = parts.flatMap(lines => paragraphsOf(lines, values))
  const title = `Re: ${withoutRe(subject) || fillWord(template, 'no-subject', {})}`
  return {
    kind,
    to: mailable(envelope.from?.address ?? '') ?? '',
    messageId: messageIdOf(`${envelope.fingerprint}|${kind}`, options.secret, options.from.address),
    subject: title,
    text: textOf(paragraphs, fates),
    html: htmlOf(title, paragraphs, fates, template),
    ...threadOf(envelope),
  }
}

/** What answers differently for a ticket that is not there and one that is somebody else's. */
const TELLING: ReadonlySet<string> = new Set(['unknown-ticket', 'not-requester'])

const untold = ({ name, size }: NoticeFile): NoticeFile => ({
  name,
  size,
  state: 'skipped',
  reason: undefined,
  ticket: undefined,
})

/** It answers a notice of ours (their Message-IDs are `messageIdOf`'s), and by the server's outline nothing is attached. */
const isBareAnswer = ({ inReplyTo, outline }: Envelope): boolean =>
  inReplyTo.some(id => /^<mailclip\.[\da-f]{32}@/.test(id)) &&
  outline?.every(({ name, disposition }) => name === undefined && disposition === undefined) === true

export const kindOf = ({ kind }: Outcome): NoticeKind => (kind === 'deferred' ? 'delayed' : kind)

/** RFC 5322 §3.6.4: the original's references, or the one mail it answered, and then the original itself. */
function threadOf({ messageId, inReplyTo, references }: Envelope): Pick<Notice, 'inReplyTo' | 'references'> {
  const parent = isMessageId(messageId) ? messageId : undefined
  if (parent === undefined) return { inReplyTo: undefined, references: [] }
  const before = references.length > 0 ? references : inReplyTo.length === 1 ? inReplyTo : []
  return { inReplyTo: parent, references: [...before.filter(isMessageId).filter(id => id !== parent), parent] }
}

/** What goes into a header unquoted must not be able to end it. */
const isMessageId = (id: string | undefined): id is string =>
  id !== undefined && /^<[\x21-\x3B\x3D\x3F-\x7E]{1,250}>$/.test(id)

/** Of a mail of our own: the same for a repeat of the same `cause`, unguessable without the ledger's `secret`. `from`: an address. */
export function messageIdOf(cause: string, secret: string, from: string): string {
  const mac = createHmac('sha256', secret).update(cause).digest('hex')
  return `<mailclip.${mac.slice(0, 32)}@${from.slice(from.lastIndexOf('@') + 1)}>`
}

const LONGEST_SUBJECT = 250
const LONGEST_QUOTE = 100

/** Mail programs say it in their own language: `AW:`, `RÉP:`, `SV:`; some count, `Re[2]:`. */
const withoutRe = (subject: string): string =>
  subject.replace(/^(?:(?:re|aw|antw|antwort|sv|vs|odp|r[eé]p|r)(?:\s*\[\d+\])?\s*[:：]\s*)+/iu, '')

const dateIn = (language: string, date: Date, timeZone: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone })
    .format(date)
    .replace(/\u202F/g, '\u00A0')
