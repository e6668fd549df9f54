/** Checks of `canary` against the mailbox that it goes to. */
import { mayWrite } from '../mail/sender.ts'
import { ticketPattern, ticketsIn } from '../mail/subject.ts'
import { canaryWay } from './canary-way.ts'
import type { Findings } from './findings.ts'
import type { Settings } from './schema.ts'

/** A canary must pass the rules as any mail does. */
export function checkCanary({ canary, mailboxes: [box] }: Settings, findings: Findings): void {
  if (canary === null || box === undefined) return
  if (ticketsIn(canary.ticket, ticketPattern(box.ticket.pattern))[0] !== canary.ticket.toUpperCase())
    findings.add(
      [['canary', 'ticket']],
      'is no ticket number by ticket.pattern of the first mailbox; write one that is',
    )
  const { from } = canaryWay(box)
  if (!mayWrite(from, box.senders.allow))
    findings.add([['canary'], ['canary', 'ticket']], `is sent by ${from}, which may not write; add it to senders.allow`)
}
