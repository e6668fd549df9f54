/**
 * RFC 2047 encoded words, read with patience: raw marks and blanks inside a word, a word without
 * its end, letters cut through between two words, and a charset label that the bytes contradict.
 *
 * 1. `wordsIn` finds the words. A word ends at `?=`, at the next word, or where its letters end.
 * 2. Neighbours in one charset are joined as bytes, so that a letter cut through is whole again.
 * 3. charset.ts decodes the bytes and doubts the label.
 */
import { textOf } from './charset.ts'

/** Positions in the text; `content` is between the second question mark and the end. */
export type EncodedWord = {
  readonly start: number
  readonly end: number
  readonly charset: string
  readonly encoding: 'b' | 'q'
  readonly content: string
}

/** `=?charset?encoding?`. A charset of no letters happens, and says nothing. */
export const WORD_START = /=\?([^?\s=]{0,60})\?([bq])\?/gi

/** The encoded words of a text, in order. Linear time. */
export function* wordsIn(text: string): Generator<EncodedWord> {
  const starts = Array.from(text.matchAll(WORD_START))
  let done = 0
  for (const [at, start] of starts.entries()) {
    const from = start.index + start[0].length
    if (start.index < done) continue
    const region = text.slice(from, starts[at + 1]?.index ?? text.length)
    const encoding = start[2]?.toLowerCase() === 'b' ? 'b' : 'q'
    const found = encoding === 'b' ? endOfBase64(region) : endOfQuoted(region)
    if (found === undefined) continue
    done = from + found.end
    const [charset = ''] = (start[1] ?? '').split('*')
    yield { start: start.index, end: done, charset, encoding, content: region.slice(0, found.content) }
  }
}

/**
 * Decodes the encoded words of a text and leaves the rest as it is; white space between two words
 * goes (RFC 2047 §6.2).
 * @param underscore what `_` in a Q word means: a blank (RFC 2047 §4.2), or itself for programs
 * that forget to encode it
 */
export function decodedWords(text: string, underscore: ' ' | '_' = ' '): string {
  if (!text.includes('=?')) return text
  let out = ''
  let at = 0
  let pending: { charset: string; bytes: Buffer[] } | undefined
  const flush = (): void => {
    if (pending !== undefined) out += textOf(Buffer.concat(pending.bytes), pending.charset, false).text
    pending = undefined
  }
  for (const word of wordsIn(text)) {
    const between = text.slice(at, word.start)
    const charset = word.charset.toLowerCase()
    const isNeighbour = pending !== undefined && between.trim() === ''
    if (!isNeighbour || pending?.charset !== charset) flush()
    if (!isNeighbour) out += between
    pending ??= { charset, bytes: [] }
    pending.bytes.push(bytesOf(word, underscore))
    at = word.end
  }
  flush()
  return out + text.slice(at)
}

type End = { readonly content: number; readonly end: number }

/** Fewer digits than this, without an end, are no word. */
const FEWEST_DIGITS = 4

function endOfBase64(region: string): End | undefined {
  const closed = region.indexOf('?=')
  if (closed >= 0) return { content: closed, end: closed + 2 }
  const length = /^[A-Za-z0-9+/]*={0,2}/.exec(region)?.[0].length ?? 0
  return length < FEWEST_DIGITS ? undefined : { content: length, end: length }
}

/**
 * `?=` before two hexadecimal digits is a question mark and an encoded byte, where another `?=`
 * ends the word.
 */
function endOfQuoted(region: string): End | undefined {
  const first = region.indexOf('?=')
  const last = region.lastIndexOf('?=')
  if (first >= 0) {
    const closed = first < last && /^[\dA-F]{2}/.test(region.slice(first + 2, first + 4)) ? last : first
    return { content: closed, end: closed + 2 }
  }
  const length = /^[^\s"]*/.exec(region)?.[0].length ?? 0
  return length === 0 ? undefined : { content: length, end: length }
}

function bytesOf({ encoding, content }: EncodedWord, underscore: ' ' | '_'): Buffer {
  // Several padded pieces in one word are decoded one by one.
  if (encoding === 'b') return Buffer.concat(content.split(/=+/).map(piece => Buffer.from(piece, 'base64')))
  const plain = Buffer.from(content.replaceAll('_', underscore).replace(/[\t\r\n]/g, ' ')).toString('latin1')
  return Buffer.from(
    plain.replace(/= ?([\dA-F]{2})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  )
}
