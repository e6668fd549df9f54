/** Which way a mail goes: the rules in their order, the first hit decides. Pure; every rule leaves a line in the trace. */
import { unauthenticated } from './authentication.ts'
import { type DescriptionRules, describe } from './body.ts'
import { cloudLinkIn, isBeingChecked } from './cloud-links.ts'
import type { Dispatch, Item } from './dispatch.ts'
import { doubtsOf, type SecondOpinion } from './doubts.ts'
import type { Envelope } from './envelope.ts'
import type { FinalKind, FinalOutcome } from './outcome.ts'
import type { BodyText, ParsedMail } from './part.ts'
import { type AttachmentRules, type Chosen, select } from './selection.ts'
import { mayWrite } from './sender.ts'
import { type Because, because, type CODES } from './status.ts'
import { type TicketNumber, type TicketPattern, ticketsInAny } from './subject.ts'

export type Rules = {
  readonly ticket: {
    readonly pattern: TicketPattern
    readonly several: 'first' | 'all' | 'hold'
    readonly fromThread: boolean
    readonly closed: 'attach' | 'bounce' | 'hold'
  }
  readonly senders: {
    readonly allow: readonly string[]
    readonly authentication: 'off' | 'dmarc'
    readonly authservIds: readonly string[]
    readonly requester: 'off' | 'hold'
  }
  readonly machines: 'deliver' | 'discard'
  readonly nothingAttached: 'bounce' | 'discard'
  /** `maxMailSize` in octets, compared with RFC822.SIZE. */
  readonly attachments: AttachmentRules & { readonly maxMailSize: number }
  readonly description: DescriptionRules
}

/** What the header alone decides: an outcome, or the tickets this mail is for. */
export type HeaderRoute = {
  readonly tickets: readonly TicketNumber[]
  readonly outcome: FinalOutcome | undefined
  readonly trace: readonly string[]
}

/** What the content decides: an outcome, or what is to be handed over. */
export type ContentRoute = {
  readonly dispatch: Dispatch | undefined
  readonly outcome: FinalOutcome | undefined
  readonly chosen: readonly Chosen[]
  readonly trace: readonly string[]
}

/**
 * `doubtsAccepted`: a person has seen the doubts, and what was found goes. `opinion`: what
 * another parser finds in the mail; undefined where it was not asked.
 */
export type ContentContext = {
  readonly allParts: boolean
  readonly recurring: ReadonlySet<string>
  readonly doubtsAccepted?: boolean
  readonly opinion?: SecondOpinion | undefined
}

/**
 * Machine, sender, ticket number and size, without a body octet read.
 * @param thread the ticket of the mail this one answers, where the ledger knows it (`ticket.fromThread`)
 */
export function routeByHeader(envelope: Envelope, rules: Rules, thread: TicketNumber | undefined): HeaderRoute {
  const trace: string[] = []
  const { machine } = envelope
  const end = (kind: FinalKind, why: Because, tickets: readonly TicketNumber[] = []): HeaderRoute => ({
    tickets,
    outcome: settleFor(envelope, { kind, ...why }),
    trace: [...trace, `${why.code}: ${why.reason}`],
  })

  if (machine?.kind === 'report') return end('discarded', because('machine', `a machine wrote this: ${machine.why}`))
  trace.push(machine === undefined ? 'machine: no sign of one' : `machine: ${machine.why}`)
  if (machine !== undefined && rules.machines === 'discard')
    return end('discarded', because('machine', `automatic mail is discarded here: ${machine.why}`))

  const { tickets, several } = ticketsOf(envelope, rules, thread, trace)
  if (machine !== undefined && tickets.length === 0)
    return end('discarded', because('machine', `automatic mail without a ticket number: ${machine.why}`))
  const doubt =
    rules.senders.authentication === 'off'
      ? undefined
      : unauthenticated(envelope.authentication, rules.senders.authservIds)
  if (doubt !== undefined) return end('held', because('spoof', `the sender may be forged: ${doubt}`), tickets)
  if (!mayWrite(envelope.from?.address, rules.senders.allow))
    return end('bounced', because('not-allowed', 'this sender may not write to this mailbox'), tickets)
  trace.push('sender: allowed')
  if (tickets.length === 0) return end('bounced', because('no-ticket', 'the subject names no ticket number'))
  if (several && rules.ticket.several === 'hold')
    return end('held', because('several-tickets', `the subject names several tickets: ${tickets.join(', ')}`), tickets)
  if (envelope.size > rules.attachments.maxMailSize)
    return end(
      'bounced',
      because('too-large', `the mail has ${envelope.size} octets, more than is taken here`),
      tickets,
    )
  trace.push(`size: ${envelope.size} octets`)
  return { tickets, outcome: undefined, trace }
}

/**
 * Something attached, each part chosen or not, and the description. A mail that may hold a file that
 * was not taken out is held until a person releases it. No other rule overrides that.
 */
