/** Failure into outcome: by its class whether to try again, by its scope whose to mend (docs/states.md). */
import { type Fault, isFault } from '../mail/fault.ts'
import { settleFor } from '../mail/route.ts'
import { because } from '../mail/status.ts'
import { Suspected, setAside } from './calm.ts'
import { Misplaced } from './opened.ts'
import { type Claim, ParserBusy } from './ports.ts'
import { awaitSight, Renumbered } from './renumbered.ts'
import type { Road } from './road.ts'
import { Resting } from './sites.ts'
import { deferred, ended, type Returned, type Tried } from './tried.ts'

/** Milliseconds after which a mail that the parser refused comes again: the deadline of one slow mail. */
const PARSER_BUSY = 30_000

/** Why a try is cut whose lease may be another's by now. */
export class LeaseLost extends Error {}

/** What a try that threw came to. Throws what concerns the ledger; then the try is given back first, if the ledger can still write that. */
export async function caught(error: unknown, claim: Claim, road: Road, signal: AbortSignal): Promise<Tried | Returned> {
  if (error instanceof Suspected) return setAside(claim, error, road)
  if (error instanceof Misplaced) return ended({ kind: 'held', ...because('gone', error.message) })
  if (error instanceof Renumbered) return awaitSight(error, road.clock.now())
  if (error instanceof ParserBusy)
    return { kind: 'returned', reason: error.message, due: new Date(road.clock.now().getTime() + PARSER_BUSY) }
  // Another mail has met what ails the site.
  if (error instanceof Resting) return { kind: 'returned', reason: error.message, due: 'in turn' }
  if (signal.aborted)
    return { kind: 'returned', reason: signal.reason instanceof LeaseLost ? signal.reason.message : 'an orderly stop' }
  if (!isFault(error)) {
    road.observe({ kind: 'bug', where: 'attempt', error })
    return deferred(claim, { status: '4.3.0', code: 'deferred-bug', reason: 'nobody foresaw this; see the log' }, road)
  }
  switch (error.scope) {
    case 'ledger':
      // A full spool is not the mail's fault either. A lease that has passed on has nothing to give back.
      await road.ledger.giveBack(claim, road.clock.now(), error.message).catch(() => undefined)
      throw error
    case 'desk':
      return returned(await road.sites.suspend(road.policy.desk.site, error))
    case 'mailbox':
      return returned(await road.sites.suspend(road.mailboxSite, error))
    case 'antivirus':
      return road.antivirusSite === undefined
        ? ofThisMail(error, claim, road)
        : returned(await road.sites.suspend(road.antivirusSite, error))
    case 'post':
    case 'attachment':
    case 'mail':
      return ofThisMail(error, claim, road)
    default:
      return error.scope satisfies never
  }
}

const returned = ({ reason }: { readonly reason: string }): Returned => ({ kind: 'returned', reason })

async function ofThisMail(fault: Fault, claim: Claim, road: Road): Promise<Tried> {
  switch (fault.status) {
    case '5.1.1':
      return ended(
        settleFor(claim.envelope, {
          kind: 'bounced',
          ...because('unknown-ticket', `the desk knows no ticket ${claim.tickets.join(', ')}`),
        }),
      )
    case '5.2.0':
      return gone(fault, claim, road)
    case '5.6.0':
      return ended({ kind: 'held', ...because('unparsable', fault.message) })
    case '5.3.5':
      return ended({ kind: 'held', ...because('poison', fault.message) })
    default:
  }
  if (fault.status.startsWith('5')) return ended({ kind: 'held', ...because('desk-refused', fault.message) })
  if (fault.status === '4.4.2' && road.isOfDesk(fault)) await road.troubled(claim.id, fault)
  return deferred(claim, { status: fault.status, code: `deferred-${fault.status}`, reason: fault.message }, road)
}

/** Neither in the mailbox nor in the spool: without a trace on the desk it is as if it had never come; else a person must know. */
async function gone(fault: Fault, claim: Claim, road: Road): Promise<Tried> {
  const items = await road.ledger.items(claim.id)
  const begun = items.some(({ state }) => state === 'begun' || state === 'uncertain' || state === 'delivered')
  return ended({ kind: begun ? 'held' : 'discarded', ...because('gone', fault.message) })
}
