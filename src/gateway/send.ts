/** One POST: `begun` is durable before its first octet, and what its answer means is durable before anything else is done. */
import { type Fault, isFault } from '../mail/fault.ts'
import { plainName } from '../mail/filename.ts'
import { type Because, because } from '../mail/status.ts'
import { CUT_SHORT, type Delivered, type Delivery, refuse, unknownTicket } from './delivery.ts'
import { lookFor } from './look.ts'
import type { Claim } from './ports.ts'
import type { Attached, Road } from './road.ts'

/** Sends a pending item. Throws what ends the try: a site that rests, an abort, a failure that is not the file's. */
export async function send(
  item: Delivered,
  snapshot: readonly string[] | undefined,
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<Delivered> {
  const { claim } = delivery
  const file = await delivery.contents(item.part, item.sha256)
  const found = await road.scan(file, signal)
  if (found !== undefined) return refuse(item, claim, road, because('virus', virus(found)))
  const { tried, attached } = await posted(item, snapshot, file, delivery, road, signal)
  const { said, error } = attached
  if (said === 'nothing') {
    if (!isDeskFault(error)) throw error
    signal.throwIfAborted()
    return lookFor(tried, delivery, road, signal)
  }
  if (said === 'not taken') return afterRefusal(error, tried, delivery, road, signal)
  await road.ledger.acknowledge(claim, item.item)
  const now = road.clock.now()
  road.observe({
    kind: 'attached',
    id: claim.id,
    ref: claim.envelope.ref,
    part: item.part,
    ticket: item.ticket,
    size: item.size,
    ms: now.getTime() - (tried.begunAt ?? now).getTime(),
    found: false,
  })
  if (error !== undefined) throw error
  return { ...tried, because: undefined, acknowledged: true }
}

/**
 * The next upload is written down while it waits for a slot, and a slot is free again with the desk's answer, before what that means is written
 * down: slots seldom wait for the disk. Only a doubt is written first: whoever has the slot next must find the desk at rest.
 */
async function posted(
  item: Delivered,
  snapshot: readonly string[] | undefined,
  file: string,
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<{ readonly tried: Delivered; readonly attached: Attached }> {
  const { claim } = delivery
  const { ledger, clock, uploads, policy } = road
  let begunAt: Date | undefined
  const begins = async (): Promise<void> => {
    const now = clock.now()
    await ledger.begin(claim, item.item, snapshot, now)
    begunAt = now
  }
  const departs = async (): Promise<void> => {
    signal.throwIfAborted()
    if (begunAt === undefined) return begins()
    const now = clock.now()
    if (now.getTime() - begunAt.getTime() > stale(policy.desk.quiet)) await ledger.depart(claim, item.item, now)
    begunAt = now
  }
  using _place = await uploads.anteroom.enter()
  signal.throwIfAborted()
  // Where nothing is listed nobody could tell after a crash that it had not left.
  if (snapshot !== undefined) await begins()
  using _slot = await uploads.slots.enter()
  const attached = await road.attach(formOf(item, delivery), file, signal, departs)
  if (begunAt === undefined) return { tried: item, attached }
  const begun = { ...item, state: 'begun' as const, snapshot, begunAt, posts: item.posts + 1, absentAt: undefined }
  if (attached.said !== 'nothing') return { tried: begun, attached }
  return { tried: await doubted(attached.error, begun, claim, road, signal), attached }
}

/** Milliseconds that an upload may have waited since it was written down: from there its quiet time counts, which is hardly any shorter for it. */
const stale = (quiet: number): number => Math.min(1_000, quiet / 100)

/** What cannot be looked into is not clean either (AlertEncrypted, AlertExceedsMax in clamd.conf). */
const virus = (found: string): string =>
  /^Heuristics\.(?:Encrypted|Limits)\./.test(found)
    ? `the virus scanner cannot look into it (${found})`
    : `the virus scanner found ${found}`

/** What the desk has rejected is sent once more in its plainest form: its words are often about a letter it cannot store. */
function formOf(item: Delivered, { description }: Delivery) {
  const isRejected = item.posts > 0
  return isRejected ? { item: { ...item, name: plainName(item.name) }, description: '' } : { item, description }
}

/** What it means for the item, and for the try, that the desk has it not. */
async function afterRefusal(
  error: unknown,
  item: Delivered,
  { claim }: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<Delivered> {
  if (item.state === 'begun') await road.ledger.clear(claim, item.item)
  if (!isFault(error)) throw error
  const judged = await road.judge(error, item.ticket, signal)
  if (judged.status === '5.1.1') return refuse(item, claim, road, unknownTicket(item.ticket))
  if (judged.scope === 'attachment' && judged.status.startsWith('5')) return refuse(item, claim, road, refusal(judged))
  throw judged
}

/** Nothing to go by: uncertain, and the desk is told of. */
async function doubted(
  error: unknown,
  begun: Delivered,
  claim: Claim,
  road: Road,
  signal: AbortSignal,
): Promise<Delivered> {
  const why = doubtful(error)
  const now = road.clock.now()
  await road.ledger.doubt(claim, begun.item, why, now)
  const { id, envelope } = claim
  const { status, reason } = why
  road.observe({ kind: 'uncertain', id, ref: envelope.ref, part: begun.part, status, reason })
  // What we cut ourselves says nothing of the desk.
  if (isDeskFault(error) && !signal.aborted) await road.troubled(id, error)
  return { ...begun, state: 'uncertain', because: why, begunAt: now }
}

const isDeskFault = (error: unknown): error is Fault => isFault(error) && error.scope !== 'ledger'

/** A rejection that may have been carried out all the same keeps its code: after it has proven true it is no mere doubt. */
function doubtful(error: unknown): Because {
  if (!isDeskFault(error)) return CUT_SHORT
  return because(error.status.startsWith('5') ? 'desk-refused' : 'uncertain', error.message)
}

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
