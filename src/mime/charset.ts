/** From octets to text, whatever the sender claims about them. */
import iconv from 'iconv-lite'
import { guessedCharset } from './guess.ts'
import { guessedLatin } from './guess-latin.ts'
import { piecesOf } from './html-tags.ts'

export type Decoded = {
  readonly text: string
  /** Set when the declared charset was not believed, or one was guessed: what was wrong with it. */
  readonly doubt: string | undefined
}

/**
 * Decodes text, of bodies as of encoded words (RFC 2047) and parameters (RFC 2231). A declared
 * charset that is missing, unknown or contradicted by the bytes is replaced: by UTF-8 if they are
 * valid UTF-8 but for a few, else by the charset they resemble, else by windows-1252. `truncated`:
 * the text goes on behind them, and a sequence that is cut at the end is left out.
 */
export function textOf(octets: Uint8Array, declared: string | undefined, truncated: boolean): Decoded {
  const bom = byteOrderMark(octets)
  if (bom !== undefined) return { text: bom, doubt: undefined }
  const charset = plainName(declared)
  const utf8 = strictUtf8(octets, truncated)
  if (isJis(octets) && !/^(?:iso-?2022|jis|csiso2022|unicode-1-1-utf-7|utf-?(?:7|16|32))/.test(charset))
    return { text: sure(decoded(octets, 'iso-2022-jp')), doubt: undefined }
  if (PLAIN.has(charset)) return undeclared(octets, utf8)
  if (UTF8.test(charset)) return utf8 === undefined ? brokenUtf8(octets) : { text: utf8, doubt: undefined }
  if (UTF7.test(charset) && utf8 !== undefined) return { text: utf7(utf8), doubt: undefined }
  if (utf8 !== undefined && isAscii(utf8) && WESTERN.test(charset)) return { text: utf8, doubt: undefined }
  if (utf8 !== undefined && isUtf8Instead(octets, utf8, charset, truncated))
    return {
      text: utf8,
      doubt: `text declared as ${WESTERN.test(charset) ? 'Latin 1' : charset.slice(0, 40)} is UTF-8`,
    }
  if (WESTERN.test(charset)) {
    const { text, doubt } = undeclared(octets, utf8)
    return { text, doubt }
  }
  const name = SEVEN_BIT.test(charset) && utf8 === undefined ? undefined : windowsFor(charset, octets)
  const text = name === undefined ? undefined : decoded(octets, name)
  if (text !== undefined && !isSpoilt(text, charset)) return { text, doubt: undefined }
  return contradicted(octets, charset, utf8, text)
}

/**
 * Raw 8-bit octets where RFC 5322 allows none: UTF-8 if valid but for a few octets, ISO-2022-JP by
 * its escapes, what they look like, else windows-1252.
 */
export function rawText(octets: Uint8Array): string {
  if (isJis(octets)) return sure(decoded(octets, 'iso-2022-jp'))
  return undeclared(octets, strictUtf8(octets, false)).text
}

/** Octets of HTML in which the charset is looked for (HTML standard §13.2.3.2). */
const PRESCANNED = 4096

/**
 * The charset of an HTML part: what its header field says, or where that says nothing, a `meta`
 * element or the XML declaration at its start (HTML standard §13.2.3.2). UTF-16 in such a place
 * cannot be true (same section), and says nothing.
 */
