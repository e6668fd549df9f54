/** The canary's mail and its way: what `canary` of the configuration makes of a running daemon. */
import { randomBytes } from 'node:crypto'
import { canaryWay } from '../config/canary-way.ts'
import type { Settings } from '../config/schema.ts'
import { type CanaryOptions, canaries } from '../daemon/canary.ts'
import type { Signals } from '../gateway/road.ts'
import { CANARY_FIELD } from '../mail/signs.ts'
import { type OwnMail, rawOf } from '../post/own-mail.ts'
import type { Gateway } from './compose.ts'

type Parts = Pick<CanaryOptions, 'clock' | 'observe'> & { readonly signals: Signals }

/** Sends canaries until `stop`; at once over when none are configured. */
export async function keepCanary(
  { ledger, posts, mailboxes }: Gateway,
  { canary, mailboxes: [box] }: Settings,
  { signals: { stop, cut }, ...parts }: Parts,
): Promise<void> {
  if (canary === null || box === undefined) return
  const { by, from, to } = canaryWay(box)
  const send = async (mark: string): Promise<void> => {
    const mail = canaryMail(mark, canary.ticket, { from, to })
    if (by === 'relay') await posts[0]?.mail(mail, cut)
    else await mailboxes[0]?.append(await rawOf(mail, from, parts.clock.now()), cut)
  }
  await canaries({ ...parts, ledger, send, every: canary.every, mark: () => randomBytes(16).toString('hex') }, stop)
}

/** Not `Auto-Submitted`: `machines: discard` would end it, and a person's mail is what it stands for. */
export const canaryMail = (
  mark: string,
  ticket: string,
  way: { readonly from: string; readonly to: string },
): OwnMail => ({
  to: way.to,
  messageId: `<mailclip-canary.${mark}@${way.from.slice(way.from.lastIndexOf('@') + 1)}>`,
  subject: `${ticket} mailclip canary ${mark}`,
  text: 'A test mail of mailclip itself: it shows that the whole road works. Nobody needs to answer it.',
  fields: { [CANARY_FIELD]: mark },
  file: { name: `canary-${mark}.txt`, content: `mailclip canary ${mark}\n` },
})
