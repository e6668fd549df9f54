/** The text of an HTML body. */
import { performance } from 'node:perf_hooks'
import type * as HtmlToText from 'html-to-text'
import type { DomNode, FormatCallback, HtmlToTextOptions } from 'html-to-text'
import { unescaped } from './entities.ts'
import { isHidden } from './html-hidden.ts'
import { tableFormatter } from './html-table.ts'
import { isDeeperThan, leanHtml, piecesOf } from './html-tags.ts'
import { timed } from './timed.ts'
import { isVisible, seenOf } from './visible.ts'

export type HtmlText = { readonly text: string; readonly remark: string | undefined }

/**
 * Elements in each other, and characters, beyond which html-to-text is not asked: its walk is
 * recursive.
 */
const DEPTH = 300
const LENGTH = 512 * 1024
/** Milliseconds for one HTML part, and for all parts of a mail. */
const TIME = 2000
const TIME_OF_MAIL = 3000

/** Milliseconds of layout that a mail has left. */
export type LayoutTime = { left: number }
export const layoutTime = (): LayoutTime => ({ left: TIME_OF_MAIL })

// Loaded at the first need, and kept: `import` looks for a package anew each time.
let library: typeof HtmlToText | undefined

/**
 * Turns HTML into text: layout by html-to-text, quotes marked with `> `, text that is hidden from
 * the reader left out. HTML that is nested too deeply, too long or too slow to lay out loses its
 * tags and keeps its words, and the remark says so.
 */
export async function textOfHtml(html: string, time: LayoutTime = layoutTime()): Promise<HtmlText> {
  const lean = html.length > LENGTH ? leanHtml(html) : html
  const why = tooMuch(lean, time)
  if (why !== undefined) return { text: withoutTags(lean), remark: `${why}; its text was taken without layout` }
  library ??= await import('html-to-text')
  const { convert } = library
  const start = performance.now()
  const text = timed(Math.ceil(Math.min(TIME, time.left)), () => seenText(lean, convert))
  time.left -= performance.now() - start
  // Lists and quotes in each other repeat their marks on each line.
  if (text === undefined || text.length > 2 * LENGTH)
    return { text: withoutTags(lean), remark: 'the HTML could not be laid out; its text was taken without' }
  return { text: isVisible(text) ? tidy(text) : withoutTags(lean), remark: undefined }
}

function tooMuch(html: string, time: LayoutTime): string | undefined {
  if (html.length > LENGTH) return 'the HTML is very long'
  if (time.left <= 0) return 'the HTML of this mail takes long'
  return isDeeperThan(html, DEPTH) ? 'the HTML is nested very deeply' : undefined
}

/**
 * Hidden text that is longer than this, in characters, and than all that is seen is no preview
 * text: it is kept.
 */
const PREVIEW = 1000

/**
 * The text without its hidden elements, unless the hidden ones are all or most of it: then they
 * were hidden by mistake.
 */
function seenText(html: string, convert: typeof HtmlToText.convert): string {
  const hidden: DomNode[] = []
  const text = convert(
    html,
    optionsFor(element => {
      const answer = isHidden(element)
      if (answer) hidden.push(element)
      return answer
    }),
  )
  if (hidden.length === 0) return text
  const seen = seenOf(text).length
  const unseen = hidden.reduce((sum, element) => sum + lengthOf(element), 0)
  const isMistake = seen === 0 || (unseen > PREVIEW && unseen > seen)
  return isMistake
    ? convert(
        html,
        optionsFor(() => false),
      )
    : text
}

const lengthOf = ({ type, data, children }: DomNode): number =>
  type === 'text'
    ? seenOf(data ?? '').length
    : type === 'tag'
      ? (children ?? []).reduce((sum, child) => sum + lengthOf(child), 0)
      : 0

const heading = (selector: string) => ({
  selector,
  options: { uppercase: false, leadingLineBreaks: 2, trailingLineBreaks: 1 },
})

const optionsFor = (isLeftOut: (element: DomNode) => boolean): HtmlToTextOptions => ({
  wordwrap: false,
  // Text may stand before, between and behind the bodies of joined documents.
  baseElements: { selectors: [], returnDomByDefault: true },
  // A styled element is walked twice.
  limits: { maxInputLength: LENGTH, maxDepth: 2 * DEPTH + 10 },
  formatters: { styled: styledFormatter(isLeftOut), cells: tableFormatter(isLeftOut), row: rowFormatter(isLeftOut) },
  selectors: [
    ...['img', 'title', 'xml', 'template'].map(selector => ({ selector, format: 'skip' })),
    { selector: '[style]', format: 'styled' },
    { selector: '[hidden]', format: 'styled' },
    { selector: 'table', format: 'cells' },
    { selector: 'tr', format: 'row' },
    ...['html', 'body', 'td', 'th', 'caption'].map(selector => ({ selector, format: 'block', options: ONE_LINE })),
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, noAnchorUrl: true } },
    { selector: 'p', options: ONE_LINE },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map(heading),
  ],
})

const ONE_LINE = { leadingLineBreaks: 1, trailingLineBreaks: 1 }

/** An element with a style is left out, or else formatted like one without. */
const styledFormatter =
  (isLeftOut: (element: DomNode) => boolean): FormatCallback =>
  (element, walk, builder) => {
    if (isLeftOut(element)) return
    const { style: _style, hidden: _hidden, ...others } = element.attribs
    element.attribs = others
    walk([element], builder)
  }

/** A row outside any table. */
const rowFormatter =
  (isLeftOut: (element: DomNode) => boolean): FormatCallback =>
  (row, walk, builder, options) =>
    tableFormatter(isLeftOut)({ type: 'tag', name: 'table', children: [row] }, walk, builder, options)

/**
 * No-break spaces become blanks, lines on which nothing is seen become empty, and at most one of
 * these stands between others.
 */
const tidy = (text: string): string =>
  text
    .split('\n')
    .map(line => (isVisible(line) ? line.replace(/\u00A0/g, ' ') : ''))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()

const LINES = new Set(
  'p div br li h1 h2 h3 h4 h5 h6 table blockquote ul ol hr pre caption section article header footer nl paragraph'.split(
    ' ',
  ),
)

/** Words without layout: blocks become lines, cells of a row are separated by ` | `. */
export function withoutTags(html: string): string {
  const pieces: string[] = []
  for (const { kind, name, from, to } of piecesOf(html)) {
    if (kind === 'text') pieces.push(plain(html.slice(from, to)))
    else if (name === 'tr' ? kind === 'open' : LINES.has(name)) pieces.push('\n')
    else if (kind === 'open' && (name === 'td' || name === 'th')) pieces.push(CELL)
  }
  return pieces
    .join('')
    .split('\n')
    .map(line => rowOf(line))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

/** Marks the start of a cell; text has single blanks only. */
const CELL = '\t'

const rowOf = (line: string): string =>
  line
    .split(CELL)
    .map(cell => cell.trim())
    .filter(cell => cell !== '')
    .join(' | ')
    .replace(/ {2,}/g, ' ')

const plain = (text: string): string => unescaped(text).replace(/[ \t\u00A0]+/g, ' ')
