/** Making an outcome visible: the notice and the filing, each on its own, each as often as it takes, the notice at most once. */
import { type Fault, isFault } from '../mail/fault.ts'
import type { Notice } from '../mail/notice.ts'
import { backoff, later } from './backoff.ts'
import type { Filed, Mailbox, Post, Unsettled } from './ports.ts'
import { isLookedInto, mayTurnUp, voidUnlessMoved } from './renumbered.ts'
import type { Road, Signals } from './road.ts'
import { Resting } from './sites.ts'

const BATCH = 50

/** Settles what is concluded and not yet visible. Resolves with how many were left unsettled by a trouble. */
export async function settleAll(road: Road, signals: Signals): Promise<number> {
  const tried = new Set<string>()
  let left = 0
  while (!signals.stop.aborted) {
    const batch = (await road.ledger.unsettled(road.mailbox.name, BATCH + tried.size)).filter(
      ({ id }) => !tried.has(id),
    )
    if (batch.length === 0) break
    // Together, because the mailbox files many as fast as one.
    const settled = await Promise.allSettled(
      batch.map(({ id }) => {
        tried.add(id)
        return settle(id, road, signals)
      }),
    )
    for (const one of settled)
      if (one.status === 'rejected') throw one.reason
      else if (!one.value) left += 1
  }
  return left
}

/**
 * Resolves false when something is left to do. Throws ledger faults. `at once`: by whoever has just concluded it, so that nobody can have filed it
 * before; `later`: an earlier filing may have been cut.
 */
export async function settle(
  id: string,
  road: Road,
  { stop, cut }: Signals,
  when: 'at once' | 'later' = 'later',
): Promise<boolean> {
  // No two tasks file the same mail, of this process or another; who comes second finds what the first has left to do.
  await using turn = await road.turns.tryTake(`settle ${id}`)
  const one = turn === undefined ? undefined : await road.ledger.unsettledOne(id)
  if (one === undefined) return true
  const [filed, noticed] = await Promise.all([
    fileMail(one, road, cut, when),
    when === 'later' ? sendLater(one, road, { stop, cut }) : sendNotice(one, road, cut),
  ])
  return filed && noticed
}

async function fileMail(one: Unsettled, road: Road, signal: AbortSignal, when: 'at once' | 'later'): Promise<boolean> {
  if (one.filed) return true
  const filed = await tryToFile(one, road, signal)
  if (filed === 'later') return false
  if (isFault(filed)) {
    road.observe({ kind: 'trouble', what: `filing ${one.id}`, status: filed.status, reason: filed.message })
    return false
  }
  if (filed === 'gone' && when === 'at once' && one.kind === 'delivered') tellOfOthers(one, road)
  const place = filed === 'gone' ? await likely(one, road, signal, when) : filed
  await road.ledger.filed(one.id, place, road.clock.now())
  road.observe({ kind: 'settled', id: one.id, ref: one.ref, folder: filed === 'gone' ? undefined : filed.folder })
  return true
}

/**
 * An earlier filing that was cut before its answer was written down has most likely moved it: then a person who moves it back wants it tried again,
 * and an operator who asks for another try wants it found.
 */
async function likely(
  { filing: { folder }, messageId }: Unsettled,
  road: Road,
  signal: AbortSignal,
  when: 'at once' | 'later',
): Promise<Filed | undefined> {
  if (when === 'at once' || folder === undefined) return undefined
  const unknown = { folder, uidValidity: undefined, uid: undefined }
  if (messageId === undefined) return unknown
  // Whatever keeps it from being found, it is filed no less.
  const orUnknown = (error: unknown): Filed => {
    if (error instanceof Resting || isFault(error) || signal.aborted) return unknown
    throw error
  }
  const find = (mailbox: Mailbox): Promise<Filed> => mailbox.find(folder, messageId, signal).catch(orUnknown)
  return await road.askMailbox(find).catch(orUnknown)
}

/** Two workers that share no ledger cannot know of each other, but of every mail that both deliver one finds it taken away. */
function tellOfOthers({ id, ref }: Unsettled, road: Road): void {
  const reason = `somebody else took the mail out of ${ref.folder} while it was being delivered: a person, or a second mailclip with a ledger of its own, which doubles files`
  road.observe({ kind: 'trouble', what: `filing ${id}`, status: '5.2.0', reason })
}

