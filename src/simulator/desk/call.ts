/** One request on its way through the desk, and the desk it meets. */
import type { IncomingMessage } from 'node:http'
import type { Answer } from './answers.ts'
import type { Strike } from './faults.ts'
import type { Note } from './journal.ts'
import type { Switches } from './switches.ts'
import type { Ticket, Tickets } from './tickets.ts'
import type { Vault } from './vault.ts'

/** What handlers work with. */
export type Desk = {
  readonly account: string
  /** Asked anew at each request: they may be changed at any time. */
  readonly switches: () => Switches
  readonly tickets: Tickets
  readonly vault: Vault
  readonly now: () => Date
}

export type Call = {
  readonly request: IncomingMessage
  /** `http://host:port`, as the client wrote it. */
  readonly origin: string
  /** `http://host:port/api/v1/ACCOUNT`. */
  readonly base: string
  readonly query: URLSearchParams
  /** What stands for `:name` in the route, decoded. */
  readonly parameters: Readonly<Record<string, string>>
  readonly strike: Strike | undefined
  readonly note: Note
}

/**
 * A request that has been read and checked but not carried out. Between the two lie latency and faults: `apply` may come late,
 * or never, and then `drop` gives back what the request had brought.
 */
export type Deed = {
  apply(): Answer | Promise<Answer>
  drop?(): Promise<void>
  /** The answer `apply` will give, where it is known already. */
  readonly promise?: Answer
}

export type Handler = (call: Call, desk: Desk) => Deed | Promise<Deed>

export const say = (answer: Answer): Deed => ({ apply: () => answer, promise: answer })

export const href = (call: Call, ticket: Ticket): string => `${call.base}/requests/${ticket.number}`

/** The ticket of a `/requests/:rfc…` route. */
export const ticketOf = (call: Call, desk: Desk): Ticket | undefined =>
  desk.tickets.find(call.parameters['rfc'] ?? '', desk.switches().unknown)
