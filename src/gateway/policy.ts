/** What the road needs to know of the settings of one mailbox; composed in cli/compose.ts. */
import type { Envelope } from '../mail/envelope.ts'
import type { Outcome } from '../mail/outcome.ts'
import type { Rules } from '../mail/route.ts'
import type { Code } from '../mail/status.ts'
import type { Backoff } from './backoff.ts'
import type { Conclusion, Filing, ItemRecord, Site } from './ports.ts'

/** Durations in milliseconds. */
export type Policy = {
  readonly rules: Rules
  /** What the first sweep takes of mail that was there before. */
  readonly backlog: 'none' | 'unseen' | 'all'
  readonly own: readonly string[]
  /** A file that another copy of the mail has brought already (`attachments.duplicates`). */
  readonly duplicates: 'skip' | 'attach'
  /** Mailboxes whose mails go to another desk: a ticket of the same number is another one there. */
  readonly elsewhere: readonly string[]
  readonly retry: Backoff & { readonly tries: number }
  readonly lease: number
  readonly desk: {
    readonly site: Site
    readonly encoding: 'multipart' | 'json'
    readonly verify: 'list' | 'off'
    readonly quiet: number
    readonly recheck: number
    readonly uncertain: 'hold' | 'repost'
    readonly concurrency: number
  }
  readonly post: Site | undefined
  readonly filing: (kind: Outcome['kind']) => Filing | undefined
  readonly answer: (facts: AnswerFacts) => Conclusion['notice']
}

/** What a notice can tell. */
export type AnswerFacts = {
  readonly envelope: Envelope
  readonly outcome: Outcome
  readonly tickets: readonly string[]
  readonly files: readonly FileFate[]
}

export type FileFate = {
  readonly name: string
  readonly size: number | undefined
  readonly state: ItemRecord['state']
  readonly reason: string | undefined
  readonly ticket: string | undefined
  readonly type?: string | undefined
  readonly code?: Code | undefined
}
