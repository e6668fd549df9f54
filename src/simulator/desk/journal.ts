/** What was asked of the desk and what it did, in the order of arrival: the truth that tests compare a ledger with. */
import { EventEmitter } from 'node:events'

/** A document in a row of the journal. */
export type Noted = { readonly id: string; readonly name: string; readonly size: number; readonly sha256: string }

export type JournalRow = {
  /** Counts from 1. */
  readonly row: number
  /** When the request's head had come; ISO 8601. */
  readonly at: string
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: string
  /** `POST /requests/:rfc/documents`; undefined where the desk has no such route. */
  readonly route: string | undefined
  /** What was answered; undefined as long as nothing was, and for good when the connection broke first. */
  readonly status: number | undefined
  /** Upper case. */
  readonly ticket: string | undefined
  /** What this request put on the ticket. */
  readonly documents: readonly Noted[]
  /** What came whole but was not put on the ticket. */
  readonly unstored: readonly Omit<Noted, 'id'>[]
  readonly description: string | undefined
  readonly encoding: 'multipart' | 'json' | undefined
  readonly storedAt: string | undefined
  readonly answeredAt: string | undefined
  /** A fault struck it. */
  readonly fault: boolean
}

/** Changes one row of the journal. */
export type Note = (change: Partial<JournalRow>) => void

const LIMIT = 100_000

export class Journal {
  /** Dropped from the front, so that row n is at n - 1 - dropped. */
  #dropped = 0
  #rows: JournalRow[] = []
  readonly #changes = new EventEmitter<{ change: [JournalRow] }>().setMaxListeners(0)

  /** Opens a row; the newest 100,000 are remembered. */
  open(row: Omit<JournalRow, 'row'>): Note {
    const number = this.#dropped + this.#rows.length + 1
    const opened = { row: number, ...row }
    this.#rows.push(opened)
    if (this.#rows.length > LIMIT * 1.1) this.#dropped += this.#rows.splice(0, this.#rows.length - LIMIT).length
    this.#changes.emit('change', opened)
    return change => this.#change(number, change)
  }

  /** Oldest first. `since`: rows after that row number, or rows that arrived at that time or later. */
  rows(since?: number | Date): readonly JournalRow[] {
    if (since === undefined) return [...this.#rows]
    if (typeof since === 'number') return this.#rows.filter(({ row }) => row > since)
    return this.#rows.filter(({ at }) => at >= since.toISOString())
  }

  /** The first row, now or later, of which this is true. */
  until(is: (row: JournalRow) => boolean): Promise<JournalRow> {
    const { promise, resolve } = Promise.withResolvers<JournalRow>()
    const found = this.#rows.find(is)
    if (found !== undefined) return Promise.resolve(found)
    const look = (row: JournalRow) => {
      if (!is(row)) return
      this.#changes.off('change', look)
      resolve(row)
    }
    this.#changes.on('change', look)
    return promise
  }

  #change(number: number, change: Partial<JournalRow>): void {
    const place = number - 1 - this.#dropped
    const row = this.#rows[place]
    if (row === undefined) return
    const changed = { ...row, ...change }
    this.#rows[place] = changed
    this.#changes.emit('change', changed)
  }
}

/** A row as JSON: what is absent is null, so that every row has every field. */
export const asJson = (value: unknown): string =>
  JSON.stringify(value, (_key, field: unknown) => (field === undefined ? null : field))