export function charsetOfHtml(octets: Uint8Array, declared: string | undefined): string | undefined {
  if (!PLAIN.has(plainName(declared))) return declared
  const start = buffer(octets.subarray(0, PRESCANNED)).toString('latin1')
  const xml = /^\s{0,100}<\?xml [^>]{0,200}encoding=["']([\w.:-]{1,40})/i.exec(start)?.[1]
  const found = xml ?? charsetInMeta(start)
  return found === undefined || /^utf-?(?:16|32)/i.test(found) ? declared : found
}

function charsetInMeta(html: string): string | undefined {
  for (const { kind, name, from, to } of piecesOf(html)) {
    if (kind !== 'open' || name !== 'meta') continue
    const found = /[\s;"']charset\s{0,8}=\s{0,8}["']?\s{0,8}([\w.:-]{1,40})/i.exec(
      html.slice(from, Math.min(to, from + 1000)),
    )
    if (found?.[1] !== undefined) return found[1]
  }
  return undefined
}

/** RFC 2152; octets outside it stay as they are. */
const utf7 = (text: string): string =>
  text.replace(/\+([A-Za-z0-9+/]*)-?/g, (_all, digits: string) =>
    digits === '' ? '+' : new TextDecoder('utf-16be').decode(evenly(Buffer.from(digits, 'base64'))),
  )

const evenly = (octets: Buffer): Buffer => octets.subarray(0, octets.length - (octets.length % 2))

const plainName = (declared: string | undefined): string =>
  declared
    ?.trim()
    .toLowerCase()
    .replace(/^["']|["']$/g, '') ?? ''

const UTF7 = /^(?:unicode-1-1-)?utf-7$/
const PLAIN = new Set([
  '',
  'us-ascii',
  'ascii',
  'unknown-8bit',
  'x-unknown',
  'unknown',
  'none',
  '8bit',
  '7bit',
  'binary',
])
const UTF8 = /^(?:unicode-1-1-)?utf-?8/
const WESTERN = /^(?:iso[-_]?8859[-_]?1|latin-?1|l1|windows-?1252|cp-?1252)$/
/** Charsets that have no octets above 0x7F. */
const SEVEN_BIT = /^(?:iso-?2022|csiso2022|hz-gb|jis)/
const JAPANESE = /^(?:iso-?2022-?jp|csiso2022jp|jis|x?-?euc-?jp|shift.?jis|x-sjis|sjis|cp-?932|windows-31j|ms_kanji)/
/** Charsets of several octets a letter, in which a few letters may be valid UTF-8 by chance. */
const MULTIBYTE =
  /^(?:gb|hz|big5|x?-?euc|ks_c|cp9|windows-(?:949|874)|shift|sjis|x-sjis|tis|iso-?8859-?11|utf-?(?:16|32)|ucs)/

/** Valid UTF-8 with letters above ASCII, or UTF-16 that has not one octet of 0. */
function isUtf8Instead(octets: Uint8Array, utf8: string, charset: string, truncated: boolean): boolean {
  if (/^(?:utf-?(?:16|32)|ucs)/.test(charset))
    return octets.length > 0 && !octets.includes(0) && /^[\x09-\x7E]/.test(utf8)
  const letters = utf8.match(/[^\x00-\x7F]/gu)?.length ?? 0
  if (!MULTIBYTE.test(charset) || letters >= 4) return letters > 0
  return letters > 0 && !mayBe(octets, charset, truncated)
}

/** Charsets in which both octets of a common letter are above 0xA0, though extensions use more. */
const EUC = /^(?:gb[k\d]|x?-?euc-(?:kr|cn)|ks_c|cp9(?:36|49)|windows-9(?:36|49))/

/** Whether the octets are common letters of a charset of several octets a letter. */
function mayBe(octets: Uint8Array, charset: string, truncated: boolean): boolean {
  if (EUC.test(charset) && octets.some(octet => octet >= 0x80 && octet <= 0xa0)) return false
  try {
    new TextDecoder(charset, { fatal: true }).decode(octets, { stream: truncated })
    return true
  } catch (error) {
    // A name that the encoding standard does not know.
    return error instanceof RangeError
  }
}

/**
 * The declared charset does not fit: a Japanese one may be another, else what the octets look like.
 */
function contradicted(
  octets: Uint8Array,
  charset: string,
  utf8: string | undefined,
  text: string | undefined,
): Decoded {
  const other = JAPANESE.test(charset) ? japanese(octets) : undefined
  if (other !== undefined)
    return { text: other.text, doubt: `text declared as ${charset.slice(0, 40)} is ${other.charset}` }
  if (text !== undefined) return { text, doubt: `text declared as ${charset.slice(0, 40)} is not wholly so` }
  const { text: read, doubt } = undeclared(octets, utf8)
  return {
    text: read,
    doubt: doubt ?? (SEVEN_BIT.test(charset) ? `text declared as ${charset.slice(0, 40)} is not` : UNKNOWN),
  }
}

const UNKNOWN = 'text is in a charset nobody knows'

function japanese(octets: Uint8Array): { readonly text: string; readonly charset: string } | undefined {
  for (const charset of ['euc-jp', 'shift_jis']) {
    const text = unlessInvalid(octets, charset)
    if (text !== undefined) return { text, charset }
  }
  return undefined
}

function unlessInvalid(octets: Uint8Array, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(octets)
  } catch {
    return undefined
  }
}

/**
 * Windows programs name the ISO charset that theirs resembles, and use the octets from 0x80 to
 * 0x9F, which are no letters there.
 */
const WINDOWS: Readonly<Record<string, string>> = {
  '2': 'windows-1250',
  '7': 'windows-1253',
  '8': 'windows-1255',
  '9': 'windows-1254',
  '13': 'windows-1257',
  '15': 'windows-1252',
}

function windowsFor(charset: string, octets: Uint8Array): string {
  const number = /^iso[-_]?8859[-_](\d{1,2})$/.exec(charset)?.[1] ?? ''
  return octets.some(octet => octet >= 0x80 && octet <= 0x9f) ? (WINDOWS[number] ?? charset) : charset
}

/**
 * More than a fifth of the letters above ASCII cannot be decoded; of Japanese text, any before its
 * end, for another charset may fit.
 */
function isSpoilt(text: string, charset: string): boolean {
  if (JAPANESE.test(charset)) return text.slice(0, -1).includes('\uFFFD')
  const spoilt = text.split('\uFFFD').length - 1
  return spoilt > 1 && spoilt * 4 > (text.match(/[\u0080-\uFFFC]/g)?.length ?? 0)
}

/** What octets look like that say nothing about their charset, or say it wrongly. */
function undeclared(octets: Uint8Array, utf8: string | undefined): Decoded {
  if (utf8 !== undefined) return { text: utf8, doubt: undefined }
  const almost = mostlyUtf8(octets)
  if (almost !== undefined) return { text: almost, doubt: 'text that is UTF-8 but for a few octets was read as UTF-8' }
  const charset = guessedLatin(octets) ?? guessedCharset(octets)
  const text = charset === undefined ? undefined : decoded(octets, charset)
  if (text === undefined) return { text: western(octets), doubt: undefined }
  return { text, doubt: `text in a charset it does not name was read as ${charset}` }
}

/** A few spoilt octets in long UTF-8 text are no reason to misread all of it. */
function brokenUtf8(octets: Uint8Array): Decoded {
  const almost = mostlyUtf8(octets)
  if (almost !== undefined) return { text: almost, doubt: 'text declared as UTF-8 is not wholly so' }
  const { text, doubt } = undeclared(octets, undefined)
  return { text, doubt: doubt ?? 'text declared as UTF-8 is not' }
}

/** How many valid letters above ASCII each octet that is not valid must have. */
const FEW = 4

/**
 * UTF-8 with a letter cut at its end, or with a few octets that are not valid;
 * undefined for other octets. Such octets on a line without any valid letter are windows-1252: a
 * footer that a program added.
 */
function mostlyUtf8(octets: Uint8Array): string | undefined {
  const cut = strictUtf8(octets, true)
  const lossy = new TextDecoder().decode(octets)
  if (cut !== undefined && !isAscii(cut)) return lossy
  const spoilt = lossy.split('\uFFFD').length - 1
  const valid = lossy.match(/[\u0080-\uFFFC]/g)?.length ?? 0
  if (valid < FEW * spoilt) return undefined
  return splitLines(octets).map(lineOf).join('')
}

function lineOf(line: Uint8Array): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(line)
  return text.includes('\uFFFD') && !/[\u0080-\uFFFC]/.test(text) ? western(line) : text
}

/** Lines with their line ends. */
function splitLines(octets: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = []
  let from = 0
  for (let at = octets.indexOf(0x0a); at !== -1; at = octets.indexOf(0x0a, from)) {
    lines.push(octets.subarray(from, at + 1))
    from = at + 1
  }
  lines.push(octets.subarray(from))
  return lines
}

function strictUtf8(octets: Uint8Array, truncated: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets, { stream: truncated })
  } catch {
    return undefined
  }
}

