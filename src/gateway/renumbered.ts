/**
 * Under another UIDVALIDITY every number we know is void: sight begins with the first, and knows the mails by their fingerprints. A mail that it has
 * not come by when it has come to the end is not there any more; until then nobody knows.
 *
 * A server that numbers the mails anew under the UIDVALIDITY they had (a repaired or restored maildir) breaks RFC 9051 §2.3.1.1, and its word is
 * UIDNEXT: it never goes back. That voids the numbers as well.
 */
import type { Numbering, Ref } from '../mail/ref.ts'
import { later } from './backoff.ts'
import type { Facts } from './ports.ts'
import { voidFirstSweep } from './reconcile.ts'
import type { Road } from './road.ts'
import type { Returned } from './tried.ts'

/**
 * The UID up to which the folder was seen; undefined where it never was, for only then is what lies there a backlog. `anew`: mails that wait have
 * numbers that are void until sight has come by them. Throws mailbox and ledger faults.
 */
export async function cursorOf(
  road: Road,
  numbering: Numbering,
  uidNext: number | undefined,
  signal: AbortSignal,
): Promise<{ readonly cursor: number | undefined; readonly anew: boolean }> {
  const { ledger } = road
  const { uidValidity } = numbering
  const highest = await ledger.cursor(numbering)
  const seen = await ledger.recall(keyOf(numbering))
  // Numbers that were valid once, void since, and are valid again (a migration that was taken back): what they say is old.
  if (highest !== undefined && seen !== undefined && seen !== uidValidity && seen !== partly(uidValidity))
    return { cursor: 0, anew: true }
  const known = { cursor: highest, anew: highest === 0 }
  if (uidNext === undefined || highest === undefined || highest < uidNext) return known
  // Some servers say any number: then there is a mail that has it, or a higher one.
  const last = (await road.mailbox.uids(0, signal)).at(-1) ?? 0
  if (last >= uidNext) return known
  await voidNumbers(road, numbering)
  return { cursor: 0, anew: true }
}

/** The folder has new numbers under the UIDVALIDITY it had. */
async function voidNumbers({ ledger, observe }: Road, numbering: Numbering): Promise<void> {
  const { mailbox, folder, uidValidity } = numbering
  await ledger.remember(keyOf(numbering), partly(uidValidity))
  await voidFirstSweep(ledger, numbering)
  await ledger.disown(numbering)
  const reason = `the mails in ${folder} have new numbers under the old UIDVALIDITY ${uidValidity}: they are looked at anew`
  observe({ kind: 'trouble', what: mailbox, status: '4.2.0', reason })
}

/** Another mail has the number of this one; `now` reads its ref again: when that has changed, who else has met it has seen to it. */
export async function voidUnlessMoved(road: Road, ref: Ref, now: () => Promise<Ref | undefined>): Promise<void> {
  const today = await now()
  if (today?.uid === ref.uid && today.uidValidity === ref.uidValidity) await voidNumbers(road, ref)
}

/** Before a sight that begins with the first mail: from here to its end a mail whose number is void may lie under one that it has not come by. */
export async function rememberPartial(ledger: Facts, numbering: Numbering): Promise<void> {
  const seen = await ledger.recall(keyOf(numbering))
  // A folder that was empty each time has been seen whole, though it has no highest number.
  if (seen !== numbering.uidValidity && seen !== partly(numbering.uidValidity))
    await ledger.remember(keyOf(numbering), partly(numbering.uidValidity))
}

/** At the end of any sight: it has come by every mail there is under this UIDVALIDITY. */
export async function rememberWhole(ledger: Facts, numbering: Numbering): Promise<void> {
  if ((await ledger.recall(keyOf(numbering))) !== numbering.uidValidity)
    await ledger.remember(keyOf(numbering), numbering.uidValidity)
}

/** Whether sight looks into the folder of this ref. */
export const isLookedInto = async (ledger: Facts, ref: Ref): Promise<boolean> =>
  (await ledger.recall(keyOf(ref))) !== undefined

/**
 * Whether a mail whose number is void may lie under a new one: sight has not come to the end under the numbers of today, or has found it since the
 * ref was read. `now` reads it again. False for folders that sight has never looked into.
 */
export async function mayTurnUp(ledger: Facts, ref: Ref, now: () => Promise<Ref | undefined>): Promise<boolean> {
  const seen = await ledger.recall(keyOf(ref))
  if (seen === undefined) return false
  if (seen.startsWith(PARTLY) || seen === ref.uidValidity) return true
  return ((await now())?.uidValidity ?? ref.uidValidity) !== ref.uidValidity
}

const PARTLY = 'partly '

const partly = (uidValidity: string): string => `${PARTLY}${uidValidity}`

const keyOf = ({ mailbox, folder }: Pick<Ref, 'mailbox' | 'folder'>): string =>
  `seen ${JSON.stringify([mailbox, folder])}`

/** Thrown by an attempt whose mail may turn up under a new number; the try is given back. */
export class Renumbered extends Error {}

/** Milliseconds after which it is tried again: by then sight has mostly found it under a number of today. */
const SIGHT = 10_000

/** Given back until sight has come by: no try spent. */
export const awaitSight = ({ message }: Renumbered, now: Date): Returned => ({
  kind: 'returned',
  reason: message,
  due: later(now, SIGHT),
})
