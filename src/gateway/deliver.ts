/** Handing the items of one mail to the desk: written down, then done, then looked at. */

import { type Because, because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { type Delivered, type Delivery, isOver, over, refuse, skip, unknownTicket } from './delivery.ts'
import { find, unlessUnknown } from './find.ts'
import { isVouched, lookFor, present } from './look.ts'
import type { Claim, ItemRecord, Listed } from './ports.ts'
import { isOld } from './reconcile.ts'
import type { Road } from './road.ts'
import { send } from './send.ts'
import { verify } from './verify.ts'

/**
 * Ticket by ticket, item by item. Resolves with every item's state, durable already; throws only what ends the try
 * (`Resting`, faults of mailbox and ledger, an abort).
 */
export async function deliver(delivery: Delivery, road: Road, signal: AbortSignal): Promise<readonly Delivered[]> {
  const done: Delivered[] = []
  for (const ticket of new Set(delivery.items.map(item => item.ticket))) {
    const mine = delivery.items.filter(item => item.ticket === ticket)
    if (mine.every(({ state }) => isOver(state))) done.push(...mine.map(over))
    else {
      await using _turn = await road.turns.take(`${road.desk.site} ${ticket}`, signal)
      done.push(...(await deliverTo(ticket, mine, delivery, road, signal)))
    }
  }
  return done
}

/** What an earlier try left behind is cleared up before anything is sent, so that nothing of it is overtaken by a failure here. */
async function deliverTo(
  ticket: TicketNumber,
  items: readonly ItemRecord[],
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<readonly Delivered[]> {
  const looked: Delivered[] = []
  for (const item of await verify(ticket, items.map(over), delivery, road, signal))
    looked.push(isInDoubt(item) ? await lookFor(item, delivery, road, signal) : item)
  if (!looked.some(isPending)) return looked
  const listed = await before(ticket, delivery, road, signal)
  if (listed === 'unknown') return refusePending(looked, delivery.claim, road, unknownTicket(ticket))
  const old = listed !== 'denied' && listed.length > 0 && (await isOld(road.ledger, delivery.claim.envelope))
  const sent: Delivered[] = []
  for (const item of looked) {
    const there = isPending(item) ? await thereAlready(item, old, delivery, road, signal) : item
    sent.push(there ?? (await send(item, ids(listed), delivery, road, signal)))
  }
  return verify(ticket, sent, delivery, road, signal)
}

/** What need not be sent: the other copy of this mail brought it, or an earlier ledger did. */
async function thereAlready(
  item: Delivered,
  old: boolean,
  { claim }: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<Delivered | undefined> {
  const { duplicates, elsewhere } = road.policy
  const copied = duplicates === 'skip' ? await road.ledger.copied(claim, item, elsewhere) : undefined
  // It waits until that is known.
  if (copied === 'in doubt') return item
  if (copied === 'there') return skip(item, claim, road, 'it is on the ticket already, from another copy of this mail')
  if (!old || isVouched(item, claim)) return undefined
  const now = road.clock.now()
  const found = await road.ask(desk =>
    find(claim, { ...item, snapshot: undefined }, { desk, ledger: road.ledger }, now, signal),
  )
  if (found.kind === 'present') return present(item, found.id, claim, road)
  return found.kind === 'unsure' && road.policy.desk.uncertain === 'hold' ? maybeThere(item, claim, road) : undefined
}

/** An earlier ledger may have sent it, and nobody can tell: it is as good as an upload whose answer was lost then. */
async function maybeThere(item: Delivered, claim: Claim, road: Road): Promise<Delivered> {
  const why = because('uncertain', 'it may be on the ticket from before this ledger, and cannot be told apart there')
  const now = road.clock.now()
  await road.ledger.begin(claim, item.item, undefined, now)
  await road.ledger.doubt(claim, item.item, why, now)
  return over({ ...item, state: 'uncertain', because: why, begunAt: now, posts: item.posts + 1 })
}

/** One that was looked for just now, and is to be looked for again, has its time set. */
const isInDoubt = ({ state, lookAt }: Delivered): boolean =>
  (state === 'begun' || state === 'uncertain') && lookAt === undefined

const isPending = ({ state }: Delivered): boolean => state === 'pending'

const ids = (listed: readonly Listed[] | 'denied'): readonly string[] | undefined =>
  listed === 'denied' ? undefined : listed.map(({ id }) => id)

/** The snapshot: which documents are there before the first octet is sent; it proves the ticket, too. */
const before = (
  ticket: TicketNumber,
  { ahead }: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<readonly Listed[] | 'denied' | 'unknown'> =>
  unlessUnknown(ahead.get(ticket) ?? road.ask(desk => desk.list(ticket, signal)), 'unknown')

async function refusePending(
  items: readonly Delivered[],
  claim: Claim,
  road: Road,
  why: Because,
): Promise<readonly Delivered[]> {
  const refused: Delivered[] = []
  for (const item of items) refused.push(isPending(item) ? await refuse(item, claim, road, why) : item)
  return refused
}
