/**
 * The road's ports: what it needs of the world, in its own words. Adapters keep these promises; the gateway imports no adapter.
 *
 * Glossary (docs/overview.md has the whole table): a mail lies in a mailbox's folder under a ref; sight finds it; the ledger keeps an
 * entry of it; a claim (with a lease) is one attempt; a dispatch says what goes to which ticket; a receipt is the desk's word; an outcome is
 * what became of it; settle makes that visible (notice, filing). A site is a mailbox, a desk, a post or a virus
 * scanner that may be suspended. A ref is void when its number means nothing any more: the mail may be there under another one.
 */

import type { Attachment, Dispatch } from '../mail/dispatch.ts'
import type { SecondOpinion } from '../mail/doubts.ts'
import type { Envelope, Header, OutlinePart } from '../mail/envelope.ts'
import type { Notice, NoticeKind } from '../mail/notice.ts'
import type { FinalKind, ItemState, Outcome } from '../mail/outcome.ts'
import type { ParsedMail } from '../mail/part.ts'
import type { Numbering, Ref } from '../mail/ref.ts'
import type { Because, Status } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'

// ── time and chance ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Clock {
  now(): Date
}

/** A number in [0, 1). */
export type Random = () => number

// ── the mailbox (imap/) ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One mail as the server shows it, before its header is read. */
export type Sighting = {
  readonly uid: number
  /** BODY.PEEK[HEADER], octets as they came; never more than 1 MiB. */
  readonly header: Buffer
  readonly size: number
  readonly arrivedAt: Date
  readonly seen: boolean
  readonly outline: readonly OutlinePart[] | undefined
}

/** Where a mail went: the new folder (the server's name) and, when the server says or it could be found by its header, its new UID. */
export type Filed = {
  readonly folder: string
  readonly uidValidity: string | undefined
  readonly uid: number | undefined
}

/** How a mail is made visible. `folder` is written with '/', the adapter knows the server's separator and prefix. */
export type Filing = { readonly folder: string | undefined; readonly flag: string | undefined }

/** `uidNext`: as the server says now; undefined where it does not. */
export type Whereabouts = {
  readonly folder: string
  readonly uidValidity: string
  readonly uidNext: number | undefined
}

export type Fetched = { readonly size: number; readonly header: Uint8Array }

/**
 * One watched folder. Every verb may throw a Fault of scope `mailbox` (4.4.1 no answer, 4.7.8 credentials, 4.4.5 throttled, 4.2.0 folder);
 * a library's false, undefined or {} is always a Fault, never "no mail".
 */
export interface Mailbox {
  readonly name: string
  /** Connects if need be, asks the server for news (NOOP first) and tells where we are. */
  refresh(signal: AbortSignal): Promise<Whereabouts>
  /** UIDs in the folder above `after`, ascending. `after: 0` lists them all. */
  uids(after: number, signal: AbortSignal): Promise<readonly number[]>
  /** Headers, sizes and outlines; UIDs of which nothing is shown are left out: mostly they have vanished. The caller asks in batches of at most 50. */
  sight(uids: readonly number[], signal: AbortSignal): Promise<readonly Sighting[]>
  /**
   * Streams the whole mail to `sink` without setting \Seen, and tells its header block (at most 1 MiB of it). `gone` when the UID is not there any
   * more, `void` when the UID means nothing any more: the watched folder has another UIDVALIDITY, or is not there. A short answer is a Fault 4.4.2.
   * `size` as it was sighted with, where that is known: what is small comes in one go.
   */
  fetch(ref: Ref, sink: NodeJS.WritableStream, signal: AbortSignal, size?: number): Promise<'gone' | 'void' | Fetched>
  /**
   * Flags, then moves. Idempotent: what is already so stays. `gone` and `void` as of `fetch`; `other` when another mail has the UID now, as the
   * `messageId` of the one that is meant shows, where both have one.
   */
  file(ref: Ref, filing: Filing, signal: AbortSignal, messageId?: string): Promise<'gone' | 'void' | 'other' | Filed>
  /** Where in `folder` (written as in a filing) the one mail of this Message-ID lies; without a UID where there is none, or more than one. */
  find(folder: string, messageId: string, signal: AbortSignal): Promise<Filed>
}

// ── spool and parser (spool/, mime/) ─────────────────────────────────────────────────────────────────────────────────────────────

