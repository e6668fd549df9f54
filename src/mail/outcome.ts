/** What became of a mail: the only five things that can. */
import type { Because } from './status.ts'

export type FinalKind = 'delivered' | 'bounced' | 'discarded' | 'held'

/** `section`: of the notice, where one says more than that of the code. It is not stored; the notice is. */
export type FinalOutcome = { readonly kind: FinalKind; readonly section?: NoticeSection } & Because

/** Sections of the notices beside those of the codes. Each has the code before its last hyphen as a fallback. */
export const MORE_SECTIONS = ['nothing-attached-link', 'nothing-attached-scan'] as const
export type NoticeSection = (typeof MORE_SECTIONS)[number]

export type Deferral = { readonly kind: 'deferred'; readonly until: Date } & Because

export type Outcome = FinalOutcome | Deferral

/** States of an entry; `queued` and `active` are not outcomes (product contract, section 2). */
export type EntryState = 'queued' | 'active' | Outcome['kind'] | 'ignored'

/** States of an item: `begun` and `uncertain` are the ones a crash or a lost answer leaves behind. */
export type ItemState = 'pending' | 'begun' | 'delivered' | 'refused' | 'skipped' | 'uncertain'
