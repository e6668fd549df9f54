/** Every number there is for Prometheus: its name, its help, its labels. `deploy/` draws and watches them. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Event } from '../gateway/events.ts'
import { octetsBelow, octetsFree } from './disk.ts'

export type Counters = ReturnType<typeof counters>
export type Gauges = ReturnType<typeof ledgerGauges>

export type Expiry = Extract<Event, { readonly kind: 'expires' }>

export type SpoolMeasured = { readonly folder: string; readonly maxBytes: number }

/** Counters begin at 0 where an alarm watches them, else their first step would not be seen as one. */
function begun(all: Declared): Declared {
  for (const state of ['sent', 'failed', 'unknown', 'suppressed']) all.notices.inc({ state }, 0)
  for (const site of ['mailbox', 'desk', 'post']) all.suspensions.inc({ site, status: '4.7.8' }, 0)
  all.trouble.inc({ status: '4.3.1' }, 0)
  all.uncertain.inc({ status: '4.4.2' }, 0)
  return all
}

export const counters = (registry: Registry): Declared => begun(declared(registry))

type Declared = ReturnType<typeof declared>

function declared(registry: Registry) {
  const registers = [registry]
  const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Counter({ name: `mailclip_${name}`, help, labelNames, registers })
  return {
    /** The last word on each, by site and what it is. */
    ends: new Map<string, Expiry>(),
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
    requests: counter(
      'requests_total',
      'Questions to servers by their answer; 2.0.0 is a good one.',
      'site',
      'verb',
      'status',
    ),
    answers: new Histogram({
      name: 'mailclip_request_seconds',
      help: 'How long servers take to answer: desk, mailbox and post (the relay), by what they were asked.',
      labelNames: ['site', 'verb'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600],
      registers,
    }),
    expiry: new Gauge({
      name: 'mailclip_expiry_timestamp_seconds',
      help: 'When a certificate (a server’s or ours) or a token ends: the first to end of its kind.',
      labelNames: ['site', 'what'],
      registers,
    }),
    bugs: counter('bugs_total', 'Failures nobody foresaw: a stack is in the log.'),
    lastSweep: new Gauge({
      name: 'mailclip_last_sweep_timestamp_seconds',
      help: 'When a sweep last came to its end; until one has, when the process began.',
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

export function ledgerGauges(registry: Registry) {
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
  const oldest = new Gauge({
    name: 'mailclip_oldest_waiting_seconds',
    help: 'Age of the oldest mail that waits for an end (held ones wait for a person and do not count); 0 when none does.',
    registers,
  })
  return { up, mails, suspended, oldest }
}

/** Measured at each scrape. */
export function spoolGauges(registry: Registry, { folder, maxBytes }: SpoolMeasured) {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `mailclip_spool_${name}`, help, registers: [registry] })
  const bytes = gauge('bytes', 'Octets of mails in the spool.')
  const free = gauge('disk_free_bytes', 'Octets that its disk has left.')
  gauge('limit_bytes', 'Octets the spool may take in all (spool.maxBytes).').set(maxBytes)
  return async (): Promise<void> => {
    const [taken, left] = await Promise.all([octetsBelow(folder), octetsFree(folder)])
    bytes.set(taken)
    if (left !== undefined) free.set(left)
  }
}
