/** Where the octets of a raw mail go while they come. */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Berth } from '../gateway/ports.ts'
import { translated, unlessAbsent } from './disk.ts'

export const PARTIAL = 'raw.part'

/** Octets of a mail that is written in one go, as the parser reads it. */
export const SMALL_RAW = 256 * 1024

/** Writes beside and renames when all was written, so that a raw mail is whole or not there. */
export class RawSink extends Writable {
  readonly #berth: Berth
  readonly #partial: string
  readonly #grow: (size: number) => void
  /** What has come while it is small. */
  #held: Buffer[] = []
  #file: Awaited<ReturnType<typeof open>> | undefined
  #flushing: Promise<void> | undefined
  #size = 0

  constructor(berth: Berth, grow: (size: number) => void) {
    super({ highWaterMark: 1024 * 1024 })
    this.#berth = berth
    this.#partial = join(berth.folder, PARTIAL)
    this.#grow = grow
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#append(chunk).then(() => callback(), callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#finish().then(() => callback(), callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#discard().then(
      () => callback(error),
      () => callback(error),
    )
  }

  /** What came so far is of no use, and a disk that is full needs the room; after a good end there is nothing left to remove. */
  async #discard(): Promise<void> {
    await this.#flushing?.catch(() => undefined)
    await this.#file?.close()
    unlessAbsent(() => unlinkSync(this.#partial))
  }

  async #append(chunk: Buffer): Promise<void> {
    this.#size += chunk.length
    this.#grow(this.#size)
    this.#held.push(chunk)
    if (this.#size <= SMALL_RAW) return
    this.#flushing = this.#flush()
    await this.#flushing
  }

  async #flush(): Promise<void> {
    const octets = this.#held
    this.#held = []
    await translated(async () => {
      this.#file ??= await open(this.#partial, 'w', 0o600)
      for (const chunk of octets) await this.#file.writeFile(chunk)
    })
  }

  async #finish(): Promise<void> {
    await translated(async () => {
      if (this.#file === undefined) writeAnew(this.#partial, joined(this.#held))
      await this.#file?.close()
      this.#file = undefined
      renameSync(this.#partial, this.#berth.raw)
    })
  }
}

/** Mostly there is one, which need not be copied. */
const joined = (chunks: readonly Buffer[]): Buffer =>
  chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)

/** An empty file may lie there, left by the mail before, and is not cut again: ext4 then writes to the disk, at once, what is soon over. */
function writeAnew(path: string, octets: Buffer): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600)
  try {
    if (fstatSync(file).size > 0) ftruncateSync(file)
    writeFileSync(file, octets)
  } finally {
    closeSync(file)
  }
}
