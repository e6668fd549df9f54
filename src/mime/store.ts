/** Keeps one leaf's decoded octets: in memory while they are few, in a 0600 file beyond that; hashed and counted on the way. */
import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs'

/** Octets held back before a file is begun, and octets of the beginning that are kept for a look. */
const IN_MEMORY = 256 * 1024
export const HEAD = 256 * 1024

/** Octets of one write to a file that need not wait for others. */
const WORTH_WRITING = 16 * 1024

/** Synchronous on purpose: it runs alone in a child process, and so no chunk waits in memory for another. */
export class Store {
  readonly path: string
  readonly #hash = createHash('sha256')
  #waiting: Buffer[] = []
  #held = 0
  #file: number | undefined
  size = 0

  constructor(path: string) {
    this.path = path
  }

  /** Octets whose owner may use their place again. */
  write(octets: Buffer): void {
    this.#put(octets, true)
  }

  /** Octets that nobody will change. */
  take(octets: Buffer): void {
    // A small piece would keep the whole chunk that it was cut from.
    this.#put(octets, octets.length < octets.buffer.byteLength / 2)
  }

  #put(octets: Buffer, copied: boolean): void {
    if (octets.length === 0) return
    this.size += octets.length
    this.#hash.update(octets)
    if (this.#file !== undefined && octets.length >= WORTH_WRITING) {
      this.#spill()
      this.#append(octets)
      return
    }
    this.#waiting.push(copied ? Buffer.from(octets) : octets)
    this.#held += octets.length
    if (this.#held >= IN_MEMORY) this.#spill()
  }

  /** Hex SHA-256 of all that was written; may be asked once. */
  digest(): string {
    return this.#hash.digest('hex')
  }

  /** The first octets, at most `limit`. */
  start(limit: number): Buffer {
    const length = Math.min(limit, this.size)
    if (this.#file === undefined) return this.#joined().subarray(0, length)
    this.#spill()
    const octets = Buffer.alloc(length)
    let read = 0
    while (read < length) {
      const more = readSync(this.#file, octets, read, length - read, read)
      if (more === 0) break
      read += more
    }
    return octets.subarray(0, read)
  }

  /** All bytes, in pieces; each piece is good until the next one is asked for. */
  *chunks(): Generator<Buffer> {
    if (this.#file === undefined) {
      yield this.#joined()
      return
    }
    this.#spill()
    const piece = Buffer.allocUnsafe(IN_MEMORY)
    for (let at = 0; at < this.size; ) {
      const read = readSync(this.#file, piece, 0, piece.length, at)
      if (read === 0) return
      at += read
      yield piece.subarray(0, read)
    }
  }

  /** Leaves the octets in a file and tells where. */
  keep(): string {
    this.#spill()
    this.#close()
    return this.path
  }

  /** Leaves nothing. */
  drop(): void {
    this.#waiting = []
    if (this.#file === undefined) return
    this.#close()
    rmSync(this.path, { force: true })
  }

  #spill(): void {
    this.#append(this.#joined())
    this.#waiting = []
    this.#held = 0
  }

  /** What waits, in one piece, which takes its place. */
  #joined(): Buffer {
    const [first = EMPTY, ...more] = this.#waiting
    const all = more.length === 0 ? first : Buffer.concat(this.#waiting)
    this.#waiting = [all]
    return all
  }

  #append(octets: Buffer): void {
    this.#file ??= openAnew(this.path)
    for (let at = 0; at < octets.length; ) at += writeSync(this.#file, octets, at)
  }

  #close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }
}

const EMPTY = Buffer.alloc(0)

/** An empty file may lie there, left by the mail before, and is not cut again: ext4 then writes to the disk, at once, what is soon over. */
function openAnew(path: string): number {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  if (fstatSync(file).size > 0) ftruncateSync(file)
  return file
}
