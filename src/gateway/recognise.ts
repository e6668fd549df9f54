/**
 * Knowing a mail again under a new ref: after a change of UIDVALIDITY, a renumbering, or because a person dragged it back.
 * Two refs that are there at once are two mails, for a scanner's headers repeat (docs/overview.md).
 */
import type { Envelope } from '../mail/envelope.ts'
import type { Twin } from './ports.ts'
import type { Road } from './road.ts'

type Place = { readonly folder: string; readonly uidValidity: string }

/** Resolves true when the mail was recognised, and its entry moved to the new ref. Each known mail is recognised once a sweep. */
export function recogniser(road: Road, place: Place, signal: AbortSignal): (envelope: Envelope) => Promise<boolean> {
  const taken = new Set<string>()
  let present: Promise<ReadonlySet<number>> | undefined
  const here = async (twin: Twin): Promise<boolean> => {
    if (twin.ref.folder !== place.folder || twin.ref.uidValidity !== place.uidValidity) return false
    present ??= road.mailbox.uids(0, signal).then(uids => new Set(uids))
    return (await present).has(twin.ref.uid)
  }
  return async envelope => {
    for (const twin of await road.ledger.twins(envelope.ref.mailbox, envelope.fingerprint)) {
      if (taken.has(twin.id) || (await here(twin))) continue
      taken.add(twin.id)
      const again = twin.final && twin.filedAway
      await road.ledger.recognise(twin.id, envelope.ref, again)
      road.observe({ kind: 'sighted', id: twin.id, ref: envelope.ref, size: envelope.size, again })
      return true
    }
    return false
  }
}
