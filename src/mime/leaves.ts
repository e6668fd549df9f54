/** Walks a mail once, by mailsplit's splitter, and hands over every leaf as it ends: header facts, place in the tree, octets in a store. */
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Transform, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type MimeNode, Splitter } from '@zone-eu/mailsplit'
import { Fault } from '../mail/fault.ts'
import { contentIn, type Fields, fieldsOf, first, structured } from './fields.ts'
import { Store } from './store.ts'
import { encodingOf, type Transfer, transferOf } from './transfer.ts'

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
  readonly store: Store
}

/** `header`: the fields of the mail itself. */
export type Whole = { readonly size: number; readonly sha256: string; readonly header: Fields }

const PARTS = 1000
const DEPTH = 100
const HEADER = 1024 * 1024

/**
 * Calls `done` for each leaf, in order; the next one is not begun before it resolves. message/rfc822 is a leaf and not looked into. Memory
 * does not grow with the mail. Fault 5.6.0 over 1,000 parts, 100 levels or a part header of 1 MiB.
 * @returns octets, hash (hex) and header of the whole mail
 */
export async function walk(raw: string, folder: string, done: (leaf: Leaf) => Promise<void>): Promise<Whole> {
  const lineEnds = new LineEnds()
  const splitter = new PatientSplitter({ ignoreEmbedded: true, maxHeadSize: HEADER, maxChildNodes: PARTS })
  const collector = new Collector(folder, lineEnds, done)
  try {
    await pipeline(octetsOf(raw), lineEnds, splitter, async source => {
      for await (const chunk of source) await collector.take(chunk)
      await collector.end()
    })
    return { ...lineEnds.whole(), header: collector.header }
  } catch (error) {
    if (isOverLimit(error)) throw new Fault('5.6.0', 'the mail is over the limits of the parser', { cause: error })
    throw error
  }
}

/** Read at once up to here, which is most mails; beyond, in pieces of this size. */
const PIECE = 256 * 1024

const octetsOf = (raw: string): Readable =>
  statSync(raw).size > PIECE ? createReadStream(raw, { highWaterMark: PIECE }) : Readable.from([readFileSync(raw)])

const isOverLimit = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EMAXLEN'

/** Lets mailsplit, which knows LF only, read mail whose lines end in a bare CR; counts and hashes what comes in. */
class LineEnds extends Transform {
  bareCr: boolean | undefined
  readonly #hash = createHash('sha256')
  #size = 0

  whole(): Omit<Whole, 'header'> {
    return { size: this.#size, sha256: this.#hash.digest('hex') }
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#size += chunk.length
    this.#hash.update(chunk)
    this.bareCr ??= !chunk.includes(0x0a) && chunk.includes(0x0d)
    callback(undefined, this.bareCr ? Buffer.from(chunk.map(octet => (octet === 0x0d ? 0x0a : octet))) : chunk)
  }
}

/** What mailsplit does on a delimiter; its types leave it out, its tests do not. */
type Next = (error: Error | null, chunk?: Chunk | false, flush?: boolean) => void
type Internals = {
  newNode(parent?: MimeNode | false): void
  processLine(line: Buffer | false, final: boolean, next: Next): void
}
const internals = Splitter.prototype as unknown as Internals

/**
 * mailsplit forgets a part whose delimiter comes before the empty line that should end its header: a file of no octets, but a file. And it hands over
 * a delimiter that closes as one piece with what stands before it.
 */
class PatientSplitter extends Splitter {
  declare node: MimeNode | null
  declare hasEnded: boolean

  /**
   * To mailsplit nothing is a part any more once the multipart has ended, and so it may have; but one that ended too early (in a mail within it that has
   * the same boundary, for one) goes on with its next delimiter.
   */
  get inEpilogue(): boolean {
    return this.hasEnded && this.node !== null && sharesBoundary(this.node)
  }

  set inEpilogue(hasEnded: boolean) {
    this.hasEnded = hasEnded
  }

  processLine(line: Buffer | false, final: boolean, next: Next): void {
    const { node } = this
    internals.processLine.call(this, line, final, (error, chunk, flush) =>
      next(error, chunk, flush || (chunk && chunk.type === 'data' && chunk.node !== node)),
    )
  }

  newNode(parent?: MimeNode | false): void {
    const unfinished = this.node
    if (unfinished && unfinished._headerlen > 0 && unfinished.headers === false) {
      unfinished.parseHeaders()
      this.push(unfinished)
    }
    internals.newNode.call(this, parent)
  }
}

/** With a multipart around it, whose next delimiter that may be as well. */
function sharesBoundary({ _boundary: boundary, parentNode }: MimeNode): boolean {
  for (let at = parentNode; at; at = at.parentNode)
    if (at._boundary && boundary && at._boundary.equals(boundary)) return true
  return false
}

type Chunk = MimeNode | { readonly node: MimeNode; readonly type: 'body' | 'data' | 'none'; readonly value?: Buffer }
type Open = {
  readonly node: MimeNode
  readonly leaf: Leaf
  readonly transfer: Transfer
  /** A line end that may belong to a delimiter. */
  held: Buffer
}

class Collector {
  readonly #folder: string
  readonly #lineEnds: LineEnds
  readonly #done: (leaf: Leaf) => Promise<void>
  readonly #branches = new Map<object, { readonly branch: Branch; readonly part: string; readonly depth: number }>()
  #files = 0
  #open: Open | undefined
  header: Fields = new Map()

