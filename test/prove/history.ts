/** Thirty days of invented mails before the demo begins, so that the pictures have something to show. The same at every run. */
import { openForWork } from '../../src/cli/open-ledger.ts'
import type { World } from '../../src/cli/world.ts'
import type { Settings } from '../../src/config/schema.ts'
import type { Conclusion, Sighted } from '../../src/gateway/ports.ts'
import type { Code } from '../../src/mail/status.ts'
import { CODES } from '../../src/mail/status.ts'
import type { TicketNumber } from '../../src/mail/subject.ts'

const DAY = 86_400_000
const MINUTE = 60_000
const NAMES = ['ada.lovelace', 'grace.hopper', 'alan.turing', 'katherine.johnson', 'edsger.dijkstra', 'barbara.liskov']
const SUBJECTS = [
  'Screenshot of the error',
  'Signed form',
  'Invoice',
  'Photo of the broken screen',
  'Log files',
  'Access request',
]
const FILES = ['error.png', 'form-signed.pdf', 'invoice.pdf', 'IMG_2041.jpg', 'logs.zip', 'request.docx']

export async function history(settings: Settings, world: World): Promise<void> {
  const clock = { at: 0 }
  await using stack = new AsyncDisposableStack()
  const ledger = await openForWork(settings, { ...world, now: () => new Date(clock.at) }, stack)
  const random = dice(7)
  const today = world.now().getTime()
  const late: { readonly at: number; readonly conclusion: Conclusion }[] = []
  let uid = 0
  for (let day = 29; day >= 0; day -= 1) {
    const weekend = [0, 6].includes(new Date(today - day * DAY).getUTCDay())
    const mails = Math.round((weekend ? 3 : 14) + random() * (weekend ? 3 : 9))
    const times = Array.from({ length: mails }, () => today - day * DAY - random() * 9 * 3_600_000 - 10 * MINUTE)
    for (const at of times.toSorted((a, b) => a - b)) {
      for (const one of late.splice(0).toSorted((a, b) => a.at - b.at))
        if (one.at <= at) {
          clock.at = one.at
          const claim = await ledger.claim('support', new Date(clock.at))
          if (claim !== undefined) await ledger.conclude(claim, one.conclusion, [])
        } else late.push(one)
      uid += 1
      clock.at = at
      const slow = day === 12 && random() < 0.6
      const kind = kindOf(random())
      // What was held has long been released, but for the last days.
      const conclusion = concluded(slow || (kind === 'several-tickets' && day > 4) ? 'delivered' : kind)
      const took = (8 + random() * random() * 90) * 1000
      await ledger.record([sighted(uid, at - took, random, slow ? undefined : conclusion)], {
        mailbox: 'support',
        folder: 'INBOX',
        uidValidity: '1000',
        uid,
      })
      if (slow) late.push({ at: at + DAY * (0.6 + random()), conclusion })
    }
  }
}

function sighted(uid: number, arrived: number, random: () => number, decided: Conclusion | undefined): Sighted {
  const n = Math.floor(random() * NAMES.length)
  const ticket = `I1611${String(10 + (uid % 20))}_${String(uid).padStart(6, '0')}` as TicketNumber
  const hasTicket = decided?.outcome.code !== 'no-ticket'
  return {
    envelope: {
      ref: { mailbox: 'support', folder: 'INBOX', uidValidity: '1000', uid },
      fingerprint: `history ${uid}`,
      size: 20_000,
      arrivedAt: new Date(arrived),
      seen: false,
      subject: `${SUBJECTS[n] ?? ''}${hasTicket ? ` ${ticket}` : ''}`,
      from: { name: '', address: `${NAMES[n] ?? 'somebody'}@example.org` },
      messageId: `<history-${uid}@example.org>`,
      inReplyTo: [],
      references: [],
      machine: undefined,
      silent: undefined,
      outline: [{ part: '2', type: 'application/pdf', name: FILES[n], disposition: 'attachment', encodedSize: 20_000 }],
    },
    tickets: hasTicket ? [ticket] : [],
    trace: [],
    decided,
  }
}

const kindOf = (chance: number): keyof typeof REASONS =>
  chance < 0.84
    ? 'delivered'
    : chance < 0.86
      ? 'several-tickets'
      : chance < 0.93
        ? 'no-ticket'
        : chance < 0.99
          ? 'machine'
          : 'unknown-ticket'

const REASONS = {
  delivered: ['delivered', 'everything is on the ticket'],
  'no-ticket': ['bounced', 'the subject names no ticket number'],
  'unknown-ticket': ['bounced', 'the desk knows no such ticket'],
  'several-tickets': ['held', 'the subject names several tickets: I161101_000012, I161101_000019'],
  machine: ['discarded', 'an automatic answer'],
} as const satisfies Partial<Record<Code, readonly ['delivered' | 'bounced' | 'discarded' | 'held', string]>>

function concluded(code: keyof typeof REASONS): Conclusion {
  const [kind, reason] = REASONS[code]
  return { outcome: { kind, code, status: CODES[code], reason }, notice: undefined, filing: undefined }
}

/** The same throws at every run (mulberry32). */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
