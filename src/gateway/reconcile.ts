/**
 * A ledger that is new, or was lost, knows nothing of what is on the tickets already. So whatever the first sweep of a folder finds is
 * compared with its ticket, by SHA-256, before anything of it is sent.
 */
import type { Ref } from '../mail/ref.ts'
import type { Facts } from './ports.ts'

/** Before the first mail of the first sweep is recorded: which mails are old. `uid`: the highest there is, 0 for none. */
export const rememberFirstSweep = (ledger: Facts, place: Omit<Ref, 'uid'>, uid: number): Promise<void> =>
  ledger.remember(keyOf(place), String(uid))

/** Whether this mail was there when this ledger first saw its folder. */
export const isOld = async (ledger: Facts, ref: Ref): Promise<boolean> =>
  ref.uid <= Number((await ledger.recall(keyOf(ref))) ?? 0)

const keyOf = ({ mailbox, folder, uidValidity }: Omit<Ref, 'uid'>): string =>
  `first sweep ${JSON.stringify([mailbox, folder, uidValidity])}`
