/** Where documents' octets lie: hashed as they come, small ones in memory, large ones in files of our own naming. */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Octets that came whole. */
export type Kept = {
  readonly size: number
  /** Hex. */
  readonly sha256: string
  /** The first octets, at most 16: enough to tell an image. */
  readonly head: Buffer
  /** Reads them from the beginning; may be called often. */
  open(): AsyncIterable<Buffer>
  /** Gives the space back. */
  remove(): Promise<void>
}

/** Octets that are coming. */
export type Deposit = {
  write(chunk: Buffer): Promise<void>
  /** No more will come. */
  finish(): Promise<Kept>
  /** Throws away what came; does nothing after `finish`. */
  drop(): Promise<void>
}

export type VaultOptions = {
  /** A folder for all documents, which stay there after close. Without it large ones go to a temporary folder. */
  readonly keep?: string | undefined
  /** Octets in memory, all documents together. */
  readonly budget?: number
}

type OpenFile = { readonly path: string; readonly handle: FileHandle }

const LARGE = 1_048_576

export class Vault {
  readonly #keep: string | undefined
  #left: number
  #folder: Promise<string> | undefined

  constructor(options: VaultOptions = {}) {
    this.#keep = options.keep
    this.#left = options.budget ?? 64 * LARGE
  }

  /** Opens a place for one document's octets; nothing is created before octets need a file. */
  deposit(): Deposit {
    const hash = createHash('sha256')
    const pieces: Buffer[] = []
    let size = 0
    let over = false
    let file: OpenFile | undefined
    const spill = async () => {
      file = await this.#file()
      for (const piece of pieces.splice(0)) await file.handle.appendFile(piece)
      this.#left += size
    }
    return {
      write: async chunk => {
        hash.update(chunk)
        if (file === undefined) {
          pieces.push(chunk)
          if (this.#fits(size + chunk.length, chunk.length)) this.#left -= chunk.length
          else await spill()
        } else await file.handle.appendFile(chunk)
        size += chunk.length
      },
      finish: async () => {
        over = true
        if (file === undefined && this.#keep !== undefined) await spill()
        await file?.handle.close()
        const sha256 = hash.digest('hex')
        if (file !== undefined) return { size, sha256, ...(await onDisk(file.path)) }
        return { size, sha256, ...this.#inMemory(Buffer.concat(pieces)) }
      },
      drop: async () => {
        if (over) return
        over = true
        if (file === undefined) this.#left += size
        await file?.handle.close()
        if (file !== undefined) await rm(file.path, { force: true })
      },
    }
  }

  /** Removes the temporary folder; what lies in a folder to keep stays. */
  async close(): Promise<void> {
    if (this.#keep === undefined && this.#folder !== undefined)
      await rm(await this.#folder, { recursive: true, force: true })
  }

  #fits(size: number, more: number): boolean {
    return this.#keep === undefined && size <= LARGE && more <= this.#left
  }

  #inMemory(octets: Buffer): Pick<Kept, 'head' | 'open' | 'remove'> {
    return {
      head: octets.subarray(0, 16),
      open: async function* () {
        if (octets.length > 0) yield octets
      },
      remove: async () => {
        this.#left += octets.length
      },
    }
  }

  async #file(): Promise<OpenFile> {
    this.#folder ??= this.#keep === undefined ? mkdtemp(join(tmpdir(), 'desk-simulator-')) : made(this.#keep)
    const path = join(await this.#folder, randomUUID())
    return { path, handle: await open(path, 'wx', 0o600) }
  }
}

const made = async (folder: string): Promise<string> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

async function onDisk(path: string): Promise<Pick<Kept, 'head' | 'open' | 'remove'>> {
  await using handle = await open(path)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0)
  return {
    head: buffer.subarray(0, bytesRead),
    open: () => createReadStream(path, { highWaterMark: 262_144 }),
    remove: () => rm(path, { force: true }),
  }
}
