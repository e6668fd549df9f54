/** A header block cut into fields, by RFC 5322 where it applies and with patience where it does not. */
import { rawText } from './charset.ts'
import { decodedWords, wordsIn } from './encoded-words.ts'
import { logicalLines } from './folding.ts'
import { type Structured, structured } from './parameters.ts'

/**
 * `octets`: the structured fields that have raw 8-bit octets in them, not decoded: a character for
 * each octet.
 */
export type Fields = ReadonlyMap<string, readonly string[]> & {
  readonly octets?: ReadonlyMap<string, readonly string[]>
}

/** Octets of a header block that are read, and fields that are kept. */
const HEADER_OCTETS = 256 * 1024
const HEADER_FIELDS = 1000

/**
 * Fields by lower-case name, values unfolded, trimmed and not decoded, in order of appearance; of
 * several Content-Types the one that means most comes first, and so does a Content-Disposition with
 * a name. Ends at the first empty line. Lines may end in CRLF, LF, CR CR LF or (where there is no
 * LF at all) CR; what is no field and continues none is passed over. Linear time.
 */
export function fieldsOf(raw: Uint8Array): Fields {
  const found = new Map<string, { readonly text: string; readonly octets: string }[]>()
  let count = 0
  for (const octets of logicalLines(raw.subarray(0, HEADER_OCTETS))) {
    const colon = octets.indexOf(':')
    const name = octets.slice(0, Math.max(0, colon)).trimEnd()
    if (!FIELD_NAME.test(name)) continue
    if (++count > HEADER_FIELDS) break
    const one = {
      text: textIn(octets)
        .slice(colon + 1)
        .trim(),
      octets: octets.slice(colon + 1).trim(),
    }
    const key = name.toLowerCase()
    const known = found.get(key)
    if (known === undefined) found.set(key, [one])
    else known.push(one)
  }
  const fields = new Map<string, readonly string[]>()
  const octets = new Map<string, readonly string[]>()
  for (const [key, all] of found) {
    const sorted = key.startsWith('content-') ? byMeaning(key, all) : all
    fields.set(
      key,
      sorted.map(one => one.text),
    )
    if (STRUCTURED.has(key) && sorted.some(one => one.text !== one.octets))
      octets.set(
        key,
        sorted.map(one => one.octets),
      )
  }
  return Object.assign(fields, { octets })
}

/** A field with parameters; an empty one where it is not there. */
export const structuredField = (fields: Fields, name: string): Structured =>
  structured(first(fields, name) ?? '', fields.octets?.get(name)?.[0])

/** The fields with parameters in which programs fold lines without indenting the next one. */
const STRUCTURED = new Set(['content-type', 'content-disposition'])

type Written = { readonly text: string; readonly octets: string }

/** Some programs write a field twice, and only one of the two says something. */
function byMeaning(key: string, all: readonly Written[]): readonly Written[] {
  if (all.length === 1 || !STRUCTURED.has(key)) return all
  const best = key === 'content-type' ? bestType(all) : bestDisposition(all)
  return best === undefined ? all : [best, ...all.filter(one => one !== best)]
}

function bestType(all: readonly Written[]): Written | undefined {
  const read = all.map(one => ({ one, type: structured(one.text) }))
  const sound = read.find(({ type }) => MEDIA_TYPE.test(type.value))
  if (sound !== undefined && !VAGUE.test(sound.type.value)) return sound.one
  const divided = read.find(({ type }) => isMultipart(type) && type.parameter('boundary') !== undefined)
  return (divided ?? sound)?.one
}

const isMultipart = ({ value }: Structured): boolean => value.startsWith('multipart/')

/**
 * Types that a program writes when it knows nothing better, and that a multipart with a boundary
 * contradicts.
 */
const VAGUE = /^(?:text\/(?:plain|html)|application\/octet-stream|multipart\/.*)$/

const bestDisposition = (all: readonly Written[]): Written | undefined =>
  all.find(one => structured(one.text).parameter('filename') !== undefined) ?? all.find(one => one.text !== '')

export const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/

export const first = (fields: Fields, name: string): string | undefined => fields.get(name)?.[0]

/**
 * Text of an unstructured field: RFC 2047 words decoded, one line, no control characters. Reads at
 * most 16,000 characters.
 * @param underscore what `_` in a Q word means; `'_'` where the program that wrote it may have
 * forgotten to encode it
 */
export const decoded = (value: string, underscore: ' ' | '_' = ' '): string =>
  decodedWords(value.slice(0, 16_000), underscore)
    .replace(/[ \x00-\x1F\x7F-\x9F\u2028\u2029]+/g, ' ')
    .trim()

const FIELD_NAME = /^[\x21-\x39\x3B-\x7E]+$/

const textIn = (line: string): string => {
  if (!/[\x1B\x80-\xFF]/.test(line)) return line
  return rawText(Buffer.from(ownCharset(line), 'latin1'))
}

/** Raw octets inside a Q word are meant in the charset it names. */
function ownCharset(line: string): string {
  if (!line.includes('=?')) return line
  let text = ''
  let at = 0
  for (const { start, end, encoding } of wordsIn(line)) {
    if (encoding === 'b') continue
    text += line.slice(at, start)
    text += line.slice(start, end).replace(/[\x80-\xFF]/g, octet => `=${octet.charCodeAt(0).toString(16)}`)
    at = end
  }
  return text + line.slice(at)
}
