/** Walks a mail once and hands over every leaf as it ends: header facts, place in the tree, bytes in a store. */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { Fault, isFault } from '../mail/fault.ts'
import { Passage } from './doubts.ts'
import { type Fields, fieldsOf, first, MEDIA_TYPE, structuredField } from './fields.ts'
import { nameIn } from './leaf-name.ts'
import type { Structured } from './parameters.ts'
import { beginsWithField, contentInHeader, lineEndOf } from './run-on.ts'
import { type Entity, type EntityKind, Splitter, type SplitterEvent } from './splitter.ts'
import { Store } from './store.ts'
import { type Encoding, encodingOf, type Transfer, transferOf } from './transfer.ts'
import { isWhole } from './whole.ts'

/** A node of the MIME tree that holds others. */
export type Branch = {
  /** `mixed`, `alternative`, … */
  readonly subtype: string
  readonly protocol: string | undefined
  readonly parent: Branch | undefined
  children: number
}

export type Leaf = {
  /** IMAP section number (RFC 9051 §6.4.5.1). */
  readonly part: string
  /** Lower case; undefined when undeclared or nonsense. */
  readonly declared: string | undefined
  readonly parameter: (name: string) => string | undefined
  readonly disposition: string | undefined
  /** Decoded, as the sender wrote it. */
  readonly name: string | undefined
  readonly contentId: string | undefined
  readonly location: string | undefined
  readonly parent: Branch | undefined
  /** 1 for the first child of its parent. */
  readonly place: number
  /** A multipart in which no part was found. */
  readonly unsplit: boolean
  /** Its content stood in its header, because no empty line was between them. */
  readonly unparted: boolean
  /** Sentences about an encoding that its content contradicts. */
  readonly remarks: readonly string[]
  /** Why a file may be in it that was not taken out. */
  readonly doubts: readonly string[]
  /** A line of its content resembles a delimiter: another part may have run into it. */
  readonly strayed: boolean
  /** The Content-Type field and the encoding of a multipart that may be encoded as a whole. */
  readonly wrapped: Wrapped | undefined
  readonly store: Store
}

export type Wrapped = { readonly contentType: string; readonly encoding: 'base64' | 'quoted-printable' }

/** `header`: the fields of the mail itself. `doubts`: why a file may be between its parts. */
export type WholeMail = {
  readonly size: number
  readonly sha256: string
  readonly header: Fields
  readonly doubts: readonly string[]
}

const DEPTH = 100

/**
 * Calls `done` for each leaf, in order; the next one is not begun before it resolves. message/rfc822
 * is a leaf and not looked into. Memory does not grow with the mail. Throws Fault 5.6.0 over 1,000
 * parts, 100 levels or a part header of 1 MiB.
 */
export async function walk(raw: string, folder: string, done: (leaf: Leaf) => Promise<void>): Promise<WholeMail> {
  const digest = createHash('sha256')
  const collector = new Collector(folder, done)
  let size = 0
  for (const chunk of chunksOf(raw)) {
    size += chunk.length
    digest.update(chunk)
    await collector.push(chunk)
  }
  await collector.finish()
  return { size, sha256: digest.digest('hex'), header: collector.header, doubts: await collector.doubts() }
}

const CUT_OFF = 'the mail ends in it, and a delimiter was due'

/** Bytes that are read at once: most mails are smaller. */
const CHUNK = 256 * 1024

/**
 * Why a file may lie behind the last part of a mail within the mail: the delimiter between the two was
 * lost then. `chunks`: the inner mail. A mail over the limits of the parser says nothing.
 */
export async function doubtsBehind(chunks: Iterable<Buffer>): Promise<readonly string[]> {
  const splitter = new Splitter(readHeader)
  const behind = new Passage()
  const take = (event: SplitterEvent<PartHeader>): void => {
    if (event.kind === 'outside') behind.write(event.bytes)
    else behind.pause()
  }
  try {
    for (const chunk of chunks) for (const event of splitter.push(chunk)) take(event)
    for (const event of splitter.end()) take(event)
  } catch (error) {
    if (!isFault(error)) throw error
  }
  return behind.doubts()
}