function byteOrderMark(octets: Uint8Array): string | undefined {
  const [first, second] = octets
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(octets)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(octets)
  return undefined
}

/** Escapes of ISO-2022-JP (RFC 1468) and no octet above ASCII. */
const isJis = (octets: Uint8Array): boolean => {
  const at = octets.indexOf(0x1b)
  return (
    at !== -1 &&
    /\x1b\$[@B]/.test(buffer(octets.subarray(at)).toString('latin1')) &&
    !octets.some(octet => octet > 0x7f)
  )
}

/** Codecs of iconv-lite that are no charsets of mail. */
const NO_CHARSETS = new Set(['utf7', 'utf7imap', 'base64', 'hex', 'binary'])

/**
 * The text in a charset that is known under this name or a misspelling of it; undefined for any
 * other.
 */
function decoded(octets: Uint8Array, charset: string): string | undefined {
  const name = (ALIASES[charset] ?? charset)
    .replace(/^win(?:dows)?[-_ ]?(\d{3,4})$/, 'windows-$1')
    .replace(/^(?:iso[-_ ]?)?8859[-_ ]?(\d{1,2})$/, 'iso-8859-$1')
  if (NO_CHARSETS.has(name.replace(/[^a-z0-9]/g, ''))) return undefined
  // iconv-lite does not know the escapes of ISO-2022-JP; the encoding standard does.
  if (iconv.encodingExists(name)) return iconv.decode(buffer(octets), name)
  try {
    return new TextDecoder(name).decode(name === 'iso-2022-jp' ? withoutVoidEscapes(octets) : octets)
  } catch {
    return undefined
  }
}

/** An escape that another one follows at once says nothing, and is an error to the encoding standard. */
const withoutVoidEscapes = (octets: Uint8Array): Uint8Array =>
  Buffer.from(
    buffer(octets)
      .toString('latin1')
      .replace(/(?:\x1b[($][@BIJ])+(?=\x1b[($][@BIJ])/g, ''),
    'latin1',
  )

const ALIASES: Readonly<Record<string, string>> = {
  'x-mac-ce': 'maccenteuro',
  'x-mac-ukrainian': 'macukraine',
  'x-mac-greek': 'macgreek',
  'x-mac-turkish': 'macturkish',
  'iso-2022-jp-1': 'iso-2022-jp',
  'iso-2022-jp-2': 'iso-2022-jp',
  'iso-2022-jp-ms': 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  cp50221: 'iso-2022-jp',
  cp50222: 'iso-2022-jp',
  jis: 'iso-2022-jp',
}

const sure = (text: string | undefined): string => text ?? ''
const western = (octets: Uint8Array): string => new TextDecoder('windows-1252').decode(octets)
const isAscii = (text: string): boolean => !/[^\x00-\x7F]/.test(text)
const buffer = (octets: Uint8Array): Buffer => Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