export function routeByContent(
  envelope: Envelope,
  tickets: readonly TicketNumber[],
  mail: ParsedMail,
  rules: Rules,
  context: ContentContext,
): ContentRoute {
  const machine = envelope.machine !== undefined
  const { items: chosen, trace: choices } = select(
    mail.parts,
    rules.attachments,
    { ...context, machine },
    mail.original,
  )
  const doubts = doubtsOf(envelope, mail, context.opinion)
  const trace = [
    ...mail.remarks.map(remark => `parser: ${remark}`),
    ...choices,
    ...told(context.opinion),
    ...doubts.map(doubt => `doubt: ${doubt}`),
  ]
  const [doubt] = doubts
  if (doubt !== undefined && context.doubtsAccepted !== true) {
    const why = because('unparsable', `a file may be in this mail that was not found: ${doubt}`)
    return { dispatch: undefined, outcome: { kind: 'held', ...why }, chosen, trace }
  }
  if (!chosen.some(({ fate }) => fate.kind !== 'skip')) {
    const outcome = nothingAttached(envelope, rules, mail)
    return { dispatch: undefined, outcome, chosen, trace: [...trace, `${outcome.code}: ${outcome.reason}`] }
  }
  const items = tickets.flatMap(ticket => chosen.map((one): Item => itemOf(one, ticket)))
  return { dispatch: { description: describe(mail.text, rules.description), items }, outcome: undefined, chosen, trace }
}

/**
 * Another parser is asked before a mail with a ticket number is held for a doubt, or ends with nothing
 * attached.
 */
export const needsOpinion = ({ dispatch }: ContentRoute, { doubtsAccepted, opinion }: ContentContext): boolean =>
  dispatch === undefined && opinion === undefined && doubtsAccepted !== true

function told(opinion: SecondOpinion | undefined): readonly string[] {
  if (opinion === undefined) return []
  const what =
    opinion.kind === 'failed' ? `gave no answer (${opinion.reason})` : `finds ${counted(opinion.files.length)}`
  return [`second opinion: another parser was asked and ${what}`]
}

const counted = (files: number): string => (files === 1 ? '1 attachment' : `${files} attachments`)

/** A machine is told nothing, so what would bounce back to a person waits for one of ours (product contract, section 2). */
export const settleFor = (envelope: Pick<Envelope, 'machine'>, outcome: FinalOutcome): FinalOutcome =>
  outcome.kind === 'bounced' && envelope.machine !== undefined ? { ...outcome, kind: 'held' } : outcome

function ticketsOf(envelope: Envelope, rules: Rules, thread: TicketNumber | undefined, trace: string[]) {
  const found = ticketsInAny([envelope.subject, ...(envelope.otherSubjects ?? [])], rules.ticket.pattern)
  const [first] = found
  if (first === undefined) {
    if (thread === undefined || !rules.ticket.fromThread) return { tickets: [], several: false }
    trace.push(`ticket: ${thread}, from the mail this one answers`)
    return { tickets: [thread], several: false }
  }
  const tickets = rules.ticket.several === 'first' ? [first] : found
  const unused = found.slice(tickets.length)
  trace.push(`ticket: ${tickets.join(', ')}${unused.length > 0 ? `; not used: ${unused.join(', ')}` : ''}`)
  return { tickets, several: found.length > 1 }
}

/** RFC 2046 §5.2.2. */
const isPiece = ({ type, size }: ParsedMail['parts'][number]): boolean => type === 'message/partial' && size > 0

function nothingAttached(envelope: Envelope, rules: Rules, mail: ParsedMail): FinalOutcome {
  const why = (reason: string) => because('nothing-attached' satisfies keyof typeof CODES, reason)
  const answers = envelope.inReplyTo.length > 0 || envelope.references.length > 0
  // No notice goes out here, so a person looks: the other pieces may hold the rest of a file.
  if (mail.parts.some(isPiece) && (answers || envelope.machine !== undefined))
    return { kind: 'held', ...because('unparsable', 'the mail is a piece of one that was sent in several') }
  if (envelope.machine !== undefined)
    return { kind: 'discarded', ...because('machine', `automatic mail without a file: ${envelope.machine.why}`) }
  const instead = rules.nothingAttached === 'discard' ? undefined : insteadOfFile(mail.text)
  // The sender of an answer, too, believes that the file is here.
  if (instead !== undefined) return { kind: 'bounced', section: instead.section, ...why(instead.reason) }
  if (answers) return { kind: 'discarded', ...why('a reply with nothing attached') }
  // The sender's program wrote it: an answer to an invitation, or a receipt.
  if (mail.parts.some(({ role }) => role === 'report'))
    return { kind: 'discarded', ...why('an automatic answer with nothing attached') }
  return rules.nothingAttached === 'discard'
    ? { kind: 'discarded', ...why('nothing is attached') }
    : { kind: 'bounced', ...why('nothing is attached') }
}

/** What came in place of a file. Links in the quoted history are those of other people. */
function insteadOfFile(text: BodyText): Required<Pick<FinalOutcome, 'section' | 'reason'>> | undefined {
  const written = text.forwarded ? text.whole : text.cut
  const service = cloudLinkIn(written)
  if (service !== undefined)
    return { section: 'nothing-attached-link', reason: `no file is attached, but a link to ${service}` }
  if (!isBeingChecked(written)) return undefined
  return { section: 'nothing-attached-scan', reason: 'no file is attached, but a note that it is still being checked' }
}

const itemOf = ({ part, name, originalName, type, size, sha256, fate }: Chosen, ticket: TicketNumber): Item => ({
  part,
  name,
  originalName,
  type,
  size,
  sha256,
  ticket,
  fate,
})
