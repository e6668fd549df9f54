/** What replicas do one at a time: who has the turn, and until when it is theirs without a word from them. */
import type { Migration } from './migration.ts'

export const turn: Migration = {
  number: 6,
  name: 'turn',
  statements: ({ integer, end }) => [
    `create table turn (key text primary key, holder text not null, until ${integer} not null) ${end}`,
  ],
}
