/** Objects of PDF as they stand in a file (ISO 32000-1 §7.3): enough of them to read a trailer. */

/** A reference to an object elsewhere in the file, `12 0 R`. */
export type PdfReference = { readonly object: number; readonly generation: number }

/** A name is written with its slash. A word that is no object (`endobj`, `stream`) is undefined. */
export type PdfObject =
  | number
  | boolean
  | string
  | Buffer
  | PdfReference
  | readonly PdfObject[]
  | ReadonlyMap<string, PdfObject>
  | undefined

/** Arrays and dictionaries in each other. */
const DEPTH = 20

/** The object at `at`. Linear in its length. Throws where the bytes end within it. */
export const pdfObjectAt = (bytes: Buffer, at: number): PdfObject => new Objects(bytes, at).next(0)

export const isPdfReference = (object: PdfObject): object is PdfReference =>
  typeof object === 'object' && 'generation' in object

export const isPdfDictionary = (object: PdfObject): object is ReadonlyMap<string, PdfObject> => object instanceof Map

class Objects {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  next(depth: number): PdfObject {
    if (depth > DEPTH) throw new RangeError('objects of the PDF are nested too deeply')
    this.#blanks()
    const start = this.#char()
    if (start === '/') return this.#name()
    if (start === '(') return this.#literal()
    if (start === '[') return this.#array(depth)
    if (start === '<') return this.#bytes[this.#at + 1] === 0x3c ? this.#dictionary(depth) : this.#hex()
    const word = this.#word()
    if (/^[-+]?[\d.]+$/.test(word)) return this.#numberOrReference(Number(word))
    return word === 'true' ? true : word === 'false' ? false : undefined
  }

  #char(): string {
    if (this.#at >= this.#bytes.length) throw new RangeError('the PDF ends within an object')
    return String.fromCharCode(this.#bytes[this.#at] as number)
  }

  /** White space and comments. */
  #blanks(): void {
    for (let char = this.#char(); BLANKS.includes(char) || char === '%'; char = this.#char()) {
      if (char === '%') while (!'\r\n'.includes(this.#char())) this.#at++
      this.#at++
    }
  }

  /** Takes at least one byte, so that every loop ends. */
  #word(): string {
    const start = this.#at++
    while (this.#at < this.#bytes.length && !DELIMITERS.includes(this.#char())) this.#at++
    return this.#bytes.toString('latin1', start, this.#at)
  }

  #name(): string {
    return this.#word().replace(/#([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  }

  #numberOrReference(number: number): PdfObject {
    const [, generation] =
      /^\s{1,9}(\d{1,5})\s{1,9}R(?![\w.])/.exec(this.#bytes.toString('latin1', this.#at, this.#at + 30)) ?? []
    if (generation === undefined) return number
    this.#at = this.#bytes.indexOf('R', this.#at) + 1
    return { object: number, generation: Number(generation) }
  }

  #array(depth: number): readonly PdfObject[] {
    const objects: PdfObject[] = []
    this.#at++
    for (this.#blanks(); this.#char() !== ']'; this.#blanks()) objects.push(this.next(depth + 1))
    this.#at++
    return objects
  }

  #dictionary(depth: number): ReadonlyMap<string, PdfObject> {
    const entries = new Map<string, PdfObject>()
    this.#at += 2
    for (this.#blanks(); this.#char() !== '>'; this.#blanks()) {
      const name = this.next(depth + 1)
      const value = this.next(depth + 1)
      if (typeof name === 'string') entries.set(name, value)
    }
    this.#at += 2
    return entries
  }

  #hex(): Buffer {
    const end = this.#bytes.indexOf('>', this.#at)
    if (end === -1) throw new RangeError('the PDF ends within a string')
    const digits = this.#bytes.toString('latin1', this.#at + 1, end).replace(/[^\da-f]/gi, '')
    this.#at = end + 1
    return Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex')
  }

  /** `(…)` with balanced brackets inside and escapes (§7.3.4.2). */
  #literal(): Buffer {
    const bytes: number[] = []
    for (let open = 1; ; ) {
      this.#at++
      const char = this.#char()
      if (char === '\\') bytes.push(...this.#escaped())
      else if (char === ')' && --open === 0) break
      else {
        if (char === '(') open++
        bytes.push(char.charCodeAt(0))
      }
    }
    this.#at++
    return Buffer.from(bytes)
  }

  /** Ends on the last byte of the escape. */
  #escaped(): readonly number[] {
    this.#at++
    const char = this.#char()
    const [octal] = /^[0-7]{1,3}/.exec(this.#bytes.toString('latin1', this.#at, this.#at + 3)) ?? []
    if (octal !== undefined) {
      this.#at += octal.length - 1
      return [Number.parseInt(octal, 8) & 0xff]
    }
    if (char === '\r' && this.#bytes[this.#at + 1] === 0x0a) this.#at++
    if (char === '\r' || char === '\n') return []
    return [(ESCAPES[char] ?? char).charCodeAt(0)]
  }
}

const BLANKS = '\0\t\n\f\r '
const DELIMITERS = `${BLANKS}()<>[]{}/%`
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
