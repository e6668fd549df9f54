/** What the operator is to be told, read from the books. */
import type { Books, MailRow, Tally } from '../gateway/books.ts'
import type { DayFigures, OperatorFacts, WaitingMail } from '../mail/summary/facts.ts'

export type FactBooks = Pick<Books, 'list' | 'accounts' | 'suspensions' | 'tally' | 'heldMails'>

/** Of a long list, the first so many tell enough. */
const MOST = 20
const WAITING = ['active', 'queued', 'deferred'] as const

/** With `period` the figures of it, by mailbox; mailboxes that were silent are named too. Throws ledger faults. */
export async function operatorFacts(
  books: FactBooks,
  period?: { readonly from: Date; readonly to: Date },
): Promise<OperatorFacts> {
  const [accounts, suspended, { count }] = await Promise.all([books.accounts(), books.suspensions(), books.heldMails()])
  const waiting = accounts.reduce((sum, one) => sum + one.deferred + one.waiting, 0)
  return {
    period: period && { ...period, mailboxes: figures(accounts, await books.tally(period.from, period.to)) },
    held: { count, mails: await first(books, 'held', MOST) },
    waiting: { count: waiting, oldest: waiting === 0 ? undefined : await oldest(books) },
    suspended: suspended.map(({ site, since, until, status, reason }) => ({
      site,
      since,
      until,
      why: `${status}: ${reason}`,
    })),
  }
}

function figures(boxes: readonly { readonly mailbox: string }[], tallies: readonly Tally[]): readonly DayFigures[] {
  return boxes.map(({ mailbox }) => {
    const own = tallies.filter(one => one.mailbox === mailbox && one.state !== 'ignored')
    const of = (...states: readonly string[]): number =>
      own.reduce((sum, { state, count }) => sum + (states.includes(state) ? count : 0), 0)
    return {
      mailbox,
      seen: own.reduce((sum, { count }) => sum + count, 0),
      delivered: of('delivered'),
      bounced: of('bounced'),
      discarded: of('discarded'),
      held: of('held'),
      waiting: of(...WAITING),
    }
  })
}

async function oldest(books: FactBooks): Promise<WaitingMail | undefined> {
  const each = await Promise.all(WAITING.map(state => first(books, state, 1)))
  return each.flat().toSorted((a, b) => a.since.getTime() - b.since.getTime())[0]
}

async function first(
  books: FactBooks,
  state: (typeof WAITING)[number] | 'held',
  most: number,
): Promise<readonly WaitingMail[]> {
  const mails: WaitingMail[] = []
  for await (const mail of books.list({ state })) if (mails.push(waitingMail(mail)) === most) break
  return mails
}

const waitingMail = ({ id, ticket, state, sightedAt, concludedAt, status, code, reason }: MailRow): WaitingMail => ({
  id,
  ticket: ticket ?? undefined,
  since: new Date(state === 'held' ? (concludedAt ?? sightedAt) : sightedAt),
  why: status === null ? undefined : `${status} ${code}: ${reason}`,
})
