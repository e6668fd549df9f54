/** Lists of mails: the search page, and the rows that the first page shows as well. */
import type { MailPage, MailRow, MailSearch } from '../../gateway/books.ts'
import type { EntryState } from '../../mail/outcome.ts'
import { dayNamed } from './days.ts'
import { page } from './frame.ts'
import { type Html, html } from './html.ts'
import { STATES } from './shape.ts'
import { age, moment, stateBadge, type View } from './view.ts'

const PAGE = 40
const LONGEST = 200

/** What stands in the address, as it was written; what cannot be understood is left out of the search and stays in its field. */
export type Asked = {
  readonly q: string
  readonly in: string
  readonly state: string
  readonly from: string
  readonly to: string
  readonly older: string
  readonly newer: string
}

export function askedIn(parameters: URLSearchParams): Asked {
  const of = (name: keyof Asked): string => (parameters.get(name) ?? '').trim().slice(0, LONGEST)
  return {
    q: of('q'),
    in: of('in'),
    state: of('state'),
    from: of('from'),
    to: of('to'),
    older: of('older'),
    newer: of('newer'),
  }
}

const PLACES = ['subject', 'sender', 'file', 'ticket'] as const

export function searchFor(asked: Asked, timezone: string): MailSearch {
  const within = PLACES.find(one => one === asked.in)
  const state = asked.state === 'waiting' ? OPEN : STATES.filter(one => one === asked.state)
  const since = dayNamed(asked.from, timezone)
  const before = dayNamed(asked.to, timezone, 1)
  const beside =
    asked.older !== ''
      ? { id: asked.older, side: 'older' as const }
      : asked.newer !== ''
        ? { id: asked.newer, side: 'newer' as const }
        : undefined
  return {
    most: PAGE,
    ...(asked.q !== '' && { words: asked.q }),
    ...(within !== undefined && { within }),
    ...(state.length > 0 && { states: state }),
    ...(since !== undefined && { since }),
    ...(before !== undefined && { before }),
    ...(beside !== undefined && { beside }),
  }
}

const OPEN: readonly EntryState[] = ['queued', 'active', 'deferred']

export function searchPage(found: MailPage, asked: Asked, view: View): string {
  const { words } = view
  const list =
    found.mails.length === 0
      ? html`<p><b>${words.search.none}</b><br><span class="quiet">${words.search.noneMore}</span></p>`
      : mailList(found.mails, view)
  return page(
    words.search.title,
    html`<h1>${words.search.title}</h1>
${filter(asked, view)}
<section class="card" aria-label="${words.search.title}">${list}</section>
${pages(found, asked, view)}`,
    view,
  )
}

function filter(asked: Asked, { words }: View): Html {
  const option = (value: string, label: string, chosen: string): Html =>
    html`<option value="${value}"${value === chosen ? { markup: ' selected' } : undefined}>${label}</option>`
  const { search } = words
  return html`<form class="card filter" action="/mails">
<label class="wide">${search.words}<input type="search" name="q" value="${asked.q}" maxlength="${LONGEST}" placeholder="${search.hint}"></label>
<label>${search.within}<select name="in">${option('', search.anywhere, asked.in)}${PLACES.map(one => option(one, search[one], asked.in))}</select></label>
<label>${search.state}<select name="state">${option('', search.any, asked.state)}${option('waiting', words.tiles.waiting, asked.state)}${STATES.map(one => option(one, words.states[one], asked.state))}</select></label>
<label>${search.from}<input type="date" name="from" value="${asked.from}"></label>
<label>${search.to}<input type="date" name="to" value="${asked.to}"></label>
<span class="go"><button class="main">${search.show}</button><a href="/mails">${search.clear}</a></span>
</form>`
}

/** Each page names the mail it begins beside, so that newcomers do not shift it. */
function pages({ mails, newer, older }: MailPage, asked: Asked, { words }: View): Html | undefined {
  const link = (side: 'newer' | 'older', id: string | undefined, label: string): Html => {
    const kept = Object.entries(asked).filter(([name, value]) => value !== '' && name !== 'older' && name !== 'newer')
    return html`<a href="/mails?${new URLSearchParams([...kept, [side, id ?? '']]).toString()}" rel="${side === 'older' ? 'next' : 'prev'}">${label}</a>`
  }
  if (mails.length === 0 || !(newer || older)) return undefined
  return html`<nav class="pages" aria-label="${words.search.pages}"><span>${newer ? link('newer', mails[0]?.id, `← ${words.search.newer}`) : undefined}</span><span>${older ? link('older', mails.at(-1)?.id, `${words.search.older} →`) : undefined}</span></nav>`
}

export const mailList = (mails: readonly MailRow[], view: View): Html =>
  html`<ol class="mails">${mails.map(mail => row(mail, view))}</ol>`

function row(mail: MailRow, view: View): Html {
  const { words } = view
  const meant = mail.attachments.filter(({ state }) => state !== 'skipped')
  const there = meant.filter(({ state }) => state === 'delivered').length
  const reason = mail.state === 'delivered' || mail.reason === null ? undefined : html` · <bdi>${mail.reason}</bdi>`
  return html`<li><span>${stateBadge(mail.state, view)}</span>
<span class="what"><a href="/mails/${encodeURIComponent(mail.id)}"><bdi>${mail.subject === '' ? words.search.noSubject : mail.subject}</bdi></a><br><span class="more"><bdi>${mail.from ?? words.search.nobody}</bdi> · ${words.search.files(there, meant.length)}${reason}</span></span>
<span class="ticket">${mail.ticket ?? ''}</span>
<span class="right"><time datetime="${mail.sightedAt}">${Number.isNaN(Date.parse(mail.sightedAt)) ? '' : age(mail.sightedAt, view)}</time><span class="date"><br>${Number.isNaN(Date.parse(mail.sightedAt)) ? '' : moment(new Date(mail.sightedAt), view)}</span></span></li>
`
}
