/** After the last 201 one list must show a new document per file: this API drops silently what it does not know. */
import { because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { type Delivered, type Delivery, over } from './delivery.ts'
import { isNamesake, newcomers, sameName, unlessUnknown } from './find.ts'
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
  const told = new Map<number, Delivered>()
  for (let rest = open; rest.length > 0; ) {
    const shown = listed === 'denied' ? receipts(rest) : await matched(ticket, rest, open, listed, road)
    // Together, for the ledger writes them in one go.
    const written = await Promise.all(shown.map(one => write(one, claim, road)))
    for (const one of written) if (one !== undefined) told.set(one.item, one)
    // One that its name does not tell is looked for by its octets before the name of one behind it may give its document away.
    for (const item of rest.slice(0, shown.length + 1))
      if (!told.has(item.item)) told.set(item.item, await unshown(item, delivery, road, signal))
    rest = rest.slice(shown.length + 1)
  }
  return items.map(item => told.get(item.item) ?? item)
}

async function listOf(ticket: TicketNumber, road: Road, signal: AbortSignal): Promise<readonly Listed[] | 'denied'> {
  if (road.policy.desk.verify === 'off') return 'denied'
  return unlessUnknown(
    road.ask(desk => desk.list(ticket, signal)),
    [],
  )
}

type Shown = { readonly item: Delivered; readonly document: string | undefined }

/** Where nobody can look, the desk's 201 has to do. */
const receipts = (open: readonly Delivered[]): readonly Shown[] => open.map(item => ({ item, document: undefined }))

/**
 * Up to the first that is not told by its name: there may be no more new documents of that name than files of ours, and none in doubt, else the hash
 * has to decide.
 */
async function matched(
  ticket: TicketNumber,
  rest: readonly Delivered[],
  open: readonly Delivered[],
  listed: readonly Listed[],
  road: Road,
): Promise<readonly Shown[]> {
  const held = await road.ledger.held(ticket)
  const isOpen = new Set(open.map(({ item }) => item))
  const doubts = (await road.ledger.inDoubt(ticket)).filter(({ item }) => !isOpen.has(item))
  const taken = new Set<string>()
  const shown: Shown[] = []
  for (const item of rest) {
    const named = newcomers(item.snapshot ?? [], listed, held).filter(one => !taken.has(one.id) && sameName(one, item))
    const ours = open.filter(({ name }) => name === item.name).length
    const [first] = named
    if (first === undefined || named.length > ours || isNamesake(item, doubts)) break
    taken.add(first.id)
    shown.push({ item, document: first.id })
  }
  return shown
}

/** Undefined when another item holds the document. */
async function write({ item, document }: Shown, claim: Claim, road: Road): Promise<Delivered | undefined> {
  const isOurs = await road.ledger.deliver(claim, item.item, document, road.clock.now())
  return isOurs ? over({ ...item, state: 'delivered', documentId: document }) : undefined
}

async function unshown(item: Delivered, delivery: Delivery, road: Road, signal: AbortSignal): Promise<Delivered> {
  const why = because('uncertain', 'the desk said it took the file, but does not list it')
  const now = road.clock.now()
  await road.ledger.doubt(delivery.claim, item.item, why, now)
  return lookFor(
    { ...item, state: 'uncertain', because: why, begunAt: now, acknowledged: false },
    delivery,
    road,
    signal,
  )
}