/** One mail's corner of the spool: a 0700 folder with the raw mail and the files parsed out of it. All names are ours. */
export type Berth = { readonly folder: string; readonly raw: string }

export interface Spool {
  /**
   * Free of earlier parts; keeps the raw mail if it is there whole. `parses`: how often a parse of it was begun and never ended.
   * Fault 4.3.1 scope `ledger` when the disk or `spool.maxBytes` is full.
   */
  berth(id: string, expected: number): Promise<Berth & { readonly whole: boolean; readonly parses: number }>
  /** A parse begins: counted before it does, and no longer once the returned value is disposed. The count outlives the process. */
  parsing(berth: Berth): Promise<AsyncDisposable>
  /** Opens the sink for the raw mail: 0600, written beside and renamed when it ended well, so that `whole` means whole. */
  open(berth: Berth): NodeJS.WritableStream
  /** The beginning of a raw mail that is there, as far as a header block may go. */
  head(berth: Berth): Promise<Buffer>
  /** Gives the space back; doing it twice is fine. */
  clear(id: string): Promise<void>
  /**
   * At the start: removes every berth whose id is not in `keep`, orphans of an unclean end, and the raw mails that were written before the machine's
   * own last start, for their last octets may never have come to the disk. Returns how many orphans there were.
   */
  sweep(keep: ReadonlySet<string>): Promise<number>
}

/** `sender`: the From address, as far as it is known. Senders take turns, so that one of them delays only itself. */
export type ParseJob = {
  readonly raw: string
  readonly folder: string
  readonly sender: string | undefined
}

export interface Parser {
  /** A mail will come: a child takes as long to start as many mails to fetch, and may do so meanwhile. */
  expect(): void
  /**
   * Parses the raw mail in a child process; contents of leaves are written into `folder`.
   * Fault 5.6.0 when it cannot be parsed or is over the parser's limits; 5.3.5 when the child died or had to be killed (deadline, memory).
   * `begin` is awaited when a child is ready for the mail and has not seen it; what it answers is disposed when the parse has ended.
   * A mail that delays others is stopped and parsed anew behind them, at most once: then `begin` is called once more.
   */
  parse(job: ParseJob, signal: AbortSignal, begin?: () => Promise<AsyncDisposable>): Promise<ParsedMail>
  /**
   * Asks another MIME parser which attachments the raw mail has. Never throws, except the signal's reason when it aborts;
   * a deadline, a memory limit, or an end of the child resolves as `failed`.
   */
  secondOpinion(job: Pick<ParseJob, 'raw' | 'sender'>, signal: AbortSignal): Promise<SecondOpinion>
}

/** Reads a header block; never throws, whatever the octets. */
export type ReadHeader = (raw: Uint8Array) => Header

// ── the desk (desk/) ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A document on a ticket, as the desk lists it. */
export type Listed = {
  /** Opaque. */
  readonly id: string
  /** NFC; undefined where the desk gives neither DOCUMENT nor a docpath. */
  readonly name: string | undefined
}

/** What the desk says of a ticket. */
export type TicketFacts = {
  readonly closed: boolean
  readonly status: string | undefined
  readonly people: readonly string[]
}

/**
 * Every verb throws Faults: 5.1.1 (mail) unknown ticket, by the desk's own JSON; 4.4.1, 4.4.5, 4.3.2, 4.3.5, 4.7.8 (desk) concern everybody, nothing was applied;
 * 5.2.3, 5.6.1, 5.3.0 (attachment) refused for good; anything that proves nothing is 4.4.2 with `applied: 'maybe'`.
 */
export interface Desk {
  /** The name of this desk as a site: its URL without credentials. */
  readonly site: string
  /** The documents on a ticket. A desk that denies the right to list answers `denied`. */
  list(ticket: TicketNumber, signal: AbortSignal): Promise<readonly Listed[] | 'denied'>
  /** One POST, one file. Resolves only for 201 with the ticket's HREF. Doing it twice attaches it twice. `file` is the path of the decoded octets. */
  attach(
    ticket: TicketNumber,
    attachment: Attachment,
    file: string,
    description: string,
    signal: AbortSignal,
  ): Promise<void>
  /** SHA-256 (hex) of a listed document's octets; `denied` without the right or the route. Reads at most `limit` octets, more is `undefined`. */
  hash(ticket: TicketNumber, id: string, limit: number, signal: AbortSignal): Promise<string | 'denied' | undefined>
  ticket(ticket: TicketNumber, signal: AbortSignal): Promise<TicketFacts | 'denied'>
}

