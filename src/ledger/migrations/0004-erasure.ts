/** Erasures on request are recorded, without whose data it was. */
import type { Migration } from './migration.ts'

export const erasure: Migration = {
  number: 4,
  name: 'erasure',
  statements: ({ id, integer, end }) => [
    `create table erasure (id ${id}, at ${integer} not null, mails ${integer} not null check (mails > 0)) ${end}`,
  ],
}
