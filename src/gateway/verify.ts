/** After the last 201 one list must show a new document per file: this API drops silently what it does not know. */
import { because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { type Delivered, type Delivery, over } from './delivery.ts'
import { newcomers, sameName, unlessUnknown } from './find.ts'
import { lookFor } from './look.ts'
import type { Claim, Listed } from './ports.ts'
import type { Road } from './road.ts'

/** Gives each acknowledged item its document, or its doubt; the others pass as they are. */
export async function verify(
  ticket: TicketNumber,
  items: readonly Delivered[],
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<readonly Delivered[]> {
  const { claim } = delivery
  const open = items.filter(({ state, acknowledged }) => state === 'begun' && acknowledged)
  if (open.length === 0) return items
  const listed = await listOf(ticket, road, signal)
  const seen: Delivered[] = []
  for (const item of items) {
    if (!open.includes(item)) seen.push(item)
    else if (listed === 'denied') seen.push(await receipt(item, claim, road))
    else seen.push((await shown(item, open, listed, claim, road)) ?? (await unshown(item, delivery, road, signal)))
  }
  return seen
}

async function listOf(ticket: TicketNumber, road: Road, signal: AbortSignal): Promise<readonly Listed[] | 'denied'> {
  if (road.policy.desk.verify === 'off') return 'denied'
  return unlessUnknown(
    road.ask(desk => desk.list(ticket, signal)),
    [],
  )
}

/** Where nobody can look, the desk's 201 has to do. */
async function receipt(item: Delivered, claim: Claim, road: Road): Promise<Delivered> {
  await road.ledger.deliver(claim, item.item, undefined, road.clock.now())
  return over({ ...item, state: 'delivered' })
}

/** By name, when there are no more new documents of that name than files of ours; else the hash has to decide. */
async function shown(
  item: Delivered,
  open: readonly Delivered[],
  listed: readonly Listed[],
  claim: Claim,
  road: Road,
): Promise<Delivered | undefined> {
  const fresh = await newcomers(item.ticket, item.snapshot ?? [], listed, road.ledger)
  const named = fresh.filter(one => sameName(one, item))
  const ours = open.filter(({ name }) => name === item.name).length
  const [first] = named
  if (first === undefined || named.length > ours) return undefined
  return (await road.ledger.deliver(claim, item.item, first.id, road.clock.now()))
    ? over({ ...item, state: 'delivered', documentId: first.id })
    : undefined
}

async function unshown(item: Delivered, delivery: Delivery, road: Road, signal: AbortSignal): Promise<Delivered> {
  const why = because('uncertain', 'the desk said it took the file, but does not list it')
  await road.ledger.doubt(delivery.claim, item.item, why)
  return lookFor({ ...item, state: 'uncertain', because: why, acknowledged: false }, delivery, road, signal)
}
