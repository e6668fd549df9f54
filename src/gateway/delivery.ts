/** What the steps of a delivery hand on: one mail's items, and all that is needed to send them, look for them and prove them. */
import type { ItemState } from '../mail/outcome.ts'
import { type Because, because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import type { Claim, ItemRecord, Listed } from './ports.ts'
import type { Road } from './road.ts'

/** An item after a step, and when an uncertain one is to be looked for again (undefined: only a person can tell). */
export type Delivered = ItemRecord & { readonly lookAt: Date | undefined }

/** Where the decoded octets of a part lie; fetches and parses the mail at the first call. */
export type Contents = (part: string, sha256: string) => Promise<string>

export type Delivery = {
  readonly claim: Claim
  readonly description: string
  readonly items: readonly ItemRecord[]
  readonly contents: Contents
  /** Lists fetched ahead: older is safe, for the hash decides. */
  readonly ahead: ReadonlyMap<TicketNumber, Promise<readonly Listed[] | 'denied'>>
}

export const isOver = (state: ItemState): boolean => state === 'delivered' || state === 'refused' || state === 'skipped'

export const over = (item: ItemRecord): Delivered => ({ ...item, lookAt: undefined })

export async function refuse(item: ItemRecord, claim: Claim, road: Road, why: Because): Promise<Delivered> {
  await road.ledger.refuse(claim, item.item, why)
  return over({ ...item, state: 'refused', because: why })
}

/** Nothing (more) of it is sent, and nothing is wrong with that. */
export async function skip(item: ItemRecord, claim: Claim, road: Road, reason: string): Promise<Delivered> {
  await road.ledger.skip(claim, item.item, reason)
  return over({ ...item, state: 'skipped', because: because('delivered', reason) })
}

export const CUT_SHORT = because('uncertain', 'the upload was cut short, nobody knows whether the desk has it')

export const unknownTicket = (ticket: TicketNumber): Because =>
  because('unknown-ticket', `the desk knows no ticket ${ticket}`)