// ── the virus scanner (antivirus/) ───────────────────────────────────────────────────────────────────────────────────────────────

export interface Antivirus {
  /** Its address, as a site is called. */
  readonly site: string
  /**
   * Undefined only when the scanner has said that these octets are clean; else the name of what it found, an encrypted archive included.
   * Fault 4.4.1 scope `antivirus` when it cannot be asked; any other of class 4 and scope `mail` when it could not tell of this file.
   */
  scan(file: string, signal: AbortSignal): Promise<string | undefined>
}

// ── the post (post/) ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Post {
  /**
   * Hands a notice to the relay. Fault scope `post`, or `mail` when the relay refused this notice or its recipient alone:
   * class 4 with `applied: 'no'` may be tried again, class 5 is final, `applied: 'maybe'` (cut after the final dot) is never sent twice.
   */
  send(notice: Notice, signal: AbortSignal): Promise<void>
}

// ── the ledger (ledger/) ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export type Site = `mailbox ${string}` | `desk ${string}` | `post ${string}` | `antivirus ${string}`

/** A known mail that a new ref may be (docs/overview.md): same mailbox, same fingerprint. */
export type Twin = {
  readonly id: string
  readonly ref: Ref
  /** Final, and moved out of the watched folder by us. */
  readonly filedAway: boolean
  /** Final, because it was not there any more when its turn came. */
  readonly gone: boolean
  readonly final: boolean
  /** It is being tried or filed: that it is not where it was may be our own doing. */
  readonly inHand: boolean
}

/** One attempt at an entry. The lease is passed back with every write and refused when it has passed on. */
export type Claim = {
  readonly id: string
  readonly lease: string
  /** 1 for the first. */
  readonly attempt: number
  readonly envelope: Envelope
  /** Tickets the operator gave (`retry --ticket`), or the sight found. */
  readonly tickets: readonly TicketNumber[]
  /** Durable from an earlier attempt; undefined before the first routing, or when an operator asked to route anew. */
  readonly dispatch: Dispatch | undefined
  /** Items of this mail, delivered ones of earlier routings included. */
  readonly items: readonly ItemRecord[]
  /** An operator asked for everything: skipped parts go too. */
  readonly allParts: boolean
  /**
   * An operator released it, named the ticket, or had it tried again though it was held as uncertain: the rules about its sender and a closed ticket
   * have been overruled.
   */
  readonly released: boolean
  /** An operator released it although a file may be in it that was not found: what was found goes. */
  readonly doubtsAccepted: boolean
  readonly firstAttemptAt: Date
  /** Unclean ends in a row while this mail was alone and nothing of the try was written (docs/states.md). */
  readonly crashes: number
  /** Attempts that an unclean end of the process spent: the mail is not to blame for them, they need not count against `retry.tries`. */
  readonly interrupted: number
}

export type ItemRecord = Attachment & {
  /** Row number. */
  readonly item: number
  readonly ticket: TicketNumber
  readonly state: ItemState
  readonly because: Because | undefined
  /** The newest routing sends it. What an earlier one has sent is looked for if need be, and not sent again. */
  readonly wanted: boolean
  /** Ids on the ticket before the POST began; undefined before that, or when the desk gave no list. */
  readonly snapshot: readonly string[] | undefined
  /** When it left, or when its answer was given up: from there its quiet time counts. */
  readonly begunAt: Date | undefined
  /** The desk has said 201; only the look at the list is missing. */
  readonly acknowledged: boolean
  /** First time after `quiet` that a list did not show it. */
  readonly absentAt: Date | undefined
  /** POSTs that the desk has rejected, and the one that is begun. */
  readonly posts: number
  readonly documentId: string | undefined
}

/** An upload that is begun or uncertain. */
export type Doubt = Pick<ItemRecord, 'item' | 'name' | 'sha256'>

/** What sight found out about a new mail: a queued entry, or one decided by its header alone. */
export type Sighted = {
  readonly envelope: Envelope
  readonly tickets: readonly TicketNumber[]
  readonly trace: readonly string[]
  /** Undefined = queued. `ignored` = backlog not taken. */
  readonly decided: Conclusion | 'ignored' | undefined
}

