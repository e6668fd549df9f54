/** HTML on the server: everything put into it is escaped unless it is HTML already. */

/** Markup that is safe to send. Only `html` makes it. */
export type Html = { readonly markup: string }

type Hole = string | number | Html | undefined | readonly Hole[]

/** A template whose holes are escaped; arrays are joined, undefined is nothing. */
export const html = (pieces: TemplateStringsArray, ...holes: readonly Hole[]): Html => ({
  markup: pieces.map((piece, n) => piece + (n < holes.length ? filled(holes[n]) : '')).join(''),
})

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
