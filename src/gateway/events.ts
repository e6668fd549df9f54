/**
 * What happened, said once. ops/ turns events into log lines, counters and the status page, so that the three cannot disagree.
 * No event carries a body, a subject, an address or a file name.
 */
import type { Ref } from '../mail/ref.ts'
import type { Code, Status } from '../mail/status.ts'
import type { Correction } from './operator.ts'
import type { Site } from './ports.ts'

export type Event =
  | { readonly kind: 'started'; readonly mailboxes: number }
  | { readonly kind: 'stopped' }
  /** What is old is compared with its ticket before it is sent (reconcile.ts). */
  | { readonly kind: 'reconciling'; readonly reason: string }
  | { readonly kind: 'connected'; readonly site: Site }
  | { readonly kind: 'sighted'; readonly id: string; readonly ref: Ref; readonly size: number; readonly again: boolean }
  | { readonly kind: 'claimed'; readonly id: string; readonly ref: Ref; readonly attempt: number }
  | {
      readonly kind: 'attached'
      readonly id: string
      readonly ref: Ref
      readonly part: string
      readonly ticket: string
      readonly size: number
      /** Milliseconds from the first octet sent to the receipt; 0 when it was found on the ticket. */
      readonly ms: number
      readonly found: boolean
    }
  | {
      readonly kind: 'uncertain'
      readonly id: string
      readonly ref: Ref
      readonly part: string
      readonly status: Status
      readonly reason: string
    }
  | {
      readonly kind: 'concluded'
      readonly id: string
      readonly ref: Ref
      readonly attempt: number
      readonly outcome: 'delivered' | 'deferred' | 'bounced' | 'discarded' | 'held'
      readonly status: Status
      readonly code: Code
      readonly until: Date | undefined
      readonly ms: number
    }
  | { readonly kind: 'returned'; readonly id: string; readonly ref: Ref; readonly reason: string }
  | {
      readonly kind: 'noticed'
      readonly id: string
      readonly ref: Ref
      readonly state: 'sent' | 'failed' | 'unknown' | 'suppressed'
    }
  | { readonly kind: 'settled'; readonly id: string; readonly ref: Ref; readonly folder: string | undefined }
  | {
      readonly kind: 'suspended'
      readonly site: Site
      readonly until: Date
      readonly status: Status
      readonly reason: string
    }
  /** `by`: an operator lifted it. */
  | { readonly kind: 'resumed'; readonly site: Site; readonly by?: string }
  | { readonly kind: 'corrected'; readonly id: string; readonly correction: Correction; readonly by: string }
  | {
      readonly kind: 'swept'
      readonly mailbox: string
      readonly sighted: number
      readonly attempted: number
      readonly ms: number
    }
  /** A server was asked something: one line of `debug`, one observation of a histogram. `2.0.0` when it answered. */
  | {
      readonly kind: 'asked'
      readonly site: Site
      readonly verb: string
      readonly status: Status
      readonly ms: number
    }
  /** A certificate (a server's or ours) or a token comes to an end; told when it becomes known. `days` are left, below 0 when it is over. */
  | {
      readonly kind: 'expires'
      readonly site: Site
      readonly what: 'certificate' | 'our certificate' | 'token'
      readonly at: Date
      readonly days: number
    }
  | { readonly kind: 'trouble'; readonly what: string; readonly status: Status; readonly reason: string }
  /** What became of a mail of our own (daemon/canary.ts). `at`: when it was sent, or had its end. `remembered`: a success of an earlier start. */
  | {
      readonly kind: 'canary'
      readonly result: 'sent' | 'delivered' | 'failed' | 'lost' | 'remembered'
      readonly at: Date
      /** From sending to the ticket, milliseconds. */
      readonly ms: number | undefined
      readonly reason: string | undefined
    }
  /** A mail to the operator (daemon/summaries.ts). `reason`: why it could not be sent; it is tried again. */
  | {
      readonly kind: 'summary'
      readonly what: 'daily' | 'alarm'
      readonly result: 'sent' | 'failed' | 'unknown'
      readonly reason: string | undefined
    }
  | { readonly kind: 'bug'; readonly where: string; readonly error: unknown }

/** Must not throw and must not wait. */
export type Observe = (event: Event) => void
