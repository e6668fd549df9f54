/** Mails to the operator and their way: what `summary` of the configuration makes of a worker. */
import type { Settings } from '../config/schema.ts'
import { type SummaryOptions, summaries, tellOperator } from '../daemon/summaries.ts'
import type { Signals } from '../gateway/road.ts'
import { Fault, isFault } from '../mail/fault.ts'
import { messageIdOf } from '../mail/notice.ts'
import { LOOP_FIELD } from '../mail/signs.ts'
import { writeSummary } from '../mail/summary/write.ts'
import type { OwnMail } from '../post/own-mail.ts'
import type { SmtpPost } from '../post/post.ts'
import type { Gateway } from './compose.ts'

type Parts = Pick<SummaryOptions, 'clock' | 'observe'> & { readonly signals: Signals }

/** Sends summaries and alarms until `stop`; at once over when none are configured. */
export async function keepSummaries(gateway: Gateway, settings: Settings, parts: Parts): Promise<void> {
  const options = optionsOf(gateway, settings, parts)
  if (options !== undefined) await summaries(options, parts.signals.stop)
}

/** The same once, for `sweep`: what is due now is sent. */
export async function tellWhatIsDue(gateway: Gateway, settings: Settings, parts: Parts): Promise<void> {
  const options = optionsOf(gateway, settings, parts)
  if (options !== undefined) await tellOperator(options)
}

function optionsOf(
  { ledger, posts }: Gateway,
  { summary, timezone, mailboxes }: Settings,
  { signals, ...parts }: Parts,
): SummaryOptions | undefined {
  if (summary === null) return undefined
  const ways = posts.flatMap((post, i) => {
    const from = mailboxes[i]?.notices?.from.address
    return post === undefined || from === undefined ? [] : [{ post, from }]
  })
  const { at, alarmAfter, to, language } = summary
  const send: SummaryOptions['send'] = async (facts, cause) => {
    const written = writeSummary(facts, language, timezone)
    await offer(
      ways,
      from => ({ ...written, to, messageId: messageIdOf(cause, ledger.secret, from), fields: FIELDS }),
      signals.cut,
    )
  }
  return { ...parts, ledger, at, timezone, alarmAfter, send }
}

/** RFC 3834 §5; known as ours if it should ever come back. */
const FIELDS = { 'Auto-Submitted': 'auto-generated', Precedence: 'bulk', [LOOP_FIELD]: 'yes' }

type Way = { readonly post: SmtpPost; readonly from: string }

/** The relay that is down may be what the operator has to hear of: the next one is tried. Throws the last fault. */
async function offer(ways: readonly Way[], mailBy: (from: string) => OwnMail, cut: AbortSignal): Promise<void> {
  let last: Fault = new Fault('4.4.1', 'there is no relay', { scope: 'post' })
  for (const { post, from } of ways)
    try {
      return await post.mail(mailBy(from), cut)
    } catch (error) {
      if (!isFault(error) || error.applied === 'maybe') throw error
      last = error
    }
  throw last
}
