/**
 * Cuts a field with parameters into pieces, as programs write it and not only as the grammar
 * allows.
 *
 * 1. A field that is one encoded word as a whole is decoded first.
 * 2. The value comes first, unless a parameter does.
 * 3. Each parameter is `name=`, then a quoted, single-quoted or bare value. Text that is neither is
 *    passed over up to the next `;` or `name=`.
 */
import { decodedWords } from './encoded-words.ts'

/**
 * `given`: unquoted and not decoded, by lower-case name, stars included. `single`: the names of
 * those in single quotes.
 */
export type FieldParts = {
  readonly value: string
  readonly given: ReadonlyMap<string, string>
  readonly single: ReadonlySet<string>
}

const NAME_SOURCE = String.raw`[a-z][a-z\d_.-]{0,40}(?:\*\d{0,4}\*?)?`
const NAME = new RegExp(String.raw`(${NAME_SOURCE})[ \t]*=\s*`, 'iy')
const SEPARATOR = new RegExp(String.raw`;|[,\s](?=${NAME_SOURCE}[ \t]*=)`, 'gi')
const VALUE = /["']?([a-z\d!#$&^_.+*-]+(?:\s*\/\s*[a-z\d!#$&^_.+-]+)?)["']?/iy

/** Parameters that may follow a bare value without a semicolon. */
const KNOWN_SOURCE =
  '(?:boundary|charset|(?:file)?name|format|delsp|type|start|protocol|micalg|method|report-type|size|(?:creation|modification|read)-date)'
const KNOWN = new RegExp(String.raw`${KNOWN_SOURCE}(?:\*\d{0,4}\*?)?[ \t]*=`, 'iy')

/** Parameters that name a file. */
export const FILE_NAMES = new Set(['filename', 'name', 'file'])

export function parsedField(field: string): FieldParts {
  const text = /^\s*=\?/.test(field) ? decodedWords(field) : field
  const reader = new Reader(text)
  const value = reader.value()
  const given = new Map<string, string>()
  const single = new Set<string>()
  for (let one = reader.parameter(); one !== undefined; one = reader.parameter()) {
    // Of a parameter that is given twice the first counts, as for other readers, unless it is
    // empty.
    if ((given.get(one.name) ?? '') !== '') continue
    given.set(one.name, one.value)
    if (one.single) single.add(one.name)
  }
  return { value, given, single }
}

type Parameter = { readonly name: string; readonly value: string; readonly single: boolean }

class Reader {
  #text: string
  #at = 0
  /**
   * Looking for an end again and again would cost a flood of parentheses the square of its length.
   */
  #hasComments = true
  #isDecoded = false

  constructor(text: string) {
    this.#text = text
  }

  value(): string {
    this.#skip()
    if (this.#matches(NAME) !== null) return ''
    const found = this.#matches(VALUE)
    if (found === null) return ''
    this.#at += found[0].length
    return (found[1] ?? '').replace(/\s+/g, '')
  }

  parameter(): Parameter | undefined {
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) {
      const found = this.#matches(NAME) ?? this.#decodedName()
      if (found !== null) {
        this.#at += found[0].length
        const name = (found[1] ?? '').toLowerCase()
        return { name, ...this.#valueOf(name) }
      }
      this.#passOver()
    }
    return undefined
  }

  #matches(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)
  }

  /** The parameters, name and all, may be an encoded word. */
  #decodedName(): RegExpExecArray | null {
    if (this.#isDecoded || !this.#text.startsWith('=?', this.#at)) return null
    this.#isDecoded = true
    this.#text = this.#text.slice(0, this.#at) + decodedWords(this.#text.slice(this.#at))
    return this.#matches(NAME)
  }

  /** Separators, white space and comments. */
  #skip(): void {
    for (;;) {
      const blank = this.#matches(/[\s;,:]+/y)
      if (blank !== null) this.#at += blank[0].length
      if (!this.#hasComments || this.#text.charAt(this.#at) !== '(') return
      const end = commentEnd(this.#text, this.#at)
      if (end === undefined) this.#hasComments = false
      else this.#at = end
    }
  }

  /** What is no parameter goes up to the next semicolon, or up to what looks like a parameter. */
  #passOver(): void {
    SEPARATOR.lastIndex = this.#at
    this.#at = SEPARATOR.exec(this.#text)?.index ?? this.#text.length
  }

  #valueOf(name: string): { readonly value: string; readonly single: boolean } {
    const isName = FILE_NAMES.has(name.replace(/\*.*$/, ''))
    const text = this.#text
    const start = this.#at
    if (text.startsWith('\\"', start)) {
      const end = text.indexOf('\\"', start + 2)
      if (end >= 0) return this.#taken(text.slice(start + 2, end), end + 2)
    }
    if (text.charAt(start) === '"') return this.#quoted(isName)
    if (text.charAt(start) === "'" && !name.endsWith('*')) {
      const end = closing(text, start + 1, "'").good
      if (end !== undefined) return { ...this.#taken(text.slice(start + 1, end), end + 1), single: true }
    }
    return this.#bare(start, isName)
  }

  #quoted(isName: boolean): { readonly value: string; readonly single: boolean } {
    const text = this.#text
    const start = this.#at
    const { good, first, escaped } = closing(text, start + 1, '"')
    const end = good ?? first ?? escaped
    if (end === undefined) return this.#bare(start + 1, isName)
    const inside = text.slice(start + 1, end)
    // Only the beginning of the name is in quotes.
    if (good === undefined && isName && !hasExtension(inside)) {
      const whole = this.#bare(start, isName)
      if (hasExtension(whole.value)) return whole
    }
    return this.#taken(unescaped(inside), end + 1)
  }

  #bare(start: number, isName: boolean): { readonly value: string; readonly single: boolean } {
    const end = endOfBare(this.#text, start, isName)
    const whole = this.#text.slice(start, end).trim()
    const value = withoutComment(whole, isName)
    const isClosedOnly = value.endsWith('"') && value.indexOf('"') === value.length - 1
    return this.#taken(unescaped(isClosedOnly ? value.slice(0, -1) : value), end)
  }

  #taken(value: string, end: number): { readonly value: string; readonly single: boolean } {
    this.#at = end
    return { value, single: false }
  }
}

