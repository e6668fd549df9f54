/** Encrypted 7z archives (7zFormat.txt of the LZMA SDK). */
import type { FileBytes } from './file-bytes.ts'
import { unpackLzma } from './lzma.ts'

/** Bytes of a header, packed and unpacked: some ten thousand files. */
const HEADER = 2 * 1024 * 1024

/** Headers that are packed in one another. 7-Zip packs once. */
const LAYERS = 4

const AES = '06f10701'
const LZMA = '030101'

/**
 * A coder of the header or of a file is AES: that of the header when the names of the files are
 * encrypted, too.
 */
export function isLockedSevenZip(file: FileBytes): boolean {
  const start = file.read(0, 32)
  const at = 32 + Number(start.readBigUInt64LE(12))
  let header = file.read(at, sane(Number(start.readBigUInt64LE(20))))
  for (let layer = 0; layer < LAYERS; layer++) {
    const kind = header[0]
    const { coders, packedAt, packed, unpacked } = streamsOf(header)
    if (coders.some(({ id }) => id === AES)) return true
    const [coder] = coders
    if (kind !== PACKED_HEADER || coder?.id !== LZMA || coders.length > 1) return false
    header = unpackLzma(file.read(32 + packedAt, sane(packed)), coder.properties, sane(unpacked))
  }
  return false
}

function sane(length: number): number {
  if (!(length <= HEADER)) throw new RangeError('the header of the archive is too large')
  return length
}

const HEADER_ID = 0x01
const ARCHIVE_PROPERTIES = 0x02
const MAIN_STREAMS = 0x04
const PACK_INFO = 0x06
const UNPACK_INFO = 0x07
const SIZE = 0x09
const DIGEST = 0x0a
const FOLDER = 0x0b
const UNPACK_SIZE = 0x0c
const PACKED_HEADER = 0x17

type Coder = { readonly id: string; readonly properties: Buffer }

/**
 * `packedAt`: after the 32 bytes of the signature header. `packed`, `unpacked`: bytes of the first
 * stream.
 */
type Streams = {
  readonly coders: readonly Coder[]
  readonly packedAt: number
  readonly packed: number
  readonly unpacked: number
}

/** The streams that a header describes, as far as its folders. Throws on what is no header. */
function streamsOf(header: Buffer): Streams {
  const fields = new Fields(header)
  const kind = fields.byte()
  if (kind === HEADER_ID) {
    let next = fields.byte()
    if (next === ARCHIVE_PROPERTIES) {
      while (fields.byte() !== 0) fields.skip(fields.number())
      next = fields.byte()
    }
    if (next !== MAIN_STREAMS) return NONE
  } else if (kind !== PACKED_HEADER) return NONE
  const pack = fields.byte() === PACK_INFO ? packInfo(fields) : undefined
  if (pack === undefined || fields.byte() !== UNPACK_INFO || fields.byte() !== FOLDER) return NONE
  const folders = fields.number()
  // Where its folders stand elsewhere, they cannot be read.
  if (fields.byte() !== 0) return NONE
  const coders: Coder[] = []
  for (let folder = 0; folder < folders; folder++) coders.push(...codersOf(fields))
  const unpacked = fields.byte() === UNPACK_SIZE ? fields.number() : 0
  return { coders, packedAt: pack.at, packed: pack.size, unpacked }
}

const NONE: Streams = { coders: [], packedAt: 0, packed: 0, unpacked: 0 }

function packInfo(fields: Fields): { readonly at: number; readonly size: number } {
  const [at, streams] = [fields.number(), fields.number()]
  let size = 0
  for (let id = fields.byte(); id !== 0; id = fields.byte()) {
    if (id === SIZE) size = fields.numbers(streams)[0] ?? 0
    else if (id === DIGEST) fields.digests(streams)
    else throw new RangeError('unknown field of a header')
  }
  return { at, size }
}

function codersOf(fields: Fields): readonly Coder[] {
  const coders: Coder[] = []
  let [inputs, outputs] = [0, 0]
  const count = fields.number()
  for (let coder = 0; coder < count; coder++) {
    const flags = fields.byte()
    const id = fields.take(flags & 0x0f).toString('hex')
    const isComplex = (flags & 0x10) !== 0
    inputs += isComplex ? fields.number() : 1
    outputs += isComplex ? fields.number() : 1
    const properties = (flags & 0x20) === 0 ? Buffer.alloc(0) : fields.take(fields.number())
    coders.push({ id, properties })
  }
  const bound = Math.max(0, outputs - 1)
  fields.numbers(2 * bound)
  const streams = inputs - bound
  if (streams > 1) fields.numbers(streams)
  return coders
}

/**
 * Every read past the end throws, so that no count in a header makes a loop longer than the header.
 */
class Fields {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++)
  }

  take(length: number): Buffer {
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.skip(length)
    return bytes
  }

  skip(length: number): void {
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError('the header of the archive is cut short')
  }

  /** The high bits of the first byte say how many bytes follow; they are the low ones. */
  number(): number {
    const first = this.byte()
    let value = 0
    for (let following = 0; following < 8; following++) {
      const mask = 0x80 >> following
      if ((first & mask) === 0) return value + (first & (mask - 1)) * 256 ** following
      value += this.byte() * 256 ** following
    }
    return value
  }

  numbers(count: number): readonly number[] {
    const numbers: number[] = []
    while (numbers.length < count) numbers.push(this.number())
    return numbers
  }

  digests(streams: number): void {
    let defined = streams
    if (this.byte() === 0) {
      const bits = this.take(Math.ceil(streams / 8))
      defined = [...bits].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
    }
    this.skip(4 * defined)
  }
}
