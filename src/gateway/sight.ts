/** Seeing mails for the first time: headers in batches, decided at once where the header decides, remembered in any case. */

import type { Envelope } from '../mail/envelope.ts'
import { distil } from '../mail/envelope.ts'
import type { FinalOutcome } from '../mail/outcome.ts'
import type { Numbering, Ref } from '../mail/ref.ts'
import { routeByHeader } from '../mail/route.ts'
import { namedParts, outlined } from './outlined.ts'
import { forgetLook, mayOverlook, overlooked, rememberLook, unlessRefused } from './overlooked.ts'
import type { Conclusion, Sighted, Sighting } from './ports.ts'
import { Recogniser } from './recognise.ts'
import { firstSweepOf, rememberFirstSweep } from './reconcile.ts'
import { cursorOf, rememberPartial, rememberWhole } from './renumbered.ts'
import { type Road, resting } from './road.ts'

/** Headers per FETCH and per transaction: bounds memory whatever lies in the folder. */
const BATCH = 50
/** Headers of the first batch: few, so that mails are tried while the others are sighted. */
const FIRST = 10

type Unseen = {
  readonly numbering: Numbering
  /** Ascending, of mails that were not seen before; all of them where mails that wait are under void numbers. */
  readonly uids: readonly number[]
  /** Ascending, of mails that were overlooked. */
  readonly passed: readonly number[]
  /** All of the folder was looked at. */
  readonly whole: boolean
  readonly anew: boolean
  /** The highest UID of what was there before the first sweep; 0 afterwards. */
  readonly backlog: number
  readonly recogniser: Recogniser
}

/**
 * Resolves with the number of newcomers recorded; `told` after each batch of them, unless mails that wait are under void numbers yet. Throws
 * `Resting`, mailbox and ledger faults.
 */
export async function sight(road: Road, signal: AbortSignal, told?: () => void): Promise<number> {
  let [recorded, missed] = [0, 0]
  const take = async (unseen: Unseen, uids: readonly number[]): Promise<number> => {
    const seen = await record(unseen, uids, road, signal)
    recorded += seen.recorded
    if (seen.recorded > 0 && !unseen.anew) told?.()
    return seen.missed
  }
  // A mailbox that can be opened has not answered well before it has handed out headers, if there are any; from then on mails are fetched between the batches.
  const unseen = await road.askMailbox(async () => {
    const opened = await open(road, signal)
    if (opened.uids.length > 0) missed += await take(opened, opened.uids.slice(0, FIRST))
    return opened
  })
  const { numbering, uids, passed } = unseen
  for (let at = FIRST; at < uids.length && !signal.aborted; at += BATCH)
    missed += await road.askMailbox(() => take(unseen, uids.slice(at, at + BATCH)))
  for (let at = 0; at < passed.length && !signal.aborted; at += BATCH)
    await road.askMailbox(() => unlessRefused(road, numbering, 0, () => take(unseen, passed.slice(at, at + BATCH))))
  if (signal.aborted) return recorded
  await rememberWhole(road.ledger, numbering)
  if (missed > 0) await forgetLook(road, numbering)
  // Not before what was overlooked is recorded.
  else if (unseen.whole) await rememberLook(road, numbering)
  return recorded
}

async function open(road: Road, signal: AbortSignal): Promise<Unseen> {
  const { mailbox, ledger } = road
  const { uidNext, ...where } = await mailbox.refresh(signal)
  const numbering = { mailbox: mailbox.name, ...where }
  const { cursor, anew } = await cursorOf(road, numbering, uidNext, signal)
  const uids = await mailbox.uids(cursor ?? 0, signal)
  // Where sight begins with the first mail it comes by all of them.
  const whole = cursor === undefined || anew || (await mayOverlook(road, numbering))
  const passed = whole && cursor !== undefined && !anew ? await overlooked(road, numbering, cursor, signal) : []
  // Of several one will most likely have to be parsed; whether a single one has to be, its header tells.
  if (uids.length > 1) await expectParser(road)
  if (cursor === undefined || anew) await rememberPartial(ledger, numbering)
  if (cursor === undefined && uids.length === 0) await ledger.record([], { ...numbering, uid: 0 })
  if (cursor === undefined) await rememberFirstSweep(ledger, numbering, uids.at(-1) ?? 0, road.clock.now())
  // An end in the midst of the first sweep, or another replica beside it, leaves it the first.
  const backlog = await firstSweepOf(ledger, numbering)
  return { numbering, uids, passed, whole, anew, backlog, recogniser: new Recogniser(road, numbering, signal) }
}

