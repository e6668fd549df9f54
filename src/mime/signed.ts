/** Finds the mail inside S/MIME signed-data (RFC 5652 §5): where its octets lie. The signature is not looked at. */
import { open } from 'node:fs/promises'
import type { Allowance } from './allowance.ts'
import { fieldsOf, first } from './fields.ts'
import { Span, unreadable } from './span.ts'
import { HEAD, Store } from './store.ts'

/** Identifier octets (X.690 §8.1.2): of a constructed octet string, too, as programs write it that do not know its length beforehand. */
const TAG = { integer: 0x02, octets: 0x04, pieces: 0x24, name: 0x06, sequence: 0x30, set: 0x31, content: 0xa0 } as const
const SIGNED_DATA = '2a864886f70d010702'
const DATA = '2a864886f70d010701'
const DEPTH = 10

/**
 * Writes what was signed to `<file>.signed` and answers the path; undefined when the file is something else (encrypted, a signature alone, a
 * signed file that is no mail). Fault 5.6.0 of scope `attachment` when it is cut short, or is over the allowance.
 */
export async function signedMail(file: string, allowance: Allowance): Promise<string | undefined> {
  await using opened = await open(file)
  const { size } = await opened.stat()
  const der = new Ber(Span.of(opened.fd, size), allowance)
  if (!der.isAhead(TAG.sequence)) return undefined
  der.enter(TAG.sequence)
  if (der.name() !== SIGNED_DATA) return undefined
  for (const tag of [TAG.content, TAG.sequence]) der.enter(tag)
  for (const tag of [TAG.integer, TAG.set]) der.pass(tag)
  der.enter(TAG.sequence)
  if (der.name() !== DATA || !der.isAhead(TAG.content)) return undefined
  der.enter(TAG.content)
  const store = new Store(`${file}.signed`)
  try {
    for (const piece of der.pieces()) for (const chunk of piece.chunks()) store.write(chunk)
  } catch (error) {
    store.drop()
    throw error
  }
  // `contract.pdf.p7m` holds the contract itself: a file of its own kind, which stays as it is.
  if (first(fieldsOf(store.start(HEAD)), 'content-type') !== undefined) return store.keep()
  store.drop()
  return undefined
}

/** BER from the front, as far as it is asked for; DER is BER. */
class Ber {
  readonly #span: Span
  readonly #allowance: Allowance

  constructor(span: Span, allowance: Allowance) {
    this.#span = span
    this.#allowance = allowance
  }

  isAhead(tag: number): boolean {
    return this.#span.left > 0 && this.#span.start(1)[0] === tag
  }

  /** Goes on with what is inside. Its end is not looked for: what is asked for comes first in all of them. */
  enter(tag: number): number | undefined {
    this.#allowance.step()
    if (!this.isAhead(tag)) throw unreadable('it is no signed data')
    this.#span.u8()
    return this.#length()
  }

  /** An object identifier, in hex. */
  name(): string {
    return this.#value(TAG.name).start(16).toString('hex')
  }

  pass(tag: number): void {
    this.#value(tag)
  }

  /** The octets of an octet string, in their order. */
  *pieces(depth = 1): Generator<Span> {
    if (depth > DEPTH) throw unreadable('it is nested deeper than anybody would write')
    if (this.isAhead(TAG.octets)) return yield this.#value(TAG.octets)
    const length = this.enter(TAG.pieces)
    const inside = length === undefined ? this : new Ber(this.#span.span(length), this.#allowance)
    while (length === undefined ? !this.#ends() : inside.#span.left > 0) yield* inside.pieces(depth + 1)
  }

  /** A value whose length is known: what is passed over has one in all that programs write. */
  #value(tag: number): Span {
    const length = this.enter(tag)
    if (length === undefined) throw unreadable('a length in it is missing')
    return this.#span.span(length)
  }

  /** Undefined: until two octets of zero (X.690 §8.1.3.6). */
  #length(): number | undefined {
    const initial = this.#span.u8()
    if (initial === 0x80) return undefined
    if (initial < 0x80) return initial
    if (initial > 0x84) throw unreadable('a length in it is wrong')
    let length = 0
    for (let octets = initial & 0x7f; octets > 0; octets -= 1) length = length * 256 + this.#span.u8()
    return length
  }

  #ends(): boolean {
    if (!this.isAhead(0)) return false
    this.#span.u16()
    return true
  }
}
