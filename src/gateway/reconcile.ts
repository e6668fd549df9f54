/**
 * A ledger that is new, or was lost, knows nothing of what is on the tickets already, and a restored one not all of it. So whatever the first
 * sweep of a folder finds, or had arrived when the ledger was restored, is compared with its ticket, by SHA-256, before anything of it is sent.
 */
import type { Envelope } from '../mail/envelope.ts'
import type { Numbering } from '../mail/ref.ts'
import type { Facts } from './ports.ts'

/** Clocks of servers differ; what is taken for old is only looked for once more. */
const SKEW = 3_600_000

const RESTORED = 'restored at'

/** Before the first mail of the first sweep is recorded: which mails are old. `uid`: the highest there is, 0 for none. */
export const rememberFirstSweep = (ledger: Facts, numbering: Numbering, uid: number): Promise<void> =>
  ledger.remember(keyOf(numbering), String(uid))

/** The highest UID there was then; 0 where the folder was known already. */
export const firstSweepOf = async (ledger: Facts, numbering: Numbering): Promise<number> =>
  Number((await ledger.recall(keyOf(numbering))) ?? 0)

/** Before a restored ledger is worked with: whatever arrived up to now is old. */
export const rememberRestored = (ledger: Facts, now: Date): Promise<void> =>
  ledger.remember(RESTORED, now.toISOString())

/** Whether this mail was there when this ledger first saw its folder, or was restored. */
export async function isOld(ledger: Facts, { ref, arrivedAt }: Pick<Envelope, 'ref' | 'arrivedAt'>): Promise<boolean> {
  if (ref.uid <= (await firstSweepOf(ledger, ref))) return true
  const restored = await ledger.recall(RESTORED)
  return restored !== undefined && arrivedAt.getTime() <= Date.parse(restored) + SKEW
}

const keyOf = ({ mailbox, folder, uidValidity }: Numbering): string =>
  `first sweep ${JSON.stringify([mailbox, folder, uidValidity])}`
