/** What a person looks for: the words of a mail in a small table of their own, when it arrived, and the pictures' index. */
import type { Migration } from './migration.ts'

/** Mails of before have their words in lower case at least; accents are folded from now on (ledger/words.ts). */
export const search: Migration = {
  number: 3,
  name: 'search',
  statements: ({ integer, end }) => [
    `alter table entry add column arrived_at ${integer}`,
    `create table words (
      entry_id ${integer} primary key references entry (id) on delete cascade,
      subject text not null, sender text not null, files text not null) ${end}`,
    `insert into words (entry_id, subject, sender, files)
      select id, lower(subject), lower(coalesce(from_address, '')),
        lower(coalesce((select string_agg(name, ' ') from item where entry_id = entry.id), parts, ''))
      from entry where trimmed_at is null`,
    `create index entry_picture on entry (sighted_at, state, concluded_at, arrived_at)`,
    `create index entry_account on entry (mailbox, state)`,
  ],
}