  constructor(folder: string, lineEnds: LineEnds, done: (leaf: Leaf) => Promise<void>) {
    this.#folder = folder
    this.#lineEnds = lineEnds
    this.#done = done
  }

  async take(chunk: Chunk): Promise<void> {
    if (chunk.type === 'node') {
      await this.end(chunk)
      this.#begin(chunk)
      return
    }
    if (chunk.node !== this.#open?.node) await this.end(chunk.node, chunk.value)
    if (chunk.value !== undefined && this.#open !== undefined) write(this.#open, chunk.value)
  }

  /** The leaf that was open is whole; `next` is the node that comes after it, behind `delimiter`. */
  async end(next?: MimeNode, delimiter?: Buffer): Promise<void> {
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return
    // The last line end is the delimiter's (RFC 2046 §5.1.1): where it does not come with it, and where the mail ends without the one that was due.
    const isContent = delimiter === undefined ? next !== undefined : isLineEnd(delimiter[0])
    if (isContent || open.leaf.parent === undefined) open.leaf.store.take(open.transfer.update(open.held))
    const forgotten = open.leaf.store.size === 0 ? contentIn(open.node.getHeaders()) : EMPTY
    open.leaf.store.take(open.transfer.update(forgotten))
    open.leaf.store.take(open.transfer.end())
    const name = open.leaf.name ?? open.transfer.name
    // The preamble of a multipart that has parts is nobody's (RFC 2046 §5.1.1).
    if (open.leaf.unsplit && next !== undefined && next.parentNode === open.node) open.leaf.store.drop()
    else await this.#done({ ...open.leaf, name, unparted: forgotten.length > 0 })
  }

  #begin(node: MimeNode): void {
    const place = this.#placeOf(node)
    const fields = fieldsOf(node.getHeaders())
    if (this.#files === 0) this.header = fields
    const facts = factsOf(fields, place.parent)
    const multipart = node.multipart !== false
    if (multipart) {
      const { parent, part, depth } = place
      if (depth > DEPTH) throw new Fault('5.6.0', `the mail is nested more than ${DEPTH} levels deep`)
      const subtype = String(node.multipart)
      const branch: Branch = { subtype, protocol: facts.parameter('protocol')?.toLowerCase(), parent, children: 0 }
      this.#branches.set(node, { branch, part, depth })
    }
    // What is attached under the type of a multipart is a file (a web archive), and encoded like one.
    const isEncoded = !multipart || facts.name !== undefined || facts.disposition === 'attachment'
    const encoding = isEncoded ? encodingOf(first(fields, 'content-transfer-encoding')) : 'identity'
    const leaf: Leaf = {
      ...facts,
      part: place.part === '' ? '1' : place.part,
      parent: place.parent,
      place: place.place,
      unsplit: multipart,
      unparted: false,
      store: new Store(join(this.#folder, String(++this.#files))),
    }
    this.#open = { node, leaf, transfer: transferOf(encoding, this.#lineEnds.bareCr === true), held: EMPTY }
  }

  #placeOf(node: MimeNode) {
    const above = node.parentNode === false ? undefined : this.#branches.get(node.parentNode)
    if (above === undefined) return { parent: undefined, part: '', place: 1, depth: 1 }
    const place = ++above.branch.children
    const part = above.part === '' ? String(place) : `${above.part}.${place}`
    return { parent: above.branch, part, place, depth: above.depth + 1 }
  }
}

const EMPTY = Buffer.alloc(0)

const isLineEnd = (octet: number | undefined): boolean => octet === 0x0d || octet === 0x0a

/** All but the last line end, which waits for what comes next. */
function write(open: Open, octets: Buffer): void {
  const { store } = open.leaf
  const all = open.held.length === 0 ? octets : Buffer.concat([open.held, octets])
  const end = all.at(-1) === 0x0a ? (all.at(-2) === 0x0d ? 2 : 1) : all.at(-1) === 0x0d ? 1 : 0
  store.take(open.transfer.update(all.subarray(0, all.length - end)))
  open.held = Buffer.from(all.subarray(all.length - end))
}

function factsOf(fields: Fields, parent: Branch | undefined) {
  const type = structured(first(fields, 'content-type') ?? '')
  const disposition = structured(first(fields, 'content-disposition') ?? '')
  const declared = TYPE.test(type.value) ? type.value : undefined
  // RFC 2046 §5.1.5: in a digest, what is undeclared is a mail.
  const digest = parent?.subtype === 'digest' && type.value === ''
  return {
    declared: digest ? 'message/rfc822' : declared,
    parameter: type.parameter,
    disposition: disposition.value === '' ? undefined : disposition.value,
    name: nameIn(disposition.parameter, type.parameter),
    contentId: first(fields, 'content-id')?.replace(/^[\s<]+|[\s>]+$/g, ''),
    location: first(fields, 'content-location')?.replace(/^"|"$/g, ''),
  }
}

const TYPE = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/

/** The last three are nobody's standard, and were written all the same. */
const nameIn = (disposition: Leaf['parameter'], type: Leaf['parameter']): string | undefined =>
  named(disposition('filename')) ??
  named(type('name')) ??
  named(disposition('name')) ??
  named(type('filename')) ??
  named(type('file'))

const named = (name: string | undefined): string | undefined =>
  name === undefined || name.trim() === '' ? undefined : name
