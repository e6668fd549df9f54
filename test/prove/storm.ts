/** What a storm consists of: mails to deliver, a desk that loses answers, commits late and fails, and mailclip with times of milliseconds. */
import { join } from 'node:path'
import { seeded } from '../../src/simulator/desk/faults.ts'
import type { DeskSimulator } from '../../src/simulator/desk/start.ts'
import type { SmtpSink } from '../../src/simulator/smtp.ts'
import type { Dovecot } from '../support/dovecot.ts'
import { octets } from '../support/letters.ts'

/** `list`: the desk shows its documents; else it denies that right, and `desk.uncertain` decides. */
export type Mode = 'list' | 'hold' | 'repost'

export type StormMail = { readonly ticket: string; readonly files: Readonly<Record<string, Buffer>> }

/** `desk.quiet` in milliseconds; what the simulator keeps late it keeps within this time. */
export const QUIET = 1_000

export const UPLOAD = 'POST /requests/:rfc/documents'

/** The storm is over; without the right to list that stays denied. */
export const calmFaults = (mode: Mode) =>
  mode === 'list'
    ? []
    : [{ route: 'GET /requests/:rfc/documents', status: 403, body: { error: 'Unauthorized Method' } }]

export const stormFaults = (mode: Mode) => [
  ...calmFaults(mode),
  { route: UPLOAD, probability: 0.05, when: 'after' as const, cut: true },
  { route: UPLOAD, probability: 0.03, when: 'after' as const, status: 500, body: { error: 'internal' } },
  {
    route: UPLOAD,
    probability: 0.05,
    when: 'before' as const,
    status: 503,
    body: '<html>maintenance</html>',
    headers: { 'retry-after': 0 },
  },
  { route: UPLOAD, probability: 0.05, when: 'before' as const, cut: true, keepAfter: 600 },
  { route: UPLOAD, probability: 0.3, when: 'before' as const, delay: 400 },
]

/** One to five files each, most of them small, the largest 5 MB; the same seed gives the same mails. */
export function stormMails(count: number, seed: number): readonly StormMail[] {
  const random = seeded(seed)
  return Array.from({ length: count }, (_, n) => {
    const files = Array.from({ length: 1 + Math.floor(random() * 5) }, (_unused, k) => {
      const size = 1 + Math.floor(random() ** 6 * 5_000_000)
      const content = Buffer.concat([Buffer.from(`${seed}/${n}/${k}:`), octets(size, `${n}/${k}`)])
      return [`file ${n}-${k}.bin`, content] as const
    })
    return { ticket: ticketOf(n), files: Object.fromEntries(files) }
  })
}

export const ticketOf = (n: number): string => `I161026_${String(n).padStart(6, '0')}`

type World = { readonly imap: Dovecot; readonly desk: DeskSimulator; readonly relay: SmtpSink; readonly folder: string }

/** As an operator writes them. */
export const stormSettings = ({ imap, desk, relay, folder }: World, mode: Mode) => ({
  mailboxes: [
    {
      name: 'support',
      host: imap.host,
      port: imap.port,
      security: 'plain',
      user: imap.user,
      password: imap.password,
      backlog: 'all',
    },
  ],
  desk: {
    url: desk.url,
    user: 'mailclip',
    password: 'mailclip',
    quiet: `${QUIET}ms`,
    recheck: '100ms',
    timeout: '5s',
    uncertain: mode === 'repost' ? 'repost' : 'hold',
  },
  retry: { first: '100ms', max: '1s', factor: 2, tries: 50 },
  notices: {
    from: 'Support <support@example.com>',
    smtp: { host: '127.0.0.1', port: relay.port, security: 'plain' },
  },
  ledger: { url: `sqlite:${join(folder, 'mailclip.db')}` },
  spool: { folder: join(folder, 'spool') },
  status: null,
})
