/** Books kept in memory, for what only reads them. */
import type {
  Account,
  Books,
  Day,
  MailFilter,
  MailRow,
  MailSearch,
  NoticeRow,
  TraceLine,
} from '../../src/gateway/books.ts'
import type { Suspension } from '../../src/gateway/ports.ts'

export type Kept = {
  /** Oldest first. */
  readonly mails?: readonly MailRow[]
  readonly trace?: readonly TraceLine[]
  /** Default: the last one of the mail itself. */
  readonly notices?: readonly NoticeRow[]
  readonly accounts?: readonly Account[]
  readonly ages?: Awaited<ReturnType<Books['ages']>>
  readonly suspensions?: readonly Suspension[]
  readonly days?: readonly Day[]
}

export function booksOf(kept: Kept = {}): Books & AsyncDisposable {
  const mails = kept.mails ?? []
  return {
    list: filter => chosen(mails, filter),
    show: async id => {
      const mail = mails.find(one => one.id === id)
      return mail && { mail, trace: kept.trace ?? [], notices: kept.notices ?? (mail.notice ? [mail.notice] : []) }
    },
    accounts: async () => kept.accounts ?? [],
    ages: async () => kept.ages ?? [],
    suspensions: async () => kept.suspensions ?? [],
    search: async wanted => {
      const found = mails.filter(mail => isWanted(mail, wanted)).toReversed()
      return { mails: found.slice(0, wanted.most), newer: false, older: found.length > wanted.most }
    },
    days: async () => kept.days ?? [],
    tally: async () => [],
    heldMails: async () => ({ count: 0, oldest: undefined, newest: undefined }),
    [Symbol.asyncDispose]: async () => {},
  }
}

const isWanted = (mail: MailRow, { words = '', states }: MailSearch): boolean =>
  (states === undefined || states.includes(mail.state)) && JSON.stringify(mail).includes(words)

async function* chosen(mails: readonly MailRow[], filter: MailFilter): AsyncIterable<MailRow> {
  const { state, ticket, since, last } = filter
  const found = mails.filter(
    mail =>
      (state === undefined || mail.state === state) &&
      (ticket === undefined || (mail.ticket ?? '').includes(ticket)) &&
      (since === undefined || Date.parse(mail.sightedAt) >= since.getTime()) &&
      (filter.all === true || mail.state !== 'ignored'),
  )
  yield* last === undefined ? found : found.slice(-last)
}

/** A mail that was delivered with one file, unless said otherwise. */
export const mailRow = (said: Partial<MailRow> = {}): MailRow => ({
  id: '1',
  mailbox: 'support',
  folder: 'INBOX',
  uidValidity: '17',
  uid: 4,
  messageId: '<one@example.org>',
  from: 'ada@example.org',
  subject: 'Screenshot for I161026_000005',
  ticket: 'I161026_000005',
  state: 'delivered',
  status: '2.0.0',
  code: 'delivered',
  reason: 'everything is on the ticket',
  attempts: 1,
  sightedAt: '2026-11-20T09:30:00.000Z',
  dueAt: null,
  concludedAt: '2026-11-20T09:30:02.000Z',
  settledAt: '2026-11-20T09:30:03.000Z',
  filedIn: 'Mailclip/Delivered',
  attachments: [
    {
      part: '2',
      name: 'error.png',
      originalName: 'error.png',
      type: 'image/png',
      size: 4096,
      sha256: 'ab'.repeat(32),
      state: 'delivered',
      reason: null,
      documentId: '901',
      ticket: 'I161026_000005',
    },
  ],
  notice: null,
  ...said,
})
