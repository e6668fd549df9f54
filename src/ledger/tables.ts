/** The ledger's tables as the queries see them: instants are epoch milliseconds, booleans 0 or 1, JSON is text, `null` never leaves this room. */
import type { Generated, Kysely } from 'kysely'
import type { NoticeKind } from '../mail/notice.ts'
import type { EntryState, ItemState } from '../mail/outcome.ts'

export type Flag = 0 | 1

/** How an entry stands to the process: `orphan` was left active by an unclean end, `alone` is such a one being tried again. */
export type Standing = 'usual' | 'orphan' | 'alone'

export type EntryTable = {
  id: Generated<number>
  mailbox: string
  folder: string
  uid_validity: string
  uid: number
  /** Where it lies since it was filed; null = where it was sighted. */
  lies_folder: string | null
  lies_uid_validity: string | null
  lies_uid: number | null
  fingerprint: string
  subject: string
  from_address: string | null
  message_id: string | null
  /** The envelope without its ref; null once trimmed. */
  envelope: string | null
  /** Parts that were never dispatched, as the outline names them. */
  parts: string | null
  state: EntryState
  status: string | null
  code: string | null
  reason: string | null
  attempts: Generated<number>
  /** Attempts before an operator (or a person, by moving it back) asked for a fresh start. */
  attempts_before: Generated<number>
  interrupted: Generated<number>
  crashes: Generated<number>
  /** This attempt has got somewhere: a crash now says nothing against the mail. */
  moved: Generated<Flag>
  standing: Generated<Standing>
  /** Times given back: among equals the others go first. */
  returns: Generated<number>
  lease: string | null
  boot: string | null
  due_at: number | null
  first_attempt_at: number | null
  /** Null = to be routed (anew). */
  description: string | null
  routing: Generated<number>
  all_parts: Generated<Flag>
  released: Generated<Flag>
  doubts_accepted: Generated<Flag>
  filing: Generated<'none' | 'due' | 'done'>
  filing_folder: string | null
  filing_flag: string | null
  filed_away: Generated<Flag>
  /** The server's INTERNALDATE; null for mails of before. */
  arrived_at: number | null
  sighted_at: number
  concluded_at: number | null
  settled_at: number | null
  trimmed_at: number | null
}

export type TicketTable = { entry_id: number; ordinal: number; ticket: string }

export type ItemTable = {
  id: Generated<number>
  entry_id: number
  routing: number
  part: string
  name: string
  original_name: string | null
  type: string
  size: number
  sha256: string
  ticket: string
  fate: 'send' | 'skip' | 'refuse'
  state: ItemState
  status: string | null
  code: string | null
  reason: string | null
  snapshot: string | null
  begun_at: number | null
  acknowledged: Generated<Flag>
  absent_at: number | null
  posts: Generated<number>
  document_id: string | null
  delivered_at: number | null
}

export type NoticeTable = {
  id: Generated<number>
  entry_id: number
  kind: NoticeKind
  recipient: string
  message_id: string | null
  /** The whole notice, so that a repeat is the same octets. */
  content: string | null
  state: 'queued' | 'sending' | 'sent' | 'failed' | 'unknown' | 'suppressed'
  reason: string | null
  due_at: number | null
  boot: string | null
  begun_at: number | null
}

export type TraceTable = { id: Generated<number>; entry_id: number; at: number; attempt: number; line: string }

/** Folded (ledger/words.ts); gone with the rest of what is personal. */
export type WordsTable = { entry_id: number; subject: string; sender: string; files: string }

export type SuspensionTable = {
  site: string
  since: number
  until: number
  status: string
  reason: string
  times: number
  credentials: string | null
}

/** That somebody's data was erased, and nothing that tells whose. */
export type ErasureTable = { id: Generated<number>; at: number; mails: number }

export type Tables = {
  meta: { key: string; value: string }
  mailbox: { name: string; seen: number }
  cursor: { mailbox: string; folder: string; uid_validity: string; uid: number }
  entry: EntryTable
  entry_ticket: TicketTable
  item: ItemTable
  notice: NoticeTable
  trace: TraceTable
  words: WordsTable
  suspension: SuspensionTable
  fact: { key: string; value: string }
  erasure: ErasureTable
  turn: { key: string; holder: string; until: number }
}

export type Db = Kysely<Tables>

/** Final states an outcome can give, and the backlog not taken. */
export const FINAL = ['delivered', 'bounced', 'discarded', 'held'] as const
export const OPEN = ['queued', 'active', 'deferred'] as const
