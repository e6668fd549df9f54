/** A header block cut into fields, by RFC 5322 where it applies and with patience where it does not. */
import libmime from 'libmime'
import { rawText, utf7 } from './charset.ts'

export type Fields = ReadonlyMap<string, readonly string[]>

/** Octets of a header block that are read, and fields that are kept. */
const HEADER_OCTETS = 256 * 1024
const HEADER_FIELDS = 1000

/**
 * Fields by lower-case name, values unfolded, trimmed and not decoded, in order of appearance. Ends at the first empty line.
 * Lines may end in CRLF, LF or (where there is no LF at all) CR; what is no field and continues none is passed over. Linear time.
 */
export function fieldsOf(raw: Uint8Array): Fields {
  const fields = new Map<string, string[]>()
  let count = 0
  for (const raw8 of logicalLines(rawLines(raw.subarray(0, HEADER_OCTETS)))) {
    const line = textOf(raw8)
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trimEnd()
    if (!FIELD_NAME.test(name)) continue
    if (++count > HEADER_FIELDS) break
    const key = name.toLowerCase()
    const value = line.slice(colon + 1).trim()
    const known = fields.get(key)
    if (known === undefined) fields.set(key, [value])
    else known.push(value)
  }
  return fields
}

/**
 * What stands in a header block from the first line on that is no field and continues none (nor is the `From ` of a mailbox file): content, when the
 * empty line before it was forgotten. Empty where a field of MIME follows, for then it is a field folded wrongly. Without the line ends at its end.
 */
export function contentIn(raw: Buffer): Buffer {
  const lines = raw.toString('latin1').split(/(?<=\n)/)
  const start = lines.findIndex(line => !/^(?:[!-9;-~]+[ \t]*:|>?From |[ \t\r\n])/.test(line))
  if (start === -1 || lines.slice(start).some(line => /^content-[a-z-]+[ \t]*:/i.test(line))) return raw.subarray(0, 0)
  let end = raw.length
  while (raw[end - 1] === 0x0d || raw[end - 1] === 0x0a) end -= 1
  return raw.subarray(lines.slice(0, start).join('').length, end)
}

export const first = (fields: Fields, name: string): string | undefined => fields.get(name)?.[0]

/** Text of an unstructured field: RFC 2047 words decoded, one line, no control characters. Reads at most 16,000 characters. */
export const decoded = (value: string): string =>
  words(value.slice(0, 16_000))
    .replace(/[ \x00-\x1F\x7F-\x9F\u2028\u2029]+/g, ' ')
    .trim()

/** The value of a MIME field with its parameters; names in lower case, values decoded (RFC 2047, RFC 2231). */
export function structured(value: string): {
  readonly value: string
  readonly parameter: (name: string) => string | undefined
} {
  const parsed = libmime.parseHeaderValue(withSemicolon(value.slice(0, 64_000)), { stripComments: true })
  const parameter = (name: string): string | undefined => {
    const found = Object.hasOwn(parsed.params, name) ? parsed.params[name] : undefined
    if (found === undefined || found === '') return undefined
    return parsed.decodedParams.includes(name) ? found : words(found)
  }
  return { value: parsed.value.trim().toLowerCase(), parameter }
}

/** The first parameter is one also where the semicolon before it, or all that should stand before that, was forgotten. */
const withSemicolon = (value: string): string =>
  value.replace(/^([^\s;,="()]*)(?:\s*,\s*|\s+|(?<=^))(?=[a-z][a-z\d-]{0,30}(?:\*\d{0,3}){0,2}\s*=)/i, '$1; ')

const FIELD_NAME = /^[\x21-\x39\x3B-\x7E]+$/

function words(text: string): string {
  if (!text.includes('=?')) return text
  try {
    return libmime.decodeWords(
      text.replace(UTF7_WORD, (_all, encoding: string, word: string) => utf7Word(encoding, word)),
    )
  } catch {
    // An encoded word that cannot be decoded is shown as it is (RFC 2047 §6.3).
    return text
  }
}

/** libmime leaves UTF-7 alone, with good reason where markup is shown; here it is plain text. */
const UTF7_WORD = /=\?(?:unicode-1-1-)?utf-7\?([bq])\?([^?]*)\?=/gi

const utf7Word = (encoding: string, word: string): string =>
  utf7(libmime.decodeWord('us-ascii', encoding.toUpperCase(), word))

/** Octets as Latin 1; a run of CR before the LF goes with it, and is not looked for from its middle: a flood of them would take for ever. */
function rawLines(block: Uint8Array): readonly string[] {
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1')
  const lines = text.includes('\n') ? text.split('\n') : text.split('\r')
  return lines.map(line => withoutCrs(line))
}

function withoutCrs(line: string): string {
  let end = line.length
  while (line.charAt(end - 1) === '\r') end -= 1
  return line.slice(0, end)
}

const textOf = (line: string): string =>
  /[\x1B\x80-\xFF]/.test(line) ? rawText(Buffer.from(ownCharset(line), 'latin1')) : line

/** Raw octets inside an encoded word are meant in the charset it names. */
const ownCharset = (line: string): string =>
  line.replace(/=\?[^?\s]{1,60}\?q\?[^?]*\?=/gi, word =>
    word.replace(/[\x80-\xFF]/g, octet => `=${octet.charCodeAt(0).toString(16)}`),
  )

/** Folds undone: the line break goes, its white space stays (RFC 5322 §2.2.3). */
function* logicalLines(lines: readonly string[]): Generator<string> {
  let pieces: string[] = []
  for (const line of lines) {
    if (/^[ \t]/.test(line) && pieces.length > 0) {
      pieces.push(line)
      continue
    }
    if (pieces.length > 0) yield pieces.join('')
    if (line === '') return
    pieces = [line]
  }
  if (pieces.length > 0) yield pieces.join('')
}
