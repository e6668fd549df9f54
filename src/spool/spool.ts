/**
 * The spool: one private folder per mail, bounded, free of orphans. Small things are done in place, because a local disk takes less time for them
 * than another thread takes to be asked; what takes time, the octets of a large mail, goes beside the loop. Disks are slow at making and forgetting
 * files, so folders and small files serve again, and a mark is a second name.
 */
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Berth, Spool } from '../gateway/ports.ts'
import { LONGEST_HEADER } from '../mail/header.ts'
import { codeOf, full, translated, unlessAbsent } from './disk.ts'
import { PARTIAL, RawSink, SMALL_RAW } from './raw-sink.ts'

/**
 * `maxBytes`: octets of all berths together, raw mails and the files parsed out of them. `boot` names the machine's last start; where it has no name, no raw
 * mail outlives the process.
 */
export type SpoolOptions = {
  readonly folder: string
  readonly maxBytes: number
  readonly boot: string | undefined
}

/** What a mail takes in its own sizes, at most: the raw mail, its parts (decoded they are never larger), and the files inside a winmail.dat. */
const COPIES = 3

const RAW = 'raw.eml'
/** Begins the names of marks, one for each parse that was begun and has not ended. */
const PARSE = 'parse-'
/** Begins the names of folders that wait for the next mails, with empty files in them at most; no id is named so. */
const FREE = '.free-'
const MOST_FREE = 32

/** The machine's start by which the raw mails were written. */
const BOOT = '.boot'

/** Names of files that serve again: the parser numbers what it takes out of a mail, and few mails have more. */
const NUMBERED = /^[1-9]$/

/**
 * Octets of a file that serves again. Such a one is written and read in one go; somebody who is late with a larger one goes on in a file without a name,
 * and not in the next mail's.
 */
const SMALL = 128 * 1024

/** Folders are 0700, files 0600, names ours: an id that is no plain word is hashed. */
export class FolderSpool implements Spool, Disposable {
  readonly #folder: string
  readonly #maxBytes: number
  readonly #boot: string
  /** Octets that each berth may take, by folder. */
  readonly #taken = new Map<string, number>()
  readonly #free: string[] = []
  /** Nobody else's, should there be somebody. */
  readonly #token = randomBytes(6).toString('hex')
  #freed = 0
  #isDated = false

  constructor({ folder, maxBytes, boot = '' }: SpoolOptions) {
    this.#folder = folder
    this.#maxBytes = maxBytes
    this.#boot = boot
  }

