/** From octets to text, whatever the sender claims about them. */
import { createDecodeStream, decode } from 'libmime/lib/charset.js'
import { guessedCharset } from './guess.ts'

export type Decoded = {
  readonly text: string
  /** Set when the declared charset was not believed, or one was guessed: what was wrong with it. */
  readonly doubt: string | undefined
}

/**
 * Decodes text. A declared charset that is missing, unknown or contradicted by the octets becomes UTF-8 if they are valid UTF-8,
 * else what they look like, else windows-1252. `truncated`: the octets go on, and a sequence cut off at the end is left out.
 */
export function textOf(octets: Uint8Array, declared: string | undefined, truncated: boolean): Decoded {
  const bom = byteOrderMark(octets)
  if (bom !== undefined) return { text: bom, doubt: undefined }
  const charset = declared?.trim().toLowerCase().replace(/^"|"$/g, '') ?? ''
  const utf8 = strictUtf8(octets, truncated)
  if (PLAIN.has(charset)) return guessed(octets, utf8) ?? { text: undeclared(octets, utf8), doubt: undefined }
  if (UTF8.test(charset)) return utf8 === undefined ? brokenUtf8(octets) : { text: utf8, doubt: undefined }
  if (WESTERN.test(charset) && utf8 !== undefined)
    return isAscii(utf8) ? { text: utf8, doubt: undefined } : { text: utf8, doubt: 'text declared as Latin 1 is UTF-8' }
  if (WESTERN.test(charset)) return guessed(octets, utf8) ?? { text: western(octets), doubt: undefined }
  if (UTF7.test(charset) && utf8 !== undefined) return { text: utf7(utf8), doubt: undefined }
  if (!createDecodeStream(charset).supported)
    return guessed(octets, utf8) ?? { text: undeclared(octets, utf8), doubt: 'text is in a charset nobody knows' }
  return { text: decode(buffer(octets), charset), doubt: undefined }
}

/** Raw 8-bit octets where RFC 5322 allows none: UTF-8 if valid, ISO-2022-JP by its escapes, what they look like, else windows-1252. */
export function rawText(octets: Uint8Array): string {
  const utf8 = strictUtf8(octets, false)
  return guessed(octets, utf8)?.text ?? undeclared(octets, utf8)
}

/** RFC 2152; octets outside it stay as they are. */
export const utf7 = (text: string): string =>
  text.replace(/\+([A-Za-z0-9+/]*)-?/g, (_all, digits: string) =>
    digits === '' ? '+' : new TextDecoder('utf-16be').decode(evenly(Buffer.from(digits, 'base64'))),
  )

const evenly = (octets: Buffer): Buffer => octets.subarray(0, octets.length - (octets.length % 2))

const UTF7 = /^(?:unicode-1-1-)?utf-7$/
const PLAIN = new Set(['', 'us-ascii', 'ascii', 'unknown-8bit', 'x-unknown', 'none', '8bit', '7bit'])
const UTF8 = /^utf-?8/
const WESTERN = /^(?:iso[-_]?8859[-_]?1|latin-?1|l1|windows-?1252|cp-?1252)$/

/** Octets that are no UTF-8 and look like writing that is not Latin. */
function guessed(octets: Uint8Array, utf8: string | undefined): Decoded | undefined {
  const charset = utf8 === undefined ? guessedCharset(octets) : undefined
  if (charset === undefined) return undefined
  return { text: decode(buffer(octets), charset), doubt: `text in a charset it does not name was read as ${charset}` }
}

function undeclared(octets: Uint8Array, utf8: string | undefined): string {
  if (utf8 === undefined) return western(octets)
  return /\x1b\$[@B(]/.test(utf8) ? decode(buffer(octets), 'iso-2022-jp') : utf8
}

/** A few spoilt octets in long UTF-8 text are no reason to misread all of it. */
function brokenUtf8(octets: Uint8Array): Decoded {
  const lossy = new TextDecoder().decode(octets)
  const spoilt = lossy.split('\uFFFD').length - 1
  const sound = lossy.length - lossy.replace(/[\u0080-\uFFFC]/g, '').length
  return spoilt > sound
    ? (guessed(octets, undefined) ?? { text: western(octets), doubt: 'text declared as UTF-8 is not' })
    : { text: lossy, doubt: 'text declared as UTF-8 is not wholly so' }
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

const western = (octets: Uint8Array): string => new TextDecoder('windows-1252').decode(octets)
const isAscii = (text: string): boolean => !/[^\x00-\x7F]/.test(text)
const buffer = (octets: Uint8Array): Buffer => Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
