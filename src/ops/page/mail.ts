/** One mail's page: what became of it and what to do, each file, and the trace attempt by attempt. */
import type { MailRow, NoticeRow, Story, TraceLine } from '../../gateway/books.ts'
import type { Correction } from '../../gateway/operator.ts'
import type { EntryState } from '../../mail/outcome.ts'
import { page } from './frame.ts'
import { type Html, html } from './html.ts'
import { badge, count, moment, size, stateBadge, timeOfDay, type View, when } from './view.ts'

/** Where a person finds a ticket; undefined when there is no such place. */
export type TicketPage = (ticket: string) => string | undefined

/** `said`: what has just been done. */
export function mailPage(
  { mail, trace, notices }: Story,
  ticketPage: TicketPage,
  view: View,
  said: Html | undefined,
): string {
  const { words } = view
  const subject = mail.subject === '' ? words.search.noSubject : mail.subject
  return page(
    words.mail.id(mail.id),
    html`<p class="quiet">${stateBadge(mail.state, view)} ${words.mail.id(mail.id)}</p>
<h1>${subject}</h1>
${said}
${remedy(mail, view)}
${verbs(mail, view)}
<section class="card"><h2>${words.mail.files}</h2>${files(mail, ticketPage, view)}</section>
<section class="card"><h2>${words.mail.facts}</h2>${facts(mail, notices, ticketPage, view)}</section>
<section class="card"><h2>${words.mail.trace}</h2>${lines(trace, view)}</section>`,
    view,
  )
}

function remedy(mail: MailRow, { words }: View): Html | undefined {
  const open = mail.state === 'queued' || mail.state === 'active' || mail.state === 'deferred'
  const advice = words.remedies[open ? mail.state : (mail.code ?? '')]
  if (mail.reason === null && advice === undefined) return undefined
  const told =
    advice === undefined || mail.state === 'delivered' ? undefined : html`<p><b>${words.mail.remedy}:</b> ${advice}</p>`
  return html`<section class="card"><p>${mail.reason ?? ''} <span class="quiet">${[mail.status, mail.code].filter(Boolean).join(' · ')}</span></p>${told}</section>`
}

/** What the ledger will let be done with a mail in this state. */
export const ALLOWED: Readonly<Record<Correction | 'original', readonly EntryState[]>> = {
  release: ['held'],
  retry: ['queued', 'deferred', 'delivered', 'bounced', 'discarded', 'held', 'ignored'],
  hold: ['queued', 'deferred'],
  discard: ['queued', 'deferred', 'held'],
  original: ['held'],
}

function verbs(mail: MailRow, { words }: View): Html {
  const named = (['release', 'retry', 'hold', 'discard', 'original'] as const).filter(verb =>
    ALLOWED[verb].includes(mail.state),
  )
  return html`<div class="verbs">${named.map(
    (verb, n) =>
      html`<a class="button${n === 0 && mail.state !== 'delivered' ? ' main' : ''}" href="/mails/${encodeURIComponent(mail.id)}/${verb}">${words.verbs[verb]}</a>`,
  )}</div>`
}

function files(mail: MailRow, ticketPage: TicketPage, view: View): Html {
  const { words } = view
  if (mail.attachments.length === 0) return html`<p class="quiet">${words.mail.noFiles}</p>`
  return html`<ul class="files">${mail.attachments.map(one => {
    const told: readonly (readonly [string, Html | string | null])[] = [
      [words.mail.why, one.reason],
      [words.mail.ticket, one.ticket === null ? null : ticketLink(one.ticket, ticketPage, view)],
      [words.mail.document, one.documentId === null ? null : html`<code>${one.documentId}</code>`],
      [words.mail.size, one.size === null ? null : sizeOf(one.size, view)],
      ['SHA-256', one.sha256 === null ? null : html`<code>${one.sha256}</code>`],
      [words.mail.type, `${one.type}, ${words.mail.part.toLowerCase()} ${one.part}`],
    ]
    return html`<li><header><b>${one.name === '' ? one.type : one.name}</b>${badge(one.state, words.fates[one.state])}${renamed(one, view)}</header>${list(told)}</li>`
  })}</ul>`
}

