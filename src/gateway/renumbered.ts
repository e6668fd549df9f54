/**
 * A server that numbers the mails anew under the UIDVALIDITY they had (a repaired or restored maildir) breaks RFC 9051 §2.3.1.1, and its word is
 * UIDNEXT: it never goes back. Then every number we know is void, and sight begins anew, knowing the mails by their fingerprints.
 */
import type { Ref } from '../mail/ref.ts'
import { rememberFirstSweep } from './reconcile.ts'
import type { Road } from './road.ts'

/**
 * The UID up to which the folder was seen; undefined where sight begins with the first. `anew`: mails that wait have numbers that are void until
 * sight has come by them. Throws mailbox and ledger faults.
 */
export async function cursorOf(
  road: Road,
  place: Omit<Ref, 'uid'>,
  uidNext: number | undefined,
  signal: AbortSignal,
): Promise<{ readonly cursor: number | undefined; readonly anew: boolean }> {
  const { ledger } = road
  const { mailbox, folder, uidValidity } = place
  const highest = await ledger.cursor(mailbox, folder, uidValidity)
  const known = { cursor: highest, anew: highest === 0 }
  if (uidNext === undefined || highest === undefined || highest < uidNext) return known
  // Some servers say any number: then there is a mail that has it, or a higher one.
  const last = (await road.mailbox.uids(0, signal)).at(-1) ?? 0
  if (last >= uidNext) return known
  // Whatever is there now came after the first sweep, or is known.
  await rememberFirstSweep(ledger, place, 0)
  await ledger.disown(mailbox, folder, uidValidity)
  const reason = `the mails in ${folder} have new numbers under the old UIDVALIDITY ${uidValidity}: they are looked at anew`
  road.observe({ kind: 'trouble', what: mailbox, status: '4.2.0', reason })
  return { cursor: undefined, anew: true }
}
