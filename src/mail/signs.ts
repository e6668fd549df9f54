/** The signs machines leave in headers, collected from the standards and from what ticket systems have learned to recognise. */
import type { Header } from './header.ts'
import {
  AUTO_REPLY_FIELDS,
  AUTO_REPLY_MAILER,
  CALENDAR_SENDER,
  DAEMON,
  LIST_FIELDS,
  LOOP_FIELDS,
  NO_REPLY,
  REPORT_FIELDS,
  TICKET_MAILER,
} from './known-machines.ts'
import {
  AUTO_REPLY_ALONE,
  AUTO_REPLY_SUBJECT,
  BOUNCE_ALONE,
  BOUNCE_SUBJECT,
  GENERATED_SUBJECT,
  SUBJECT_TAG,
} from './known-subjects.ts'

/** Field of our own notices, so that one that comes back is known. */
export const LOOP_FIELD = 'X-Mailclip-Loop'

/** Field of our own test mails (`canary`), so that none is ever answered. */
export const CANARY_FIELD = 'X-Mailclip-Canary'

/** A delivery, read or abuse report, or a notice of ours that came back. */
export function reportOf(header: Header): string | undefined {
  if (has(header, LOOP_FIELD) || /^<mailclip\.[\da-f]{32}@/.test(header.messageId ?? '')) return 'a notice of ours'
  const type = first(header, 'content-type').toLowerCase()
  // RFC 6522, with RFC 3464 (delivery), RFC 8098 (read), RFC 5965 (abuse), RFC 6533 (the same in UTF-8).
  const [, kind] =
    /^\s*(multipart\/report|message\/(?:global-)?(?:delivery-status|disposition-notification|feedback-report))\b/.exec(
      type,
    ) ?? []
  if (kind !== undefined) return `a report (Content-Type: ${kind})`
  if (/^(?:mailer-daemon|mail-daemon|mdaemon)$/i.test(localOf(header.from?.address ?? first(header, 'from'))))
    return 'a bounce (from the mail system itself)'
  const subject = untagged(header.subject)
  const fromSystem = header.returnPath === '' || MAIL_SYSTEM.test(localOf(header.from?.address))
  if (fromSystem && BOUNCE_SUBJECT.test(subject)) return 'a bounce (by its subject and sender)'
  const field = REPORT_FIELDS.find(name => has(header, name))
  if (field !== undefined) return `a bounce (${field})`
  return isDomainReport(subject) ? 'an aggregate report (DMARC or TLS)' : undefined
}

/** Local parts under which mail systems send bounces, and postmasters their own mail, too. */
const MAIL_SYSTEM = /^(?:post[-_.]?master|microsoftexchange[\da-f]{32}|mail[-_.]?(?:system|delivery))$/i

/** Subjects of RFC 7489 §7.2.1.1 and RFC 8460 §5.3: `Report Domain: … Submitter: … Report-ID: …`. */
const isDomainReport = (subject: string): boolean =>
  /^(?:dmarc )?(?:aggregate )?report[ -]domain ?:/i.test(subject) &&
  /\bsubmitter ?:/i.test(subject) &&
  /\breport-id ?:/i.test(subject)

/** Tags of gateways that stand before a subject, at most; the mail's own ticket number in brackets is one of them. */
const TAGS = 5

/** The subject proper, composed (NFC): in decomposed letters no word of a list would be found. */
const untagged = (subject: string): string => withoutTags(subject).at(-1) ?? ''

/** The subject, then what is left of it behind each of the tags before it. */
function withoutTags(subject: string): readonly string[] {
  const texts = [subject.normalize('NFC').trim()]
  for (const text of texts) {
    const tag = SUBJECT_TAG.exec(text)?.[0]
    if (tag === undefined || texts.length > TAGS) break
    texts.push(text.slice(tag.length).trimStart())
  }
  return texts
}

/** An automatic response or something generated. */
export function autoReplyOf(header: Header): string | undefined {
  // RFC 3834 §5: anything but `no`; a comment or a parameter may follow (RFC 5436 §2.7.1).
  const submitted = all(header, 'auto-submitted').find(
    value => !/^\s*(?:no\b|$)/i.test(value.replace(/\([^()]*\)/g, ' ')),
  )
  if (submitted !== undefined) return `Auto-Submitted: ${word(submitted)}`
  const field = AUTO_REPLY_FIELDS.find(name => all(header, name).some(value => !/^\s*(?:no|false|0)?\s*$/i.test(value)))
  if (field !== undefined) return `an automatic reply (${field})`
  if (
    AUTO_REPLY_MAILER.test(first(header, 'x-mailer')) ||
    /\bautoresponder\b/i.test(first(header, 'x-post-messageclass'))
  )
    return 'an automatic reply (by its mailer)'
  // A person may write such a subject too: it counts only beside another sign, and without the `Re:` a person's answer would have.
  const supported = has(header, 'x-auto-response-suppress') || header.inReplyTo.length + header.references.length > 0
  const subject = untagged(header.subject)
  const isReply = AUTO_REPLY_SUBJECT.test(subject) || AUTO_REPLY_ALONE.test(subject)
  return supported && isReply ? 'an automatic reply (by its subject)' : undefined
}

