/**
 * The spool: one private folder per mail, bounded, free of orphans. Names and sizes are asked for and changed in place, because that takes a
 * local disk less time than another thread takes to be asked; what takes time, the octets of a mail, goes beside the loop.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Berth, Spool } from '../gateway/ports.ts'
import { Fault } from '../mail/fault.ts'

/** `maxBytes`: octets of all berths together, raw mails and the files parsed out of them. */
export type SpoolOptions = { readonly folder: string; readonly maxBytes: number }

/** What a mail takes in its own sizes, at most: the raw mail, its parts (decoded they are never larger), and the files inside a winmail.dat. */
const COPIES = 3

const RAW = 'raw.eml'
const PARTIAL = 'raw.part'
/** One octet for each parse that was begun and has not ended. */
const PARSES = 'parses'

/** Folders are 0700, files 0600, names ours: an id that is no plain word is hashed. */
export class FolderSpool implements Spool {
  readonly #folder: string
  readonly #maxBytes: number
  /** Octets that each berth may take, by folder. */
  readonly #taken = new Map<string, number>()

  constructor({ folder, maxBytes }: SpoolOptions) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  async berth(id: string, expected: number): Promise<Berth & { readonly whole: boolean; readonly parses: number }> {
    const folder = join(this.#folder, nameOf(id))
    const raw = join(folder, RAW)
    return translated(async () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      // mkdir leaves the mode of a folder that is already there.
      chmodSync(folder, 0o700)
      const others = readdirSync(folder).filter(name => name !== RAW && name !== PARSES)
      for (const name of others) remove(join(folder, name))
      const size = sizeOf(raw)
      this.#take(folder, size ?? expected)
      const parses = sizeOf(join(folder, PARSES)) ?? 0
      return { folder, raw, whole: size !== undefined, parses }
    })
  }

  async parsing({ folder }: Berth): Promise<AsyncDisposable> {
    const file = join(folder, PARSES)
    await translated(async () => appendFileSync(file, '+', { mode: 0o600 }))
    // Left behind it would count one too many, which is no reason to lose what the parse has found.
    return { [Symbol.asyncDispose]: () => translated(async () => remove(file)).catch(() => undefined) }
  }

  open(berth: Berth): NodeJS.WritableStream {
    return new RawSink(berth, size => this.#take(berth.folder, size))
  }

  async clear(id: string): Promise<void> {
    const folder = join(this.#folder, nameOf(id))
    await translated(async () => remove(folder))
    this.#taken.delete(folder)
  }

  async sweep(keep: ReadonlySet<string>): Promise<number> {
    const kept = new Set(Array.from(keep, nameOf))
    return translated(async () => {
      const orphans = unlessAbsent(() => readdirSync(this.#folder))?.filter(name => !kept.has(name)) ?? []
      for (const name of orphans) remove(join(this.#folder, name))
      for (const name of orphans) this.#taken.delete(join(this.#folder, name))
      for (const name of kept) this.#recount(join(this.#folder, name))
      return orphans.length
    })
  }

  #take(folder: string, size: number): void {
    const others = this.#taken.entries().reduce((sum, [name, octets]) => sum + (name === folder ? 0 : octets), 0)
    if (others + COPIES * size > this.#maxBytes) throw full(undefined)
    this.#taken.set(folder, COPIES * size)
  }

  #recount(folder: string): void {
    const size = sizeOf(join(folder, RAW))
    if (size !== undefined) this.#taken.set(folder, COPIES * size)
  }
}

const nameOf = (id: string): string =>
  /^[A-Za-z0-9_-]{1,60}$/.test(id) ? id : `h${createHash('sha256').update(id).digest('hex').slice(0, 40)}`

/** Writes beside and renames when all was written, so that a raw mail is whole or not there. */
class RawSink extends Writable {
  readonly #berth: Berth
  readonly #grow: (size: number) => void
  #file: Awaited<ReturnType<typeof open>> | undefined
  #size = 0

  constructor(berth: Berth, grow: (size: number) => void) {
    super({ highWaterMark: 1024 * 1024 })
    this.#berth = berth
    this.#grow = grow
  }

  override _construct(callback: (error?: Error | null) => void): void {
    const opened = translated(() => open(join(this.#berth.folder, PARTIAL), 'w', 0o600))
    opened.then(file => {
      this.#file = file
      callback()
    }, callback)
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
    await this.#file?.close()
    remove(join(this.#berth.folder, PARTIAL))
  }

  async #append(chunk: Buffer): Promise<void> {
    this.#size += chunk.length
    this.#grow(this.#size)
    await translated(async () => this.#file?.writeFile(chunk))
  }

  async #finish(): Promise<void> {
    await translated(async () => {
      await this.#file?.close()
      this.#file = undefined
      renameSync(join(this.#berth.folder, PARTIAL), this.#berth.raw)
    })
  }
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true })

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size

function unlessAbsent<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** What an operator has to mend. Making a folder on a read-only disk is told as ENOENT. */
const TROUBLES: Readonly<Record<string, string>> = {
  EROFS: 'lies on a read-only disk: mount it writable, or set spool.folder',
  ENOENT: 'cannot be made: its disk is read-only or not there; mount it, or set spool.folder',
  EACCES: 'may not be written by this user: change the owner of spool.folder',
  EPERM: 'may not be written by this user: change the owner of spool.folder',
  EIO: 'cannot be read or written: the disk reports an error',
}

const full = (cause: unknown): Fault => new Fault('4.3.1', 'the spool is full', { scope: 'ledger', cause })

/** A full or read-only disk concerns everybody; other trouble of the disk is not the mail's fault either. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Fault) throw error
    const code = codeOf(error)
    if (code === 'ENOSPC' || code === 'EDQUOT') throw full(error)
    throw new Fault('4.3.1', `the spool ${TROUBLES[code] ?? `cannot be used (${code})`}`, {
      scope: 'ledger',
      cause: error,
    })
  }
}
