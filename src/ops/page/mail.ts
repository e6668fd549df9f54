/** One mail's page: what became of it, each attachment, and the trace line by line. */
import type { MailRow, TraceLine } from '../../gateway/books.ts'
import { type Html, html, page } from './html.ts'
import { age } from './overview.ts'

export function mailPage(mail: MailRow, trace: readonly TraceLine[], now: Date): string {
  return page(
    `mail ${mail.id} · mailclip`,
    html`<nav><a href="/">mailclip</a></nav>
<h1>${mail.subject === '' ? '(no subject)' : mail.subject}</h1>
${facts(mail, now)}
<h2>Attachments</h2>
${attachments(mail)}
<h2>Trace</h2>
${lines(trace)}`,
  )
}

function facts(mail: MailRow, now: Date): Html {
  const notice = mail.notice === null ? 'none' : `${mail.notice.kind}, ${mail.notice.state}, to ${mail.notice.to}`
  const why = [mail.status, mail.code, mail.reason].filter(one => one !== null).join(' · ')
  const rows: readonly (readonly [string, string])[] = [
    ['From', mail.from ?? ''],
    ['Ticket', mail.ticket ?? ''],
    ['Why', why],
    ['Tries', String(mail.attempts)],
    ['Seen', `${mail.sightedAt} (${age(mail.sightedAt, now)} ago)`],
    ['Due', mail.dueAt ?? ''],
    ['Concluded', mail.concludedAt ?? ''],
    ['Settled', mail.settledAt ?? ''],
    ['Lies in', `${mail.mailbox}, ${mail.filedIn ?? mail.folder}`],
    ['Came as', `${mail.folder};UIDVALIDITY=${mail.uidValidity}/;UID=${mail.uid}`],
    ['Message-ID', mail.messageId ?? ''],
    ['Notice', notice],
  ]
  const told = rows
    .filter(([, value]) => value !== '')
    .map(
      ([name, value]) => html`<tr><th>${name}</th><td>${value}</td></tr>
`,
    )
  return html`<table><tr><th>State</th><td class="${mail.state}">${mail.state}</td></tr>
${told}</table>`
}

function attachments(mail: MailRow): Html {
  if (mail.attachments.length === 0) return html`<p class="quiet">None known.</p>`
  const rows = mail.attachments.map(
    one => html`<tr><td>${one.part}</td><td>${one.name}${renamed(one)}</td><td>${one.type}</td><td class="number">${one.size ?? ''}</td>
<td class="${one.state}">${one.state}</td><td>${one.reason ?? ''}</td><td class="word">${one.ticket ?? ''}</td><td>${one.documentId ?? ''}</td><td><code>${one.sha256?.slice(0, 16) ?? ''}</code></td></tr>
`,
  )
  return html`<table><tr><th>Part</th><th>Name</th><th>Type</th><th class="number">Octets</th><th>State</th><th>Why</th><th>Ticket</th><th>Document</th><th>SHA-256</th></tr>
${rows}</table>`
}

const renamed = ({ name, originalName }: MailRow['attachments'][number]): Html | undefined =>
  originalName === null || originalName === name
    ? undefined
    : html`<br><span class="quiet">sent as ${originalName}</span>`

const lines = (trace: readonly TraceLine[]): Html =>
  trace.length === 0
    ? html`<p class="quiet">Nothing is kept.</p>`
    : html`<table><tr><th>When</th><th class="number">Try</th><th></th></tr>
${trace.map(
  ({ at, attempt, line }) => html`<tr><td class="word">${at}</td><td class="number">${attempt}</td><td>${line}</td></tr>
`,
)}</table>`