const sizeOf = (octets: number, view: View): string => {
  const exact = view.words.mail.octets(count(octets, view))
  return octets < 1000 ? exact : `${size(octets, view)} (${exact})`
}

const renamed = ({ name, originalName }: MailRow['attachments'][number], { words }: View): Html | undefined =>
  originalName === null || originalName === name
    ? undefined
    : html`<span class="quiet small">${words.mail.sentAs(originalName)}</span>`

function ticketLink(ticket: string, ticketPage: TicketPage, { words }: View): Html {
  const address = ticketPage(ticket)
  if (address === undefined) return html`${ticket}`
  return html`<a href="${address}" rel="noreferrer noopener" title="${words.mail.openTicket(ticket)}">${ticket}</a>`
}

function facts(mail: MailRow, notices: readonly NoticeRow[], ticketPage: TicketPage, view: View): Html {
  const { words } = view
  const told = notices.map(({ kind, state, to }) =>
    words.mail.noticeIs(words.states[kind === 'delayed' ? 'deferred' : kind], words.mail.noticeStates[state], to),
  )
  const at = (instant: string | null): Html | null => (instant === null ? null : when(instant, view))
  return list([
    [words.mail.from, mail.from],
    [
      words.mail.ticket,
      mail.ticket === null
        ? null
        : html`${mail.ticket.split(', ').map((one, n) => html`${n === 0 ? '' : ', '}${ticketLink(one, ticketPage, view)}`)}`,
    ],
    [words.mail.seen, at(mail.sightedAt)],
    [words.mail.due, at(mail.dueAt)],
    [words.mail.concluded, at(mail.concludedAt)],
    [words.mail.settled, at(mail.settledAt)],
    [words.mail.tries, String(mail.attempts)],
    [
      words.mail.notice,
      told.length === 0 ? words.mail.noNotice : html`${told.map((one, n) => html`${n === 0 ? '' : html`<br>`}${one}`)}`,
    ],
    [words.mail.lies, `${mail.mailbox}, ${mail.filedIn ?? mail.folder}`],
    [words.mail.came, html`<code>${mail.folder};UIDVALIDITY=${mail.uidValidity}/;UID=${mail.uid}</code>`],
    [words.mail.messageId, mail.messageId === null ? null : html`<code>${mail.messageId}</code>`],
  ])
}

const list = (facts: readonly (readonly [string, Html | string | null])[]): Html =>
  html`<dl>${facts.map(([name, value]) => (value === null || value === '' ? undefined : html`<dt>${name}</dt><dd>${value}</dd>`))}</dl>`

/** Lines of one attempt stand together, under the instant it wrote its first one. */
function lines(trace: readonly TraceLine[], view: View): Html {
  const { words } = view
  if (trace.length === 0) return html`<p class="quiet">${words.mail.noTrace}</p>`
  let before: TraceLine | undefined
  return html`${grouped(trace).map(group => {
    const [first] = group
    before = first
    const head = first === undefined || first.attempt === 0 ? words.mail.atSight : words.mail.attempt(first.attempt)
    return html`<h3>${head} <span class="quiet small">${dated(before?.at, view)}</span></h3><ol class="trace">${group.map(line => row(line, view))}</ol>`
  })}`
}

const dated = (at: string | undefined, view: View): string =>
  at === undefined || Number.isNaN(Date.parse(at)) ? '' : moment(new Date(at), view)

function row({ at, line }: TraceLine, view: View): Html {
  const date = new Date(at)
  const time = Number.isNaN(date.getTime()) ? '' : timeOfDay(date, view)
  // Rules begin their lines with their name.
  const [, rule = '', rest = line] = /^([a-z][a-z -]{1,23}): (.*)$/s.exec(line) ?? []
  return html`<li><time datetime="${at}">${time}</time><span>${rule === '' ? undefined : html`<b>${rule}:</b> `}${rest}</span></li>`
}

function grouped(trace: readonly TraceLine[]): readonly (readonly TraceLine[])[] {
  const groups: TraceLine[][] = []
  for (const line of trace) {
    const last = groups.at(-1)
    if (last !== undefined && last[0]?.attempt === line.attempt) last.push(line)
    else groups.push([line])
  }
  return groups
}