/** A folder that cannot be written is this filing's trouble; a server that does not answer is everybody's, and is asked by one alone. */
async function tryToFile(one: Unsettled, road: Road, signal: AbortSignal): Promise<'gone' | 'later' | Filed | Fault> {
  try {
    const filed = await road.askMailbox(mailbox =>
      mailbox.file(one.ref, one.filing, signal, one.messageId).catch((error: unknown) => {
        if (isFault(error) && error.status === '4.2.0') return error
        throw error
      }),
    )
    const now = async () => (await road.ledger.unsettledOne(one.id))?.ref
    if (filed === 'void') return (await mayTurnUp(road.ledger, one.ref, now)) ? 'later' : 'gone'
    if (filed !== 'other') return filed
    if (!(await isLookedInto(road.ledger, one.ref))) return 'gone'
    await voidUnlessMoved(road, one.ref, now)
    return 'later'
  } catch (error) {
    if (error instanceof Resting || signal.aborted) return 'later'
    if (isFault(error) && error.scope === 'mailbox') return error
    throw error
  }
}

type NoticeEnd = 'sent' | 'failed' | 'unknown' | 'suppressed'

/** One after the other: each is a connection of its own, and relays allow one client only so many. */
async function sendLater(one: Unsettled, road: Road, { stop, cut }: Signals): Promise<boolean> {
  if (one.notice === undefined) return true
  using _letter = await road.letters.enter()
  return stop.aborted ? false : sendNotice(one, road, cut)
}

async function sendNotice(one: Unsettled, road: Road, signal: AbortSignal): Promise<boolean> {
  const { post, policy, sites } = road
  if (one.notice === undefined) return true
  if (post === undefined || policy.post === undefined) return false
  const letter = { ...one.notice, since: one.concludedAt }
  try {
    const { state, again } = await sites.ask(policy.post, () => send(letter, post, road, signal))
    road.observe({ kind: 'noticed', id: one.id, ref: one.ref, state })
    return !again
  } catch (error) {
    if (error instanceof Resting) return false
    if (!isFault(error) || (error.scope !== 'post' && error.scope !== 'mail')) throw error
    // Only another notice that meets it too speaks against the relay: else one would keep all others waiting.
    if (error.scope === 'mail') await sites.trouble(policy.post, one.id, error)
    road.observe({ kind: 'noticed', id: one.id, ref: one.ref, state: 'failed' })
    return false
  }
}

type Letter = { readonly row: number; readonly notice: Notice; readonly since: Date | undefined }

/** Milliseconds after which a notice is given up whose recipient's server still puts it off (RFC 5321 §4.5.4.1: four to five days). */
const GIVEN_UP = 5 * 86_400_000

/** The relay ended the connection in the midst of a notice. */
const isBroken = ({ status }: Fault): boolean => status === '4.4.2' || status === '4.3.2'

/** Written down, then sent, then written down. Throws only what concerns, or may concern, every notice; this one waits then. */
async function send(
  { row, notice, since }: Letter,
  post: Post,
  road: Road,
  signal: AbortSignal,
): Promise<{ readonly state: NoticeEnd; readonly again: boolean }> {
  const { ledger, clock, policy, random } = road
  if (!(await ledger.beginNotice(row, clock.now()))) return { state: 'suppressed', again: false }
  try {
    await post.send(notice, signal)
  } catch (error) {
    if (!isFault(error)) throw error
    const now = clock.now()
    const age = now.getTime() - (since ?? now).getTime()
    const isOver = error.scope === 'mail' && age >= GIVEN_UP
    const again = error.applied === 'no' && error.status.startsWith('4') && !isOver
    const state = error.applied === 'maybe' ? 'unknown' : 'failed'
    // About as long again as it has waited.
    const first = Math.max(policy.retry.first, age)
    const retryAt = again ? later(now, backoff(1, { ...policy.retry, first }, random)) : undefined
    await ledger.endNotice(row, state, error.message, retryAt)
    // A recipient who is greylisted, or a stop, is no trouble of the relay's.
    if (again && (error.scope === 'post' || isBroken(error)) && !signal.aborted) throw error
    return { state, again }
  }
  await ledger.endNotice(row, 'sent', undefined, undefined)
  return { state: 'sent', again: false }
}
