/**
 * Takes the files out of a text that holds them as `data:` URIs (RFC 2397): pasted screenshots,
 * mostly.
 *
 * 1. `data:` counts behind a quote, `(` or `=` of HTML and CSS; in prose only a long one in base64
 *    does.
 * 2. Its header goes to the comma: a media type and parameters.
 * 3. Its content goes to the mark that closes what was opened before it, or to the first character
 *    that its encoding does not have.
 * 4. `cid:` of the new part takes its place, so that an image counts as shown by the text.
 * Linear in the length of the text.
 */
import { unescaped } from './entities.ts'

export type DataUriFile = {
  /** Lower case, without parameters. */
  readonly type: string
  /** The text beside it, where that is a file name. */
  readonly name: string | undefined
  readonly bytes: Buffer
}

export type DataUris = {
  /** The text, with a reference in the place of each URI that was taken out. */
  readonly html: Buffer
  readonly files: readonly DataUriFile[]
  /** URIs of 2 KB and more that could not be taken out. */
  readonly left: number
}

export type DataUriOptions = {
  /** HTML: attributes and CSS are read. Otherwise only what is plainly a file. */
  readonly isHtml: boolean
  /**
   * Called with the bytes of a new file. Returns the reference to write, or undefined where the
   * mail has too many files.
   */
  readonly cidOf: (file: DataUriFile) => string | undefined
}

/**
 * Bytes of content below which a picture is a tracking pixel or a spacer, and characters that make
 * a URI a loss.
 */
const TINY = 200
const LARGE = 2000

/** Characters of the header, and of the tag around it that are searched for a name. */
const HEADER = 300
const TAG = 600

/** Whether a text may hold one; cheap. */
export const holdsDataUri = (text: Buffer): boolean => nextUri(text, 0, new Map()) !== undefined

export function takeOutDataUris(html: Buffer, { isHtml, cidOf }: DataUriOptions): DataUris {
  const [pieces, files]: [Buffer[], DataUriFile[]] = [[], []]
  const known = new Map<string, number>()
  let [left, kept] = [0, 0]
  for (let at = nextUri(html, 0, known); at !== undefined; ) {
    const uri = uriAt(html, at, isHtml, known)
    if (uri !== undefined) {
      const file = isLayout(uri.type) ? undefined : fileOf(html, uri)
      const isTaken = file !== undefined && file.bytes.length >= TINY
      const cid = isTaken ? cidOf(file) : undefined
      if (cid !== undefined && isTaken) files.push(file)
      if (cid === undefined && isLoss(uri, file)) left += 1
      // So much is no text for a person in any case.
      if (cid !== undefined || uri.end - uri.content >= LARGE) {
        pieces.push(html.subarray(kept, at), Buffer.from(cid === undefined ? 'data:,' : `cid:${cid}`))
        kept = uri.end
      }
    }
    at = nextUri(html, Math.max(uri?.end ?? 0, at + 5), known)
  }
  return {
    html: kept === 0 ? html : Buffer.concat([...pieces, html.subarray(kept)]),
    files,
    left,
  }
}

type Uri = {
  readonly type: string
  readonly isBase64: boolean
  readonly at: number
  /** Where the content begins and ends; the URI ends there too. */
  readonly content: number
  readonly end: number
  /** Another character than one of base64 stands in it. */
  readonly isBroken: boolean
}

const isLoss = ({ type, content, end }: Uri, file: DataUriFile | undefined): boolean =>
  end - content >= LARGE && !isLayout(type) && (file === undefined || file.bytes.length >= TINY)

/** Style sheets, fonts and scripts of a page. */
const isLayout = (type: string): boolean =>
  /^(?:text\/css|font\/.*|application\/(?:x-)?font.*|application\/vnd\.ms-(?:fontobject|opentype)|(?:text|application)\/(?:x-)?(?:java|ecma)script)$/.test(
    type,
  )

const SPELLINGS = ['data:', 'Data:', 'DATA:']

/** The next `data:` from there on. */
function nextUri(html: Buffer, from: number, known: Map<string, number>): number | undefined {
  const next = Math.min(...SPELLINGS.map(spelling => nextOf(html, spelling, from, known)))
  return Number.isFinite(next) ? next : undefined
}

