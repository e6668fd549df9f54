/**
 * Splits a mail into its entities (RFC 2046 §5.1) as it streams by; every byte comes out once.
 *
 * 1. A header is read line by line up to its empty line, or up to a delimiter that comes too early.
 * 2. A body goes by in large pieces: only the places where `--` stands are looked at.
 * 3. Where a multipart has no part yet and its body shows another boundary than its header
 *    declares, the splitter adopts that one. A delimiter that lost its line end, or that was
 *    damaged inside base64, counts as well.
 * 4. A delimiter after the closing one goes on with the multipart: some programs close too early.
 */
import { Fault } from '../mail/fault.ts'
import { InnerBoundaries } from './inner-boundaries.ts'

/** What a header says about the body below it. `boundary` undefined: the header declares none. */
export type EntityKind =
  | { readonly kind: 'multipart'; readonly boundary: Buffer | undefined }
  | { readonly kind: 'leaf'; readonly isBase64: boolean; readonly isMail: boolean }

/** A node of the MIME tree. `header`: its raw bytes, without the empty line that ends it. */
export type Entity<K extends EntityKind = EntityKind> = {
  readonly parent: Entity<K> | undefined
  readonly header: Buffer
  readonly kind: K
}

/**
 * - `begin`: the header of an entity was read.
 * - `content`: bytes of a leaf, or of a multipart before its first part.
 * - `end`: the content is whole. `preamble`: parts of this multipart follow. `cut`: the mail ended
 *   before a delimiter that was due.
 * - `outside`: bytes behind the closing delimiter of `entity`.
 * - `stray`: a line in the content resembles a delimiter and is followed by the header of a part.
 */
export type SplitterEvent<K extends EntityKind = EntityKind> =
  | { readonly kind: 'begin'; readonly entity: Entity<K> }
  | { readonly kind: 'content' | 'outside'; readonly entity: Entity<K>; readonly bytes: Buffer }
  | { readonly kind: 'end'; readonly entity: Entity<K>; readonly preamble: boolean; readonly cut: boolean }
  | { readonly kind: 'stray'; readonly entity: Entity<K> }

/**
 * Reads a raw header block; the entity keeps the answer as its `kind`. `parent` undefined: the header
 * of the mail itself.
 */
export type ReadEntityHeader<K extends EntityKind> = (header: Buffer, parent: Entity<K> | undefined) => K

const ENTITIES = 1000
const HEADER_BYTES = 1024 * 1024

/** Bytes of a delimiter line. RFC 2046 §5.1.1 allows 70 for the boundary; programs write more. */
const DELIMITER_BYTES = 1000

/** Bytes of a boundary that counts in the midst of a line: a shorter one may be prose. */
const DISTINCT_BYTES = 8

/** Empty lines within a header that does go on. */
const EMPTY_LINES = 3

/** Times that an unfinished header is read in search of its own boundary. */
const EARLY_READS = 8

const PART_FIELD = /^content-[a-z-]{1,40}[ \t]*:/i

const COLON = 0x3a
const LF = 0x0a
const CR = 0x0d
const DASH = 0x2d
const EMPTY = Buffer.alloc(0)
const DASHES = Buffer.from('--')

type OpenMultipart<K extends EntityKind> = {
  readonly entity: Entity<K>
  /** The declared one and an adopted one, with their two dashes. */
  delimiters: readonly Buffer[]
  closed: boolean
}

/** `next`: where the bytes behind the delimiter begin. */
type Delimiter<K extends EntityKind> = {
  readonly of: OpenMultipart<K>
  readonly closes: boolean
  readonly next: number
}

/** The decision needs bytes that have not come yet. */
const WAIT = Symbol('wait')
const STRAY = Symbol('stray')

/** Memory stays flat: at most a header and one line wait between two chunks. */
export class Splitter<K extends EntityKind> {
  readonly #readHeader: ReadEntityHeader<K>
  #open: OpenMultipart<K>[] = []
  #state: 'header' | 'content' | 'outside' = 'header'
  #entity: Entity<K> | undefined
  #parent: Entity<K> | undefined
  #header: Buffer[] = []
  #headerBytes = 0
  #earlyReads = 0
  #entities = 0
  /** What the content of the leaf declares, where it is not encoded. */
  #inner = new InnerBoundaries()
  /** No content has gone by: a delimiter may stand here without a line end before it. */
  #fresh = true
  #rest: Buffer = EMPTY
  #bytes: Buffer = EMPTY
  #at = 0
  #final = false

