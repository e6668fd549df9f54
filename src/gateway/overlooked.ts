/**
 * Once a day a folder is gone through for mails below the cursor that are not in the ledger. A server that shows a mail later than one with a higher
 * number, or leaves it out of an answer, breaks RFC 9051 (§2.3.1.1, §6.4.4), and nobody would look there again.
 */
import { setImmediate as others } from 'node:timers/promises'
import { isFault } from '../mail/fault.ts'
import type { Numbering } from '../mail/ref.ts'
import type { Road } from './road.ts'

/** Milliseconds. */
const DAY = 86_400_000

/** UIDs that the ledger is asked about before others have their turn. */
const SLICE = 5_000

/** Whether it is time. Nothing is remembered at first; a clock that was set back must not put it off for years. */
export async function mayOverlook({ ledger, clock }: Road, numbering: Numbering): Promise<boolean> {
  const last = (await ledger.recall(keyOf(numbering))) ?? ''
  return !(Math.abs(clock.now().getTime() - Date.parse(last)) < DAY)
}

/** From now on it is a day. */
export const rememberLook = ({ ledger, clock }: Road, numbering: Numbering): Promise<void> =>
  ledger.remember(keyOf(numbering), clock.now().toISOString())

/** The next sight looks again: a mail that it was told of was not shown. */
export const forgetLook = ({ ledger }: Road, numbering: Numbering): Promise<void> =>
  ledger.remember(keyOf(numbering), '')

/**
 * UIDs up to `cursor`, ascending; none where the server refuses to name all its mails. Throws ledger faults, and those of a mailbox that does not
 * answer.
 */
export const overlooked = (
  road: Road,
  numbering: Numbering,
  cursor: number,
  signal: AbortSignal,
): Promise<readonly number[]> =>
  unlessRefused(road, numbering, [], async () => {
    const uids = await unknownUpTo(cursor, road, numbering, signal)
    if (uids.length > 0)
      tell(road, numbering, `were not shown when it was their turn, and are looked at now: UID ${few(uids)}`)
    return uids
  })

/**
 * What is new comes by without this, and must be none the worse for it: a refusal is told, and whatever the mailbox fails with, it is not asked again
 * for a day.
 */
export async function unlessRefused<T>(
  road: Road,
  numbering: Numbering,
  otherwise: T,
  look: () => Promise<T>,
): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (!isFault(error) || error.scope !== 'mailbox') throw error
    await rememberLook(road, numbering)
    if (error.status !== '4.2.0') throw error
    tell(road, numbering, `could not be looked at though they had been passed over: ${error.message}`)
    return otherwise
  }
}

const tell = ({ observe }: Road, { mailbox, folder }: Numbering, what: string): void =>
  observe({ kind: 'trouble', what: mailbox, status: '4.2.0', reason: `mails in ${folder} ${what}` })

async function unknownUpTo(
  cursor: number,
  { mailbox, ledger }: Road,
  numbering: Numbering,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const seen = (await mailbox.uids(0, signal)).filter(uid => uid <= cursor)
  const unknown: number[] = []
  for (let at = 0; at < seen.length; at += SLICE) {
    const slice = seen.slice(at, at + SLICE)
    const known = await ledger.known(numbering, slice)
    unknown.push(...slice.filter(uid => !known.has(uid)))
    await others()
  }
  return unknown
}

const TOLD = 10

const few = (uids: readonly number[]): string => uids.slice(0, TOLD).join(', ') + (uids.length > TOLD ? ', …' : '')

const keyOf = ({ mailbox, folder }: Numbering): string => `gone through ${JSON.stringify([mailbox, folder])}`
