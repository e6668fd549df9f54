/** One mail as `list --json` shows it (docs: the names are public). */
import type { Selectable } from 'kysely'
import type { MailRow, NoticeRow } from '../gateway/books.ts'
import type { OutlinePart } from '../mail/envelope.ts'
import type { EntryRow, ItemRow } from './rows.ts'
import type { NoticeTable, TicketTable } from './tables.ts'

export type MailFacts = {
  readonly tickets: readonly Selectable<TicketTable>[]
  readonly items: readonly ItemRow[]
  readonly notices: readonly Selectable<NoticeTable>[]
}

export function mailRow(row: EntryRow, facts: MailFacts): MailRow {
  const ofThis = ({ entry_id }: { readonly entry_id: number }): boolean => entry_id === row.id
  const items = facts.items.filter(ofThis)
  const tickets = new Set([...facts.tickets.filter(ofThis), ...items].map(({ ticket }) => ticket))
  return {
    id: String(row.id),
    mailbox: row.mailbox,
    folder: row.folder,
    uidValidity: row.uid_validity,
    uid: row.uid,
    messageId: row.message_id,
    from: row.from_address,
    subject: row.subject,
    ticket: tickets.size === 0 ? null : [...tickets].join(', '),
    state: row.state,
    status: row.status,
    code: row.code,
    reason: row.trimmed_at === null ? row.reason : null,
    attempts: row.attempts,
    sightedAt: new Date(row.sighted_at).toISOString(),
    dueAt: iso(row.due_at),
    concludedAt: iso(row.concluded_at),
    settledAt: iso(row.settled_at),
    filedIn: row.lies_folder,
    attachments: items.length > 0 ? items.map(attachmentOf) : undispatched(row),
    notice: facts.notices.filter(ofThis).map(noticeRow).at(-1) ?? null,
  }
}

const iso = (instant: number | null): string | null => (instant === null ? null : new Date(instant).toISOString())

const attachmentOf = (item: ItemRow): MailRow['attachments'][number] => ({
  part: item.part,
  name: item.name,
  originalName: item.original_name,
  type: item.type,
  size: item.size,
  sha256: item.sha256,
  state: item.state,
  reason: item.reason || null,
  documentId: item.document_id,
  ticket: item.ticket,
})

/** Decided before it was parsed: what the server's outline named, so size and hash are unknown. What is held may yet go. */
function undispatched(row: EntryRow): MailRow['attachments'] {
  if (row.parts === null) return []
  // Our own JSON, written from OutlinePart[].
  const parts: readonly OutlinePart[] = JSON.parse(row.parts)
  return parts.map(({ part, name, type }) => ({
    part,
    name: name ?? '',
    originalName: name ?? null,
    type,
    size: null,
    sha256: null,
    state: row.state === 'held' || row.state === 'deferred' ? 'pending' : 'skipped',
    reason: row.reason,
    documentId: null,
    ticket: null,
  }))
}

export function noticeRow(notice: Selectable<NoticeTable>): NoticeRow {
  const { kind, recipient: to, message_id: messageId } = notice
  // One on its way was not yet heard of: for whoever reads it waits still.
  return { state: notice.state === 'sending' ? 'queued' : notice.state, kind, to, messageId }
}
