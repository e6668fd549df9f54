/** What summaries and alarms say, in English. */
import type { DayFigures } from './facts.ts'

export const en = {
  nothingToDo: (seen: number): string => `all well, ${mails(seen)} since the last summary`,
  areHeld: (count: number): string => `${mails(count)} held`,
  areSuspended: (count: number): string => `${count} ${count === 1 ? 'site' : 'sites'} suspended`,
  period: (from: string, to: string): string => `From ${from} to ${to}.`,
  came: 'Mails that came, and what has become of them',
  figures: ({ seen, delivered, bounced, discarded, held, waiting }: DayFigures): string =>
    `${seen} seen: ${delivered} delivered, ${bounced} sent back, ${discarded} discarded, ${held} held, ${waiting} waiting`,
  held: 'Held: a person must look',
  nothingHeld: 'Nothing is held.',
  heldRemedy:
    'What to do: look at each on the status page, or by "mailclip show ID". Then "mailclip retry ID" (with --ticket for another ticket), "mailclip release ID", or "mailclip discard ID".',
  more: (count: number): string => `and ${count} more: mailclip list --state held`,
  waiting: 'Waiting: tried again without your doing',
  nothingWaits: 'Nothing waits.',
  waits: (count: number): string => `${mails(count)}; the oldest:`,
  suspended: 'Suspended: left alone for a while, and the mail with it',
  nothingSuspended: 'No site is suspended.',
  suspendedRemedy:
    'What to do: "mailclip check" tries every connection, names the remedy of each failure, and ends the suspension of what answers again. No mail is lost meanwhile.',
  notTriedYet: 'not tried yet',
  mail: (id: string, ticket: string | undefined, since: string, why: string): string =>
    `mail ${id}${ticket === undefined ? '' : `, ticket ${ticket}`}, since ${since}: ${why}`,
  site: (site: string, since: string, until: string, why: string): string =>
    `${site}, since ${since}, tried again at ${until}: ${why}`,
  end: 'mailclip sends this by itself (summary in its configuration). A day without it is a sign that mailclip, or its relay, does not work.',
  endOfAlarm: 'mailclip sends this by itself, once for each cause (summary.alarmAfter in its configuration).',
}

const mails = (count: number): string => `${count} ${count === 1 ? 'mail' : 'mails'}`

export type SummaryWords = typeof en
