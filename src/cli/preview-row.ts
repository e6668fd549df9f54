/** What `mailclip preview` tells of one mail. */
import type { FinalOutcome } from '../mail/outcome.ts'

/** A row of `preview --json` (product contract). */
export type PreviewRow = {
  readonly file: string
  readonly subject: string
  readonly ticket: string | null
  readonly outcome: FinalOutcome['kind']
  readonly status: string
  readonly code: string
  readonly reason: string
  readonly description: string
  readonly machine: boolean
  readonly attachments: readonly {
    readonly part: string
    readonly name: string
    readonly originalName: string | null
    readonly type: string
    readonly size: number
    readonly sha256: string
    readonly state: 'delivered' | 'refused' | 'skipped'
    readonly reason: string | null
  }[]
  readonly notice: {
    readonly to: string
    readonly subject: string
    readonly text: string
    readonly html: string | null
  } | null
  /** Why there is no notice. */
  readonly silence: string | null
  readonly trace: readonly string[]
}
