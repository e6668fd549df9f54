/** Numbers for Prometheus, counted from events and, at the scrape, from the books; labelled by kind and status, never by mail or sender. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Books } from '../gateway/books.ts'
import type { Event } from '../gateway/events.ts'
import type { Clock } from '../gateway/ports.ts'

export type Metrics = {
  readonly observe: (event: Event) => void
  /**
   * The scrape: text exposition format 0.0.4. Never rejects: when the books cannot be read their gauges are absent and
   * `mailclip_ledger_up` is 0.
   */
  readonly text: (books: Pick<Books, 'ages' | 'suspensions'>) => Promise<string>
  readonly contentType: string
}

export function createMetrics({ clock }: { readonly clock: Clock }): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counted = counters(registry)
  const gauges = ledgerGauges(registry)
  return {
    contentType: registry.contentType,
    observe: event => count(event, counted, clock),
    text: async books => {
      await gauge(books, gauges, clock.now())
      return registry.metrics()
    },
  }
}

type Counters = ReturnType<typeof counters>
type Gauges = ReturnType<typeof ledgerGauges>

function counters(registry: Registry) {
  const registers = [registry]
  const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Counter({ name: `mailclip_${name}`, help, labelNames, registers })
  return {
    sighted: counter('sighted_total', 'Mails seen for the first time, or dragged back by a person.', 'mailbox'),
    mails: counter('mails_total', 'Conclusions, deferrals included.', 'outcome', 'status'),
    returned: counter('returned_total', 'Tries given back: an orderly stop or a suspended site.'),
    attachments: counter('attachments_total', 'Attachments that are on their ticket.', 'found'),
    octets: counter('attachment_bytes_total', 'Octets of attachments that are on their ticket.'),
    uncertain: counter('uncertain_total', 'Uploads whose answer proved nothing.', 'status'),
    sweeps: counter('sweeps_total', 'Sweeps that came to their end.', 'mailbox'),
    notices: counter('notices_total', 'Notices by what became of them.', 'state'),
    suspensions: counter('suspensions_total', 'Times a site had to rest.', 'site', 'status'),
    trouble: counter('trouble_total', 'Failures that are no mail’s own.', 'status'),
    bugs: counter('bugs_total', 'Failures nobody foresaw: a stack is in the log.'),
    lastSweep: new Gauge({
      name: 'mailclip_last_sweep_timestamp_seconds',
      help: 'When a sweep last came to its end.',
      labelNames: ['mailbox'],
      registers,
    }),
    seconds: new Histogram({
      name: 'mailclip_upload_seconds',
      help: 'From the first octet sent to the receipt.',
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600],
      registers,
    }),
    sweepSeconds: new Histogram({
      name: 'mailclip_sweep_seconds',
      help: 'How long sweeps take.',
      buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 1800],
      registers,
    }),
  }
}

function ledgerGauges(registry: Registry) {
  const registers = [registry]
  const up = new Gauge({ name: 'mailclip_ledger_up', help: '1 when the ledger answered this scrape.', registers })
  const mails = new Gauge({
    name: 'mailclip_mails',
    help: 'Mails by state and age; `minutes` is the upper bound of the age.',
    labelNames: ['state', 'minutes'],
    registers,
  })
  const suspended = new Gauge({
    name: 'mailclip_suspended',
    help: 'Sites that rest.',
    labelNames: ['site'],
    registers,
  })
  return { up, mails, suspended }
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
    case 'bug':
      to.bugs.inc()
      break
    default:
  }
}

async function gauge(books: Pick<Books, 'ages' | 'suspensions'>, to: Gauges, now: Date): Promise<void> {
  to.mails.reset()
  for (const site of ['mailbox', 'desk', 'post']) to.suspended.set({ site }, 0)
  try {
    for (const { state, upTo, count } of await books.ages(now))
      to.mails.set({ state, minutes: upTo === null ? 'older' : String(upTo) }, count)
    for (const { site } of await books.suspensions()) to.suspended.inc({ site: kindOf(site) })
    to.up.set(1)
  } catch {
    // The scrape must tell of a ledger that is gone, not go with it.
    to.up.set(0)
  }
}

/** A site's URL or name is not for labels. */
const kindOf = (site: string): string => site.replace(/ .*/s, '')
