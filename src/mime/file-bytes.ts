/** A file that is read by position, a little at a time. */
import { readSync } from 'node:fs'

/** Reads never go beyond the end of the file, nor beyond a budget for all reads together. */
export class FileBytes {
  readonly #file: number
  readonly size: number
  #budget: number

  /** `file`: an open file descriptor of a file of `size` bytes. `budget` in bytes. */
  constructor(file: number, size: number, budget: number) {
    this.#file = file
    this.size = size
    this.#budget = budget
  }

  /**
   * At most `length` bytes from `at` on; fewer at the end of the file. Throws when the budget is
   * spent.
   */
  read(at: number, length: number): Buffer {
    const start = Math.min(Math.max(0, at), this.size)
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.size - start)))
    this.#budget -= bytes.length
    if (this.#budget < 0) throw new RangeError('too much of the file would have to be read')
    let read = 0
    for (let more = -1; more !== 0 && read < bytes.length; read += more)
      more = readSync(this.#file, bytes, read, bytes.length - read, start + read)
    return bytes.subarray(0, read)
  }

  /** The last `length` bytes. */
  tail(length: number): Buffer {
    return this.read(this.size - length, length)
  }
}
