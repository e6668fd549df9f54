/** Numbers for Prometheus, counted from events and, at the scrape, from the books; labelled by kind and status, never by mail or sender. */
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Books } from '../gateway/books.ts'
import type { Event } from '../gateway/events.ts'
import type { Clock } from '../gateway/ports.ts'
import { canaryMeters } from './canary-meters.ts'
import {
  type Counters,
  counters,
  type Expiry,
  type Gauges,
  ledgerGauges,
  type SpoolMeasured,
  spoolGauges,
} from './meters.ts'

/** The shortest stretch of time to ask the books about: only its end is of interest. */
const MINUTE = 60_000

export type Metrics = {
  readonly observe: (event: Event) => void
  /**
   * The scrape: text exposition format 0.0.4. Never rejects: when the books cannot be read their gauges are absent and
   * `mailclip_ledger_up` is 0.
   */
  readonly text: (books: Scraped) => Promise<string>
  readonly contentType: string
}

/** What a scrape reads of the ledger. */
export type Scraped = Pick<Books, 'ages' | 'suspensions' | 'days'>

export type MetricsOptions = {
  readonly clock: Clock
  /** Whose size is told, and what its disk has left; undefined = untold. */
  readonly spool?: SpoolMeasured | undefined
  /** Names of those that are to be swept: what none has ever ended for would otherwise be no number, and no alarm. */
  readonly mailboxes?: readonly string[]
}

export function createMetrics({ clock, spool, mailboxes = [] }: MetricsOptions): Metrics {
  const registry = new Registry()
  aboutProcess(registry)
  const counted = counters(registry)
  for (const mailbox of mailboxes) counted.lastSweep.set({ mailbox }, clock.now().getTime() / 1000)
  const gauges = ledgerGauges(registry)
  const disk = spool === undefined ? undefined : spoolGauges(registry, spool)
  const canary = canaryMeters(registry)
  return {
    contentType: registry.contentType,
    observe: event => (event.kind === 'canary' ? canary(event) : count(event, counted, clock)),
    text: async books => {
      await Promise.all([gauge(books, gauges, clock.now()), disk?.()])
      return registry.metrics()
    },
  }
}

function count(event: Event, to: Counters, clock: Clock): void {
  switch (event.kind) {
    case 'sighted':
      to.sighted.inc({ mailbox: event.ref.mailbox })
      break
    case 'concluded':
      to.mails.inc({ outcome: event.outcome, status: event.status })
      break
    case 'returned':
      to.returned.inc()
      break
    case 'attached':
      to.attachments.inc({ found: String(event.found) })
      to.octets.inc(event.size)
      // Found on the ticket, it was not timed.
      if (!event.found) to.seconds.observe(event.ms / 1000)
      break
    case 'uncertain':
      to.uncertain.inc({ status: event.status })
      break
    case 'swept':
      to.sweeps.inc({ mailbox: event.mailbox })
      to.sweepSeconds.observe(event.ms / 1000)
      to.lastSweep.set({ mailbox: event.mailbox }, clock.now().getTime() / 1000)
      break
    default:
      countRest(event, to)
  }
}

/** What is about sites, notices and ourselves. */
function countRest(event: Event, to: Counters): void {
  switch (event.kind) {
    case 'noticed':
      to.notices.inc({ state: event.state })
      break
    case 'suspended':
      to.suspensions.inc({ site: kindOf(event.site), status: event.status })
      break
    case 'trouble':
      to.trouble.inc({ status: event.status })
      break
    case 'asked': {
      const site = kindOf(event.site)
      to.requests.inc({ site, verb: event.verb, status: event.status })
      to.answers.observe({ site, verb: event.verb }, event.ms / 1000)
      break
    }
    case 'expires':
      to.ends.set(`${event.site} ${event.what}`, event)
      to.expiry.set({ site: kindOf(event.site), what: event.what }, firstEnd(event, to.ends.values()) / 1000)
      break
    case 'bug':
      to.bugs.inc()
      break
    default:
  }
}

/**
 * Memory, processor time, collections of garbage. Without the delays of the event loop between scrapes: prom-client has Node.js look at the clock a
 * hundred times a second for them, which is most of what a daemon without mail does. Its delay at the scrape stays.
 */
function aboutProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER })
  for (const which of ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'])
    registry.removeSingleMetric(`nodejs_eventloop_lag_${which}_seconds`)
}

/** Milliseconds; as long as a timer can wait. */
const NEVER = 2 ** 31 - 1

async function gauge(books: Scraped, to: Gauges, now: Date): Promise<void> {
  to.mails.reset()
  for (const site of ['mailbox', 'desk', 'post']) to.suspended.set({ site }, 0)
  try {
    for (const { state, upTo, count } of await books.ages(now))
      to.mails.set({ state, minutes: upTo === null ? 'older' : String(upTo) }, count)
    for (const { site } of await books.suspensions()) to.suspended.inc({ site: kindOf(site) })
    const [today] = await books.days([new Date(now.getTime() - MINUTE), now])
    to.oldest.set((today?.waiting.oldest ?? 0) / 1000)
    to.up.set(1)
  } catch {
    // The scrape must tell of a ledger that is gone, not go with it.
    to.up.set(0)
  }
}

/** Several servers of a kind share a label: the first to end is the one to hear of. */
const firstEnd = (event: Expiry, ends: Iterable<Expiry>): number =>
  Math.min(
    ...Array.from(ends)
      .filter(({ site, what }) => kindOf(site) === kindOf(event.site) && what === event.what)
      .map(({ at }) => at.getTime()),
  )

/** A site's URL or name is not for labels. */
const kindOf = (site: string): string => site.replace(/ .*/s, '')
