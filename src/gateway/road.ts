/** Everything the road of one mailbox needs, in one value: its ports, its policy, and the sites it may ask. */

import type { Attachment } from '../mail/dispatch.ts'
import { Fault, isFault } from '../mail/fault.ts'
import type { TicketNumber } from '../mail/subject.ts'
import type { Observe } from './events.ts'
import { unlessUnknown } from './find.ts'
import type { Policy } from './policy.ts'
import type {
  Antivirus,
  Clock,
  Desk,
  Ledger,
  Mailbox,
  Parser,
  Post,
  Random,
  ReadHeader,
  Site,
  Spool,
  Suspension,
  TicketFacts,
} from './ports.ts'
import type { Sites } from './sites.ts'
import { Gate, type TakingTurns, type Uploads } from './turns.ts'

/** `stop`: begin nothing more. `cut`: end what is under way. */
export type Signals = { readonly stop: AbortSignal; readonly cut: AbortSignal }

export type RoadParts = {
  readonly mailbox: Mailbox
  readonly desk: Desk
  readonly post: Post | undefined
  /** Undefined: files are not scanned. */
  readonly antivirus: Antivirus | undefined
  readonly ledger: Ledger
  readonly spool: Spool
  readonly parser: Parser
  readonly readHeader: ReadHeader
  readonly policy: Policy
  readonly clock: Clock
  readonly random: Random
  /** Milliseconds until the process has lived long enough to try suspects (calm.ts); 0 from then on. */
  readonly calmIn: () => number
  readonly observe: Observe
  /** Shared by all roads of the process. */
  readonly sites: Sites
  /** Shared by all roads to the same desk. */
  readonly uploads: Uploads
  /** Shared by all roads of the process, and by all replicas. */
  readonly turns: TakingTurns
}

export type Road = RoadParts & {
  readonly mailboxSite: Site
  readonly antivirusSite: Site | undefined
  /** Notices of what is settled later. */
  readonly letters: Gate
  /** Suspects that this process has come upon too early. */
  readonly aside: Set<string>
  /** Whether a fault of scope `mail` came from the desk, and so may speak against it. */
  isOfDesk(fault: Fault): boolean
  /** Asks the desk, one at a time until it has answered well once. Throws `Resting` while it is suspended. */
  ask<T>(question: (desk: Desk) => Promise<T>): Promise<T>
  /**
   * Posts a file: `Desk.attach` under the same rules, and one at a time after it had failed for uploads alone. `departs` is awaited when nothing but
   * the desk can keep it waiting any more; nothing is sent when it throws.
   */
  attach(form: Form, file: string, signal: AbortSignal, departs: () => Promise<void>): Promise<Attached>
  /** What the virus scanner found in a file, under the same rules; undefined = clean, or none is configured. */
  scan(file: string, signal: AbortSignal): Promise<string | undefined>
  /** Asks the mailbox, under the same rules. */
  askMailbox<T>(question: (mailbox: Mailbox) => Promise<T>): Promise<T>
  /** A failure that may be this mail's own: its desk rests when the next mail meets it too. */
  troubled(mail: string, fault: Fault): Promise<void>
  /** Whether a refusal is about the file or about us. */
  judge(fault: Fault, ticket: TicketNumber, signal: AbortSignal): Promise<Fault>
}

/**
 * What the desk said of an upload: that it has it, that it has it not (or nothing was sent), or nothing to go by. And what was thrown: a ledger that
 * fails afterwards takes back nothing of the desk's word.
 */
export type Attached = { readonly said: 'taken' | 'not taken' | 'nothing'; readonly error: unknown }

/** An attachment as it is posted. */
export type Form = { readonly item: Attachment & { readonly ticket: TicketNumber }; readonly description: string }

export function roadOf(parts: RoadParts): Road {
  const { desk, mailbox, sites, ledger, policy, antivirus } = parts
  const site = policy.desk.site
  const mailboxSite: Site = `mailbox ${mailbox.name}`
  const antivirusSite: Site | undefined = antivirus === undefined ? undefined : `antivirus ${antivirus.site}`
  const accepted = `accepted ${policy.desk.encoding} ${site}`
  const ofDesk = new WeakSet<Fault>()
  let isAccepted = false
  const marked = (error: unknown): never => {
    if (isFault(error)) ofDesk.add(error)
    throw error
  }
  /** Before this desk has ever taken a file, a refused format speaks against our encoding and not against the file. */
  const ofEncoding = async (error: unknown): Promise<never> => {
    if (!isFault(error) || error.status !== '5.6.1' || (await ledger.recall(accepted)) !== undefined) throw error
    throw rescoped(error, '4.3.5', `${error.message}; it has never taken one from us: check desk.encoding`)
  }
  return {
    ...parts,
    mailboxSite,
    antivirusSite,
    letters: new Gate(1),
    aside: new Set(),
    isOfDesk: fault => ofDesk.has(fault),
    ask: question => sites.ask(site, () => question(desk), 'is there').catch(marked),
    attach: async ({ item, description }, file, signal, departs) => {
      let said: Attached['said'] = 'not taken'
      // Inside the question: the site rests before the next upload may begin.
      const post = async (): Promise<void> => {
        await departs()
        try {
          await desk.attach(item.ticket, item, file, description, signal)
          said = 'taken'
        } catch (error) {
          said = isUnsent(error, signal) ? 'not taken' : 'nothing'
          await ofEncoding(error)
        }
      }
      try {
        await sites.ask(site, post).catch(marked)
        if (!isAccepted && (await ledger.recall(accepted)) === undefined) await ledger.remember(accepted, 'yes')
        isAccepted = true
        return { said, error: undefined }
      } catch (error) {
        return { said, error }
      }
    },
    scan: async (file, signal) =>
      antivirus === undefined || antivirusSite === undefined
        ? undefined
        : sites.ask(antivirusSite, () => antivirus.scan(file, signal)),
    askMailbox: question => sites.ask(mailboxSite, () => question(mailbox)),
    troubled: async (mail, fault) => {
      // One that concerns everybody has suspended its site already.
      if (fault.scope !== 'desk') await sites.trouble(site, mail, fault)
    },
    judge: async (fault, ticket, signal) => {
      if (fault.status === '4.7.1') {
        const facts = sites.ask(site, () => desk.ticket(ticket, signal), 'is there')
        return mayWeWrite(fault, await unlessUnknown(facts, 'unknown'))
      }
      return fault
    },
  }
}

/** The desk says that it has it not, or we were stopped before an octet of the file had left. */
const isUnsent = (error: unknown, signal: AbortSignal): boolean =>
  isFault(error) ? error.applied === 'no' : signal.aborted && error === signal.reason

/** 403 on the upload: with a 403 on the ticket too it is our rights that are missing; else something about this one upload. */
function mayWeWrite(fault: Fault, facts: TicketFacts | 'denied' | 'unknown'): Fault {
  if (facts === 'denied')
    return rescoped(fault, '4.7.8', 'the desk denies us the right to attach documents and to read tickets')
  return new Fault(facts === 'unknown' ? '5.1.1' : '4.7.1', fault.message, { cause: fault })
}

const rescoped = (fault: Fault, status: Fault['status'], reason: string): Fault =>
  new Fault(status, reason, { scope: 'desk', cause: fault })

/** Suspensions of the sites without which no attempt can end well, and of `another`. */
export async function resting(road: Road, another?: Site): Promise<readonly Suspension[]> {
  const sites = [road.mailboxSite, road.policy.desk.site, road.antivirusSite, another]
  return await road.sites.resting(sites.filter(site => site !== undefined))
}