/** An outcome with what settling needs; written in one transaction. */
export type Conclusion = {
  readonly outcome: Outcome
  /** Undefined = none wanted; `suppressed` carries why. Ledger keeps at most one per mail and kind. */
  readonly notice: Notice | { readonly suppressed: string; readonly kind: NoticeKind; readonly to: string } | undefined
  /** How to file; undefined for deferred. */
  readonly filing: Filing | undefined
  /** Parts that were never dispatched (no ticket, too large …), so that `show` can name them; hash unknown. */
  readonly parts?: readonly OutlinePart[]
}

/** Something concluded that is not yet visible; or a mail that has waited so long that its sender is to be told (nothing to file then). */
export type Unsettled = {
  readonly id: string
  readonly ref: Ref
  readonly messageId: string | undefined
  readonly kind: FinalKind | 'deferred' | 'queued'
  readonly filing: Filing
  readonly filed: boolean
  /** Undefined while it waits. */
  readonly concludedAt: Date | undefined
  /** Only when it is still to be sent. */
  readonly notice: { readonly row: number; readonly notice: Notice } | undefined
}

export type Suspension = {
  readonly site: Site
  readonly since: Date
  readonly until: Date
  readonly status: Status
  readonly reason: string
  /** How many times in a row; the back-off grows by it. */
  readonly times: number
  /** SHA-256 of the credentials that were refused; other credentials may try at once. */
  readonly credentials: string | undefined
}

/** Knowing mails. Verbs of all ledger ports: durable when they return; Fault 4.3.1 scope `ledger` when it cannot be. */
export interface Entries {
  /** Which of these UIDs have an entry (or a stub). */
  known(numbering: Numbering, uids: readonly number[]): Promise<ReadonlySet<number>>
  /** Highest UID below which everything was recorded, 0 if nothing; undefined = this folder was never swept (first sweep: backlog). */
  cursor(numbering: Numbering): Promise<number | undefined>
  /** Known mails of this mailbox with this fingerprint. */
  twins(mailbox: string, fingerprint: string): Promise<readonly Twin[]>
  /** Records newcomers and moves the cursor, in one transaction; a ref already recorded is left alone. Counts `seen`. Returns ids in order. */
  record(sighted: readonly Sighted[], cursor: Ref): Promise<readonly string[]>
  /** A known mail lies under a new ref. `again`: a person dragged it back; it is queued and routed anew, delivered items stay delivered. */
  recognise(id: string, ref: Ref, again: boolean): Promise<void>
  /** These numbers are void: its mails are known by their fingerprints alone, and the folder is looked at from the first. */
  disown(numbering: Numbering): Promise<void>
  /** The ticket that a mail with one of these Message-IDs (or a notice of ours) belongs to. */
  ticketOfThread(mailbox: string, messageIds: readonly string[]): Promise<TicketNumber | undefined>
}

/** One attempt at a time. */
export interface Attempts {
  /**
   * The oldest entry of this mailbox that is due, with the attempt counted and the lease set. Entries left active by an unclean end come alone:
   * while one of them is active nothing else is claimed, and nothing of them while anything else is. Suspects among them (two unclean ends
   * in a row, alone) wait until the process is calm, and the others go on meanwhile.
   */
  claim(mailbox: string, now: Date): Promise<Claim | undefined>
  /** Whether a mail that an unclean end left active has still to be tried alone. */
  suspects(mailbox: string): Promise<boolean>
  /** Lengthens the lease. Fault 4.3.0 scope `ledger` when it has passed on. */
  renew(claim: Claim, now: Date): Promise<void>
  /** The dispatch, one item row each, before the first upload. Items already delivered to that ticket (same hash) keep their receipt. Returns the rows. */
  dispatch(claim: Claim, dispatch: Dispatch, trace: readonly string[]): Promise<readonly ItemRecord[]>
  /** Orderly stop or suspended site: queued (or deferred until `due`) again, the attempt not counted. `in turn`: at once, and in the place it had. */
  giveBack(claim: Claim, due: Date | 'in turn', reason: string): Promise<void>
  conclude(claim: Claim, conclusion: Conclusion, trace: readonly string[]): Promise<void>
  /** When the next entry of this mailbox is due; undefined when nothing waits. */
  nextDue(mailbox: string): Promise<Date | undefined>
}

