/** HTML on the server: everything put into it is escaped unless it is HTML already; no script, one style, a policy that allows nothing else. */
import { createHash } from 'node:crypto'

/** Markup that is safe to send. Only `html` makes it. */
export type Html = { readonly markup: string }

type Hole = string | number | Html | undefined | readonly Hole[]

/** A template whose holes are escaped; arrays are joined, undefined is nothing. */
export const html = (pieces: TemplateStringsArray, ...holes: readonly Hole[]): Html => ({
  markup: pieces.map((piece, n) => piece + (n < holes.length ? filled(holes[n]) : '')).join(''),
})

/** A whole document. */
export const page = (title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
${body}
</body>
</html>
`.markup

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; --line: #8884; --quiet: #8a8a8a; --bad: #d33; --wait: #c80; --good: #2a8a3a }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; unicode-bidi: isolate; overflow-wrap: anywhere }
th { font-weight: 600; white-space: nowrap }
.number { text-align: right; font-variant-numeric: tabular-nums }
.number, .word, td.held, td.uncertain, td.deferred, td.bounced, td.refused, td.begun, td.delivered, td.discarded, td.skipped, td.queued, td.active { white-space: nowrap }
.quiet, .none { color: var(--quiet) }
.held, .uncertain, .bad { color: var(--bad) } .deferred, .bounced, .refused, .begun { color: var(--wait) } .delivered, .good { color: var(--good) }
code { font-size: .9em } a { color: inherit } nav { margin: 1rem 0 } input { font: inherit }
`

/** What the browser may do with a page of ours: show it. */
export const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

function filled(hole: Hole): string {
  if (hole === undefined) return ''
  if (typeof hole === 'string' || typeof hole === 'number') return escaped(String(hole))
  return 'markup' in hole ? hole.markup : hole.map(filled).join('')
}

/** Control and bidirectional characters become visible: a subject must not rearrange the page. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
    .replace(/[&<>"'`]/g, c => `&#${c.charCodeAt(0)};`)
