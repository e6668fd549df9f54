/** The rules about the content of a mail, with a second opinion where a file may be missing. */
import type { SecondOpinion } from '../mail/doubts.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { ParsedMail } from '../mail/part.ts'
import { type ContentContext, type ContentRoute, needsOpinion, type Rules, routeByContent } from '../mail/route.ts'
import type { TicketNumber } from '../mail/subject.ts'

/** `ask` is called at most once, and only for a mail that names a ticket. */
export async function routeContent(
  envelope: Envelope,
  tickets: readonly TicketNumber[],
  mail: ParsedMail,
  rules: Rules,
  context: ContentContext,
  ask: () => Promise<SecondOpinion>,
): Promise<ContentRoute> {
  const routed = routeByContent(envelope, tickets, mail, rules, context)
  if (tickets.length === 0 || !needsOpinion(routed, context)) return routed
  return routeByContent(envelope, tickets, mail, rules, { ...context, opinion: await ask() })
}
