/**
 * Two installations that know nothing of each other, each with a ledger of its own, at one mailbox: an operator's mistake, which nobody but the mailbox
 * could prevent, and which must not pass in silence. `npm run prove:two-ledgers`: a hundred mails.
 */
import { join } from 'node:path'
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { sweepOnce } from '../../src/cli/sweep.ts'
import type { Event } from '../../src/gateway/events.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { setup, worldOf } from '../support/road.ts'

const MAILS = Number(env['TWO_LEDGERS'] ?? 6)

describeWithDovecot('a mailbox at which two workers with a ledger each are at work', () => {
  test('loses nothing, and what is doubled is told at once', { timeout: 240_000 }, async () => {
    const road = await setup({ meddling: true, scripted: { latency: 20 } })
    const other = {
      ...road.settings,
      ledger: { ...road.settings.ledger, file: join(road.folder, 'other.db') },
      spool: { ...road.settings.spool, folder: join(road.folder, 'other-spool') },
    }
    const events: Event[] = []
    const sweepOther = () => sweepOnce(other, worldOf({ now: road.now().getTime() }), event => events.push(event))
    const sweepBoth = () => Promise.all([road.sweep(), sweepOther()])
    // What the first sweep of a ledger finds is compared with its ticket, and cannot be doubled so easily.
    await sweepBoth()
    const tickets = Array.from({ length: MAILS }, (_, n) => `I161026_${String(n).padStart(6, '0')}`)
    await road.imap.deliverMany(tickets.map(subject => letter({ subject, attachments: { 'a.txt': subject } })))
    await sweepBoth()
    const copies = tickets.map(ticket => road.desk.documents(ticket).length)
    expect(copies.filter(many => many < 1 || many > 2)).toEqual([])
    const doubled = copies.filter(many => many === 2).length
    const told = [...road.events, ...events].filter(
      event => event.kind === 'trouble' && event.reason.includes('a second mailclip'),
    ).length
    process.stdout.write(`two ledgers, ${MAILS} mails: ${doubled} doubled, told ${told} times\n`)
    expect(told > 0 || doubled === 0).toBe(true)
    expect(events.filter(({ kind }) => kind === 'bug')).toEqual([])
    expect(await road.imap.folder('INBOX')).toEqual([])
  })
})
