/** A stretch of a file, read by position and never beyond its end, whatever lengths the file itself claims. */
import { readSync } from 'node:fs'
import { Fault } from '../mail/fault.ts'

/** Octets read at once: fields of a few octets that lie side by side cost one read. */
const PAGE = 64 * 1024

/** What cannot be opened goes as it is; `reason` is said of it. */
export const unreadable = (reason: string): Fault => new Fault('5.6.0', reason, { scope: 'attachment' })

/** Must be outlived by its file descriptor. Every read past the end is a Fault 5.6.0 of scope `attachment`. */
export class Span {
  readonly #pages: Pages
  readonly #end: number
  #at: number

  private constructor(pages: Pages, at: number, end: number) {
    this.#pages = pages
    this.#at = at
    this.#end = end
  }

  /** A whole file of `size` octets. */
  static of(file: number, size: number): Span {
    return new Span(new Pages(file), 0, size)
  }

  /** Octets not yet taken. */
  get left(): number {
    return this.#end - this.#at
  }

  u8(): number {
    return this.#take(1).readUInt8()
  }

  u16(): number {
    return this.#take(2).readUInt16LE()
  }

  u32(): number {
    return this.#take(4).readUInt32LE()
  }

  /** Takes the next octets as a stretch of their own. */
  span(length: number): Span {
    const at = this.#at
    this.skip(length)
    return new Span(this.#pages, at, at + length)
  }

  skip(length: number): void {
    if (length > this.left) throw unreadable('it is cut short, or a length in it is wrong')
    this.#at += length
  }

  /** A copy of what comes next, at most `limit` octets (64 KiB and less), without taking it. */
  start(limit: number): Buffer {
    return Buffer.from(this.#pages.read(this.#at, Math.min(limit, this.left)))
  }

  /** All that is left, piece by piece, without taking it; a piece is good until the next one is asked for. */
  *chunks(): Generator<Buffer> {
    for (let at = this.#at; at < this.#end; at += PAGE) yield this.#pages.read(at, Math.min(PAGE, this.#end - at))
  }

  #take(length: number): Buffer {
    const at = this.#at
    this.skip(length)
    return this.#pages.read(at, length)
  }
}

class Pages {
  readonly #file: number
  readonly #page = Buffer.alloc(PAGE)
  #at = 0
  #size = 0

  constructor(file: number) {
    this.#file = file
  }

  /** At most a page; a view, good until the next call. */
  read(at: number, length: number): Buffer {
    if (at < this.#at || at + length > this.#at + this.#size) this.#turnTo(at)
    if (at + length > this.#at + this.#size) throw unreadable('it is cut short')
    return this.#page.subarray(at - this.#at, at - this.#at + length)
  }

  #turnTo(at: number): void {
    this.#at = at
    this.#size = 0
    for (let more = -1; more !== 0 && this.#size < PAGE; this.#size += more)
      more = readSync(this.#file, this.#page, this.#size, PAGE - this.#size, at + this.#size)
  }
}
