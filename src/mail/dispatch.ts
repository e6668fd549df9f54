/** What is to be handed over, decided once and then replayed: learned logos or changed settings must not change it half way. */
import type { Because } from './status.ts'
import type { TicketNumber } from './subject.ts'

export type Fate =
  | { readonly kind: 'send' }
  | { readonly kind: 'skip'; readonly reason: string }
  | ({ readonly kind: 'refuse' } & Because)

export type Attachment = {
  /** Part number in the mail. */
  readonly part: string
  /** Safe for the desk, unique within the mail (mail/filename.ts). */
  readonly name: string
  readonly originalName: string | undefined
  /** The type sent to the desk: the declared one when it is well formed, else what was sniffed. */
  readonly type: string
  /** Decoded octets. */
  readonly size: number
  /** Hex. */
  readonly sha256: string
}

/** One attachment for one ticket: the unit that is posted, and that is on its ticket exactly once. */
export type Item = Attachment & { readonly ticket: TicketNumber; readonly fate: Fate }

export type Dispatch = {
  /** What the desk shows beside the file; `''` = the field is absent. */
  readonly description: string
  readonly items: readonly Item[]
}