/**
 * The position behind the `)` that ends a comment; comments nest, and a backslash escapes (RFC 5322
 * §3.2.2).
 */
function commentEnd(text: string, start: number): number | undefined {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\') at += 1
    else if (character === '(') depth += 1
    else if (character === ')' && --depth === 0) return at + 1
  }
  return undefined
}

const FOLLOWS = new RegExp(
  String.raw`\s*(?:\([^()"]{0,200}\)\s*)?(?:$|;|,\s*$|,\s*(?=${NAME_SOURCE}[ \t]*=)|(?=${NAME_SOURCE}[ \t]*=))`,
  'iy',
)

/**
 * Where a quoted value ends. `good`: at a mark that is followed by what may follow a value; the
 * sender's own marks within a name are not. `first`: the first mark that is not escaped. `escaped`:
 * one behind a backslash, such as the one at the end of a Windows path.
 */
function closing(text: string, from: number, mark: string) {
  let first: number | undefined
  let escaped: number | undefined
  for (let at = text.indexOf(mark, from); at >= 0; at = text.indexOf(mark, at + 1)) {
    FOLLOWS.lastIndex = at + 1
    const isGood = FOLLOWS.test(text)
    if (isEscaped(text, at, from)) {
      if (isGood) escaped ??= at
    } else if (isGood) return { good: at, first: first ?? at, escaped }
    else first ??= at
  }
  return { good: undefined, first, escaped }
}

function isEscaped(text: string, at: number, from: number): boolean {
  let slashes = 0
  while (at - slashes > from && text.charAt(at - slashes - 1) === '\\') slashes += 1
  return slashes % 2 === 1
}

/** An encoded word, an escaped character, white space, or a run of others. */
const ATOM = /=\?[^?\s]{1,60}\?[bq]\?[^?]*\?=|\\[\s\S]|\s+|[^;,\s\\=]+|[\s\S]/iy

/** A bare value ends at `;`, at `, name=`, and where a parameter follows without a semicolon. */
function endOfBare(text: string, start: number, isName: boolean): number {
  for (let at = start; at < text.length; ) {
    ATOM.lastIndex = at
    const [atom = ' '] = ATOM.exec(text) ?? []
    if (atom === ';' && !(isName && goesOn(text, start, at))) return at
    if (atom === ',' && isParameter(NAME, text, at + 1)) return at
    if (/^\s/.test(atom) && isParameter(KNOWN, text, at + atom.length)) return at
    at += atom.length
  }
  return text.length
}

function isParameter(pattern: RegExp, text: string, at: number): boolean {
  BLANKS.lastIndex = at
  pattern.lastIndex = at + (BLANKS.exec(text)?.[0].length ?? 0)
  return pattern.test(text)
}

const BLANKS = /\s*/y

/**
 * A semicolon in a bare name: so far it has no extension, and what follows is no parameter and has
 * one.
 */
function goesOn(text: string, start: number, semicolon: number): boolean {
  const next = text.indexOf(';', semicolon + 1)
  const more = text.slice(semicolon + 1, next < 0 ? text.length : next)
  return (
    !hasExtension(text.slice(Math.max(start, semicolon - 20), semicolon)) && !more.includes('=') && hasExtension(more)
  )
}

const hasExtension = (text: string): boolean => /\.[a-z\d]{1,8}["\s]*$/i.test(text.slice(-20))

/**
 * A comment behind a bare value; in a name, parentheses are letters as long as the name ends with
 * its extension.
 */
function withoutComment(value: string, isName: boolean): string {
  if (!value.endsWith(')')) return value
  const open = value.lastIndexOf('(')
  const before = value.slice(0, Math.max(0, open))
  if (before === before.trimEnd() || (isName && !hasExtension(before))) return value
  return before.trimEnd()
}

const PATH = /^(?:[a-z]:\\|\\\\)/i

/**
 * Backslashes of a quoted value (RFC 5322 §3.2.4), except those of a Windows path, which programs
 * forget to escape: no program escapes a letter.
 */
function unescaped(value: string): string {
  if (!value.includes('\\')) return value
  const isPaired = /^(?:[^\\]|\\\\)*$/.test(value)
  const isPath = PATH.test(value) && !isPaired
  return value.replace(/\\([\s\S])/gu, (pair, character: string) =>
    character === '"' || !(isPath || /[\p{L}\p{N}_]/u.test(character)) ? character : pair,
  )
}
