/**
 * A ledger that is new, or was lost, knows nothing of what is on the tickets already, and a restored one not all of it. So whatever the first
 * sweep of a folder finds, or had arrived by then (a person may drag it back, or release it from where it was filed) or when the ledger was
 * restored, is compared with its ticket, by SHA-256, before anything of it is sent.
 */
import type { Envelope } from '../mail/envelope.ts'
import type { Numbering } from '../mail/ref.ts'
import type { Facts } from './ports.ts'

/** Clocks of servers differ; what is taken for old is only looked for once more. */
const SKEW = 3_600_000

const RESTORED = 'restored at'

/** Before the first mail of the first sweep is recorded: which mails are old. `uid`: the highest there is, 0 for none. */
export async function rememberFirstSweep(ledger: Facts, numbering: Numbering, uid: number, now: Date): Promise<void> {
  await ledger.remember(sweptKeyOf(numbering), now.toISOString())
  await ledger.remember(keyOf(numbering), String(uid))
}

/** The folder has new numbers: whatever is there now came after its first sweep, or is known. */
export const voidFirstSweep = (ledger: Facts, numbering: Numbering): Promise<void> =>
  ledger.remember(keyOf(numbering), '0')

/** The highest UID there was then; 0 where the folder was known already. */
export const firstSweepOf = async (ledger: Facts, numbering: Numbering): Promise<number> =>
  Number((await ledger.recall(keyOf(numbering))) ?? 0)

/** Before a restored ledger is worked with: whatever arrived up to now is old. */
export const rememberRestored = (ledger: Facts, now: Date): Promise<void> =>
  ledger.remember(RESTORED, now.toISOString())

/** Whether this mail was there when this ledger first saw its mailbox, or was restored; its ref may be of the folder that it was filed in since. */
export async function isOld(ledger: Facts, { ref, arrivedAt }: Pick<Envelope, 'ref' | 'arrivedAt'>): Promise<boolean> {
  if (ref.uid <= (await firstSweepOf(ledger, ref))) return true
  const [swept, restored] = await Promise.all([sweptKeyOf(ref), RESTORED].map(key => ledger.recall(key)))
  if (swept !== undefined && arrivedAt.getTime() <= Date.parse(swept)) return true
  return restored !== undefined && arrivedAt.getTime() <= Date.parse(restored) + SKEW
}

const sweptKeyOf = ({ mailbox }: Pick<Numbering, 'mailbox'>): string => `first swept ${mailbox}`

const keyOf = ({ mailbox, folder, uidValidity }: Numbering): string =>
  `first sweep ${JSON.stringify([mailbox, folder, uidValidity])}`
