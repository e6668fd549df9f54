/**
 * The value and the parameters of a MIME field (RFC 2045 §5.1, RFC 2183), decoded.
 *
 * 1. parameter-reader.ts cuts the field into its value and its parameters.
 * 2. RFC 2231 sections are put together by their numbers; they win over the plain parameter of the
 *    same name (RFC 6266 §4.3).
 * 3. A plain value has its encoded words decoded. A name is also percent-decoded where that makes a
 *    name of it.
 */
import { textOf } from './charset.ts'
import { decodedWords } from './encoded-words.ts'
import { FILE_NAMES, type FieldParts, parsedField } from './parameter-reader.ts'

export type Structured = {
  /** Lower case, without comments; `''` when there is none. */
  readonly value: string
  /**
   * The decoded value of a parameter; undefined when it is not there or empty. `name` in lower
   * case.
   */
  readonly parameter: (name: string) => string | undefined
  /**
   * The readings of a parameter, the likeliest first, none decoded: a character for each byte of
   * the header. White space of a fold within the quotes is kept in the first reading and left out
   * of a later one; single quotes are left out of the first and kept in a later one.
   */
  readonly bytes: (name: string) => readonly string[]
}

/** Characters of a field that are read, and sections of one parameter. */
const LONGEST = 64_000
const SECTIONS = 1000

/**
 * @param bytes the same field, a character for each byte, where `value` was decoded from raw
 * 8-bit bytes
 */
export function structured(value: string, bytes = value): Structured {
  const read = parsedField(value.slice(0, LONGEST))
  const raw = bytes === value ? read : parsedField(bytes.slice(0, LONGEST))
  return {
    value: read.value.toLowerCase(),
    parameter: name => nonEmpty(extended(read, name)) ?? nonEmpty(plain(read, name)),
    bytes: name => readings(raw, name),
  }
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

function plain({ given }: FieldParts, name: string): string | undefined {
  const value = given.get(name)
  if (value === undefined) return undefined
  const label = FILE_NAMES.has(name) ? STARLESS.exec(value) : null
  if (label !== null) return fromPercent(value.slice(label[0].length), label[1])
  const text = decodedWords(value)
  return FILE_NAMES.has(name) ? percentDecoded(text) : text
}

/** An RFC 2231 value whose parameter lacks the star. */
const STARLESS = /^(utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d)'[a-z-]{0,20}'(?=.*%[\dA-F]{2})/is

/** Percent-encoded as in a URL, and UTF-8: a name without a slash. Otherwise it stays as it is. */
export function percentDecoded(name: string): string {
  if (!/%[\dA-F]{2}/i.test(name)) return name
  try {
    const text = decodeURIComponent(name.replace(/%(?:2F|5C)/gi, '_'))
    return /[\p{Cc}\p{Cs}]/u.test(text) ? name : text
  } catch {
    return name
  }
}

type Section = { readonly place: number; readonly isEncoded: boolean; readonly text: string }

/** RFC 2231 §3 and §4; undefined when the parameter has no section. */
function extended(parsed: FieldParts, name: string): string | undefined {
  const whole = parsed.given.get(`${name}*`)
  const [...sections] = whole ? [{ place: 0, isEncoded: true, text: whole }] : sectionsOf(parsed, name)
  const [first] = sections
  if (first === undefined) return undefined
  const label = first.isEncoded ? LABEL.exec(first.text) : null
  const charset = (label?.[1] ?? label?.[2])?.trim()
  if (!sections.some(({ isEncoded }) => isEncoded)) {
    const text = decodedWords(sections.map(section => section.text).join(''))
    return FILE_NAMES.has(name) ? percentDecoded(text) : text
  }
  const texts = sections.map(({ text }, at) => (at === 0 ? text.slice(label?.[0].length ?? 0) : text))
  const text = fromPercent(texts.join(''), charset)
  return texts.some(one => one.includes('=?')) ? decodedWords(text) : text
}

/** `charset'language'`, or `charset'` where the second mark was forgotten. */
const LABEL = /^\s*(?:([^']{0,60})'[^']{0,60}'|(utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d)')/i

/**
 * The sections in the order of their numbers. A gap is closed; of two with one number the first
 * counts.
 */
function sectionsOf({ given }: FieldParts, name: string): readonly Section[] {
  const sections: Section[] = []
  for (const [key, text] of given) {
    if (!key.startsWith(`${name}*`) || sections.length >= SECTIONS) continue
    const found = /^(\d{1,4})(\*?)$/.exec(key.slice(name.length + 1))
    if (found !== null) sections.push({ place: Number(found[1]), isEncoded: found[2] === '*', text })
  }
  return sections.sort((a, b) => a.place - b.place)
}

/** A `%` that is no escape is itself; letters that were sent raw are not decoded again. */
function fromPercent(text: string, charset: string | undefined): string {
  return text.replace(/[\x00-\x7F]+/g, run => {
    if (!/%[\dA-F]{2}/i.test(run)) return run
    const bytes = run.replace(/%([\dA-F]{2})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    return textOf(Buffer.from(bytes, 'latin1'), charset, false).text
  })
}

function readings(parsed: FieldParts, name: string): readonly string[] {
  const value = nonEmpty(parsed.given.get(name)) ?? extended(parsed, name)
  if (value === undefined || value === '') return []
  const quoted = parsed.single.has(name) ? [`'${value}'`] : []
  return [...new Set([value.trimEnd(), value.replace(/\s+/g, ''), value.replace(/\s+/g, ' ').trim(), ...quoted])]
}
