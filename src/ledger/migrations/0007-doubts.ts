/**
 * A person has seen where a file may be that was not found, and lets the mail go: the doubt must
 * not hold it a second time.
 */
import type { Migration } from './migration.ts'

export const doubts: Migration = {
  number: 7,
  name: 'doubts',
  statements: ({ integer }) => [
    `alter table entry add column doubts_accepted ${integer} not null default 0 check (doubts_accepted in (0, 1))`,
  ],
}
