/**
 * Looking for an upload whose answer nobody knows. Presence is conclusive at any time: a document that was not there before the POST and
 * has the attachment's SHA-256. Absence counts only after the desk's quiet time, in two looks (docs/states.md).
 */
import { isFault } from '../mail/fault.ts'
import { plainName } from '../mail/filename.ts'
import type { Claim, Desk, Doubt, ItemRecord, Ledger, Listed } from './ports.ts'

/** Reading more than this many documents to find one is the work of a person. */
const MOST_DOWNLOADS = 50

/** `unsure`: it can be listed but not told apart, or not listed at all. */
export type Found =
  | { readonly kind: 'present'; readonly id: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unsure' }

/** Claims the document for the item in the ledger when it is there. Throws the desk's faults. */
export async function find(
  claim: Claim,
  item: ItemRecord,
  ports: { readonly desk: Desk; readonly ledger: Ledger },
  now: Date,
  signal: AbortSignal,
): Promise<Found> {
  const listed = await unlessUnknown(ports.desk.list(item.ticket, signal), [])
  if (listed === 'denied') return { kind: 'unsure' }
  const candidates = newcomers(item.snapshot ?? [], listed, await ports.ledger.held(item.ticket))
  const sorted = candidates.toSorted((a, b) => Number(sameName(b, item)) - Number(sameName(a, item)))
  for (const { id } of sorted.slice(0, MOST_DOWNLOADS)) {
    const hash = await ports.desk.hash(item.ticket, id, item.size, signal)
    if (hash === 'denied') return byName(claim, item, candidates, ports.ledger, now)
    if (hash === item.sha256 && (await ports.ledger.deliver(claim, item.item, id, now))) return { kind: 'present', id }
  }
  return { kind: sorted.length > MOST_DOWNLOADS ? 'unsure' : 'absent' }
}

/** Documents that were not on the ticket before and that no other item holds. */
export function newcomers(
  snapshot: readonly string[],
  listed: readonly Listed[],
  held: ReadonlySet<string>,
): readonly Listed[] {
  const before = new Set(snapshot)
  return listed.filter(({ id }) => !before.has(id) && !held.has(id))
}

/** EasyVista keeps names as sent; some builds change case or normal form. A file that was rejected went again in its plain form. */
export const sameName = (listed: Listed, { name }: { readonly name: string }): boolean =>
  listed.name !== undefined && [name, plainName(name)].some(one => fold(one) === fold(listed.name ?? ''))

/** Another file of this name may turn up on the ticket, of this mail or another one: a name alone does not tell which of them a document is. */
export const isNamesake = ({ item, sha256, name }: Doubt, doubts: readonly Doubt[]): boolean =>
  doubts.some(one => one.item !== item && one.sha256 !== sha256 && sameName({ id: '', name: one.name }, { name }))

const fold = (name: string): string => name.normalize('NFC').toLowerCase()

/**
 * Without the right to download: a single new document of that name is ours, none is absence, several are nobody's guess. So is one of which nobody
 * knows whether it is new.
 */
async function byName(
  claim: Claim,
  item: ItemRecord,
  candidates: readonly Listed[],
  ledger: Ledger,
  now: Date,
): Promise<Found> {
  const named = candidates.filter(listed => listed.name === undefined || sameName(listed, item))
  const [only] = named
  if (only === undefined) return { kind: 'absent' }
  if (named.length > 1 || only.name === undefined || item.snapshot === undefined) return { kind: 'unsure' }
  if (isNamesake(item, await ledger.inDoubt(item.ticket))) return { kind: 'unsure' }
  return (await ledger.deliver(claim, item.item, only.id, now)) ? { kind: 'present', id: only.id } : { kind: 'unsure' }
}

/** The desk's answer; `otherwise` for a ticket it does not know (any more): such a one is not closed and holds no document. */
export async function unlessUnknown<T, const O>(answer: Promise<T>, otherwise: O): Promise<T | O> {
  try {
    return await answer
  } catch (error) {
    if (isFault(error) && error.status === '5.1.1') return otherwise
    throw error
  }
}
