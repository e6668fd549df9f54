/** Keeps one leaf's decoded octets: in memory while they are few, in a 0600 file beyond that; hashed and counted on the way. */
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'

/** Octets held back before a file is begun, and octets of the beginning that are kept for a look. */
const IN_MEMORY = 256 * 1024
export const HEAD = 256 * 1024

/** Octets of one write to a file that need not wait for others. */
const WORTH_WRITING = 16 * 1024

/** Synchronous on purpose: it runs alone in a child process, and so no chunk waits in memory for another. */
export class Store {
  readonly #path: string
  readonly #hash = createHash('sha256')
  #waiting: Buffer[] = []
  #held = 0
  #file: number | undefined
  size = 0

  constructor(path: string) {
    this.#path = path
  }

  write(octets: Buffer): void {
    if (octets.length === 0) return
    this.size += octets.length
    this.#hash.update(octets)
    if (this.#file !== undefined && octets.length >= WORTH_WRITING) {
      this.#spill()
      this.#append(octets)
      return
    }
    // A copy: a view would keep the whole chunk it was cut from, and its owner may use it again.
    this.#waiting.push(Buffer.from(octets))
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
    if (this.#file === undefined) return Buffer.concat(this.#waiting).subarray(0, length)
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

  /** Leaves the octets in a file and tells where. */
  keep(): string {
    this.#spill()
    this.#close()
    return this.#path
  }

  /** Leaves nothing. */
  drop(): void {
    this.#waiting = []
    if (this.#file === undefined) return
    this.#close()
    rmSync(this.#path, { force: true })
  }

  #spill(): void {
    this.#append(Buffer.concat(this.#waiting))
    this.#waiting = []
    this.#held = 0
  }

  #append(octets: Buffer): void {
    this.#file ??= openSync(this.#path, 'w+', 0o600)
    for (let at = 0; at < octets.length; ) at += writeSync(this.#file, octets, at)
  }

  #close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }
}
