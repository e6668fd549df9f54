/** Reads an upload sent as JSON with base64 `filedata` and `filename`, decoding while it comes. */
import { Malformed, type Piece } from './body.ts'
import { type JsonEvent, type JsonPath, JsonReader } from './json.ts'

/** The pieces of an upload; keys are taken in any case, unknown ones passed over. Throws Malformed. */
export async function* jsonPieces(source: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let base64 = new Base64()
  let hasData = false
  const reader = new JsonReader(path => place(path) === 'filedata')
  for await (const event of reader.read(source)) {
    const where = place(event.path)
    if (event.kind === 'piece') yield { kind: 'octets', octets: base64.decode(event.text) }
    else if (event.kind === 'end') {
      base64.finish()
      base64 = new Base64()
      hasData = true
    } else if (event.kind === 'close' && where === 'document') {
      if (!hasData) throw new Malformed('filedata is missing')
      hasData = false
      yield { kind: 'end' }
    } else yield* pieceOf(event, where)
  }
}

type Place = 'body' | 'description' | 'documents' | 'document' | 'filename' | 'filedata' | 'other'

function place(path: JsonPath): Place {
  const [first, second, third, more] = path.map(key => (typeof key === 'string' ? key.toLowerCase() : key))
  if (first === undefined) return 'body'
  if (first === 'description' && second === undefined) return 'description'
  if (first !== 'documents' || more !== undefined) return 'other'
  if (second === undefined) return 'documents'
  if (typeof second !== 'number') return 'other'
  if (third === undefined) return 'document'
  return third === 'filename' || third === 'filedata' ? third : 'other'
}

function* pieceOf(event: Exclude<JsonEvent, { readonly kind: 'piece' | 'end' }>, where: Place): Generator<Piece> {
  const isObject = event.kind === 'open' && !event.array
  if (where === 'body' && event.kind !== 'close' && !isObject) throw new Malformed('the body is not an object')
  if (where === 'documents' && (isObject || event.kind === 'value')) throw new Malformed('documents is not an array')
  if (event.kind === 'close') return
  if (where === 'document') {
    if (!isObject) throw new Malformed('a document is not an object')
    yield { kind: 'file' }
  }
  if (where === 'filedata') throw new Malformed('filedata is not a string')
  if (where === 'filename') {
    if (event.kind !== 'value' || typeof event.value !== 'string') throw new Malformed('filename is not a string')
    yield { kind: 'name', name: event.value }
  }
  if (where === 'description' && event.kind === 'value' && event.value !== null) {
    yield { kind: 'description', text: String(event.value) }
  }
}

/** Standard alphabet, padding required, no line breaks (RFC 4648 §4). */
class Base64 {
  #rest = ''
  #padded = false

  decode(text: string): Buffer {
    const all = this.#rest + text
    const whole = all.length - (all.length % 4)
    const now = all.slice(0, whole)
    this.#rest = all.slice(whole)
    if (now === '') return Buffer.alloc(0)
    if (this.#padded || !/^[A-Za-z0-9+/]*={0,2}$/.test(now)) throw new Malformed('filedata is not base64')
    this.#padded = now.endsWith('=')
    return Buffer.from(now, 'base64')
  }

  finish(): void {
    if (this.#rest !== '') throw new Malformed('filedata is not base64')
  }
}
