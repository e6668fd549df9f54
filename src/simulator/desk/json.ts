/** Reads JSON as it comes (RFC 8259), so that a base64 string of any length can be decoded without being held. */
import { LONGEST_TEXT, Malformed } from './body.ts'

export type JsonPath = readonly (string | number)[]

/** `open` and `close` stand round an object or array; `piece` and `end` are a streamed string, escapes undone. */
export type JsonEvent =
  | { readonly kind: 'open'; readonly path: JsonPath; readonly array: boolean }
  | { readonly kind: 'close'; readonly path: JsonPath }
  | { readonly kind: 'value'; readonly path: JsonPath; readonly value: string | number | boolean | null }
  | { readonly kind: 'piece'; readonly path: JsonPath; readonly text: string }
  | { readonly kind: 'end'; readonly path: JsonPath }

type Frame = { readonly array: boolean; key: string | number }
type Expecting = 'value' | 'item' | 'first-key' | 'key' | 'colon' | 'next' | 'nothing'
type Token =
  | {
      readonly kind: 'string'
      readonly key: boolean
      readonly streamed: boolean
      octets: Buffer[]
      size: number
      escape: string
    }
  | { readonly kind: 'literal'; text: string }

const DEEPEST = 32

export class JsonReader {
  readonly #streamed: (path: JsonPath) => boolean
  readonly #stack: Frame[] = []
  #expecting: Expecting = 'value'
  #token: Token | undefined

  /** `streamed` says which strings come in pieces: they must be ASCII. */
  constructor(streamed: (path: JsonPath) => boolean) {
    this.#streamed = streamed
  }

  /** Everything in the source, in order. Throws Malformed at the first octet that is not JSON, or deeper than 32. */
  async *read(source: AsyncIterable<Buffer>): AsyncGenerator<JsonEvent> {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; ) {
        if (this.#token?.kind === 'string') at = yield* this.#string(this.#token, chunk, at)
        else if (this.#token?.kind === 'literal' && isLiteral(chunk[at])) this.#token.text += char(chunk[at++])
        else if (this.#token?.kind === 'literal') yield this.#literal(this.#token.text)
        else yield* this.#structure(char(chunk[at++]))
      }
    }
    if (this.#token?.kind === 'literal') yield this.#literal(this.#token.text)
    if (this.#expecting !== 'nothing') throw new Malformed('Syntax error: the body ends too early')
  }

  get #path(): JsonPath {
    return this.#stack.map(({ key }) => key)
  }

  *#structure(character: string): Generator<JsonEvent> {
    if (/\s/.test(character)) return
    const frame = this.#stack.at(-1)
    const wants = this.#expecting
    if (character === '"' && (wants === 'key' || wants === 'first-key')) this.#begin(true)
    else if (character === ':' && wants === 'colon') this.#expecting = 'value'
    else if (character === ',' && wants === 'next' && frame?.array === false) this.#expecting = 'key'
    else if (character === ',' && wants === 'next' && frame !== undefined) this.#nextItem(frame)
    else if (character === '}' && (wants === 'next' || wants === 'first-key') && frame?.array === false)
      yield this.#close()
    else if (character === ']' && (wants === 'next' || wants === 'item') && frame?.array === true) yield this.#close()
    else if (wants !== 'value' && wants !== 'item') throw new Malformed(`Syntax error at ${character}`)
    else if (character === '"') this.#begin(false)
    else if (character === '{' || character === '[') yield this.#open(character === '[')
    else if (/[-\dtfn]/.test(character)) this.#token = { kind: 'literal', text: character }
    else throw new Malformed(`Syntax error at ${character}`)
  }

  #begin(key: boolean): void {
    const streamed = !key && this.#streamed(this.#path)
    this.#token = { kind: 'string', key, streamed, octets: [], size: 0, escape: '' }
  }

  #open(array: boolean): JsonEvent {
    const path = this.#path
    if (this.#stack.length >= DEEPEST) throw new Malformed('Maximum stack depth exceeded')
    this.#stack.push({ array, key: array ? 0 : '' })
    this.#expecting = array ? 'item' : 'first-key'
    return { kind: 'open', path, array }
  }

  #close(): JsonEvent {
    this.#stack.pop()
    this.#after()
    return { kind: 'close', path: this.#path }
  }

  #nextItem(frame: Frame): void {
    frame.key = Number(frame.key) + 1
    this.#expecting = 'value'
  }

  #after(): void {
    this.#token = undefined
    this.#expecting = this.#stack.length === 0 ? 'nothing' : 'next'
  }

  #literal(text: string): JsonEvent {
    const path = this.#path
    this.#after()
    return { kind: 'value', path, value: parsed(text) }
  }

  /** Reads on in a string; answers where it stopped reading. */
  *#string(token: Token & { readonly kind: 'string' }, chunk: Buffer, from: number): Generator<JsonEvent, number> {
    if (token.escape !== '') return yield* this.#escape(token, chunk, from)
    let to = from
    while (to < chunk.length && chunk[to] !== QUOTE && chunk[to] !== BACKSLASH) to += 1
    if (to > from) yield* this.#take(token, chunk.subarray(from, to))
    if (to === chunk.length) return to
    if (chunk[to] === BACKSLASH) token.escape = '\\'
    else yield* this.#finish(token)
    return to + 1
  }

  *#escape(token: Token & { readonly kind: 'string' }, chunk: Buffer, at: number): Generator<JsonEvent, number> {
    token.escape += char(chunk[at])
    if (token.escape.length === (token.escape[1] === 'u' ? 6 : 2)) {
      const whole = token.escape
      token.escape = ''
      yield* this.#take(token, Buffer.from(token.streamed ? String(parsed(`"${whole}"`)) : whole))
    }
    return at + 1
  }

  *#take(token: Token & { readonly kind: 'string' }, octets: Buffer): Generator<JsonEvent> {
    if (token.streamed) return yield { kind: 'piece', path: this.#path, text: octets.toString('latin1') }
    token.octets.push(octets)
    token.size += octets.length
    if (token.size > LONGEST_TEXT) throw new Malformed('string too long')
  }

  *#finish(token: Token & { readonly kind: 'string' }): Generator<JsonEvent> {
    const text = token.streamed ? '' : String(parsed(`"${Buffer.concat(token.octets).toString('utf8')}"`))
    const frame = this.#stack.at(-1)
    if (token.key && frame !== undefined) {
      frame.key = text
      this.#token = undefined
      this.#expecting = 'colon'
      return
    }
    const path = this.#path
    this.#after()
    yield token.streamed ? { kind: 'end', path } : { kind: 'value', path, value: text }
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

const char = (octet: number | undefined): string => String.fromCharCode(octet ?? 0)

const isLiteral = (octet: number | undefined): boolean => /[-+.\w]/.test(char(octet))

function parsed(text: string): string | number | boolean | null {
  try {
    return JSON.parse(text)
  } catch {
    throw new Malformed(`Syntax error in ${text.slice(0, 40)}`)
  }
}
