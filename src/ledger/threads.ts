/** The ticket of the mail that another one answers. */
import type { TicketNumber } from '../mail/subject.ts'
import { ticketsOf } from './rows.ts'
import type { Db } from './tables.ts'

/** Asked with the nearest ancestor first. The oldest entry that bears a Message-ID has it: who copies one comes later. */
export async function ticketOfThread(
  db: Db,
  mailbox: string,
  messageIds: readonly string[],
): Promise<TicketNumber | undefined> {
  for (const messageId of new Set(messageIds.slice(0, 60))) {
    const entry = (await entryOf(db, mailbox, messageId)) ?? (await entryOfNotice(db, mailbox, messageId))
    const [ticket] = entry === undefined ? [] : await ticketsOf(db, entry)
    if (ticket !== undefined) return ticket
  }
  return undefined
}

async function entryOf(db: Db, mailbox: string, messageId: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('entry')
    .innerJoin('entry_ticket', 'entry_ticket.entry_id', 'entry.id')
    .select('entry.id')
    .where('mailbox', '=', mailbox)
    .where('message_id', '=', messageId)
    .orderBy('entry.id')
    .limit(1)
    .executeTakeFirst()
  return row?.id
}

async function entryOfNotice(db: Db, mailbox: string, messageId: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('notice')
    .innerJoin('entry', 'entry.id', 'notice.entry_id')
    .select('entry.id')
    .where('entry.mailbox', '=', mailbox)
    .where('notice.message_id', '=', messageId)
    .limit(1)
    .executeTakeFirst()
  return row?.id
}
