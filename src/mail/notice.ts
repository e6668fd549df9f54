/** The answer to the sender (RFC 3834). */
import type { FinalKind } from './outcome.ts'

export type NoticeKind = FinalKind | 'delayed'

/** What is sent, complete and durable before it is sent, so that a repeat is the same octets with the same Message-ID. */
export type Notice = {
  readonly kind: NoticeKind
  /** Exactly one addr-spec. */
  readonly to: string
  /** Deterministic, with angle brackets. */
  readonly messageId: string
  readonly subject: string
  readonly text: string
  readonly inReplyTo: string | undefined
  readonly references: readonly string[]
}
