/** What an operator may do from the page, in the page's words. Composed in cli/; each deed is recorded with who did it. */
import type { Site } from './ports.ts'

export const CORRECTIONS = ['retry', 'release', 'hold', 'discard'] as const
export type Correction = (typeof CORRECTIONS)[number]

/** `ticket`: as it was typed; `''` = as the subject says. */
export type Wish = { readonly ticket: string; readonly allParts: boolean }

/** A mail as it lies in the mailbox, on our disk until it is disposed of. */
export type Original = AsyncDisposable & { readonly file: string; readonly size: number }

/** Throws Faults of scope `ledger` when nothing can be written; `why` is a sentence for the operator. */
export interface Operator {
  correct(
    correction: Correction,
    id: string,
    wish: Wish,
    by: string,
  ): Promise<{ readonly done: true } | { readonly done: false; readonly why: string }>
  /** Lifts a suspension; false when there is none. */
  resume(site: Site, by: string): Promise<boolean>
  /** Fetches a held mail from where it lies. `resting`: its mailbox cannot be asked now. */
  original(id: string, by: string): Promise<Original | 'gone' | 'not held' | 'resting'>
}
