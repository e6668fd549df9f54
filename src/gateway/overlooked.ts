/**
 * Once a day a folder is gone through for mails below the cursor that are not in the ledger. A server that shows a mail later than one with a higher
 * number, or leaves it out of an answer, breaks RFC 9051 (§2.3.1.1, §6.4.4), and nobody would look there again.
 */
import { isFault } from '../mail/fault.ts'
import type { Ref } from '../mail/ref.ts'
import type { Road } from './road.ts'

/** Milliseconds. */
const DAY = 86_400_000

type Place = Omit<Ref, 'uid'>

/** UIDs up to `cursor`, ascending; none when the folder was gone through within a day. Throws ledger faults, and those of a mailbox that does not answer. */
export async function overlooked(
  road: Road,
  place: Place,
  cursor: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const { ledger, clock, observe } = road
  const key = `gone through ${JSON.stringify([place.mailbox, place.folder])}`
  const now = clock.now()
  const last = (await ledger.recall(key)) ?? ''
  // Nothing is remembered at first; a clock that was set back must not put it off for years.
  if (Math.abs(now.getTime() - Date.parse(last)) < DAY) return []
  const tell = (reason: string): void => observe({ kind: 'trouble', what: place.mailbox, status: '4.2.0', reason })
  let uids: readonly number[] = []
  try {
    uids = await unknownUpTo(cursor, road, place, signal)
  } catch (error) {
    // What is new has been named before, and is no worse for a server that cannot name everything.
    if (!isFault(error) || error.status !== '4.2.0') throw error
    tell(`${place.folder} could not be gone through for mails that were overlooked: ${error.message}`)
  }
  if (uids.length > 0)
    tell(`mails in ${place.folder} were not shown when it was their turn, and are taken now: UID ${few(uids)}`)
  await ledger.remember(key, now.toISOString())
  return uids
}

async function unknownUpTo(
  cursor: number,
  { mailbox, ledger }: Road,
  { folder, uidValidity }: Place,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const seen = (await mailbox.uids(0, signal)).filter(uid => uid <= cursor)
  const known = await ledger.known(mailbox.name, folder, uidValidity, seen)
  return seen.filter(uid => !known.has(uid))
}

const TOLD = 10

const few = (uids: readonly number[]): string => uids.slice(0, TOLD).join(', ') + (uids.length > TOLD ? ', …' : '')
