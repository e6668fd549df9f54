/** Sections `ticket` and `senders`: which ticket a mail is for, and who may write. */
import { z } from 'zod'
import { key, list } from '../key.ts'
import { choice, text, truth } from '../readers.ts'
import { pattern, sender } from '../words.ts'

export const ticket = z
  .strictObject({
    pattern: key(
      pattern,
      'What a ticket number looks like in a subject: a regular expression (RE2 syntax, linear time, either case). A match must not touch a letter or a digit on either side; group `ticket` is taken if there is one; the number is upper-cased.',
      'INC-(?<ticket>\\d{6})',
    ).prefault('[A-Z]\\d{6}_\\d{6}'),
    several: key(
      choice('first', 'all', 'hold'),
      'When a subject names several: the first one, all of them, or hold the mail. The same number twice is one.',
      'all',
    ).prefault('first'),
    fromThread: key(
      truth,
      'A mail without a number that answers one whose ticket is known belongs to that ticket.',
      false,
    ).prefault(true),
    closed: key(
      choice('attach', 'bounce', 'hold'),
      'What to do when the ticket is closed. attach: the desk is not asked; else a request more per mail.',
      'bounce',
    ).prefault('attach'),
    closedStatuses: list(
      text('a status', 'the name, number or GUID of a status, in quotes'),
      'Statuses that count as closed, besides an end date.',
      ['Closed'],
    ).prefault([]),
  })
  .describe('Which ticket a mail is for.')

export const senders = z
  .strictObject({
    allow: list(sender, "Who may write: addresses, `*@domain`, or `'*'` for everybody. Mail of others bounces.", [
      '*@example.com',
      'partner@example.org',
    ]).prefault(['*']),
    authentication: key(
      choice('off', 'dmarc'),
      'dmarc: an aligned pass in the top-most Authentication-Results of a trusted server is needed, else the mail is held (spoof) and nobody is told.',
      'dmarc',
    ).prefault('off'),
    authservIds: list(
      text('a server id', 'the authserv-id of your mail server'),
      'Servers whose Authentication-Results are trusted: the word these fields begin with; `none` where it is left out (Exchange Online). The server must remove such fields from what comes in.',
      ['mx.example.com'],
    ).prefault([]),
    requester: key(
      choice('off', 'hold'),
      "hold: the sender must be the ticket's requestor or recipient, else the mail is held. Needs the right to read tickets; where that is missing every mail is held.",
      'hold',
    ).prefault('off'),
  })
  .describe('Who may write.')
