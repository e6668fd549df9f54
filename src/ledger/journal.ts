/**
 * The write-ahead log's way to the disk. SQLite itself would wait for it on the event loop (`synchronous = full`); here it only writes
 * (`normal`), and the fdatasync that makes a commit durable runs beside the loop, before anybody is answered.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'

export class Journal implements AsyncDisposable {
  readonly #file: string
  /** Empties the log into the ledger, synced; throws when it cannot. */
  readonly #checkpoint: () => void
  #handle: FileHandle | undefined
  /** What a failed sync left behind may be nowhere: the kernel calls those pages clean and will not write them again. */
  #doubtful = false

  constructor(ledger: string, checkpoint: () => void) {
    this.#file = `${ledger}-wal`
    this.#checkpoint = checkpoint
  }

  /** Resolves when all that was committed before the call is on the disk; one call at a time. Rejects with the system's error. */
  async sync(): Promise<void> {
    try {
      this.#handle ??= await this.#open()
      if (this.#doubtful) this.#checkpoint()
      await this.#handle.datasync()
      this.#doubtful = false
    } catch (error) {
      this.#doubtful = true
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle?.close()
    this.#handle = undefined
  }

  /** The log is there for as long as the connection is; a file is only as durable as its name. */
  async #open(): Promise<FileHandle> {
    await using folder = await open(dirname(this.#file), 'r')
    const handle = await open(this.#file, 'r+')
    await folder.sync()
    return handle
  }
}
