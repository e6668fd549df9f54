/**
 * Which parts the HTML of a mail shows: by `cid:` (RFC 2392), by Content-Location (RFC 2557), or by
 * name.
 */
import { unescaped } from './entities.ts'

/** Characters of an id that are read. */
const LONGEST = 500

/** References that are read. */
const MOST = 20_000

/**
 * Ids that the HTML refers to by `cid:`, in the form of `plainId`. One in quotes goes on to the
 * quote, so that blanks and parentheses may stand in it.
 */
export function citedIds(html: string): ReadonlySet<string> {
  const ids = new Set<string>()
  let count = 0
  for (const found of html.matchAll(/\bcid(?::|&#58;|&colon;|%3a)/gi)) {
    if (++count > MOST) break
    const from = found.index + found[0].length
    const rest = html.slice(from, from + LONGEST)
    const opener = /(["'(]|&quot;|&#3[49];)\s{0,5}$/.exec(html.slice(Math.max(0, found.index - 12), found.index))?.[1]
    for (const end of [/["'<>()\s]|&quot;/, opener === undefined || opener === '(' ? /[)\s>]/ : CLOSERS[opener]]) {
      const at = end === undefined ? -1 : rest.search(end)
      ids.add(plainId(at === -1 ? rest : rest.slice(0, at)))
    }
  }
  ids.delete('')
  return ids
}

const CLOSERS: Readonly<Record<string, RegExp>> = {
  '"': /"/,
  "'": /'/,
  '&quot;': /&quot;/,
  '&#34;': /&#34;/,
  '&#39;': /&#39;/,
}

/** The id behind `cid:`: HTML escapes, then percent-encoding resolved (RFC 2392 §2). Lower case. */
export const plainId = (id: string): string =>
  unescaped(id)
    .replace(/(?:%[\da-f]{2})+/gi, escaped => {
      try {
        return decodeURIComponent(escaped)
      } catch {
        return escaped
      }
    })
    .replace(/^[\s<]+|[\s>]+$/g, '')
    .normalize('NFC')
    .toLowerCase()
