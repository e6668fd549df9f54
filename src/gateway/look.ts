/** An upload nobody knows the end of: found, waited for, sent again, refused, or left to a person (docs/states.md). */
import { type Because, because } from '../mail/status.ts'
import { backoff, later } from './backoff.ts'
import { CUT_SHORT, type Delivered, type Delivery, over, refuse, skip } from './delivery.ts'
import { find, unlessUnknown } from './find.ts'
import type { Claim, ItemRecord } from './ports.ts'
import type { Road } from './road.ts'

/** POSTs that the desk may reject before its word is believed. */
const MOST_REJECTIONS = 2

/** For an item that is begun or uncertain. Throws the desk's faults; a ticket it does not know (any more) holds nothing. */
export async function lookFor(
  item: ItemRecord,
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<Delivered> {
  const { claim } = delivery
  const now = road.clock.now()
  const found = await road.ask(desk => find(claim, item, { desk, ledger: road.ledger }, now, signal))
  if (found.kind === 'present') return present(item, found.id, claim, road)
  const why = item.because ?? CUT_SHORT
  if (found.kind === 'unsure') return unsure(item, why, claim, road)
  // Whoever sent it may have been cut at its last octet, and however long that took: its quiet time begins with this look.
  const begunAt = item.state === 'begun' ? now : item.begunAt
  if (item.state === 'begun') await road.ledger.doubt(claim, item.item, why, now)
  const open = { ...item, state: 'uncertain' as const, because: why, begunAt, acknowledged: false }
  const lookAt = await absentUntil(open, now, claim, road)
  if (lookAt !== undefined) return { ...open, lookAt }
  if (!item.wanted) return dropped(open, claim, road)
  return why.code === 'desk-refused' ? rejected(open, why, claim, road, signal) : again(open, claim, road)
}

/** Found on its ticket. */
export function present(item: ItemRecord, id: string, claim: Claim, road: Road): Delivered {
  const { part, ticket, size } = item
  road.observe({ kind: 'attached', id: claim.id, ref: claim.envelope.ref, part, ticket, size, ms: 0, found: true })
  return over({ ...item, state: 'delivered', because: undefined, documentId: id })
}

/**
 * Absence counts only after the quiet time, in two looks: when to look again, undefined when this was the second.
 * @param now when this look began: what a slow list shows may be as old as that
 */
async function absentUntil(item: ItemRecord, now: Date, claim: Claim, road: Road): Promise<Date | undefined> {
  const { desk: rules, retry } = road.policy
  const quietUntil = later(item.begunAt ?? now, rules.quiet)
  if (now < quietUntil) return earlier(later(now, backoff(claim.attempt, retry, road.random)), quietUntil)
  if (item.absentAt === undefined) {
    await road.ledger.noteAbsence(claim, item.item, now)
    return later(now, rules.recheck)
  }
  const second = later(item.absentAt, rules.recheck)
  return now < second ? second : undefined
}

const earlier = (a: Date, b: Date): Date => new Date(Math.min(a.getTime(), b.getTime()))

/** The desk has said no, and it is not there: the ticket may be closed; else once more, in the plainest form, and then it is believed. */
async function rejected(
  item: ItemRecord,
  why: Because,
  claim: Claim,
  road: Road,
  signal: AbortSignal,
): Promise<Delivered> {
  const facts = await unlessUnknown(
    road.ask(desk => desk.ticket(item.ticket, signal)),
    'denied',
  )
  if (facts !== 'denied' && facts.closed)
    return refuse(item, claim, road, because('closed', `the ticket ${item.ticket} is closed`))
  if (item.posts >= MOST_REJECTIONS) return refuse(item, claim, road, why)
  await road.ledger.reject(claim, item.item)
  return pending(item, item.posts)
}

/** An earlier routing sent it, and it did not arrive: there it stays away. */
const dropped = (item: ItemRecord, claim: Claim, road: Road): Promise<Delivered> =>
  skip(item, claim, road, 'it did not arrive, and the mail was routed anew without it')

async function again(item: ItemRecord, claim: Claim, road: Road): Promise<Delivered> {
  await road.ledger.clear(claim, item.item)
  return pending(item, item.posts - 1)
}

/** An operator has looked at the ticket, and had the mail tried again that was held for this upload: it is not there. That holds for one try. */
export const isVouched = ({ item, begunAt }: ItemRecord, { released, attempt, items }: Claim): boolean =>
  released &&
  attempt === 1 &&
  items.some(one => one.item === item && one.state === 'uncertain' && one.begunAt?.getTime() === begunAt?.getTime())

const pending = (item: ItemRecord, posts: number): Delivered =>
  over({ ...item, state: 'pending', because: undefined, acknowledged: false, posts })

/** It cannot be looked for: a matter of policy (`desk.uncertain`), or of whoever has looked. */
async function unsure(item: ItemRecord, why: Because, claim: Claim, road: Road): Promise<Delivered> {
  if (road.policy.desk.uncertain === 'repost' || isVouched(item, claim))
    return item.wanted ? again(item, claim, road) : dropped(item, claim, road)
  if (item.state !== 'uncertain') await road.ledger.doubt(claim, item.item, why, road.clock.now())
  return over({ ...item, state: 'uncertain', because: why })
}
