/**
 * A desk that takes no upload for a long time, while it answers questions. `npm run prove:outage`: for an hour, with two hundred mails waiting.
 */
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { seeded } from '../../src/simulator/desk/faults.ts'
import { startDeskSimulator } from '../../src/simulator/desk/start.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { untilDone } from '../support/passing.ts'
import { setup, type WholeRoad } from '../support/road.ts'

const MINUTE = 60_000
const CAP = 8 * MINUTE
const AT_SIZE = { mails: Number(env['OUTAGE']), lasts: 60 * MINUTE, concurrency: 4, inHand: 0, least: 0.9 }
/**
 * Of so few mails those that were in hand when the desk came back would count for too much, and one that was set back too often, and so waits
 * behind the others, costs a fifth.
 */
const SMALL = { mails: 24, lasts: 20 * MINUTE, concurrency: 1, inHand: 4, least: 0.5 }
const { mails: MAILS, lasts: LASTS, concurrency, inHand, least } = env['OUTAGE'] === undefined ? SMALL : AT_SIZE

const ticketOf = (n: number): string => `I161026_${String(n).padStart(6, '0')}`

describeWithDovecot('a desk that fails at every upload for a long time', () => {
  test('is tried ever less often, and has every mail once afterwards, the oldest first', async () => {
    await using desk = await startDeskSimulator({ tickets: 'any', faults: [{ route: UPLOAD, status: 500 }] })
    const road = await setup({
      desk: { url: desk.url, user: 'mailclip', password: 'mailclip', concurrency, quiet: '0ms', recheck: '0ms' },
      settings: { retry: { first: `${CAP / 16}ms`, max: `${CAP}ms` } },
      random: seeded(7),
    })
    const tickets = Array.from({ length: MAILS }, (_, n) => ticketOf(n))
    await road.imap.deliverMany(tickets.map(subject => letter({ subject, attachments: { 'a.txt': subject } })))
    const posts = () => desk.journal().filter(({ method }) => method === 'POST')
    const tried = await untilItsEnd(road, () => posts().length)
    expect(posts().length).toBeLessThanOrEqual(2 * MAILS)
    assertEverRarer(tried)
    const before = posts().length
    desk.faults([])
    const sweeps = await untilDone(road, { step: MINUTE })
    const stored = posts().slice(before)
    expect(stored.map(({ status }) => status)).toEqual(tickets.map(() => 201))
    expect(stored.map(({ ticket }) => ticket).toSorted()).toEqual(tickets)
    const rank = rankCorrelation(stored.slice(inHand).map(({ ticket = '' }) => ticket))
    process.stdout.write(
      `outage of ${MAILS} mails: ${before} POSTs at ${tried.length} times, ${sweeps} sweeps after, rank ${rank.toFixed(3)}\n`,
    )
    expect(rank).toBeGreaterThanOrEqual(least)
    expect(new Set((await road.mails()).map(({ state }) => state))).toEqual(new Set(['delivered']))
    expect(road.sent).toEqual([])
  }, 240_000)
})

const UPLOAD = 'POST /requests/:rfc/documents'

/** Sweeps often as long as nothing rests, and otherwise when the rest is over. Answers at which times something was posted. */
async function untilItsEnd(road: WholeRoad, posts: () => number): Promise<readonly number[]> {
  const begun = road.now().getTime()
  const tried: number[] = []
  while (road.now().getTime() - begun < LASTS) {
    const before = posts()
    const now = road.now().getTime()
    await road.sweep()
    if (posts() > before) tried.push(now - begun)
    const rest = road.events.findLast(({ kind }) => kind === 'suspended')
    const until = rest?.kind === 'suspended' ? rest.until.getTime() : 0
    road.pass(until > now ? until - now : CAP / 16)
  }
  return tried
}

/** The gaps grow to the cap, and are not all alike when they are there. */
function assertEverRarer(tried: readonly number[]): void {
  const gaps = tried.slice(1).map((at, n) => at - (tried[n] ?? 0))
  const [early, late] = [gaps.slice(0, 3), gaps.slice(-4)]
  const most = Math.max(...late)
  expect(Math.max(...early)).toBeLessThan(most)
  expect(most).toBeGreaterThan(CAP / 2)
  expect(most).toBeLessThanOrEqual(CAP + CAP / 16)
  expect((most - Math.min(...late)) / most).toBeGreaterThanOrEqual(0.2)
}

/** Spearman's, of tickets in the order in which they were stored with the order in which they came. */
function rankCorrelation(stored: readonly string[]): number {
  const n = stored.length
  const ranks = new Map(stored.toSorted().map((ticket, rank) => [ticket, rank]))
  const sum = stored.reduce((total, ticket, place) => total + ((ranks.get(ticket) ?? 0) - place) ** 2, 0)
  return 1 - (6 * sum) / (n * (n ** 2 - 1))
}