/** One item at a time: write it down, then do it. */
export interface Receipts {
  /** Durable before the first byte of the POST. Only from pending. */
  begin(claim: Claim, item: number, snapshot: readonly string[] | undefined, now: Date): Promise<void>
  /** It was begun a while ago and leaves now: its quiet time counts from `now`. Durable before the first byte of the POST. Only from begun. */
  depart(claim: Claim, item: number, now: Date): Promise<void>
  /** The desk said 201. */
  acknowledge(claim: Claim, item: number): Promise<void>
  /** It is on the ticket. `documentId` is claimed: no two items of the ledger may hold the same id of the same ticket; resolves false when another has it. */
  deliver(claim: Claim, item: number, documentId: string | undefined, now: Date): Promise<boolean>
  refuse(claim: Claim, item: number, because: Because): Promise<void>
  /** It need not be sent (again): it is on the ticket already, or nobody wants it there any more. From pending, or when it is in doubt. */
  skip(claim: Claim, item: number, reason: string): Promise<void>
  /**
   * Another copy of this mail (an alias, a second mailbox: the same Message-ID and From) has had this file put on this ticket, under this
   * name; or is at it, and it may turn up there. Copies in the mailboxes `elsewhere` do not count.
   */
  copied(claim: Claim, item: ItemRecord, elsewhere: readonly string[]): Promise<'there' | 'in doubt' | undefined>
  /** Which of these SHA-256 lie on at least `least` tickets besides these: the mark of a logo. */
  recurring(hashes: readonly string[], except: readonly TicketNumber[], least: number): Promise<ReadonlySet<string>>
  /** The answer proves nothing, or there is none. Of one that was begun the quiet time counts from `now`: until then it may have been on its way. */
  doubt(claim: Claim, item: number, because: Because, now: Date): Promise<void>
  /** The first of the two lists that must not show it, asked for at `now`. */
  noteAbsence(claim: Claim, item: number, now: Date): Promise<void>
  /** Not sent for sure, or absent in two lists: pending again, as if it had not been begun. */
  clear(claim: Claim, item: number): Promise<void>
  /** The desk has rejected it, and it is absent in two lists: pending again, and the POST counts. */
  reject(claim: Claim, item: number): Promise<void>
  /** What is known of every item of this mail, those of earlier routings included. */
  items(id: string): Promise<readonly ItemRecord[]>
  /** Ids of this ticket that items of the ledger already hold. */
  held(ticket: TicketNumber): Promise<ReadonlySet<string>>
  /** Files, of whatever mail, that were sent to this ticket and may turn up there. */
  inDoubt(ticket: TicketNumber): Promise<readonly Doubt[]>
}

/** What is decided but not yet visible; notice and filing are independent. */
export interface Settlements {
  unsettled(mailbox: string, limit: number): Promise<readonly Unsettled[]>
  unsettledOne(id: string): Promise<Unsettled | undefined>
  /** The mail is where its outcome says; `undefined` when it was gone. */
  filed(id: string, filed: Filed | undefined, now: Date): Promise<void>
  /**
   * False when it may not go: sent already, or over a cap (then it is suppressed). Counts against the caps unless it ends with a `retryAt`; durable
   * before the relay hears of it.
   */
  beginNotice(row: number, now: Date): Promise<boolean>
  endNotice(
    row: number,
    state: 'sent' | 'failed' | 'unknown',
    reason: string | undefined,
    retryAt: Date | undefined,
  ): Promise<void>
}

export interface Suspensions {
  suspended(site: Site): Promise<Suspension | undefined>
  suspensions(): Promise<readonly Suspension[]>
  suspend(suspension: Suspension): Promise<void>
  /** False when it did not rest. What was set back meanwhile is due in the order in which it came, unless it was set back again and again. */
  resume(site: Site): Promise<boolean>
}

/** Small facts about the world that outlive the process: which encoding a desk has accepted, which relay refuses the null return path. */
export interface Facts {
  recall(key: string): Promise<string | undefined>
  remember(key: string, value: string): Promise<void>
  /** Remembers only if what is known is still `before` (undefined: nothing): of several workers, one gets true. */
  exchange(key: string, before: string | undefined, value: string): Promise<boolean>
}

/** What was downloaded; days are UTC, `2026-11-24`. */
export interface Allowances {
  /** Octets that came from this mailbox on that day. */
  spent(mailbox: string, day: string): Promise<number>
  /** Adds to them. */
  spend(mailbox: string, day: string, octets: number): Promise<void>
}

export interface Ledger extends Entries, Attempts, Receipts, Settlements, Suspensions, Facts, Allowances {}
