/** The whole configuration: every key, its default and its meaning. What is checked, what editors complete and what the documents say come from here. */
import { z } from 'zod'
import { key } from './key.ts'
import { choice, duration, truth } from './readers.ts'
import { attachments, description, parser } from './sections/attachments.ts'
import type { oauth2, tls } from './sections/connection.ts'
import { canary, ledger, log, retry, spool, status, summary } from './sections/daemon.ts'
import { desk } from './sections/desk.ts'
import { mailbox } from './sections/mailbox.ts'
import { notices } from './sections/notices.ts'
import { senders, ticket } from './sections/ticket.ts'
import { loose } from './shape.ts'
import { cron, timezone } from './words.ts'

/** Sections that every mailbox may override; checked as a whole only after merging. */
export const OVERRIDABLE = { desk, ticket, senders, attachments, notices } as const

/** One configuration file. Overridable sections are loose here, for what is mandatory in them may stand at the mailbox. */
export const configuration = z.strictObject({
  mailboxes: z.array(mailbox).describe('The watched folders, one or more.'),
  schedule: key(
    cron,
    'When to look: five cron fields, or six with seconds first. With idle, news are taken at once all the same.',
    '*/30 * * * * *',
  ).prefault('* * * * *'),
  timezone: key(timezone, 'Time zone of the schedule.', 'Europe/Paris').prefault('UTC'),
  idle: key(truth, 'Let the server wake us when mail comes (IMAP IDLE).', false).prefault(true),
  desk: loose(desk),
  ticket: loose(ticket),
  senders: loose(senders),
  machines: key(
    choice('deliver', 'discard'),
    'Automatic mail (scanners, monitoring, lists) with a number and files: deliver it like any other, or discard it. It is never answered; reports and bounces are always discarded.',
    'discard',
  ).prefault('deliver'),
  nothingAttached: key(
    choice('bounce', 'discard'),
    'A mail with a number and no file. A reply is discarded in either case.',
    'discard',
  ).prefault('bounce'),
  attachments: loose(attachments),
  description: description.prefault({}),
  parser: parser.prefault({}),
  retry: retry.prefault({}),
  notices: loose(notices.nullable()),
  ledger: ledger.prefault({}),
  spool: spool.prefault({}),
  drain: key(
    duration({ min: 0 }),
    'How long a stopping daemon lets uploads finish; a longer one is cut and looked for at the next start.',
    '30s',
  ).prefault('30s'),
  status: status.prefault({}),
  log: log.prefault({}),
  canary: canary.prefault(null),
  summary: summary.prefault(null),
})

/** Data all the way down. */
type Settled<T> = T extends readonly (infer One)[]
  ? readonly Settled<One>[]
  : T extends object
    ? { readonly [Name in keyof T]: Settled<T[Name]> }
    : T

export type TlsSettings = Settled<z.output<typeof tls>>
export type OAuthSettings = Settled<z.output<typeof oauth2>>
export type DeskSettings = Settled<z.output<typeof desk>>
export type TicketSettings = Settled<z.output<typeof ticket>>
export type SenderSettings = Settled<z.output<typeof senders>>
export type AttachmentSettings = Settled<z.output<typeof attachments>>

type WrittenNotices = Settled<z.output<typeof notices>>
type WrittenMailbox = Settled<z.output<typeof mailbox>>
type Written = Settled<z.output<typeof configuration>>

export type SmtpSettings = Omit<WrittenNotices['smtp'], 'port' | 'oauth2' | 'user' | 'password'> & {
  readonly port: number
  readonly user?: string
  readonly password?: string
  readonly oauth2?: OAuthSettings
}

export type NoticeSettings = Omit<WrittenNotices, 'smtp' | 'returnPath'> & {
  readonly smtp: SmtpSettings
  /** null is MAIL FROM:<>. */
  readonly returnPath: 'from' | null
}

/** Folders and flags are undefined where the mail is left as it is. */
export type MailboxSettings = Omit<
  WrittenMailbox,
  keyof typeof OVERRIDABLE | 'name' | 'port' | 'password' | 'oauth2' | 'file' | 'flag'
> & {
  readonly name: string
  readonly port: number
  readonly password: string
  /** Then the password is empty. */
  readonly oauth2?: OAuthSettings
  readonly file: { readonly [Kind in 'delivered' | 'bounced' | 'held' | 'discarded']: string | undefined }
  readonly flag: { readonly [Kind in 'bounced' | 'held']: string | undefined }
  readonly desk: DeskSettings
  readonly ticket: TicketSettings
  readonly senders: SenderSettings
  readonly attachments: AttachmentSettings
  /** null: senders of this mailbox are told nothing. */
  readonly notices: NoticeSettings | null
}

export type WrittenLedger = Written['ledger']

export type LedgerSettings = WrittenLedger & {
  /** The path in a `sqlite:` address; '' for a database. */
  readonly file: string
  /** Undefined for a file. The address has no password in it any more; `encrypted`: spoken to in TLS. */
  readonly database: { readonly url: string; readonly encrypted: boolean } | undefined
}

/**
 * A configuration that was checked as a whole: durations in milliseconds, sizes in octets, every default filled in, every mailbox with
 * its own overrides merged. TLS keys hold PEM contents, not paths. A section that is null is off; a single value that is off is undefined.
 */
export type Settings = Omit<Written, keyof typeof OVERRIDABLE | 'mailboxes' | 'ledger'> & {
  readonly mailboxes: readonly MailboxSettings[]
  readonly ledger: LedgerSettings
  /** Nothing that stops us; for the operator to read. Never a secret. */
  readonly warnings: readonly string[]
}