/** Each chunk is a buffer of its own: stores keep them. */
function* chunksOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(size > 0 && size < CHUNK ? size + 1 : CHUNK)
      const read = readSync(file, chunk, 0, chunk.length, null)
      if (read === 0) return
      yield chunk.subarray(0, read)
    }
  } finally {
    closeSync(file)
  }
}

type Open = {
  readonly entity: ReadEntity
  readonly leaf: Leaf
  readonly transfer: Transfer
  /** Content that stands in the header. */
  forgotten: Buffer
  /** Bytes that the encoding passes over. */
  readonly ignored: Passage
  strayed: boolean
  unparted: boolean
  last: number
}
type Place = {
  readonly branch: Branch | undefined
  readonly part: string
  readonly place: number
  readonly depth: number
}

class Collector {
  readonly #folder: string
  readonly #done: (leaf: Leaf) => Promise<void>
  readonly #splitter: Splitter<PartHeader>
  readonly #branches = new Map<ReadEntity, { readonly branch: Branch; readonly part: string; readonly depth: number }>()
  readonly #epilogue = new Passage()
  readonly #doubts: string[] = []
  /** The mail has no LF at all: its lines end in a bare CR. */
  #bareCr: boolean | undefined
  #files = 0
  #open: Open | undefined
  header: Fields = new Map()

  constructor(folder: string, done: (leaf: Leaf) => Promise<void>) {
    this.#folder = folder
    this.#done = done
    this.#splitter = new Splitter(readHeader)
  }

