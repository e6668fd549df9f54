/** One POST: `begun` is durable before its first octet, and what its answer means is durable before anything else is done. */
import { type Fault, isFault } from '../mail/fault.ts'
import { plainName } from '../mail/filename.ts'
import { type Because, because } from '../mail/status.ts'
import { type Delivered, type Delivery, refuse, unknownTicket } from './delivery.ts'
import { lookFor } from './look.ts'
import type { Road } from './road.ts'

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
  const { begun, failure } = await posted(item, snapshot, file, delivery, road, signal)
  if (failure !== undefined) return afterFailure(failure, begun, delivery, road, signal)
  await road.ledger.acknowledge(claim, item.item)
  road.observe({
    kind: 'attached',
    id: claim.id,
    ref: claim.envelope.ref,
    part: item.part,
    ticket: item.ticket,
    size: item.size,
    ms: road.clock.now().getTime() - begun.begunAt.getTime(),
    found: false,
  })
  return { ...begun, because: undefined, acknowledged: true }
}

type Posted = {
  readonly begun: Delivered & { readonly begunAt: Date }
  /** `sent`: the desk may have the file all the same. */
  readonly failure: { readonly error: unknown; readonly sent: boolean } | undefined
}

/**
 * The next upload is written down while it waits for a slot, and a slot is free again with the desk's answer, before what that means is written
 * down: slots seldom wait for the disk.
 */
async function posted(
  item: Delivered,
  snapshot: readonly string[] | undefined,
  file: string,
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<Posted> {
  const { claim } = delivery
  const { ledger, clock, uploads, policy } = road
  using _place = await uploads.anteroom.enter()
  // Where nothing is listed nobody could tell after a crash that it had not left.
  using early = snapshot === undefined ? await uploads.slots.enter() : undefined
  signal.throwIfAborted()
  let begunAt = clock.now()
  await ledger.begin(claim, item.item, snapshot, begunAt)
  using _late = early === undefined ? await uploads.slots.enter() : undefined
  let left = false
  const departs = async (): Promise<void> => {
    const now = clock.now()
    if (now.getTime() - begunAt.getTime() > stale(policy.desk.quiet)) await ledger.depart(claim, item.item, now)
    begunAt = now
    left = true
  }
  const failure = await road.attach(formOf(item, delivery), file, signal, departs).then(
    () => undefined,
    (error: unknown) => ({ error, sent: left && !isUnsent(error, signal) }),
  )
  // Before the slot passes on: whoever has it next must find the desk at rest.
  if (failure?.sent && isFault(failure.error) && failure.error.scope !== 'ledger')
    await road.troubled(claim.id, failure.error)
  const posts = item.posts + 1
  return { begun: { ...item, state: 'begun', snapshot, begunAt, posts, absentAt: undefined }, failure }
}

/** Milliseconds that an upload may have waited since it was written down: its quiet time counts from there, and must not be any shorter for it. */
const stale = (quiet: number): number => Math.min(1_000, quiet / 100)

/** The desk says that it has it not, or we were stopped before an octet of the file had left. A ledger that fails says nothing of the file. */
const isUnsent = (error: unknown, signal: AbortSignal): boolean =>
  isFault(error) ? error.applied === 'no' && error.scope !== 'ledger' : signal.aborted && error === signal.reason

/** What cannot be looked into is not clean either (AlertEncrypted, AlertExceedsMax in clamd.conf). */
const virus = (found: string): string =>
  /^Heuristics\.(?:Encrypted|Limits)\./.test(found)
    ? `the virus scanner cannot look into it (${found})`
    : `the virus scanner found ${found}`

/** What the desk has rejected is sent once more in its plainest form: its words are often about a letter it cannot store. */
function formOf(item: Delivered, { description }: Delivery) {
  const plain = item.because?.code === 'desk-refused'
  return plain ? { item: { ...item, name: plainName(item.name) }, description: '' } : { item, description }
}

/** What a failed POST means for the item, and for the try. */
async function afterFailure(
  { error, sent }: NonNullable<Posted['failure']>,
  begun: Delivered,
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<Delivered> {
  const { claim } = delivery
  if (sent) return inDoubt(error, begun, delivery, road, signal)
  await road.ledger.clear(claim, begun.item, undefined)
  if (!isFault(error)) throw error
  const judged = await road.judge(error, begun.ticket, signal)
  if (judged.status === '5.1.1') return refuse(begun, claim, road, unknownTicket(begun.ticket))
  if (judged.scope === 'attachment' && judged.status.startsWith('5')) return refuse(begun, claim, road, refusal(judged))
  throw judged
}

async function inDoubt(
  error: unknown,
  begun: Delivered,
  delivery: Delivery,
  road: Road,
  signal: AbortSignal,
): Promise<Delivered> {
  const { claim } = delivery
  const fault = isFault(error) ? error : undefined
  const why = doubtful(fault)
  await road.ledger.doubt(claim, begun.item, why)
  const { id, envelope } = claim
  const { status, reason } = why
  road.observe({ kind: 'uncertain', id, ref: envelope.ref, part: begun.part, status, reason })
  if (fault === undefined) throw error
  signal.throwIfAborted()
  return lookFor({ ...begun, state: 'uncertain', because: why }, delivery, road, signal)
}

/** A rejection that may have been carried out all the same keeps its code: after it has proven true it is no mere doubt. */
function doubtful(fault: Fault | undefined): Because {
  if (fault?.status.startsWith('5') && fault.scope !== 'ledger') return because('desk-refused', fault.message)
  return because('uncertain', fault?.message ?? 'the upload was cut short, nobody knows whether the desk has it')
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
