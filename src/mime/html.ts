/** The text of an HTML body. */
import type * as HtmlToText from 'html-to-text'
import { timed } from './timed.ts'

export type HtmlText = { readonly text: string; readonly remark: string | undefined }

/** Beyond these html-to-text is not asked: its walk is recursive, and it answers deep HTML with an empty text and no word of it. */
const DEPTH = 300
const LENGTH = 512 * 1024
const TIME = 3000

// Loaded at the first need, and kept: `import` looks for a package anew each time.
let library: typeof HtmlToText | undefined

/**
 * Turns HTML into text: layout by html-to-text, quotes marked with `> `. HTML that is nested too deeply, too long or too slow to lay out
 * loses its tags and keeps its words, and the remark says so.
 */
export async function textOfHtml(html: string): Promise<HtmlText> {
  const why = tooMuch(html)
  if (why !== undefined) return { text: withoutTags(html), remark: `${why}; its text was taken without layout` }
  library ??= await import('html-to-text')
  const { convert } = library
  const text = timed(TIME, () => convert(html, OPTIONS))
  if (text === undefined)
    return { text: withoutTags(html), remark: 'the HTML could not be laid out; its text was taken without' }
  return { text: text.replace(/\u00A0/g, ' ').trim(), remark: undefined }
}

const heading = (selector: string) => ({
  selector,
  options: { uppercase: false, leadingLineBreaks: 2, trailingLineBreaks: 1 },
})

const OPTIONS = {
  wordwrap: false as const,
  limits: { maxInputLength: LENGTH, maxDepth: DEPTH + 10 },
  selectors: [
    { selector: 'img', format: 'skip' },
    { selector: 'title', format: 'skip' },
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, noAnchorUrl: true } },
    { selector: 'p', options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map(heading),
  ],
}

function tooMuch(html: string): string | undefined {
  if (html.length > LENGTH) return 'the HTML is very long'
  let depth = 0
  for (const [, slash, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^<>]*>/gi)) {
    if (VOID.has((name ?? '').toLowerCase())) continue
    depth = slash === '/' ? Math.max(0, depth - 1) : depth + 1
    if (depth > DEPTH) return 'the HTML is nested very deeply'
  }
  return undefined
}

/** Elements without an end, and those whose end is often left out. */
const VOID = new Set(
  'area base br col embed hr img input link meta param source track wbr p li td th tr dd dt option'.split(' '),
)

/** Words without layout, in linear time: what stands in comments, scripts and styles goes, blocks become lines. */
export function withoutTags(html: string): string {
  const visible = ['<!--', '<script', '<style', '<head', '<title'].reduce(
    (text, start) => withoutBlocks(text, start, start === '<!--' ? '-->' : `</${start.slice(1)}`),
    html,
  )
  return visible
    .replace(/<\/?(?:p|div|br|tr|li|h[1-6]|table|blockquote|ul|ol|hr|pre|nl|paragraph)\b[^<>]*>/gi, '\n')
    .replace(/<\/?[a-z!][^<>]*>/gi, '')
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (all, decimal, hexadecimal, name) =>
      entity(all, decimal, hexadecimal, name),
    )
    .replace(/[ \t\u00A0]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

function withoutBlocks(text: string, start: string, end: string): string {
  const lower = text.toLowerCase()
  // Only ASCII changes case one to one; any other text is searched as it stands.
  const searched = lower.length === text.length ? lower : text
  const kept: string[] = []
  let from = 0
  for (let at = searched.indexOf(start); at !== -1; at = searched.indexOf(start, from)) {
    const close = searched.indexOf(end, at)
    kept.push(text.slice(from, at))
    if (close === -1) return kept.join('')
    from = close + end.length
  }
  kept.push(text.slice(from))
  return kept.join('')
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  euro: '€',
}

function entity(all: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return Object.hasOwn(NAMED, name.toLowerCase()) ? (NAMED[name.toLowerCase()] ?? all) : all
  const code = decimal !== undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hexadecimal ?? '', 16)
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
}
