/** Everything the road of one mailbox needs, in one value: its ports, its policy, and the sites it may ask. */
import { Fault, isFault } from '../mail/fault.ts'
import type { TicketNumber } from '../mail/subject.ts'
import type { Observe } from './events.ts'
import type { Policy } from './policy.ts'
import type { Clock, Desk, Ledger, Mailbox, Parser, Post, Random, ReadHeader, Site, Spool } from './ports.ts'
import type { Sites } from './sites.ts'
import type { Gate, Turns } from './turns.ts'

/** `stop`: begin nothing more. `cut`: end what is under way. */
export type Signals = { readonly stop: AbortSignal; readonly cut: AbortSignal }

export type RoadParts = {
  readonly mailbox: Mailbox
  readonly desk: Desk
  readonly post: Post | undefined
  readonly ledger: Ledger
  readonly spool: Spool
  readonly parser: Parser
  readonly readHeader: ReadHeader
  readonly policy: Policy
  readonly clock: Clock
  readonly random: Random
  readonly observe: Observe
  /** Shared by all roads of the process. */
  readonly sites: Sites
  /** Shared by all roads to the same desk. */
  readonly uploads: Gate
  /** Shared by all roads of the process. */
  readonly turns: Turns
}

export type Road = RoadParts & {
  readonly mailboxSite: Site
  /** Entries being settled now, so that no two tasks file the same mail. */
  readonly settling: Set<string>
  /** Whether a fault of scope `mail` came from the desk, and so may speak against it. */
  isOfDesk(fault: Fault): boolean
  /** Asks the desk, one at a time until it has answered well once. */
  ask<T>(question: (desk: Desk) => Promise<T>): Promise<T>
  /** The desk took a file: it works, and in this encoding. */
  accepted(): Promise<void>
  /** A failure that proves nothing: its site rests at once if it concerns everybody, else when the next mail meets it too. */
  troubled(mail: string, fault: Fault): Promise<void>
  /** Whether a refusal is about the file or about us. */
  judge(fault: Fault, ticket: TicketNumber, signal: AbortSignal): Promise<Fault>
}

export function roadOf(parts: RoadParts): Road {
  const { desk, sites, ledger, policy } = parts
  const site = policy.desk.site
  const accepted = `accepted ${site}`
  const ofDesk = new WeakSet<Fault>()
  return {
    ...parts,
    mailboxSite: `mailbox ${parts.mailbox.name}`,
    settling: new Set(),
    isOfDesk: fault => ofDesk.has(fault),
    ask: question =>
      sites
        .ask(site, () => question(desk))
        .catch((error: unknown) => {
          if (isFault(error)) ofDesk.add(error)
          throw error
        }),
    accepted: async () => {
      await sites.answered(site)
      if ((await ledger.recall(accepted)) === undefined) await ledger.remember(accepted, 'yes')
    },
    troubled: async (mail, fault) => {
      if (fault.scope === 'desk') await sites.suspend(site, fault)
      else await sites.trouble(site, mail, fault)
    },
    judge: async (fault, ticket, signal) => {
      if (fault.status === '4.7.1') return mayWeWrite(fault, await sites.ask(site, () => desk.ticket(ticket, signal)))
      // Before this desk has ever taken a file, a refused format speaks against our encoding and not against the file.
      const untried = fault.status === '5.6.1' && (await ledger.recall(accepted)) === undefined
      return untried
        ? rescoped(fault, '4.3.5', `${fault.message}; it has never taken one from us: check desk.encoding`)
        : fault
    },
  }
}

/** 403 on the upload: with a 403 on the ticket too it is our rights that are missing; else something about this one upload. */
const mayWeWrite = (fault: Fault, facts: unknown): Fault =>
  facts === 'denied'
    ? rescoped(fault, '4.7.8', 'the desk denies us the right to attach documents and to read tickets')
    : new Fault('4.7.1', fault.message, { cause: fault })

const rescoped = (fault: Fault, status: Fault['status'], reason: string): Fault =>
  new Fault(status, reason, { scope: 'desk', cause: fault })
