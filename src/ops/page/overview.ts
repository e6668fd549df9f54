/** The first page: sites, mails by state and age (age tells trouble, counts do not), and the newest mails. */
import type { Books, MailFilter, MailRow } from '../../gateway/books.ts'
import type { Suspension } from '../../gateway/ports.ts'
import type { EntryState } from '../../mail/outcome.ts'
import type { Ready } from '../health.ts'
import { type Html, html, page } from './html.ts'

export type OverviewFilter = Pick<MailFilter, 'state' | 'ticket'>

const STATES: readonly EntryState[] = [
  'queued',
  'active',
  'deferred',
  'held',
  'bounced',
  'delivered',
  'discarded',
  'ignored',
]
const NEWEST = 50

/** A state as it may stand in the address; undefined for anything else. */
export const stateNamed = (name: string | undefined): EntryState | undefined => STATES.find(state => state === name)

/** Throws what the books throw. */
export async function overview(books: Books, filter: OverviewFilter, ready: Ready, now: Date): Promise<string> {
  const [ages, suspensions, mails] = await Promise.all([books.ages(now), books.suspensions(), newest(books, filter)])
  const condition = ready.ready
    ? html`<p class="good">Working.</p>`
    : html`<p class="bad">Not ready:</p><ul>${ready.reasons.map(reason => html`<li>${reason}</li>`)}</ul>`
  return page(
    'mailclip',
    html`<h1>mailclip</h1>
${condition}
<h2>Sites</h2>
${sites(suspensions, now)}
<h2>Mails by state and age</h2>
${shape(ages)}
<h2>${heading(filter)}</h2>
<form action="/"><label>Ticket <input name="ticket" value="${filter.ticket ?? ''}"></label> <button>Show</button></form>
${table(mails, now)}`,
  )
}

/** `3 min`, `2 h`, `5 d`. */
export function age(since: string, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / 60_000))
  if (minutes < 1) return '< 1 min'
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`
}

/** Only so many are kept, however many the books give. */
async function newest(books: Books, filter: OverviewFilter): Promise<readonly MailRow[]> {
  const kept: MailRow[] = []
  for await (const mail of books.list({ ...filter, last: NEWEST })) {
    kept.push(mail)
    if (kept.length > NEWEST) kept.shift()
  }
  return kept.reverse()
}

const heading = ({ state, ticket }: OverviewFilter): string =>
  `The newest ${[state, 'mails', ticket === undefined ? '' : `for ${ticket}`].filter(Boolean).join(' ')}`

function sites(suspensions: readonly Suspension[], now: Date): Html {
  if (suspensions.length === 0) return html`<p class="quiet">None is suspended.</p>`
  const rows = suspensions.map(
    ({
      site,
      since,
      until,
      status,
      reason,
    }) => html`<tr><td>${site}</td><td class="bad">suspended for ${age(since.toISOString(), now)}</td>
<td>${status}</td><td>${reason}</td><td>${until > now ? `next try at ${until.toISOString()}` : 'next try at once'}</td></tr>
`,
  )
  return html`<table>${rows}</table>`
}

type Ages = Awaited<ReturnType<Books['ages']>>

function shape(ages: Ages): Html {
  const bounds = [...new Set(ages.map(({ upTo }) => upTo))].sort((a, b) => (a ?? Infinity) - (b ?? Infinity))
  const rows = STATES.flatMap(state => {
    const counts = ages.filter(one => one.state === state)
    const of = (bound: number | null) =>
      counts.filter(({ upTo }) => upTo === bound).reduce((sum, one) => sum + one.count, 0)
    if (counts.length === 0) return []
    const total = counts.reduce((sum, one) => sum + one.count, 0)
    return html`<tr><th><a href="/?state=${state}" class="${state}">${state}</a></th>${cell(total)}${bounds.map(bound => cell(of(bound)))}</tr>
`
  })
  if (rows.length === 0) return html`<p class="quiet">No mail has been seen yet.</p>`
  const head = bounds.map(bound => html`<th class="number">${bound === null ? 'older' : `≤ ${span(bound)}`}</th>`)
  return html`<table><tr><th></th><th class="number">all</th>${head}</tr>
${rows}</table>`
}

const cell = (count: number): Html =>
  count === 0 ? html`<td class="number none">·</td>` : html`<td class="number">${count}</td>`

const span = (minutes: number): string =>
  minutes < 60 ? `${minutes} min` : minutes < 1440 ? `${minutes / 60} h` : `${minutes / 1440} d`

function table(mails: readonly MailRow[], now: Date): Html {
  if (mails.length === 0) return html`<p class="quiet">None.</p>`
  const rows = mails.map(
    mail => html`<tr><td class="word"><a href="/mails/${encodeURIComponent(mail.id)}">${mail.id}</a></td>
<td>${mail.subject === '' ? html`<span class="quiet">(no subject)</span>` : mail.subject}</td><td>${mail.from ?? ''}</td><td class="word">${mail.ticket ?? ''}</td>
<td class="${mail.state}">${mail.state}</td><td class="number">${age(mail.sightedAt, now)}</td><td>${mail.reason ?? ''}</td></tr>
`,
  )
  return html`<table><tr><th>ID</th><th>Subject</th><th>From</th><th>Ticket</th><th>State</th><th class="number">Age</th><th>Why</th></tr>
${rows}</table>`
}
