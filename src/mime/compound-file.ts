/**
 * Compound files (MS-CFB), in which old Office files and encrypted new ones are kept: the streams
 * at their root.
 */
import type { FileBytes } from './file-bytes.ts'

/**
 * Sectors of the directory that are read, at most: a thousand entries of files with sectors of 512
 * bytes.
 */
const DIRECTORY_SECTORS = 256

const NOTHING = 0xffffffff
const FREE = 0xfffffffa

export type RootStream = {
  readonly name: string
  /** At least 64 of the stream's first bytes, where it has so many. */
  readonly start: () => Buffer
}

/**
 * The streams and storages at the root, without those inside of embedded objects. Throws where the
 * file is not a compound file.
 */
export function rootStreams(file: FileBytes): readonly RootStream[] {
  const sectors = new Sectors(file)
  const directory = sectors.chain(sectors.header.readUInt32LE(0x30), DIRECTORY_SECTORS)
  const root = entryAt(directory, 0)
  const streams: RootStream[] = []
  const seen = new Set<number>()
  const waiting = [root.child]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (seen.has(id) || (id + 1) * 128 > directory.length) continue
    seen.add(id)
    const entry = entryAt(directory, id)
    waiting.push(entry.left, entry.right)
    streams.push({ name: entry.name, start: () => sectors.start(entry, root.sector) })
  }
  return streams
}

type Entry = {
  readonly name: string
  readonly left: number
  readonly right: number
  readonly child: number
  readonly sector: number
  readonly size: number
}

/** MS-CFB §2.6.1. */
function entryAt(directory: Buffer, id: number): Entry {
  const entry = directory.subarray(id * 128, (id + 1) * 128)
  return {
    name: entry.toString('utf16le', 0, Math.max(0, Math.min(64, entry.readUInt16LE(64)) - 2)),
    left: entry.readUInt32LE(68),
    right: entry.readUInt32LE(72),
    child: entry.readUInt32LE(76),
    sector: entry.readUInt32LE(116),
    size: entry.readUInt32LE(120),
  }
}

class Sectors {
  readonly header: Buffer
  readonly #file: FileBytes
  readonly #size: number

  constructor(file: FileBytes) {
    this.#file = file
    this.header = file.read(0, 512)
    const shift = this.header.readUInt16LE(0x1e)
    if (shift !== 9 && shift !== 12) throw new RangeError('no sectors of a compound file')
    this.#size = 2 ** shift
  }

  /** The bytes of a chain of sectors, at most `limit` of them. */
  chain(first: number, limit: number): Buffer {
    const pieces: Buffer[] = []
    for (let sector = first; sector < FREE && pieces.length < limit; sector = this.#next(sector))
      pieces.push(this.#sector(sector, this.#size))
    return Buffer.concat(pieces)
  }

  /** `mini`: where the stream of small streams begins. */
  start({ sector, size }: Entry, mini: number): Buffer {
    if (size >= this.header.readUInt32LE(0x38)) return this.#sector(sector, Math.min(size, this.#size))
    // Small streams are kept in mini sectors of 64 bytes, in a stream of their own (§2.4).
    const perSector = this.#size / 64
    let holder = mini
    for (let left = Math.floor(sector / perSector); left > 0 && holder < FREE; left--) holder = this.#next(holder)
    if (holder >= FREE) return Buffer.alloc(0)
    const at = (sector % perSector) * 64
    return this.#sector(holder, this.#size).subarray(at, at + Math.min(size, 64))
  }

  #sector(sector: number, length: number): Buffer {
    return this.#file.read((sector + 1) * this.#size, length)
  }

  /**
   * The next sector of a chain, by the allocation table; its sectors are listed in the header
   * (§2.5).
   */
  #next(sector: number): number {
    const perSector = this.#size / 4
    const table = Math.floor(sector / perSector)
    // The header lists 109 sectors of the table. The rest of the list is elsewhere and is not read:
    // files of more than 7 MB have their directory early.
    const holder = table < 109 ? this.header.readUInt32LE(0x4c + 4 * table) : NOTHING
    if (holder >= FREE) return NOTHING
    const entry = this.#file.read((holder + 1) * this.#size + 4 * (sector % perSector), 4)
    return entry.length < 4 ? NOTHING : entry.readUInt32LE(0)
  }
}