  async push(chunk: Buffer): Promise<void> {
    this.#bareCr ??= !chunk.includes(0x0a) && chunk.includes(0x0d)
    const bytes = this.#bareCr ? Buffer.from(chunk.map(byte => (byte === 0x0d ? 0x0a : byte))) : chunk
    for (const event of this.#splitter.push(bytes)) await this.#take(event)
  }

  async finish(): Promise<void> {
    for (const event of this.#splitter.end()) await this.#take(event)
  }

  async doubts(): Promise<readonly string[]> {
    const outside = (await this.#epilogue.doubts()).map(doubt => `outside of the parts: ${doubt}`)
    return [...this.#doubts, ...outside]
  }

  async #take(event: SplitterEvent<PartHeader>): Promise<void> {
    if (event.kind === 'begin') this.#begin(event.entity)
    else if (event.kind === 'content') this.#write(event.bytes)
    else if (event.kind === 'outside') this.#epilogue.write(event.bytes)
    else if (event.kind === 'end') await this.#end(event.preamble, event.cut)
    else if (this.#open !== undefined) this.#open.strayed = true
  }

  #write(bytes: Buffer): void {
    const open = this.#open
    if (open === undefined) return
    const { leaf, transfer, entity, forgotten } = open
    open.last = bytes.at(-1) ?? 0
    open.forgotten = EMPTY
    // A header that is not the mail's own stands there twice then: the one within the content counts.
    const isWhole = isMail(entity) && beginsWithField(bytes)
    // The header of a mail has lines of all kinds: they are content only where there is no other.
    if (forgotten.length > 0 && !isWhole && entity.parent !== undefined) {
      const end = lineEndOf(entity.header)
      leaf.store.take(transfer.update(Buffer.concat([forgotten, end, end])))
      open.unparted = true
    }
    leaf.store.take(transfer.update(bytes))
  }

  /** The leaf that was open is whole. */
  async #end(preamble: boolean, cut: boolean): Promise<void> {
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return
    const { leaf, transfer, strayed } = open
    // A multipart that has parts: what stands before them is read for files, and is no leaf.
    if (preamble) {
      for (const chunk of leaf.store.chunks()) this.#epilogue.write(chunk)
      this.#epilogue.pause()
      leaf.store.drop()
      return
    }
    const unparted = open.unparted || open.forgotten.length > 0
    leaf.store.take(transfer.update(open.forgotten))
    leaf.store.take(transfer.end())
    const remarks = [transfer.remark, cut ? CUT_OFF : undefined].filter(remark => remark !== undefined)
    const doubts = [...doubtsOf(open, cut), ...(await open.ignored.doubts())]
    await this.#done({ ...leaf, name: leaf.name ?? transfer.name, unparted, strayed, remarks, doubts })
  }

  #begin(entity: ReadEntity): void {
    const place = this.#placeOf(entity)
    const { fields, facts, encoding, wrapped } = entity.kind
    if (this.#files === 0) this.header = fields
    const multipart = isMultipart(facts.declared)
    if (entity.kind.kind === 'multipart') {
      const { branch: parent, part, depth } = place
      if (depth > DEPTH) throw new Fault('5.6.0', `the mail is nested more than ${DEPTH} levels deep`)
      const subtype = multipart ? (facts.declared ?? '').slice('multipart/'.length) : 'mixed'
      const branch: Branch = { subtype, protocol: facts.parameter('protocol')?.toLowerCase(), parent, children: 0 }
      this.#branches.set(entity, { branch, part, depth })
    }
    const isFile = isAttached(facts)
    const leaf: Leaf = {
      ...facts,
      part: place.part === '' ? '1' : place.part,
      parent: place.branch,
      place: place.place,
      unsplit: multipart,
      unparted: false,
      remarks: [],
      doubts: [],
      strayed: false,
      wrapped,
      store: new Store(join(this.#folder, String(++this.#files))),
    }
    const bareCr = this.#bareCr === true
    const ignored = new Passage()
    const hints = { bareCr, type: facts.declared, name: facts.name, ignored: (bytes: Buffer) => ignored.write(bytes) }
    const transfer = multipart && !isFile ? transferOf('identity', { bareCr }) : transferOf(encoding, hints)
    const forgotten = multipart ? EMPTY : contentInHeader(entity.header, entity.parent !== undefined && isMail(entity))
    this.#open = { entity, leaf, transfer, forgotten, ignored, strayed: false, unparted: false, last: 0 }
  }

  #placeOf({ parent }: ReadEntity): Place {
    const above = parent === undefined ? undefined : this.#branches.get(parent)
    if (above === undefined) return { branch: undefined, part: '', place: 1, depth: 1 }
    const place = ++above.branch.children
    const part = above.part === '' ? String(place) : `${above.part}.${place}`
    return { branch: above.branch, part, place, depth: above.depth + 1 }
  }
}

const EMPTY = Buffer.alloc(0)

const isMail = ({ kind }: ReadEntity): boolean => kind.kind === 'leaf' && kind.isMail

const isMultipart = (type: string | undefined): boolean => type?.startsWith('multipart/') === true

/** A header block is read once: what the splitter asks of it, and what the leaf is made of. */
type PartHeader = EntityKind & {
  readonly fields: Fields
  readonly facts: ReturnType<typeof factsOf>
  readonly encoding: Encoding
  readonly wrapped: Wrapped | undefined
}

type ReadEntity = Entity<PartHeader>

/** A boundary counts with every type but a mail's: programs write `text/html; boundary=…`. */
function readHeader(header: Buffer, parent: ReadEntity | undefined): PartHeader {
  const fields = fieldsOf(header)
  const type = structuredField(fields, 'content-type')
  const facts = factsOf(fields, type, parent?.kind.facts.declared === 'multipart/digest')
  const encoding = declaredEncoding(fields, header)
  const wrapped = wrappedIn(fields, facts, encoding)
  const read = { fields, facts, encoding, wrapped }
  const [boundary] = type.bytes('boundary')
  const isMessage = type.value.startsWith('message/')
  if (wrapped === undefined && (isMultipart(type.value) || (boundary !== undefined && !isMessage))) {
    const bytes = boundary === undefined ? undefined : Buffer.from(boundary, 'latin1')
    return { ...read, kind: 'multipart', boundary: bytes }
  }
  const isMail = isMessage || facts.declared === 'message/rfc822'
  return { ...read, kind: 'leaf', isBase64: encoding === 'base64', isMail }
}

/** What is attached under the type of a multipart is a file (a web archive), and encoded like one. */
const isAttached = ({ name, disposition }: Pick<Leaf, 'name' | 'disposition'>): boolean =>
  name !== undefined || disposition === 'attachment'

/** The encoding of a multipart as a whole; undefined for what has none, and for files. */
function wrappedIn(fields: Fields, facts: PartHeader['facts'], encoding: Encoding): Wrapped | undefined {
  const isEncoded = encoding === 'base64' || encoding === 'quoted-printable'
  if (!isMultipart(facts.declared) || isAttached(facts) || !isEncoded) return undefined
  return { contentType: first(fields, 'content-type') ?? '', encoding }
}

/** A field that ran into the end of another one counts where there is none of its own. */
function declaredEncoding(fields: Fields, header: Buffer): Encoding {
  const declared = fields.get('content-transfer-encoding')
  if (declared !== undefined) return encodingOf(declared)
  const run = /content-transfer-encoding[ \t]{0,5}:([^\r\n]{0,100})/i.exec(header.toString('latin1'))?.[1]
  return encodingOf(run === undefined ? undefined : [run])
}

function doubtsOf(open: Open, cut: boolean): readonly string[] {
  if (isCut(open, cut)) return ['its base64 is cut off']
  return isHollow(open.leaf, cut) ? ['it is a multipart in which no part was found'] : []
}

/**
 * Base64 that ends without padding where more was due: a delimiter, a line end, or a digit
 * (RFC 4648 §4). A file that ends as its kind ends is whole: only the delimiter is missing.
 */
function isCut({ leaf: { store, parent }, transfer: { digitsLeft }, last }: Open, cut: boolean): boolean {
  if (digitsLeft === undefined) return false
  if (store.size === 0) return cut
  // The end of the file is read only where the mail was cut: most files have none that is missing.
  if (digitsLeft === 0) return cut && !isWhole(store)
  return cut || (parent === undefined && (digitsLeft === 1 || !isLineEnd(last)))
}

/**
 * A multipart without parts may have lost its files. One of renderings never had any, and one that was
 * closed with nothing in it is whole; what is attached under the type of a multipart is a file.
 */
function isHollow(leaf: Leaf, cut: boolean): boolean {
  if (!leaf.unsplit || leaf.declared === 'multipart/alternative' || isAttached(leaf)) return false
  return cut || !isBlank(leaf.store)
}

function isBlank(store: Store): boolean {
  for (const chunk of store.chunks()) if (chunk.some(byte => byte > 0x20)) return false
  return true
}

const isLineEnd = (byte: number): boolean => byte === 0x0d || byte === 0x0a

/** RFC 2046 §5.1.5: a part of a digest whose type is not declared is a mail. */
function factsOf(fields: Fields, type: Structured, isInDigest: boolean) {
  const disposition = structuredField(fields, 'content-disposition')
  const declared = MEDIA_TYPE.test(type.value) ? type.value : undefined
  const digest = isInDigest && type.value === ''
  return {
    declared: digest ? 'message/rfc822' : declared,
    parameter: type.parameter,
    disposition: disposition.value === '' ? undefined : disposition.value,
    name: nameIn(fields, declared),
    // No id is longer than a line (RFC 5322 §2.1.1); the expression takes the square of its length.
    contentId: first(fields, 'content-id')
      ?.slice(0, 998)
      .replace(/^[\s<]+|[\s>]+$/g, ''),
    location: first(fields, 'content-location')?.replace(/^"|"$/g, ''),
  }
}
