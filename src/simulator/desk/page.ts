/** The page a person looks at: tickets and what lies on them. It needs no script, and whatever clients sent is shown as text. */
import { createHash } from 'node:crypto'
import { STYLE } from './page-style.ts'
import type { StoredDocument, Ticket, Tickets } from './tickets.ts'
import type { Kept } from './vault.ts'

const SHOWN = 100

/** Headers of the page and of the files it shows: nothing runs, nothing is loaded but thumbnails. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** The whole page; it asks for itself again every five seconds. */
export function page(account: string, tickets: Tickets): string {
  const all = tickets.all()
  const newest = [...all].sort((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime())
  const shown = [...newest.filter(one => one.documents.length > 0), ...newest.filter(one => one.documents.length === 0)]
  const documents = all.reduce((sum, { documents }) => sum + documents.length, 0)
  const more = shown.length > SHOWN ? `<p class="none">and ${shown.length - SHOWN} more tickets</p>` : ''
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>Desk simulator: ${escaped(counted(documents, 'document'))}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Service desk, account ${escaped(account)}</h1>
<p class="note">This is a simulator, not EasyVista: it stands in for the REST API on this machine.</p>
<p class="sum">${counted(documents, 'document')} on ${counted(all.length, 'ticket')}</p>
</header>
<main>
${shown.slice(0, SHOWN).map(article).join('\n')}
${more}${all.length === 0 ? '<p class="none">No ticket has been written to yet.</p>' : ''}
</main>
<footer><p>Newest first; this page renews itself.</p></footer>
</body>
</html>
`
}

const article = ({ number, title, endedAt, documents }: Ticket): string => `<article id="${escaped(number)}">
<header><h2>${escaped(number)}</h2><span class="title">${escaped(title)}</span><span class="state">${
  endedAt === undefined ? 'open' : 'closed'
}</span></header>
${documents.length === 0 ? '<p class="none">no documents</p>' : `<ul>${[...documents].reverse().map(item).join('')}</ul>`}
</article>`

function item({ id, name, kept, description, storedAt }: StoredDocument): string {
  const at = storedAt.toISOString()
  const picture = imageType(kept)
    ? `<img class="thumb" src="/files/${escaped(id)}?show" alt="" loading="lazy">`
    : `<span class="thumb kind" aria-hidden="true">${escaped(/\.(\w{1,5})$/.exec(name)?.[1] ?? 'file')}</span>`
  const said = description === undefined ? '' : `<p class="said">${escaped(description.slice(0, 4000))}</p>`
  return `<li>${picture}<a href="/files/${escaped(id)}">${escaped(name)}</a>
<span class="facts">${kept.size.toLocaleString('en')} octets · SHA-256 <code>${kept.sha256.slice(0, 16)}…</code> · <time datetime="${at}">${at.slice(0, 19).replace('T', ' ')} UTC</time></span>
<div>${said}</div></li>`
}

/** What a browser may show as a picture, by its first octets; undefined for anything else, SVG included. */
export function imageType({ head }: Pick<Kept, 'head'>): string | undefined {
  const text = head.toString('latin1')
  if (text.startsWith('\x89PNG\r\n')) return 'image/png'
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (/^GIF8[79]a/.test(text)) return 'image/gif'
  return /^RIFF.{4}WEBP/s.test(text) ? 'image/webp' : undefined
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** Controls and bidi marks are shown as what they are, so that a name cannot look like another. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, character =>
      character === '\r' ? '' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