/** Mail to many. */
export function bulkOf(header: Header): string | undefined {
  const precedence = first(header, 'precedence')
  // Not a standard (RFC 2076 §3.9), but older than the one that replaced it.
  if (/^\s*(?:bulk|list|junk|auto_?reply)\b/i.test(precedence)) return `Precedence: ${word(precedence)}`
  const field = LIST_FIELDS.find(name => has(header, name))
  return field === undefined ? undefined : `a mailing list or a mailing (${field})`
}

/** Signs that a person's mail may carry too, on its way through a machine: no machine by them, but no answer either. */
export function loopOf(header: Header): string | undefined {
  if (has(header, CANARY_FIELD)) return 'a test mail of our own (canary)'
  if (all(header, 'x-auto-response-suppress').some(value => /\b(?:all|oof|autoreply)\b/i.test(value)))
    return 'it asks for no automatic response (X-Auto-Response-Suppress)'
  if (has(header, 'x-spam-flag') && /^\s*yes\b/i.test(first(header, 'x-spam-flag'))) return 'marked as spam'
  if (/^urn:content-classes:calendarmessage/i.test(first(header, 'content-class'))) return 'an answer to an invitation'
  // RFC 5546 §1.4, by the parameter of RFC 6047 §2.4.
  if (/\bmethod\s?=\s?"?(?:reply|counter|declinecounter|refresh)\b/i.test(first(header, 'content-type')))
    return 'an answer to an invitation'
  if (isFromCalendar(header)) return 'a calendar program sent it'
  if (TICKET_MAILER.test(first(header, 'x-mailer'))) return 'a ticket system sent it (X-Mailer)'
  const field = LOOP_FIELDS.find(name => has(header, name))
  return field === undefined ? undefined : `it passed through a machine (${field})`
}

const isFromCalendar = (header: Header): boolean =>
  [header.from?.address, header.returnPath, addressOf(first(header, 'sender'))].some(sender =>
    CALENDAR_SENDER.test(sender ?? ''),
  )

/**
 * A subject that mail systems and responders write, without any other sign: too little to call the mail automatic,
 * enough not to answer it. `Re:` before it, or a sentence that goes on behind it, is a person's.
 */
export function subjectSign(header: Header): string | undefined {
  const texts = withoutTags(header.subject)
  if (texts.some(text => GENERATED_SUBJECT.test(text))) return 'its subject says that a program wrote it'
  const subject = texts.at(-1) ?? ''
  // Mail systems write no questions; a person who asks about a bounce does.
  if (BOUNCE_ALONE.test(subject) && !/[?？؟]$/.test(subject)) return 'its subject is that of a bounce'
  return AUTO_REPLY_ALONE.test(subject) ? 'its subject is that of an automatic reply' : undefined
}

/** Role addresses of mail systems and lists (RFC 3834 §2, RFC 2142 §4 and §6, RFC 5230 §4.6). */
export const daemonOf = (senders: readonly (string | undefined)[]): string | undefined =>
  senders.some(sender => DAEMON.test(localOf(sender))) ? 'its sender is a mail system or a list' : undefined

/** `noreply@` in the languages and spellings that are common. */
export const noReplyOf = (address: string): string | undefined =>
  NO_REPLY.test(localOf(address)) ? 'its sender takes no answers' : undefined

const all = (header: Header, name: string): readonly string[] => header.fields.get(name.toLowerCase()) ?? []

const first = (header: Header, name: string): string => all(header, name)[0] ?? ''

const has = (header: Header, name: string): boolean => all(header, name).length > 0

/** A machine's word may go into a trace; the rest of the field is the sender's. */
const word = (value: string): string => /[a-z][a-z_-]{0,30}/i.exec(value)?.[0] ?? 'something'

/** The local part of an address, or of the first one in a field like `Lists <owner-x@y>`. */
function localOf(sender: string | undefined): string {
  const address = addressOf(sender)
  // A bounce of old may be from `MAILER-DAEMON` without a domain.
  const at = address.lastIndexOf('@')
  return at === -1 ? address : address.slice(0, at)
}

function addressOf(sender: string | undefined): string {
  const text = (sender ?? '').slice(0, 1_000).replace(/\([^()]*\)/g, ' ')
  return (/<([^<>]+)>/.exec(text)?.[1] ?? text.replace('<>', '')).trim()
}