/** Resolves with how many of the batch are newcomers, and of how many nothing was shown: mostly they have vanished. */
async function record(
  unseen: Unseen,
  batch: readonly number[],
  road: Road,
  signal: AbortSignal,
): Promise<{ readonly recorded: number; readonly missed: number }> {
  const { mailbox, ledger } = road
  const { numbering, backlog, recogniser } = unseen
  const known = await ledger.known(numbering, batch)
  const fresh = batch.filter(uid => !known.has(uid))
  const sightings = fresh.length === 0 ? [] : await mailbox.sight(fresh, signal)
  const sighted: Sighted[] = []
  for (const sighting of sightings) {
    const envelope = envelopeOf({ ...numbering, uid: sighting.uid }, sighting, road)
    if (await recogniser.recognise(envelope)) continue
    sighted.push(await judge(envelope, sighting.uid <= backlog, road))
  }
  if (sighted.some(({ decided }) => decided === undefined)) await expectParser(road)
  const ids = await ledger.record(sighted, { ...numbering, uid: batch.at(-1) ?? 0 })
  recogniser.recorded(ids)
  for (const [n, { envelope, decided }] of sighted.entries()) {
    const id = ids[n] ?? ''
    road.observe({ kind: 'sighted', id, ref: envelope.ref, size: envelope.size, again: false })
    if (decided !== undefined && decided !== 'ignored') observeDecided(road, id, envelope.ref, decided)
  }
  return { recorded: sighted.length, missed: fresh.length - sightings.length }
}

/** A child takes as long to start as the first mails to be recorded, claimed and fetched. While a site rests none of them is. */
async function expectParser(road: Road): Promise<void> {
  if ((await resting(road)).length === 0) road.parser.expect()
}

function envelopeOf(ref: Ref, sighting: Sighting, road: Road): Envelope {
  const { header, size, arrivedAt, seen, outline } = sighting
  return distil(road.readHeader(header), { ref, rawHeader: header, size, arrivedAt, seen, outline }, road.policy.own)
}

async function judge(envelope: Envelope, first: boolean, road: Road): Promise<Sighted> {
  const { policy, ledger } = road
  if (first && (policy.backlog === 'none' || (policy.backlog === 'unseen' && envelope.seen)))
    return {
      envelope,
      tickets: [],
      trace: ['backlog: it was there before the first sweep, and is not taken'],
      decided: 'ignored',
    }
  const thread = await ledger.ticketOfThread(envelope.ref.mailbox, [...envelope.inReplyTo, ...envelope.references])
  const { tickets, outcome, trace } = routeByHeader(envelope, policy.rules, thread)
  return { envelope, tickets, trace, decided: outcome && conclusionOf(envelope, outcome, tickets, road) }
}

/** Decided without content: the outline names what was attached, so that the notice can. */
function conclusionOf(
  envelope: Envelope,
  outcome: FinalOutcome,
  tickets: readonly string[],
  { policy }: Road,
): Conclusion {
  return {
    outcome,
    notice: policy.answer({ envelope, outcome, tickets, files: outlined(envelope, outcome.reason) }),
    filing: policy.filing(outcome.kind),
    parts: namedParts(envelope),
  }
}

function observeDecided(road: Road, id: string, ref: Ref, { outcome }: Conclusion): void {
  const { kind, status, code } = outcome
  road.observe({ kind: 'concluded', id, ref, attempt: 0, outcome: kind, status, code, until: undefined, ms: 0 })
}
