/** Making an outcome visible: the notice and the filing, each on its own, each as often as it takes, the notice at most once. */
import { Fault } from '../mail/fault.ts'
import { backoff, later } from './backoff.ts'
import type { Unsettled } from './ports.ts'
import type { Road, Signals } from './road.ts'

const BATCH = 50

/** Settles what is concluded and not yet visible. Resolves with how many were left unsettled by a trouble. */
export async function settleAll(road: Road, { stop, cut }: Signals): Promise<number> {
  const tried = new Set<string>()
  let left = 0
  while (!stop.aborted) {
    const batch = (await road.ledger.unsettled(road.mailbox.name, BATCH + tried.size)).filter(
      ({ id }) => !tried.has(id),
    )
    if (batch.length === 0) break
    for (const one of batch) {
      tried.add(one.id)
      if (!(await settle(one, road, cut))) left += 1
    }
  }
  return left
}

/** Resolves false when something is left to do. Throws ledger faults. */
export async function settle(one: Unsettled, road: Road, signal: AbortSignal): Promise<boolean> {
  if (road.settling.has(one.id)) return true
  road.settling.add(one.id)
  try {
    const [filed, noticed] = await Promise.all([fileMail(one, road, signal), sendNotice(one, road, signal)])
    return filed && noticed
  } finally {
    road.settling.delete(one.id)
  }
}

async function fileMail(one: Unsettled, road: Road, signal: AbortSignal): Promise<boolean> {
  if (one.filed) return true
  try {
    const filed = await road.mailbox.file(one.ref, one.filing, signal)
    await road.ledger.filed(one.id, filed === 'gone' ? undefined : filed, road.clock.now())
    road.observe({ kind: 'settled', id: one.id, ref: one.ref, folder: filed === 'gone' ? undefined : filed.folder })
    return true
  } catch (error) {
    if (!(error instanceof Fault) || error.scope !== 'mailbox') throw error
    road.observe({ kind: 'trouble', what: `filing ${one.id}`, status: error.status, reason: error.message })
    // A folder that cannot be written is this filing's trouble; a server that does not answer is everybody's.
    if (error.status !== '4.2.0') await road.sites.suspend(road.mailboxSite, error)
    return false
  }
}

async function sendNotice(one: Unsettled, road: Road, signal: AbortSignal): Promise<boolean> {
  const { post, ledger } = road
  if (one.notice === undefined) return true
  const { row, notice } = one.notice
  const site = road.policy.post
  if (post === undefined || site === undefined || (await road.sites.suspended(site)) !== undefined) return false
  const observe = (state: 'sent' | 'failed' | 'unknown' | 'suppressed'): void =>
    road.observe({ kind: 'noticed', id: one.id, ref: one.ref, state })
  if (!(await ledger.beginNotice(row, road.clock.now()))) {
    observe('suppressed')
    return true
  }
  try {
    await post.send(notice, signal)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const again = error.applied === 'no' && error.status.startsWith('4')
    const wait = backoff(1, road.policy.retry, road.random)
    const retryAt = again ? later(road.clock.now(), wait) : undefined
    await ledger.endNotice(row, error.applied === 'maybe' ? 'unknown' : 'failed', error.message, retryAt)
    // A recipient who is greylisted, or a stop, is no trouble of the relay's.
    if (again && error.scope === 'post' && !signal.aborted) await road.sites.suspend(site, error)
    observe(error.applied === 'maybe' ? 'unknown' : 'failed')
    return !again
  }
  await ledger.endNotice(row, 'sent', undefined, undefined)
  await road.sites.answered(site)
  observe('sent')
  return true
}
