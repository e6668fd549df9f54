/** The tickets this desk knows, and the documents on them. */
import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Kept } from './vault.ts'

const given = z.strictObject({
  number: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$/),
  closed: z.boolean().optional(),
  /** Addresses. */
  requestor: z.string().optional(),
  recipient: z.string().optional(),
  title: z.string().optional(),
})

/** A ticket as it is given. */
export type TicketGiven = z.infer<typeof given>

export type StoredDocument = {
  /** `<account>_<64 hex>`, by chance: not a hash of the content. */
  readonly id: string
  readonly name: string
  readonly description: string | undefined
  readonly storedAt: Date
  readonly kept: Kept
}

/** An action of a ticket's workflow. */
export type Action = { readonly id: number; readonly text: string; readonly open: boolean }

export type Ticket = {
  /** Upper case. */
  readonly number: string
  readonly requestId: number
  readonly title: string
  readonly requestor: string
  readonly recipient: string
  readonly comment: string
  readonly description: string
  readonly externalReference: string
  readonly status: 'In progress' | 'On hold' | 'Closed'
  readonly submittedAt: Date
  readonly updatedAt: Date
  readonly endedAt: Date | undefined
  readonly actions: readonly Action[]
  readonly documents: readonly StoredDocument[]
}

/** Reads a tickets file: `any` is not for files; one number per line, or a JSON array of numbers or objects. Throws RangeError. */
export function readTickets(text: string): readonly TicketGiven[] {
  const list: unknown = /^\s*\[/.test(text) ? parsed(text) : text.split(/\r?\n/).map(line => line.trim())
  const wanted = z.array(z.union([given, given.shape.number.transform(number => ({ number }))]))
  const read = wanted.safeParse(Array.isArray(list) ? list.filter(one => one !== '') : list)
  if (read.success) return read.data
  throw new RangeError(
    read.error.issues.map(({ path, message }) => `ticket ${path.join('.') || 'list'}: ${message}`).join('; '),
  )
}

export class Tickets {
  readonly #account: string
  readonly #any: boolean
  readonly #now: () => Date
  readonly #people = new Set<string>()
  readonly #tickets = new Map<string, Ticket>()
  #created = 0

  constructor(account: string, tickets: 'any' | readonly TicketGiven[], now: () => Date) {
    this.#account = account
    this.#any = tickets === 'any'
    this.#now = now
    for (const ticket of tickets === 'any' ? [] : tickets) {
      const number = ticket.number.toUpperCase()
      this.#tickets.set(number, this.#fresh(number, ticket))
      for (const mail of [ticket.requestor, ticket.recipient])
        if (mail !== undefined) this.#people.add(mail.toLowerCase())
    }
  }

  /** In any case. Where any ticket is known, whatever looks like a number (letters, digits, `_`, `-`, a digit among them). */
  find(number: string, unknown: readonly string[] = []): Ticket | undefined {
    const upper = number.toUpperCase()
    const known = this.#tickets.get(upper)
    if (known !== undefined || !this.#any) return known
    if (unknown.some(one => one.toUpperCase() === upper)) return undefined
    return /^(?=.*\d)[A-Z0-9][A-Z0-9_-]{0,49}$/.test(upper) ? this.#fresh(upper, {}) : undefined
  }

  /** Everything written to or given, in that order. */
  all(): readonly Ticket[] {
    return [...this.#tickets.values()]
  }

  /** Writes a ticket down; `updatedAt` becomes now. */
  put(ticket: Ticket): void {
    this.#tickets.set(ticket.number, { ...ticket, updatedAt: this.#now() })
  }

  /** A new ticket with the next number of this format. */
  create(format: string, fields: Partial<TicketGiven> & Partial<Ticket>): Ticket {
    let number = ''
    do {
      this.#created += 1
      number = numbered(format, this.#created, this.#now())
    } while (this.#tickets.has(number))
    const ticket = { ...this.#fresh(number, fields), ...fields, number }
    this.put(ticket)
    return ticket
  }

  /** Puts a document on a ticket. The same one twice is two documents. */
  attach(number: string, document: Omit<StoredDocument, 'id' | 'storedAt'>): StoredDocument {
    const stored = { ...document, id: `${this.#account}_${randomBytes(32).toString('hex')}`, storedAt: this.#now() }
    const ticket = this.find(number)
    if (ticket !== undefined) this.put({ ...ticket, documents: [...ticket.documents, stored] })
    return stored
  }

  /** A document by its id, on this ticket or, without one, on any. */
  document(id: string, number?: string): { readonly ticket: Ticket; readonly document: StoredDocument } | undefined {
    const places = number === undefined ? this.#tickets.values() : [this.find(number)]
    for (const ticket of places) {
      const document = ticket?.documents.find(one => one.id === id)
      if (ticket !== undefined && document !== undefined) return { ticket, document }
    }
    return undefined
  }

  /** The one employee of this address; where any ticket is known, every address has one. */
  employee(mail: string): Employee | undefined {
    const address = mail.toLowerCase()
    if (!/^[^\s@]+@[^\s@]+$/.test(address)) return undefined
    return this.#any || this.#people.has(address) ? employee(address) : undefined
  }

  employees(): readonly Employee[] {
    return [...this.#people].map(employee)
  }

  #fresh(number: string, from: Partial<TicketGiven>): Ticket {
    const now = this.#now()
    const closed = from.closed === true
    return {
      number,
      requestId: numeral(number),
      title: from.title ?? '',
      requestor: from.requestor ?? '',
      recipient: from.recipient ?? from.requestor ?? '',
      comment: '',
      description: '',
      externalReference: '',
      status: closed ? 'Closed' : 'In progress',
      submittedAt: now,
      updatedAt: now,
      endedAt: closed ? now : undefined,
      actions: [{ id: numeral(`${number} action`), text: '', open: !closed }],
      documents: [],
    }
  }
}

export type Employee = { readonly EMPLOYEE_ID: string; readonly LAST_NAME: string; readonly E_MAIL: string }

/** The record of a person, made up from the address. */
export const employee = (mail: string): Employee => ({
  EMPLOYEE_ID: mail === '' ? '' : String(numeral(mail)),
  LAST_NAME: mail.split('@')[0] ?? '',
  E_MAIL: mail,
})

/** A number that is always the same for the same text. */
const numeral = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE() % 900_000

const numbered = (format: string, count: number, now: Date): string => {
  const date = now.toISOString().slice(2, 10).replaceAll('-', '')
  return format
    .replace('{yymmdd}', date)
    .replace('{yymm}', date.slice(0, 4))
    .replace(/\{n:?(\d*)\}/, (_, width: string) => String(count).padStart(Number(width), '0'))
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new RangeError('the tickets file begins like JSON but is not')
  }
}
