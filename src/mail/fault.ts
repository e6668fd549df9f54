/** A failure that is thrown: it carries its status and scope from where it happened to the one place that catches (gateway/attempt.ts). */
import type { Status } from './status.ts'

/** Whom a failure concerns: one attachment, the whole mail, or a site that everybody needs. */
export type Scope = 'attachment' | 'mail' | 'desk' | 'mailbox' | 'post' | 'ledger' | 'antivirus'

/**
 * Whether the request may have been carried out all the same: `no` when no byte left us or the answer says so,
 * `maybe` when only a look at the other side can tell (RFC 9110 §9.2.2: POST is not idempotent).
 */
export type Applied = 'no' | 'maybe'

export type FaultOptions = {
  readonly scope?: Scope
  readonly applied?: Applied
  /** How long the other side asks us to wait, in milliseconds (Retry-After, IMAP throttling). */
  readonly retryAfter?: number
  /** An error below this one, or a bounded piece of an answer. Never a secret. */
  readonly cause?: unknown
}

export class Fault extends Error {
  override readonly name = 'Fault'
  readonly status: Status
  readonly scope: Scope
  readonly applied: Applied
  readonly retryAfter: number | undefined

  constructor(status: Status, reason: string, options: FaultOptions = {}) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause })
    this.status = status
    this.scope = options.scope ?? 'mail'
    this.applied = options.applied ?? 'no'
    this.retryAfter = options.retryAfter
  }
}

export const isFault = (error: unknown): error is Fault => error instanceof Fault
