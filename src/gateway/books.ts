/** The books: what commands and pages read of the ledger, beside the road. The names of a row are public (product contract). */
import type { NoticeKind } from '../mail/notice.ts'
import type { EntryState, ItemState } from '../mail/outcome.ts'
import type { Ref } from '../mail/ref.ts'
import type { Entries, Suspension } from './ports.ts'

/** A row of `list --json` (product contract): names and meaning are public, dates are ISO 8601. */
export type MailRow = {
  readonly id: string
  readonly mailbox: string
  readonly folder: string
  readonly uidValidity: string
  readonly uid: number
  readonly messageId: string | null
  readonly from: string | null
  readonly subject: string
  /** The ticket(s), separated by `, `. */
  readonly ticket: string | null
  readonly state: EntryState
  readonly status: string | null
  readonly code: string | null
  readonly reason: string | null
  readonly attempts: number
  readonly sightedAt: string
  readonly dueAt: string | null
  readonly concludedAt: string | null
  readonly settledAt: string | null
  /** Where it was filed, the server's name. */
  readonly filedIn: string | null
  readonly attachments: readonly {
    readonly part: string
    readonly name: string
    readonly originalName: string | null
    readonly type: string
    readonly size: number | null
    readonly sha256: string | null
    readonly state: ItemState
    readonly reason: string | null
    readonly documentId: string | null
    readonly ticket: string | null
  }[]
  /** The last one. */
  readonly notice: NoticeRow | null
}

export type NoticeRow = {
  readonly state: 'queued' | 'sent' | 'failed' | 'unknown' | 'suppressed'
  readonly kind: NoticeKind
  readonly to: string
  readonly messageId: string | null
}

/** One mail with everything that became of it. */
export type Story = {
  readonly mail: MailRow
  readonly trace: readonly TraceLine[]
  /** Oldest first; one of each kind at most. */
  readonly notices: readonly NoticeRow[]
}

export type TraceLine = { readonly at: string; readonly attempt: number; readonly line: string }

export type MailFilter = {
  readonly state?: EntryState
  readonly ticket?: string
  readonly since?: Date
  /** Stubs and ignored backlog too. */
  readonly all?: boolean
  /** Only the newest so many, still oldest first. */
  readonly last?: number
}

/** What a person looks for; every condition must hold. */
export type MailSearch = {
  /** Each word must be found; case and accents do not matter. At most 8 words count. */
  readonly words?: string
  /** Where they are looked for; default: everywhere. */
  readonly within?: 'subject' | 'sender' | 'file' | 'ticket'
  /** Any of these; default: all but `ignored`. */
  readonly states?: readonly EntryState[]
  /** Seen at or after. */
  readonly since?: Date
  /** Seen before. */
  readonly before?: Date
  /** The page next to this mail (an id), on its older or its newer side; default: the newest. */
  readonly beside?: { readonly id: string; readonly side: 'older' | 'newer' }
  readonly most: number
}

/** Newest first. */
export type MailPage = { readonly mails: readonly MailRow[]; readonly newer: boolean; readonly older: boolean }

/** One day of the picture: the mails that were first seen on it, and what waited at its end. */
export type Day = {
  readonly from: Date
  readonly counts: Readonly<Record<EntryState, number>>
  /** Milliseconds from arrival to the ticket, of the delivered ones; read from classes, so within a fifth. */
  readonly toTicket: { readonly median: number; readonly slow: number } | undefined
  /** Mails without an end (held ones wait for a person) when the day ended, and the age of the oldest, milliseconds. */
  readonly waiting: { readonly count: number; readonly oldest: number }
}

/** The account of one mailbox: `seen` is a counter of its own, written at sight; the rest is counted from the entries. */
export type Account = {
  readonly mailbox: string
  readonly seen: number
  readonly delivered: number
  readonly bounced: number
  readonly discarded: number
  readonly held: number
  readonly deferred: number
  /** queued and active */
  readonly waiting: number
  readonly ignored: number
}

/** How many mails of a mailbox are in a state. */
export type Tally = { readonly mailbox: string; readonly state: EntryState; readonly count: number }

/** Mails that wait for a person; `oldest` and `newest`: when they began to. */
export type Held = { readonly count: number; readonly oldest: Date | undefined; readonly newest: Date | undefined }

/** Works beside a running `run`; sees what is durable. */
export interface Books {
  /** Oldest first, in pages, never all at once. */
  list(filter: MailFilter): AsyncIterable<MailRow>
  show(id: string): Promise<Story | undefined>
  accounts(): Promise<readonly Account[]>
  /** Mails by state and age bucket in minutes (upper bound; null = older), for the status page and metrics. */
  ages(
    now: Date,
  ): Promise<readonly { readonly state: EntryState; readonly upTo: number | null; readonly count: number }[]>
  suspensions(): Promise<readonly Suspension[]>
  /** A page at a time, by indexes, however long the ledger is. */
  search(search: MailSearch): Promise<MailPage>
  /** `bounds`: where days begin, ascending, and the end of the last; at most 400. */
  days(bounds: readonly Date[]): Promise<readonly Day[]>
  /** The mails first seen from `from` on, before `to`: what has become of them by now. */
  tally(from: Date, to: Date): Promise<readonly Tally[]>
  /** Held mails; with `after`, those that were held later than that. */
  heldMails(after?: Date): Promise<Held>
}

// ── the ledger against the folders (compare.ts) ──────────────────────────────────────────────────────────────────────────────────

/** Where the ledger says a mail lies. */
export type Placed = {
  readonly id: string
  readonly state: EntryState
  /** Where it was sighted last; folder is the server's name. */
  readonly sighted: Omit<Ref, 'mailbox'>
  /** Where it was filed, as far as the server said; undefined where nothing is claimed: not filed, or gone when it was to be. */
  readonly filed: { readonly folder: string; readonly uidValidity?: string; readonly uid?: number } | undefined
  /** Nothing more is to be done to it in the mailbox. */
  readonly settled: boolean
  /** Only that it is known is kept. */
  readonly stub: boolean
}

/** What lies in a folder. */
export type Contents = {
  readonly folder: string
  readonly uidValidity: string
  readonly uids: ReadonlySet<number>
  /** Of these, those that are marked \Deleted: a server that cannot expunge one mail alone keeps them so. */
  readonly deleted: ReadonlySet<number>
}

/** Looks into folders and changes nothing, not even \Recent. Throws faults of scope `mailbox`. */
export interface Folders {
  readonly name: string
  watched(signal: AbortSignal): Promise<Contents>
  /** By the server's name; undefined when there is no such folder. */
  contents(folder: string, signal: AbortSignal): Promise<Contents | undefined>
}

export interface Places extends Pick<Entries, 'cursor'> {
  /** Every entry of a mailbox, stubs and ignored backlog too, in pages. */
  placed(mailbox: string): AsyncIterable<Placed>
}
