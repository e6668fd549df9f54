/** An operator's `release` is remembered until the mail is concluded again: what held it must not hold it a second time. */
import type { Migration } from './migration.ts'

export const released: Migration = {
  number: 5,
  name: 'released',
  statements: ({ integer }) => [
    `alter table entry add column released ${integer} not null default 0 check (released in (0, 1))`,
  ],
}
