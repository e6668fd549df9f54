/** Reads an upload sent as multipart/form-data (RFC 7578) without holding more than one chunk of it. */
import { LONGEST_TEXT, Malformed, type Piece } from './body.ts'

/**
 * The pieces of an upload: file parts named `documents`, `documents[]` or `documents[0]`, and a part `description`.
 * Other parts are passed over. Throws Malformed, also when the body ends before its last boundary.
 */
export async function* multipartPieces(source: AsyncIterable<Buffer>, contentType: string): AsyncGenerator<Piece> {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType)
  const reader = new Multipart(boundary?.[1] ?? boundary?.[2])
  let role: 'document' | 'description' | 'other' = 'other'
  let text = ''
  for await (const event of reader.read(source)) {
    if (event.kind === 'head') {
      role = roleOf(event)
      text = ''
      if (role === 'document') yield { kind: 'file' }
      if (role === 'document' && event.filename !== undefined) yield { kind: 'name', name: event.filename }
    } else if (event.kind === 'octets') {
      if (role === 'document') yield { kind: 'octets', octets: event.octets }
      if (role === 'description') text = bounded(text + event.octets.toString('latin1'))
    } else {
      if (role === 'document') yield { kind: 'end' }
      if (role === 'description') yield { kind: 'description', text: Buffer.from(text, 'latin1').toString('utf8') }
    }
  }
}

type Head = { readonly kind: 'head'; readonly name: string | undefined; readonly filename: string | undefined }
type PartEvent = Head | { readonly kind: 'octets'; readonly octets: Buffer } | { readonly kind: 'end' }

const roleOf = ({ name = '' }: Head): 'document' | 'description' | 'other' => {
  if (/^documents(\[\d*\])?$/i.test(name)) return 'document'
  return /^description$/i.test(name) ? 'description' : 'other'
}

const bounded = (text: string): string => {
  if (text.length > LONGEST_TEXT) throw new Malformed('description too long')
  return text
}

const LONGEST_HEAD = 65_536
/** After a boundary: `--` on the last, blanks and a line break on others (RFC 2046 §5.1.1), nothing yet; or else it was content. */
const BOUNDARY_TAIL = /^(?:(--)|([ \t]*\r\n)|(-?$|[ \t]*\r?$))/
const BLANK = Buffer.from('\r\n\r\n')

class Multipart {
  readonly #delimiter: Buffer
  #place: 'preamble' | 'head' | 'content' | 'epilogue' = 'preamble'
  /** A line break first, so that a boundary on the very first line is found like any other (RFC 2046 §5.1.1). */
  #rest: Buffer = Buffer.from('\r\n')

  constructor(boundary: string | undefined) {
    if (boundary === undefined) throw new Malformed('no boundary in Content-Type')
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
  }

  async *read(source: AsyncIterable<Buffer>): AsyncGenerator<PartEvent> {
    for await (const chunk of source) {
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
      for (let before = -1; before !== this.#rest.length; ) {
        before = this.#rest.length
        yield* this.#place === 'head' ? this.#head() : this.#content()
      }
    }
    if (this.#place !== 'epilogue') throw new Malformed('the body ends before its last boundary')
  }

  *#content(): Generator<PartEvent> {
    if (this.#place === 'epilogue') this.#rest = Buffer.alloc(0)
    const at = this.#rest.indexOf(this.#delimiter)
    if (at < 0) return yield* this.#give(this.#rest.length - this.#delimiter.length + 1)
    yield* this.#give(at)
    const line = this.#rest.subarray(this.#delimiter.length)
    const [, last, next, undecided] = BOUNDARY_TAIL.exec(line.toString('latin1', 0, 256)) ?? []
    if (undecided !== undefined) return
    if (last === undefined && next === undefined) return yield* this.#give(this.#delimiter.length)
    if (this.#place === 'content') yield { kind: 'end' }
    this.#place = last === undefined ? 'head' : 'epilogue'
    // The line break stays: a part without any header begins with it.
    this.#rest = line.subarray((next?.length ?? 2) - 2)
  }

  /** Hands out the first octets of the rest: content, or a preamble nobody reads. */
  *#give(length: number): Generator<PartEvent> {
    if (length <= 0) return
    if (this.#place === 'content') yield { kind: 'octets', octets: this.#rest.subarray(0, length) }
    this.#rest = this.#rest.subarray(length)
  }

  *#head(): Generator<PartEvent> {
    const end = this.#rest.indexOf(BLANK)
    if (end < 0 && this.#rest.length > LONGEST_HEAD) throw new Malformed('the head of a part is too long')
    if (end < 0) return
    yield parameters(this.#rest.toString('utf8', 0, end))
    this.#rest = this.#rest.subarray(end + BLANK.length)
    this.#place = 'content'
  }
}

/** Name and filename as sent: raw UTF-8, with the three escapes of the HTML standard (§4.10.21.8) and backslashes undone. */
function parameters(head: string): Head {
  const line = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? ''
  const value = (name: string): string | undefined => {
    const found = new RegExp(`;\\s*${name}=(?:"((?:\\\\["\\\\]|[^"])*)"|([^\\s;]*))`, 'i').exec(line)
    const quoted = found?.[1]?.replace(/\\(["\\])/g, '$1').replace(/%(22|0D|0A)/gi, code => decodeURIComponent(code))
    return quoted ?? found?.[2]
  }
  return { kind: 'head', name: value('name'), filename: value('filename') }
}