  constructor(readHeader: ReadEntityHeader<K>) {
    this.#readHeader = readHeader
  }

  /** Throws Fault 5.6.0 over 1,000 entities, and over 1 MiB of header. */
  *push(chunk: Buffer): Generator<SplitterEvent<K>> {
    this.#bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    yield* this.#run()
    // A copy: a few bytes must not keep a whole chunk in memory.
    this.#rest = Buffer.from(this.#bytes.subarray(this.#at))
  }

  /** The mail is over. */
  *end(): Generator<SplitterEvent<K>> {
    this.#bytes = this.#rest
    this.#final = true
    yield* this.#run()
    const isPhantom = this.#parent !== undefined && this.#headerBytes === 0
    if (this.#state === 'header' && !isPhantom) yield this.#begin()
    if (this.#state !== 'content' || this.#entity === undefined) return
    yield { kind: 'end', entity: this.#entity, preamble: false, cut: this.#isDue }
  }

  /** A delimiter is still to come. */
  get #isDue(): boolean {
    return this.#open.some(({ closed }) => !closed)
  }

  *#run(): Generator<SplitterEvent<K>> {
    this.#at = 0
    while (this.#at < this.#bytes.length) {
      const done = this.#state === 'header' ? yield* this.#headerLine() : yield* this.#body()
      if (done === WAIT) return
    }
  }

  *#headerLine(): Generator<SplitterEvent<K>, typeof WAIT | undefined> {
    const from = this.#at
    const end = this.#lineEnd(from)
    if (end === WAIT) return this.#headerWaits(from)
    const line = withoutCr(this.#bytes, from, end)
    if (line.length === 0) {
      const goesOn = this.#goesOnBelow(end + 1)
      if (goesOn === WAIT) return WAIT
      if (goesOn === undefined) yield this.#begin()
      this.#at = goesOn ?? Math.min(end + 1, this.#bytes.length)
      return undefined
    }
    const ends = isBlank(line) ? this.#endsAtBlanks(end + 1) : this.#endsBefore(line, from, end)
    if (ends === WAIT) return WAIT
    if (ends) {
      const isPhantom = this.#parent !== undefined && this.#headerBytes === 0
      if (isPhantom) this.#skipPhantom()
      else yield this.#begin()
      if (isBlank(line)) this.#at = Math.min(end + 1, this.#bytes.length)
      return undefined
    }
    this.#keepHeader(this.#bytes.subarray(from, Math.min(end + 1, this.#bytes.length)))
    this.#at = Math.min(end + 1, this.#bytes.length)
    return undefined
  }

  #headerWaits(from: number): typeof WAIT {
    if (this.#headerBytes + this.#bytes.length - from > HEADER_BYTES) throw overLimits()
    return WAIT
  }

  #keepHeader(line: Buffer): void {
    this.#headerBytes += line.length
    if (this.#headerBytes > HEADER_BYTES) throw overLimits()
    this.#header.push(Buffer.from(line))
  }

  /** Two delimiters in a row: there is no part between them. */
  #skipPhantom(): void {
    this.#entity = this.#parent
    this.#state = 'outside'
    this.#fresh = true
  }

  /**
   * A line of blanks ends a header that does not go on below it; strictly it is a fold (RFC 5322
   * §4.2).
   */
  #endsAtBlanks(next: number): boolean | typeof WAIT {
    const end = this.#lineEnd(next)
    if (end === WAIT) return WAIT
    const line = withoutCr(this.#bytes, next, end).toString('latin1')
    return (
      line !== '' &&
      !/^(?:[ \t]|[A-Za-z\d]+-[A-Za-z\d-]*[ \t]*:|(?:from|to|cc|date|subject|received|sender)[ \t]*:)/i.test(line)
    )
  }

