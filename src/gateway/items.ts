/** From the states of a mail's items to its outcome (product contract, section 2). */
import type { ItemState } from '../mail/outcome.ts'
import { type Because, because } from '../mail/status.ts'

export type ItemEnd = {
  readonly name: string
  readonly state: ItemState
  readonly because: Because | undefined
  /** When an uncertain one is to be looked for again; undefined: only a person can tell. */
  readonly lookAt: Date | undefined
}

export type ItemsOutcome =
  | { readonly kind: 'deferred'; readonly until: Date | undefined; readonly because: Because }
  | { readonly kind: 'held' | 'bounced' | 'delivered' | 'discarded'; readonly because: Because }

/** Any still open → deferred; else any uncertain → held; else any refused → bounced; else delivered, if anything was. */
export function outcomeOf(items: readonly ItemEnd[]): ItemsOutcome {
  const open = items.filter(({ state, lookAt }) => state === 'pending' || state === 'begun' || lookAt !== undefined)
  const uncertain = items.filter(({ state }) => state === 'uncertain')
  const refused = items.filter(({ state }) => state === 'refused')
  const delivered = items.filter(({ state }) => state === 'delivered')
  if (open.length > 0) return { kind: 'deferred', until: earliest(open), because: stillOpen(open) }
  if (uncertain.length > 0)
    return { kind: 'held', because: because('uncertain', `nobody knows whether ${list(uncertain)} arrived`) }
  const [first] = refused
  if (first !== undefined) return refusedOf(first, refused, delivered)
  if (delivered.length === 0) return { kind: 'discarded', because: because('nothing-attached', nothingNew(items)) }
  return { kind: 'delivered', because: because('delivered', `${count(delivered)} on the ticket`) }
}

const nothingNew = (items: readonly ItemEnd[]): string =>
  `nothing is left to attach: ${items.find(({ state }) => state === 'skipped')?.because?.reason ?? 'no part was chosen'}`

function earliest(open: readonly ItemEnd[]): Date | undefined {
  const times = open.flatMap(({ lookAt }) => (lookAt === undefined ? [] : [lookAt.getTime()]))
  return times.length === 0 ? undefined : new Date(Math.min(...times))
}

const stillOpen = (open: readonly ItemEnd[]): Because =>
  open.some(({ lookAt }) => lookAt !== undefined)
    ? {
        status: '4.4.2',
        code: 'deferred-uncertain',
        reason: `the upload of ${list(open)} was cut short; it is being looked for`,
      }
    : { status: '4.3.0', code: 'deferred-pending', reason: `${list(open)} not yet on the ticket` }

/** What the sender cannot mend is a matter for one of ours, and not sent back. */
function refusedOf(first: ItemEnd, refused: readonly ItemEnd[], delivered: readonly ItemEnd[]): ItemsOutcome {
  if (delivered.length > 0)
    return { kind: 'bounced', because: because('partial', `${count(delivered)} on the ticket, not ${list(refused)}`) }
  const why = first.because ?? because('desk-refused', `${list(refused)} refused`)
  return { kind: why.code === 'desk-refused' ? 'held' : 'bounced', because: why }
}

const count = (items: readonly ItemEnd[]): string => (items.length === 1 ? '1 file' : `${items.length} files`)

/** Names are the sender's: three are enough to recognise them by. */
const list = (items: readonly ItemEnd[]): string =>
  items
    .slice(0, 3)
    .map(({ name }) => name)
    .join(', ') + (items.length > 3 ? ` and ${items.length - 3} more` : '')