/**
 * The next place of `text` at or behind `from`; infinite where there is none. `known` keeps the
 * place, so that each stretch is searched once.
 */
function nextOf(html: Buffer, text: string, from: number, known: Map<string, number>): number {
  const last = known.get(text) ?? -1
  if (last >= from) return last
  const found = html.indexOf(text, from)
  const next = found === -1 ? Number.POSITIVE_INFINITY : found
  known.set(text, next)
  return next
}

function uriAt(html: Buffer, at: number, isHtml: boolean, known: Map<string, number>): Uri | undefined {
  const before = html.toString('latin1', Math.max(0, at - 12), at)
  const opener = openerOf(before, isHtml)
  const header = headerOf(html.toString('latin1', at + 5, at + 5 + HEADER))
  if (header === undefined) return undefined
  const content = at + 5 + header.length
  const { type, isBase64 } = header
  if (!isBase64 && (opener === undefined || !isInMarkup(html, at))) return undefined
  const { end, isBroken } = isBase64 ? base64End(html, content, opener) : plainEnd(html, content, opener, known)
  if (opener === undefined && end - content < LARGE) return undefined
  return { type, isBase64, at, content, end, isBroken }
}

/** Inside a tag, or in the `url()` of a style sheet. */
function isInMarkup(html: Buffer, at: number): boolean {
  const above = html.toString('latin1', Math.max(0, at - TAG), at)
  return above.lastIndexOf('<') > above.lastIndexOf('>') || /url\(\s{0,8}["']?\s{0,8}$/i.test(above)
}

type Opener = '"' | "'" | '(' | '='

/** What opens the URI, written as itself or as an entity. */
function openerOf(before: string, isHtml: boolean): Opener | undefined {
  const mark = /(?:(["'(=])|&(?:quot|#34|#x22)(;)|&(?:apos|#39|#x27)(;))\s{0,8}$/i.exec(before)
  if (mark === null) return undefined
  const opener = mark[1] ?? (mark[2] === undefined ? "'" : '"')
  return isHtml || opener === '(' ? (opener as Opener) : undefined // the expression has no other
}

/** `image/png;charset=utf-8;base64,`; its length with the comma. */
function headerOf(text: string) {
  const comma = /^[^,"'<>()]{0,290}?(?:,|&#(?:44|x2c);|&comma;)/i.exec(text)?.[0]
  if (comma === undefined) return undefined
  const [type = '', ...parameters] = unescaped(comma).replace(/\s/g, '').slice(0, -1).toLowerCase().split(';')
  const isBase64 = parameters.some(one => /^(?:base64|base-64|b64)$/.test(one)) || type === 'base64'
  const isType = /^[a-z0-9!#$&^_.+*-]{1,127}\/[a-z0-9!#$&^_.+*-]{1,127}$/.test(type)
  if (!isType && !isBase64) return undefined
  return { type: isType ? type : 'application/octet-stream', isBase64, length: comma.length }
}

const codes = (text: string): readonly number[] => Array.from(text, one => one.charCodeAt(0))

/**
 * Bytes that base64 may be written with in a URI in HTML: its own, percent-encoding, entities, and
 * line folds.
 */
const DIGITS = new Set(codes('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_='))
const FOLDS = new Set(codes(' \t\r\n\f'))
const isDigit = Uint8Array.from({ length: 256 }, (_, byte) => (DIGITS.has(byte) ? 1 : FOLDS.has(byte) ? 2 : 0))

const [AMPERSAND, PERCENT, EQUALS] = codes('&%=') as [number, number, number]

/** Folds count only where a quote or parenthesis tells the end. */
function base64End(html: Buffer, from: number, opener: Opener | undefined) {
  const isEnclosed = opener !== undefined && opener !== '='
  let isPadded = false
  let at = from
  for (; at < html.length; at += 1) {
    const byte = html[at] ?? 0
    if (byte === AMPERSAND || byte === PERCENT) {
      const escaped =
        /^(?:%(?:0[9ad]|2[0bdf]|3d|5f)|&(?:#(?:9|10|13|32|43|45|47|61|95|x(?:9|a|d|20|2b|2d|2f|3d|5f))|plus|sol|equals|tab|newline|lowbar|hyphen);)/i.exec(
          html.toString('latin1', at, at + 10),
        )?.[0]
      if (escaped === undefined) break
      if (/^(?:%3d|&#(?:61|x3d);|&equals;)$/i.test(escaped)) isPadded = true
      at += escaped.length - 1
      continue
    }
    const kind = isDigit[byte] ?? 0
    if (kind === 0 || (kind === 2 && (!isEnclosed || isDensity(html, at)))) break
    if (kind === 1 && byte !== EQUALS && isPadded) break
    if (byte === EQUALS) isPadded = true
  }
  return { end: at, isBroken: isEnclosed && !isClosed(html, at, opener) }
}

/** ` 2x` or ` 640w`, behind a candidate of a `srcset`. */
const isDensity = (html: Buffer, at: number): boolean =>
  /^\s{1,4}\d{1,5}(?:\.\d{1,3})?[wx]\s{0,4}(?:[,"']|&)/.test(html.toString('latin1', at, at + 24))

/**
 * A quote, a parenthesis, a further candidate of a `srcset`, or the end of the text, as a cut mail
 * has it.
 */
function isClosed(html: Buffer, at: number, opener: Opener): boolean {
  const next = html.toString('latin1', at, at + 8)
  if (/^(?:["')]|&(?:quot|apos|#34|#39|#x22|#x27);|[,\d]|\s{1,4}\d)/i.test(next)) return true
  return opener === '(' && next.startsWith('<')
}

/** Percent-encoded content goes on to what closes it. Without that, it is a word of the text. */
function plainEnd(html: Buffer, from: number, opener: Opener | undefined, known: Map<string, number>) {
  const mark = opener === '(' ? ')' : (opener ?? '=')
  const entity = mark === '"' ? '&quot;' : '&#39;'
  const close = mark === '=' ? Number.POSITIVE_INFINITY : nextOf(html, mark, from, known)
  const end = isEscaped(html, from) ? Math.min(close, nextOf(html, entity, from, known)) : close
  if (Number.isFinite(end)) return { end, isBroken: false }
  let at = from
  while (at < html.length && (html[at] ?? 0) > 0x20 && html[at] !== 0x3c && html[at] !== 0x3e) at += 1
  return { end: at, isBroken: mark !== '=' }
}

/** The quote before it was written as an entity, so the one behind it is too. */
const isEscaped = (html: Buffer, from: number): boolean =>
  /&(?:quot|#34|#39|apos);\s{0,8}data:/i.test(html.toString('latin1', Math.max(0, from - HEADER - 20), from))

function fileOf(html: Buffer, uri: Uri): DataUriFile | undefined {
  if (uri.isBroken) return undefined
  const raw = html.toString('latin1', uri.content, uri.end)
  const bytes = uri.isBase64 ? fromBase64(raw) : Buffer.from(percentDecoded(unescaped(raw)), 'latin1')
  return bytes === undefined ? undefined : { type: uri.type, name: nameBeside(html, uri), bytes }
}

/** Undefined where a digit is missing or too many: the content is cut or spoilt. */
function fromBase64(raw: string): Buffer | undefined {
  const plain = /[%&]/.test(raw) ? percentDecoded(unescaped(raw)) : raw
  const digits = plain.replace(/[\s=]+/g, '')
  return digits.length % 4 === 1 ? undefined : Buffer.from(digits, 'base64')
}

const percentDecoded = (text: string): string =>
  text.replace(/%([\da-f]{2})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

/** `alt`, `title`, `download` or `data-filename` of the same tag, where it has an extension. */
function nameBeside(html: Buffer, { at, end }: Uri): string | undefined {
  const above = html.toString('utf8', Math.max(0, at - TAG), at)
  const below = html.toString('utf8', end, end + TAG)
  const start = above.lastIndexOf('<')
  const close = below.indexOf('>')
  if (start === -1) return undefined
  const tag = above.slice(start) + below.slice(0, close === -1 ? 0 : close)
  const found =
    /\s(?:data-filename|data-name|download|alt|title)\s?=\s?["']([^"'<>]{1,150}\.[a-z][a-z0-9]{1,4})["']/i.exec(tag)
  return found === null ? undefined : unescaped(found[1] ?? '')
}
