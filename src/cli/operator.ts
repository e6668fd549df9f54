/** The operator's hands, for the page: corrections, sites, and the original of a held mail; each recorded with who. */
import { randomUUID } from 'node:crypto'
import type { Settings } from '../config/schema.ts'
import type { Observe } from '../gateway/events.ts'
import { isKnown, isLike } from '../gateway/opened.ts'
import type { Operator, Original } from '../gateway/operator.ts'
import type { Road } from '../gateway/road.ts'
import { Resting } from '../gateway/sites.ts'
import type { SqlLedger } from '../ledger/ledger.ts'
import type { Envelope } from '../mail/envelope.ts'
import { isFault } from '../mail/fault.ts'
import { carryOut, filingFor, retryOptions, ticketGiven } from './correct.ts'

export type Hands = {
  readonly settings: Settings
  readonly ledger: SqlLedger
  readonly roads: readonly Road[]
  readonly observe: Observe
  /** Something is due now. */
  readonly wake: () => void
}

/** A mail is fetched for a person who waits. */
const PATIENCE = 120_000

export function operatorOf(hands: Hands): Operator {
  const { settings, ledger, observe, wake } = hands
  return {
    correct: async (correction, id, { ticket: typed, allParts }, by) => {
      const ticket = ticketGiven(typed, settings)
      if (ticket === undefined && typed !== '')
        return { done: false, why: `${typed} does not look like a ticket number (ticket.pattern)` }
      const options = retryOptions(ticket, allParts ? { allParts } : {})
      const [result] = await carryOut(correction, [id], options, filingFor(settings), ledger, by)
      if (result?.done !== true) return { done: false, why: result?.why ?? 'no mail has this id' }
      observe({ kind: 'corrected', id, correction, by })
      wake()
      return { done: true }
    },
    resume: async (site, by) => {
      const lifted = await ledger.resume(site)
      if (lifted) {
        observe({ kind: 'resumed', site, by })
        wake()
      }
      return lifted
    },
    original: (id, by) => original(id, by, hands),
  }
}

async function original(
  id: string,
  by: string,
  { ledger, roads }: Hands,
): Promise<Original | 'gone' | 'not held' | 'resting'> {
  const mail = (await ledger.show(id))?.mail
  const envelope = await ledger.envelopeOf(id)
  if (mail?.state !== 'held' || envelope === undefined) return 'not held'
  const road = roads.find(one => one.mailbox.name === mail.mailbox)
  if (road === undefined) return 'gone'
  // A berth of its own: the mail may be released, and worked on, while it is read here.
  const name = `copy-${id}-${randomUUID()}`
  const clear = (): Promise<void> => road.spool.clear(name)
  try {
    const berth = await road.spool.berth(name, envelope.size)
    const limit = AbortSignal.timeout(PATIENCE)
    const fetched = await road.askMailbox(mailbox => mailbox.fetch(envelope.ref, road.spool.open(berth), limit))
    // Where mails were numbered anew another one may have its number: that is not for whoever may read this one.
    if (typeof fetched === 'string' || !isThisOne(fetched.header, envelope, road)) {
      await clear()
      return 'gone'
    }
    await ledger.note(id, `${by} took a copy of the mail`)
    return { file: berth.raw, size: fetched.size, [Symbol.asyncDispose]: clear }
  } catch (error) {
    await clear()
    if (error instanceof Resting || (isFault(error) && error.scope !== 'ledger')) return 'resting'
    throw error
  }
}

const isThisOne = (header: Uint8Array, envelope: Envelope, road: Road): boolean =>
  isKnown(header, envelope, road) || isLike(header, envelope, road)
