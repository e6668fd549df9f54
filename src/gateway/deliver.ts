/** Handing the items of one mail to the desk: written down, then done, then looked at. */

import { Fault } from '../mail/fault.ts'
import type { ItemState } from '../mail/outcome.ts'
import { type Because, because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { backoff, later } from './backoff.ts'
import { find, newcomers, sameName } from './find.ts'
import type { Claim, ItemRecord, Listed } from './ports.ts'
import type { Road } from './road.ts'

/** An item after a try, and when an uncertain one is to be looked for again (undefined: only a person can tell). */
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
      using _turn = await road.turns.take(`${road.desk.site} ${ticket}`)
      done.push(...(await deliverTo(ticket, mine, delivery, road, signal)))
    }
  }
  return done
}

const isOver = (state: ItemState): boolean => state === 'delivered' || state === 'refused' || state === 'skipped'
const over = (item: ItemRecord): Delivered => ({ ...item, lookAt: undefined })

async function deliverTo(
  ticket: TicketNumber,
  items: readonly ItemRecord[],
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<readonly Delivered[]> {
  const looked: Delivered[] = []
  for (const item of items)
    looked.push(
      item.state === 'begun' || item.state === 'uncertain' ? await lookFor(item, delivery, road, signal) : over(item),
    )
  const listed = looked.some(({ state }) => state === 'pending') ? await before(ticket, delivery, road, signal) : []
  if (listed === 'unknown') return refuseAll(looked, delivery.claim, road, unknownTicket(ticket))
  const sent: Delivered[] = []
  for (const item of looked)
    sent.push(item.state === 'pending' ? await send(item, ids(listed), delivery, road, signal) : item)
  return verify(ticket, sent, delivery, road, signal)
}

const ids = (listed: readonly Listed[] | 'denied'): readonly string[] | undefined =>
  listed === 'denied' ? undefined : listed.map(({ id }) => id)

const unknownTicket = (ticket: TicketNumber): Because => because('unknown-ticket', `the desk knows no ticket ${ticket}`)

/** The snapshot: which documents are there before the first octet is sent; it proves the ticket, too. */
async function before(
  ticket: TicketNumber,
  { ahead }: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<readonly Listed[] | 'denied' | 'unknown'> {
  try {
    return await (ahead.get(ticket) ?? road.ask(desk => desk.list(ticket, signal)))
  } catch (error) {
    if (error instanceof Fault && error.status === '5.1.1') return 'unknown'
    throw error
  }
}

async function refuseAll(
  items: readonly Delivered[],
  claim: Claim,
  road: Road,
  why: Because,
): Promise<readonly Delivered[]> {
  const refused: Delivered[] = []
  for (const item of items) refused.push(item.state === 'pending' ? await refuse(item, claim, road, why) : item)
  return refused
}

async function refuse(item: ItemRecord, claim: Claim, road: Road, why: Because): Promise<Delivered> {
  await road.ledger.refuse(claim, item.item, why)
  return over({ ...item, state: 'refused', because: why })
}

/** One POST: `begun` is durable before its first octet, and what its answer means is durable before anything else is done. */
async function send(
  item: Delivered,
  snapshot: readonly string[] | undefined,
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<Delivered> {
  const { claim } = delivery
  const file = await delivery.contents(item.part, item.sha256)
  using _slot = await road.uploads.enter()
  signal.throwIfAborted()
  const begunAt = road.clock.now()
  await road.ledger.begin(claim, item.item, snapshot, begunAt)
  const begun = { ...item, state: 'begun' as const, snapshot, begunAt, posts: item.posts + 1, absentAt: undefined }
  try {
    await road.ask(desk => desk.attach(item.ticket, item, file, delivery.description, signal))
  } catch (error) {
    return afterFault(error, begun, delivery, road, signal)
  }
  await road.accepted()
  await road.ledger.acknowledge(claim, item.item)
  road.observe({
    kind: 'attached',
    id: claim.id,
    ref: claim.envelope.ref,
    part: item.part,
    ticket: item.ticket,
    size: item.size,
    ms: road.clock.now().getTime() - begunAt.getTime(),
    found: false,
  })
  return { ...begun, acknowledged: true }
}

/** What a failed POST means for the item, and for the try. */
async function afterFault(
  error: unknown,
  begun: Delivered,
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<Delivered> {
  const { claim } = delivery
  const fault = error instanceof Fault ? error : undefined
  if (fault === undefined || fault.applied === 'maybe') {
    const why = doubtful(fault)
    await road.ledger.doubt(claim, begun.item, why)
    road.observe({
      kind: 'uncertain',
      id: claim.id,
      ref: claim.envelope.ref,
      part: begun.part,
      status: why.status,
      reason: why.reason,
    })
    if (fault === undefined) throw error
    await road.troubled(claim.id, fault)
    signal.throwIfAborted()
    return lookFor({ ...begun, state: 'uncertain', because: why }, delivery, road, signal)
  }
  const judged = await road.judge(fault, begun.ticket, signal)
  if (judged.status === '5.1.1') return refuse(begun, claim, road, unknownTicket(begun.ticket))
  if (judged.scope === 'attachment' && judged.status.startsWith('5')) return refuse(begun, claim, road, refusal(judged))
  await road.ledger.clear(claim, begun.item, undefined)
  throw judged
}

const doubtful = (fault: Fault | undefined): Because =>
  because('uncertain', fault?.message ?? 'the upload was cut short, nobody knows whether the desk has it')

/** The desk's word against one file, as an outcome's reason. */
function refusal(fault: Fault): Because {
  switch (fault.status) {
    case '5.2.3':
      return because('too-large', fault.message)
    case '5.6.1':
      return because('refused-type', fault.message)
    case '5.2.1':
      return because('closed', fault.message)
    default:
      return because('desk-refused', fault.message)
  }
}

/** An upload nobody knows the end of: found, waited for, sent again, or left to a person. */
async function lookFor(item: ItemRecord, delivery: Delivery, road: Road, signal: AbortSignal): Promise<Delivered> {
  const { claim } = delivery
  const { desk: rules, retry } = road.policy
  const now = road.clock.now()
  const found = await road.ask(desk => find(claim, item, { desk, ledger: road.ledger }, now, signal))
  if (found.kind === 'present') {
    const { id, envelope } = claim
    road.observe({
      kind: 'attached',
      id,
      ref: envelope.ref,
      part: item.part,
      ticket: item.ticket,
      size: item.size,
      ms: 0,
      found: true,
    })
    return over({ ...item, state: 'delivered', documentId: found.id })
  }
  const open =
    item.because ?? because('uncertain', 'nobody knows whether the desk has this file: the upload was cut short')
  if (found.kind === 'unsure') return unsure(item, open, claim, road)
  if (item.state === 'begun') await road.ledger.doubt(claim, item.item, open)
  const quietUntil = later(item.begunAt ?? now, rules.quiet)
  if (now < quietUntil) {
    const next = later(now, backoff(claim.attempt, retry, road.random))
    return { ...item, state: 'uncertain', because: open, lookAt: earlier(next, quietUntil) }
  }
  if (item.absentAt === undefined) {
    await road.ledger.clear(claim, item.item, now)
    return { ...item, state: 'uncertain', because: open, absentAt: now, lookAt: later(now, rules.recheck) }
  }
  const again = later(item.absentAt, rules.recheck)
  if (now < again) return { ...item, state: 'uncertain', because: open, lookAt: again }
  await road.ledger.clear(claim, item.item, undefined)
  return over({ ...item, state: 'pending', because: undefined, acknowledged: false })
}

const earlier = (a: Date, b: Date): Date => new Date(Math.min(a.getTime(), b.getTime()))

async function unsure(item: ItemRecord, why: Because, claim: Claim, road: Road): Promise<Delivered> {
  if (item.acknowledged) {
    await road.ledger.deliver(claim, item.item, undefined, road.clock.now())
    return over({ ...item, state: 'delivered' })
  }
  if (road.policy.desk.uncertain === 'repost') {
    await road.ledger.clear(claim, item.item, undefined)
    return over({ ...item, state: 'pending', because: undefined })
  }
  if (item.state !== 'uncertain') await road.ledger.doubt(claim, item.item, why)
  return over({ ...item, state: 'uncertain', because: why })
}

/** After the last 201 one list must show a new document per file: this API drops silently what it does not know. */
async function verify(
  ticket: TicketNumber,
  items: readonly Delivered[],
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<readonly Delivered[]> {
  const { claim } = delivery
  const open = items.filter(({ state, acknowledged }) => state === 'begun' && acknowledged)
  if (open.length === 0) return items
  const listed = road.policy.desk.verify === 'off' ? 'denied' : await road.ask(desk => desk.list(ticket, signal))
  const seen: Delivered[] = []
  for (const item of items) {
    if (!open.includes(item)) seen.push(item)
    else if (listed === 'denied') seen.push(await receipt(item, undefined, claim, road))
    else seen.push((await shown(item, open, listed, claim, road)) ?? (await unshown(item, delivery, road, signal)))
  }
  return seen
}

async function receipt(item: Delivered, id: string | undefined, claim: Claim, road: Road): Promise<Delivered> {
  await road.ledger.deliver(claim, item.item, id, road.clock.now())
  return over({ ...item, state: 'delivered', documentId: id })
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