  #endsBefore(line: Buffer, from: number, end: number): boolean | typeof WAIT {
    if (line[0] !== DASH || line[1] !== DASH) return false
    const delimiter = this.#delimiterAt(from, true)
    if (delimiter !== undefined) return delimiter === WAIT ? WAIT : true
    const own = this.#ownDelimiter()
    if (own !== undefined && line.subarray(0, own.length).equals(own)) return true
    return line.length > 2 ? this.#isPartHeaderAt(end + 1) : false
  }

  /**
   * Where the header goes on below an empty line that does not belong there: a field of MIME that
   * it has not got yet, within a few lines. A mail within the mail begins with fields of its own.
   */
  #goesOnBelow(from: number): number | typeof WAIT | undefined {
    let at = from
    for (let lines = 0; lines <= EMPTY_LINES; lines += 1) {
      const end = this.#lineEnd(at)
      if (end === WAIT) return this.#bytes.length - at > DELIMITER_BYTES ? undefined : WAIT
      const line = this.#bytes.toString('latin1', at, Math.min(end, at + 60))
      const name = /^(?:content-(?:type|transfer-encoding|disposition)|mime-version)(?=[ \t]*:)/i
        .exec(line)?.[0]
        .toLowerCase()
      if (name !== undefined) return this.#lacks(name) ? at : undefined
      if (line.trim() !== '' || end >= this.#bytes.length) return undefined
      at = end + 1
    }
    return undefined
  }

  #lacks(name: string): boolean {
    if (++this.#earlyReads > EARLY_READS) return false
    const header = Buffer.concat(this.#header)
    const kind = this.#readHeader(header, this.#parent)
    if (kind.kind === 'multipart' || kind.isMail) return false
    const fields = `\n${header.toString('latin1').toLowerCase()}`
    // A part has no MIME-Version of its own (RFC 2045 §4); a file that is a saved mail begins with one.
    if (name === 'mime-version' && this.#parent !== undefined && fields.includes('\ncontent-type')) return false
    return !fields.includes(`\n${name}`)
  }

  #ownDelimiter(): Buffer | undefined {
    if (++this.#earlyReads > EARLY_READS) return undefined
    return delimitersOf(this.#readHeader(Buffer.concat(this.#header), this.#parent))[0]
  }

  #begin(): SplitterEvent<K> {
    if (++this.#entities > ENTITIES) throw overLimits()
    const header = Buffer.concat(this.#header)
    const kind = this.#readHeader(header, this.#parent)
    const entity: Entity<K> = { parent: this.#parent, header, kind }
    if (kind.kind === 'multipart') this.#open.push({ entity, delimiters: delimitersOf(kind), closed: false })
    this.#entity = entity
    this.#state = 'content'
    this.#inner = new InnerBoundaries()
    this.#fresh = true
    this.#header = []
    this.#headerBytes = 0
    this.#earlyReads = 0
    return { kind: 'begin', entity }
  }

  /** The content up to the next delimiter, or as much of it as has come. */
  *#body(): Generator<SplitterEvent<K>, typeof WAIT | undefined> {
    for (let from = this.#at; ; from = this.#afterDashes(from)) {
      const at = this.#open.length === 0 ? -1 : this.#bytes.indexOf('--', from, 'latin1')
      const lost = this.#lostDelimiter(from, at)
      if (lost !== undefined) {
        yield* this.#content(this.#lineEndBefore(lost.next))
        yield* this.#passDelimiter(lost)
        return undefined
      }
      if (at === -1) break
      from = at
      const isLineStart = at === this.#at ? this.#fresh : this.#bytes[at - 1] === LF
      const found = this.#delimiterAt(at, isLineStart) ?? (isLineStart ? yield* this.#adoptedAt(at) : undefined)
      if (found === undefined) continue
      if (found === STRAY) {
        if (this.#entity !== undefined) yield { kind: 'stray', entity: this.#entity }
        continue
      }
      yield* this.#content(isLineStart ? this.#lineEndBefore(at) : at)
      if (found === WAIT) return WAIT
      yield* this.#passDelimiter(found)
      return undefined
    }
    yield* this.#content(this.#final ? this.#finalEnd() : this.#sureEnd())
    if (this.#final) this.#at = this.#bytes.length
    return WAIT
  }

  *#content(until: number): Generator<SplitterEvent<K>> {
    if (until <= this.#at || this.#entity === undefined) return
    const bytes = this.#bytes.subarray(this.#at, until)
    this.#at = until
    this.#fresh = false
    if (this.#mayDeclare) this.#inner.write(bytes)
    yield { kind: this.#state === 'outside' ? 'outside' : 'content', entity: this.#entity, bytes }
  }

  /** The content is no base64, and stands within a multipart whose delimiters it may resemble. */
  get #mayDeclare(): boolean {
    const isLeaf = this.#state === 'content' && this.#entity?.kind.kind === 'leaf'
    return isLeaf && this.#open.length > 0 && !this.#isInBase64
  }

  /**
   * Within base64, and between two parts, the field of a part header stands where a delimiter was
   * lost.
   */
  #lostDelimiter(from: number, to: number): Delimiter<K> | undefined {
    if (!this.#isInBase64 && !this.#isBetweenParts) return undefined
    const until = to === -1 ? this.#bytes.length : to
    for (let colon = this.#bytes.indexOf(COLON, from); colon !== -1 && colon < until; ) {
      const line = this.#bytes.lastIndexOf(LF, colon) + 1
      const of = this.#open.findLast(({ closed }) => !closed)
      const field = this.#bytes.toString('latin1', line, Math.min(colon + 1, line + 60))
      if (of !== undefined && (line > this.#at || this.#fresh) && PART_FIELD.test(field))
        return { of, closes: false, next: line }
      colon = this.#bytes.indexOf(COLON, colon + 1)
    }
    return undefined
  }

  get #isBetweenParts(): boolean {
    return this.#state === 'outside' || (this.#state === 'content' && this.#entity?.kind.kind === 'multipart')
  }

  get #isInBase64(): boolean {
    const kind = this.#entity?.kind
    return this.#state === 'content' && kind?.kind === 'leaf' && kind.isBase64
  }

  /** Behind a row of dashes no delimiter begins: it would have begun with the row. */
  #afterDashes(at: number): number {
    let end = at
    while (this.#bytes[end] === DASH) end += 1
    return end
  }

  /** The line end in front of a delimiter belongs to the delimiter (RFC 2046 §5.1.1). */
  #lineEndBefore(at: number): number {
    if (at <= this.#at) return this.#at
    return this.#bytes[at - 2] === CR && at - 2 >= this.#at ? at - 2 : at - 1
  }

  /** Without a line end, and a dash, that may belong to a delimiter. */
  #sureEnd(): number {
    let end = this.#bytes.length
    if (this.#bytes[end - 1] === DASH) end -= 1
    if (this.#bytes[end - 1] === LF) end -= 1
    if (this.#bytes[end - 1] === CR) end -= 1
    if (this.#isInBase64 || this.#isBetweenParts) end = this.#fieldStart(end)
    return Math.max(end, this.#at)
  }

  /** The beginning of a line that may be a field of a part header is not passed on yet. */
  #fieldStart(end: number): number {
    const line = this.#bytes.lastIndexOf(LF, end - 1) + 1
    const isField = line > this.#at && end - line < 60 && /^c[a-z-]*$/i.test(this.#bytes.toString('latin1', line, end))
    return isField ? this.#lineEndBefore(line) : end
  }

  /** A mail that is cut ends with the line end of the delimiter that was due. */
  #finalEnd(): number {
    const end = this.#bytes.length
    const isLeaf = this.#state === 'content' && this.#entity?.kind.kind === 'leaf'
    if (!isLeaf || !this.#isDue || this.#bytes[end - 1] !== LF) return end
    return this.#lineEndBefore(end)
  }

  *#passDelimiter({ of, closes, next }: Delimiter<K>): Generator<SplitterEvent<K>> {
    if (this.#state === 'content' && this.#entity !== undefined) {
      const preamble = this.#entity === of.entity && !closes
      yield { kind: 'end', entity: this.#entity, preamble, cut: false }
    }
    this.#open = this.#open.slice(0, this.#open.indexOf(of) + 1)
    of.closed = closes
    this.#entity = of.entity
    this.#parent = of.entity
    this.#state = closes ? 'outside' : 'header'
    this.#fresh = true
    this.#at = next
  }

  /**
   * The delimiter of an open multipart; of one that is closed only where no open one has the same.
   */
  #delimiterAt(at: number, isLineStart: boolean): Delimiter<K> | typeof WAIT | undefined {
    if (!isLineStart && !this.#mayRunInto(at)) return undefined
    let unclean: Delimiter<K> | undefined
    for (const closed of [false, true]) {
      for (const of of this.#open.toReversed()) {
        if (of.closed !== closed) continue
        for (const delimiter of of.delimiters) {
          if (!isLineStart && closed) continue
          const found = this.#matchAt(at, of, delimiter)
          if (found === WAIT) return WAIT
          const isSure =
            found === undefined ||
            isLineStart ||
            this.#isDistinct(delimiter) ||
            this.#isPartHeaderAt(found.delimiter.next)
          if (isSure === WAIT) return WAIT
          if (found?.clean && isSure) return found.delimiter
          if (isLineStart) unclean ??= found?.delimiter
        }
      }
    }
    return unclean
  }

  #mayRunInto(at: number): boolean {
    const kind = this.#entity?.kind
    return this.#state === 'content' && kind?.kind === 'leaf' && !kind.isMail && this.#bytes[at - 1] !== DASH
  }

  #isDistinct({ length }: Buffer): boolean {
    return this.#isInBase64 || length >= DISTINCT_BYTES + 2
  }

  /** `clean`: nothing but blanks stands behind it on its line. */
  #matchAt(
    at: number,
    of: OpenMultipart<K>,
    delimiter: Buffer,
  ): { readonly delimiter: Delimiter<K>; readonly clean: boolean } | typeof WAIT | undefined {
    const bytes = this.#bytes
    const there = bytes.subarray(at, at + delimiter.length)
    if (!delimiter.subarray(0, there.length).equals(there)) return undefined
    const behind = at + delimiter.length
    if (behind + 2 > bytes.length && !this.#final) return WAIT
    if (there.length < delimiter.length) return undefined
    const closes = bytes[behind] === DASH && bytes[behind + 1] === DASH
    const next = closes ? behind + 2 : behind
    const end = this.#blanksEnd(next)
    if (end === WAIT) return WAIT
    if (end !== undefined) return { delimiter: { of, closes, next: end }, clean: true }
    const goesOn = closes || /^content-/i.test(bytes.toString('latin1', behind, behind + 8))
    return goesOn ? { delimiter: { of, closes, next }, clean: false } : undefined
  }

  /** Where the next line begins, when only blanks are left on this one. */
  #blanksEnd(from: number): number | typeof WAIT | undefined {
    let at = from
    while (isBlankByte(this.#bytes[at]) && at - from < DELIMITER_BYTES) at += 1
    if (this.#bytes[at] === LF) return at + 1
    if (at < this.#bytes.length) return undefined
    return this.#final ? at : WAIT
  }

  /**
   * A delimiter that no header declares, known by the part header below it: the one of a multipart
   * that has no part yet, one of which a single byte was damaged, or any damaged one inside base64,
   * where no line begins with dashes. Programs number the boundaries of a mail and of the mail within
   * it alike: a delimiter that the content itself declares is none of the mail around it.
   */
  *#adoptedAt(at: number): Generator<SplitterEvent<K>, Delimiter<K> | typeof WAIT | typeof STRAY | undefined> {
    const kind = this.#entity?.kind
    if (this.#state !== 'content' || kind === undefined) return undefined
    const end = this.#lineEnd(at)
    if (end === WAIT) return this.#bytes.length - at > DELIMITER_BYTES ? undefined : WAIT
    const line = Buffer.from(withoutCr(this.#bytes, at, end).toString('latin1').trimEnd(), 'latin1')
    if (line.length < 3 || line.length > DELIMITER_BYTES || this.#afterDashes(at) - at === line.length) return undefined
    const of = kind.kind === 'multipart' ? this.#open.at(-1) : this.#open.findLast(({ closed }) => !closed)
    if (of === undefined) return undefined
    const closing = this.#damagedEnd(line, of, end + 1)
    if (closing === WAIT) return WAIT
    if (closing !== undefined) return (yield* this.#isDeclaredInside(line, at)) ? undefined : closing
    const isLike = kind.kind === 'multipart' || kind.isBase64 || differsInOne(line, of.delimiters[0])
    if (!isLike && ((kind.kind === 'leaf' && kind.isMail) || !resembles(line, of.delimiters[0]))) return undefined
    const isHeader = this.#isPartHeaderAt(end + 1)
    if (isHeader === WAIT) return WAIT
    if (!isHeader) return undefined
    if (yield* this.#isDeclaredInside(line, at)) return undefined
    if (!isLike) return STRAY
    if (kind.kind === 'multipart') of.delimiters = [...of.delimiters, line]
    return { of, closes: false, next: end + 1 }
  }

  *#isDeclaredInside(line: Buffer, at: number): Generator<SplitterEvent<K>, boolean> {
    yield* this.#content(this.#lineEndBefore(at))
    return this.#inner.delimits(line.toString('latin1'))
  }

  /**
   * A closing delimiter of which one byte was damaged: nothing but empty lines come before the next
   * one.
   */
  #damagedEnd(line: Buffer, of: OpenMultipart<K>, next: number): Delimiter<K> | typeof WAIT | undefined {
    const own = of.delimiters[0]
    if (own === undefined || !differsInOne(line, Buffer.concat([own, DASHES]))) return undefined
    let at = next
    while (at < this.#bytes.length && (isBlankByte(this.#bytes[at]) || this.#bytes[at] === LF)) at += 1
    if (at >= this.#bytes.length) return this.#final ? { of, closes: true, next } : WAIT
    const follows = this.#delimiterAt(at, true)
    return follows === WAIT || follows === undefined ? follows : { of, closes: true, next }
  }

  #isPartHeaderAt(at: number): boolean | typeof WAIT {
    const end = this.#lineEnd(at)
    if (end === WAIT) return this.#bytes.length - at > DELIMITER_BYTES ? false : WAIT
    return PART_FIELD.test(this.#bytes.toString('latin1', at, Math.min(end, at + 60)))
  }

  /** The place of the next LF; at the end of the mail the place behind its last byte. */
  #lineEnd(from: number): number | typeof WAIT {
    const end = this.#bytes.indexOf(LF, from)
    if (end !== -1) return end
    return this.#final ? this.#bytes.length : WAIT
  }
}

const overLimits = (): Fault => new Fault('5.6.0', 'the mail is over the limits of the parser')

/** White space at the end of a boundary is no part of it (RFC 2046 §5.1.1). */
function delimitersOf(kind: EntityKind): readonly Buffer[] {
  const boundary = kind.kind === 'multipart' ? kind.boundary?.toString('latin1').trimEnd() : undefined
  if (boundary === undefined || boundary === '' || boundary.length > DELIMITER_BYTES) return []
  return [Buffer.from(`--${boundary}`, 'latin1')]
}

/** Of a long delimiter one byte was replaced. */
function differsInOne(line: Buffer, delimiter: Buffer | undefined): boolean {
  if (delimiter === undefined || line.length !== delimiter.length || line.length < DISTINCT_BYTES + 2) return false
  let count = 0
  for (let at = 0; at < line.length && count < 2; at += 1) if (line[at] !== delimiter[at]) count += 1
  return count === 1
}

/** Both begin and end alike for the most part: one of them was damaged. */
function resembles(line: Buffer, delimiter: Buffer | undefined): boolean {
  if (delimiter === undefined || Math.abs(line.length - delimiter.length) > 4) return false
  const shorter = Math.min(line.length, delimiter.length)
  let [start, end] = [0, 0]
  while (start < shorter && line[start] === delimiter[start]) start += 1
  while (end < shorter - start && line[line.length - 1 - end] === delimiter[delimiter.length - 1 - end]) end += 1
  return start + end - 2 >= (shorter - 2) * 0.7
}

function withoutCr(bytes: Buffer, from: number, to: number): Buffer {
  let end = to
  while (end > from && bytes[end - 1] === CR) end -= 1
  return bytes.subarray(from, end)
}

const isBlankByte = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === CR

const isBlank = (line: Buffer): boolean => line.every(byte => byte === 0x20 || byte === 0x09)