  async berth(id: string, expected: number): Promise<Berth & { readonly whole: boolean; readonly parses: number }> {
    const folder = join(this.#folder, nameOf(id))
    const raw = join(folder, RAW)
    return translated(async () => {
      const names = unlessAbsent(() => readdirSync(folder)) ?? this.#make(folder)
      const parses = names.filter(name => name.startsWith(PARSE))
      for (const name of names) if (name !== RAW && !parses.includes(name)) remove(join(folder, name))
      const size = names.includes(RAW) ? statSync(raw).size : undefined
      this.#take(folder, size ?? expected)
      return { folder, raw, whole: size !== undefined, parses: parses.length }
    })
  }

  async parsing({ folder, raw }: Berth): Promise<AsyncDisposable> {
    const mark = await translated(async () => marked(folder, raw))
    // Left behind it would count one too many, which is no reason to lose what the parse has found.
    return { [Symbol.asyncDispose]: () => translated(async () => remove(mark)).catch(() => undefined) }
  }

  open(berth: Berth): NodeJS.WritableStream {
    return new RawSink(berth, size => this.#take(berth.folder, size))
  }

  async head({ raw }: Berth): Promise<Buffer> {
    return translated(async () => {
      const file = openSync(raw, 'r')
      try {
        const head = Buffer.alloc(LONGEST_HEADER)
        return head.subarray(0, readSync(file, head, 0, head.length, 0))
      } finally {
        closeSync(file)
      }
    })
  }

  async clear(id: string): Promise<void> {
    const folder = join(this.#folder, nameOf(id))
    await translated(async () => {
      const names = unlessAbsent(() => readdirSync(folder))
      if (names === undefined) return
      if (this.#free.length < MOST_FREE) this.#giveBack(folder, names)
      else rmSync(folder, { recursive: true, force: true })
    })
    this.#taken.delete(folder)
  }

  async sweep(keep: ReadonlySet<string>): Promise<number> {
    const kept = new Set(Array.from(keep, nameOf))
    return translated(async () => {
      const names = unlessAbsent(() => readdirSync(this.#folder))
      if (names === undefined) return 0
      const berths = names.filter(name => kept.has(name))
      if (!this.#isOfThisBoot()) for (const name of berths) remove(join(this.#folder, name, RAW))
      if (berths.length > 0) this.#date()
      const strange = names.filter(name => !kept.has(name) && name !== BOOT)
      for (const name of strange) rmSync(join(this.#folder, name), { recursive: true, force: true })
      for (const name of strange) this.#taken.delete(join(this.#folder, name))
      for (const name of berths) this.#recount(join(this.#folder, name))
      this.#free.length = 0
      return strange.filter(name => !name.startsWith(FREE)).length
    })
  }

  /** Leaves nothing that holds no mail. */
  [Symbol.dispose](): void {
    for (const folder of this.#free.splice(0)) rmSync(folder, { recursive: true, force: true })
    try {
      if (readdirSync(this.#folder).every(name => name === BOOT)) unlinkSync(join(this.#folder, BOOT))
    } catch {
      // What cannot be read or removed has been told of, or harms nobody.
    }
  }

  #date(): void {
    writeFileSync(join(this.#folder, BOOT), this.#boot, { mode: 0o600 })
    this.#isDated = true
  }

  #isOfThisBoot(): boolean {
    const written = unlessAbsent(() => readFileSync(join(this.#folder, BOOT), 'utf8'))
    return this.#boot !== '' && written === this.#boot
  }

  /** Resolves with what lies in it. */
  #make(folder: string): readonly string[] {
    const free = this.#free.pop()
    const serves = free !== undefined && isMoved(free, folder)
    if (!serves) mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!this.#isDated) this.#date()
    // The umask may have taken from it.
    chmodSync(folder, 0o700)
    return []
  }

  #giveBack(folder: string, names: readonly string[]): void {
    const free = join(this.#folder, `${FREE}${this.#token}-${++this.#freed}`)
    // First, so that a mail of which half is gone is never found under its name.
    if (!isMoved(folder, free)) return
    try {
      for (const name of names) leaveEmpty(free, name)
      this.#free.push(free)
    } catch {
      rmSync(free, { recursive: true, force: true })
    }
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

/** A second name of the raw mail, where the disk can have one: that makes no file. */
function marked(folder: string, raw: string): string {
  for (let n = 1; ; n += 1) {
    const mark = join(folder, `${PARSE}${n}`)
    try {
      linkSync(raw, mark)
      return mark
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue
      writeFileSync(mark, '', { mode: 0o600 })
      return mark
    }
  }
}

/** False when it is not there: somebody may have emptied the spool. */
function isMoved(from: string, to: string): boolean {
  const moved = unlessAbsent(() => {
    renameSync(from, to)
    return true
  })
  return moved ?? false
}

/** Leaves an empty file for the next mail where that will have one of the name, else nothing. */
function leaveEmpty(folder: string, name: string): void {
  const path = join(folder, name)
  // What was written beside and never finished may have somebody who still writes.
  const serves = name === RAW || NUMBERED.test(name)
  if (!serves || (sizeOf(path) ?? 0) > (name === RAW ? SMALL_RAW : SMALL)) {
    remove(path)
    return
  }
  truncateSync(path)
  if (name === RAW) renameSync(path, join(folder, PARTIAL))
}

/** A file mostly; a folder is of files that were signed (mime/). */
function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    rmSync(path, { recursive: true, force: true })
  }
}

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size
