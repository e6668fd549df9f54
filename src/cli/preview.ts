/** `mailclip preview`: what would happen to a mail and why, rule by rule. Reads, parses and decides; writes nothing anywhere. */
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { routeContent } from '../gateway/content-route.ts'
import type { Policy } from '../gateway/policy.ts'
import type { Desk, Parser, ReadHeader } from '../gateway/ports.ts'
import { distil, type Envelope } from '../mail/envelope.ts'
import { isFault } from '../mail/fault.ts'
import type { FinalOutcome } from '../mail/outcome.ts'
import { type ContentRoute, routeByHeader } from '../mail/route.ts'
import { because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import { ifSent } from './preview-desk.ts'
import { type KINDS, noticeFor } from './preview-notice.ts'
import type { PreviewRow } from './preview-row.ts'

export type PreviewTools = {
  readonly readHeader: ReadHeader
  readonly parser: Parser
  readonly policy: Policy
  readonly mailbox: string
  /** Asked only with `--desk`. */
  readonly desk: Desk | undefined
  /** Pretend that the subject names this one. */
  readonly ticket: string | undefined
  /** The notice as if it had ended so. */
  readonly kind: (typeof KINDS)[number] | undefined
}

/** Header blocks are read up to here, as over IMAP. */
const MOST_HEADER = 1024 * 1024

/**
 * Previews one raw mail on disk. Throws what the file system throws when it cannot be read.
 * @param name how the row calls it
 */
export async function preview(
  path: string,
  name: string,
  tools: PreviewTools,
  signal: AbortSignal,
): Promise<PreviewRow> {
  const envelope = await envelopeOf(path, tools)
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-preview-'))
  try {
    return await decide(envelope, path, folder, name, tools, signal)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function envelopeOf(path: string, { readHeader, policy, mailbox, ticket }: PreviewTools): Promise<Envelope> {
  const rawHeader = await headerBlock(path)
  const { size, mtime } = await stat(path)
  const header = readHeader(rawHeader)
  const named = ticket === undefined ? header : { ...header, subject: `${ticket} ${header.subject}` }
  const ref = { mailbox, folder: 'preview', uidValidity: '0', uid: 1 }
  const facts = { ref, rawHeader, size, arrivedAt: mtime, seen: false, outline: undefined }
  return { ...distil(named, facts, policy.own), subject: header.subject }
}

async function headerBlock(path: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(path, { end: MOST_HEADER - 1 })) chunks.push(chunk as Buffer)
  const start = Buffer.concat(chunks)
  // CR CR LF ends a line that some programs write; without the LF, two CRs are an empty line.
  const end = start.toString('latin1').search(/\r\n\r{1,2}\n|\n\n|\r\r(?!\n)/)
  return end < 0 ? start : start.subarray(0, end + 2)
}

async function decide(
  envelope: Envelope,
  path: string,
  folder: string,
  name: string,
  tools: PreviewTools,
  signal: AbortSignal,
): Promise<PreviewRow> {
  const { policy, ticket } = tools
  const subject = ticket === undefined ? envelope.subject : `${ticket} ${envelope.subject}`
  const byHeader = routeByHeader({ ...envelope, subject }, policy.rules, undefined)
  const tickets = byHeader.tickets
  const byContent = await contentRoute(envelope, tickets, path, folder, tools, signal)
  const ruled = byHeader.outcome ?? byContent.outcome
  const { outcome, ...sent } =
    ruled === undefined
      ? await ifSent(byContent, envelope, tickets, tools, signal)
      : { outcome: ruled, chosen: byContent.chosen, trace: [] }
  const trace = [...byHeader.trace, ...byContent.trace, ...sent.trace]
  const attachments = fates(sent.chosen, outcome)
  return {
    file: name,
    subject: envelope.subject,
    ticket: tickets.length === 0 ? null : tickets.join(', '),
    outcome: outcome.kind,
    status: outcome.status,
    code: outcome.code,
    reason: outcome.reason,
    description: byContent.dispatch?.description ?? '',
    machine: envelope.machine !== undefined,
    attachments,
    ...noticeFor(envelope, outcome, tickets, attachments, policy, tools.kind),
    trace,
  }
}

async function contentRoute(
  envelope: Envelope,
  tickets: readonly TicketNumber[],
  path: string,
  folder: string,
  { parser, policy }: PreviewTools,
  signal: AbortSignal,
): Promise<ContentRoute> {
  try {
    const job = { raw: path, folder, sender: envelope.from?.address }
    const mail = await parser.parse(job, signal)
    const context = { allParts: false, recurring: new Set<string>() }
    return await routeContent(envelope, tickets, mail, policy.rules, context, () => parser.secondOpinion(job, signal))
  } catch (error) {
    if (!isFault(error)) throw error
    const why = because(error.status === '5.3.5' ? 'poison' : 'unparsable', error.message)
    return { dispatch: undefined, outcome: { kind: 'held', ...why }, chosen: [], trace: [`parser: ${error.message}`] }
  }
}

function fates(chosen: ContentRoute['chosen'], outcome: FinalOutcome): PreviewRow['attachments'] {
  const goes = outcome.kind === 'delivered' || outcome.code === 'partial'
  return chosen.map(({ part, name, originalName, type, size, sha256, fate }) => ({
    part,
    name,
    originalName: originalName ?? null,
    type,
    size,
    sha256,
    state: fate.kind === 'refuse' ? 'refused' : fate.kind === 'send' && goes ? 'delivered' : 'skipped',
    reason: fate.kind === 'send' ? (goes ? null : outcome.reason) : fate.reason,
  }))
}
