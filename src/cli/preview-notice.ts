/** The notice that a mail would get; or the one it would get if it had ended otherwise (`preview --kind`). */
import type { FileFate, Policy } from '../gateway/policy.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { NoticeKind } from '../mail/notice.ts'
import type { FinalOutcome, Outcome } from '../mail/outcome.ts'
import { because } from '../mail/status.ts'
import type { TicketNumber } from '../mail/subject.ts'
import type { PreviewRow } from './preview-row.ts'

/** Kinds that a sender can be told of. */
export const KINDS = ['delivered', 'delayed', 'bounced', 'held'] as const satisfies readonly NoticeKind[]

export type Told = Pick<PreviewRow, 'notice' | 'silence'>

/** @param kind pretend that it ended so; undefined = as it did */
export function noticeFor(
  envelope: Envelope,
  outcome: FinalOutcome,
  tickets: readonly TicketNumber[],
  attachments: PreviewRow['attachments'],
  policy: Policy,
  kind: (typeof KINDS)[number] | undefined,
): Told {
  const told = kind === undefined || kind === outcome.kind ? outcome : asIf(kind, envelope)
  const files = attachments.map((one): FileFate => {
    const { name, size, type, reason } = one
    const file = { name, size, type, state: one.state, reason: reason ?? undefined, ticket: tickets[0] }
    const shares = one.state === 'delivered' || (one.state === 'skipped' && reason === outcome.reason)
    return told === outcome || !shares ? file : { ...file, ...fateIn(told) }
  })
  const notice = policy.answer({ envelope, outcome: told, tickets, files })
  if (notice === undefined) return { notice: null, silence: 'notices.on does not name this outcome' }
  if ('suppressed' in notice) return { notice: null, silence: notice.suppressed }
  const { to, subject, text, html = null } = notice
  return { notice: { to, subject, text, html }, silence: null }
}

const REASON = 'as if it had ended so'

/** A code without words of its own: the notice has those of the kind. */
function asIf(kind: (typeof KINDS)[number], { arrivedAt }: Envelope): Outcome {
  switch (kind) {
    case 'delivered':
      return { kind, ...because('delivered', REASON) }
    case 'delayed':
      return { kind: 'deferred', until: arrivedAt, status: '4.4.1', code: 'deferred-4.4.1', reason: REASON }
    case 'bounced':
    case 'held':
      return { kind, ...because('operator', REASON) }
    default:
      return kind satisfies never
  }
}

/** What becomes of a file that shares its mail's fate. */
function fateIn({ kind, reason }: Outcome): Pick<FileFate, 'state' | 'reason'> {
  if (kind === 'delivered') return { state: 'delivered', reason: undefined }
  return kind === 'deferred' ? { state: 'pending', reason: undefined } : { state: 'skipped', reason }
}
