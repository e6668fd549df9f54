/**
 * The tags of an HTML text, without a tree. Follows the tokenizer of the HTML standard (§13.2.5) as
 * far as text needs it: attribute values in quotes may hold `>`, and comments, doctypes and the
 * content of scripts, styles and titles are no text. Linear time for any input: a mark that is not
 * found once is not searched again.
 */

export type Piece = {
  readonly kind: 'text' | 'open' | 'close'
  /** Lower case; empty for text. */
  readonly name: string
  /** Where the piece stands in the text: `html.slice(from, to)`. */
  readonly from: number
  readonly to: number
}

/** Elements whose content is not shown and may hold any `<`. */
const RAW = new Set(['script', 'style', 'title'])

/**
 * Text and tags in order of appearance. A tag or comment that does not end is text from its `<` on,
 * so that its words are kept.
 */
export function* piecesOf(html: string): Generator<Piece> {
  const marks = new Marks(html)
  let from = 0
  let at = html.indexOf('<')
  while (at !== -1) {
    const markup = markupAt(html, at, marks)
    if (markup === undefined) {
      at = html.indexOf('<', at + 1)
      continue
    }
    if (at > from) yield { kind: 'text', name: '', from, to: at }
    const { kind, name, to } = markup
    if (kind !== undefined) yield { kind, name, from: at, to }
    from = kind === 'open' && RAW.has(name) ? marks.endOfRaw(name, to) : to
    at = html.indexOf('<', from)
  }
  if (html.length > from) yield { kind: 'text', name: '', from, to: html.length }
}

/** `kind` is undefined for a comment or a declaration. */
type Markup = { readonly kind: 'open' | 'close' | undefined; readonly name: string; readonly to: number }

/** The markup that begins with the `<` at `at`; undefined where that `<` is text. */
function markupAt(html: string, at: number, marks: Marks): Markup | undefined {
  const next = html.charAt(at + 1)
  if (next === '!' || next === '?')
    return hiddenUpTo(html.startsWith('<!--', at) ? marks.commentEnd(at) : marks.end('>', at + 2))
  const kind = next === '/' ? 'close' : 'open'
  const start = kind === 'close' ? at + 2 : at + 1
  if (marks.isLastTagFound()) return undefined
  if (!isLetter(html.charCodeAt(start))) return kind === 'close' ? hiddenUpTo(marks.end('>', start)) : undefined
  const nameEnd = endOfName(html, start)
  const to = marks.tagEnd(nameEnd)
  return to === undefined ? undefined : { kind, name: html.slice(start, nameEnd).toLowerCase(), to }
}

const hiddenUpTo = (to: number | undefined): Markup | undefined =>
  to === undefined ? undefined : { kind: undefined, name: '', to }

const isLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122

/** White space, `/` and `>` end a name. */
function endOfName(html: string, start: number): number {
  let at = start
  while (at < html.length && !isBlank(html.charCodeAt(at)) && html[at] !== '>' && html[at] !== '/') at += 1
  return at
}

const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)

/** Searches for what ends a piece of markup. */
class Marks {
  readonly #html: string
  /** Marks that do not stand behind the place where they were searched for. */
  readonly #absent = new Set<string>()

  constructor(html: string) {
    this.#html = html
  }

  /** The index behind the next `mark`. */
  end(mark: string, from: number): number | undefined {
    if (this.#absent.has(mark)) return undefined
    const at = this.#html.indexOf(mark, from)
    if (at !== -1) return at + mark.length
    this.#absent.add(mark)
    return undefined
  }

  /** `<!-->` and `<!--->` are whole comments. */
  commentEnd(at: number): number | undefined {
    if (this.#html.startsWith('>', at + 4)) return at + 5
    if (this.#html.startsWith('->', at + 4)) return at + 6
    return this.end('-->', at + 4)
  }

  /**
   * Whether a tag was searched for its `>` in vain: then all that follows is text, and its names
   * are not read again.
   */
  isLastTagFound(): boolean {
    return this.#absent.has('tag')
  }

  /** The index behind the `>` of a tag; a quote that is not closed is an ordinary character. */
  tagEnd(from: number): number | undefined {
    for (let at = from; at < this.#html.length; at += 1) {
      const character = this.#html[at]
      if (character === '>') return at + 1
      if (character === '=') at = this.#valueEnd(at)
    }
    this.#absent.add('tag')
    return undefined
  }

  /** The last index of a quoted value behind `=`, or of what separates the two. */
  #valueEnd(equals: number): number {
    let at = equals
    while (isBlank(this.#html.charCodeAt(at + 1))) at += 1
    const quote = this.#html.charAt(at + 1)
    if (quote !== '"' && quote !== "'") return at
    const end = this.end(quote, at + 2)
    return end === undefined ? at : end - 1
  }

  /** Where the end tag of a script, style or title begins; `from` where it has none. */
  endOfRaw(name: string, from: number): number {
    const mark = `</${name}`
    if (this.#absent.has(mark)) return from
    const search = new RegExp(mark, 'gi')
    search.lastIndex = from
    const found = search.exec(this.#html)
    if (found !== null) return found.index
    this.#absent.add(mark)
    return from
  }
}

/** Elements without content. */
const VOID = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '))

const CELLS = ['td', 'th']
const ROWS = ['tr', ...CELLS]

/** Elements that end where one of these begins; their own end is often left out. */
const ENDED_BY: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...['td', 'th'].map(name => [name, new Set(CELLS)] as const),
  ['tr', new Set(ROWS)],
  ...['tbody', 'thead', 'tfoot'].map(name => [name, new Set(['tbody', 'thead', ...ROWS])] as const),
  ['li', new Set(['li'])],
  ...['dd', 'dt'].map(name => [name, new Set(['dd', 'dt'])] as const),
  ['option', new Set(['option'])],
  ...'p div table ul ol dl h1 h2 h3 h4 h5 h6 blockquote pre hr form'
    .split(' ')
    .map(name => [name, new Set(['p'])] as const),
])

/** Whether elements stand in each other more than `limit` deep. */
export function isDeeperThan(html: string, limit: number): boolean {
  const open: string[] = []
  for (const { kind, name } of piecesOf(html)) {
    if (kind === 'open' && !VOID.has(name)) {
      const ended = ENDED_BY.get(name)
      while (ended?.has(open.at(-1) ?? '')) open.pop()
      if (open.push(name) > limit) return true
    }
    if (kind === 'close')
      open.length = Math.max(0, open.lastIndexOf(name) === -1 ? open.length : open.lastIndexOf(name))
  }
  return false
}

/** HTML without what shows no text: comments, scripts, styles, titles and images. */
export function leanHtml(html: string): string {
  const kept: string[] = []
  for (const { kind, name, from, to } of piecesOf(html))
    if (kind === 'text' || !(RAW.has(name) || name === 'img')) kept.push(html.slice(from, to))
  return kept.join('')
}
