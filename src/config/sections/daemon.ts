/** The small sections of the daemon itself: ledger, spool, retry, status page, log, canary and summary. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import { z } from 'zod'
import { key, keyOrNull, list } from '../key.ts'
import { choice, duration, number, port, size, text, truth } from '../readers.ts'
import { host, ledgerUrl, oneAddress, timeOfDay } from '../words.ts'
import { tls } from './connection.ts'

const HUNDRED_YEARS = 36_500 * 86_400_000

export const ledger = z
  .strictObject({
    url: key(
      ledgerUrl,
      'Where mailclip remembers what became of every mail: sqlite:FILE on a local disk, relative to the working directory, or postgres://….',
      'sqlite:/var/lib/mailclip/mailclip.db',
    ).prefault('sqlite:data/mailclip.db'),
    password: keyOrNull(
      text('a password', 'the password'),
      'Password of the database, where the address has none.',
      '${file:/run/secrets/ledger}',
    ).prefault(null),
    tls: tls.prefault({}),
    allowPlain: key(truth, 'Talk unencrypted to a database that is not on this machine.', true).prefault(false),
    keep: key(
      duration({ max: HUNDRED_YEARS }),
      'Then traces and personal data go; a stub stays while the mail lies in a watched folder.',
      '90d',
    ).prefault('400d'),
    lease: key(duration(), 'A mail whose worker has not been heard of for this long is tried again.', '60s').prefault(
      '60s',
    ),
  })
  .describe('The durable memory.')

export const spool = z
  .strictObject({
    folder: key(
      text('a folder', 'a path'),
      'Where mails wait while they are worked on, relative to the working directory.',
      '/var/spool/mailclip',
    ).prefault('data/spool'),
    maxBytes: key(size(), 'Most it may hold.', '20GB').prefault('5GB'),
  })
  .describe('Mails on disk while they are worked on; none stays.')

export const retry = z
  .strictObject({
    first: key(duration(), 'Wait before the second try; the real wait is anything up to it, by chance.', '1m').prefault(
      '1m',
    ),
    max: key(duration(), 'Longest wait.', '1h').prefault('1h'),
    factor: key(number('a factor', 1, 100, false), 'How much longer every further wait is.', 1.5).prefault(2),
    tries: key(
      number('a number of tries', 1, 1000),
      'Tries of one mail, then it is held. A site that is down costs none.',
      20,
    ).prefault(12),
  })
  .describe('How a mail is tried again. Sites that are down are tried again by the same first, max and factor.')

export const status = z
  .strictObject({
    host: key(host, 'Address to listen on. Another than loopback needs a token.', '0.0.0.0').prefault('127.0.0.1'),
    port: key({ ...port, ...number('a port', 0, 65_535) }, 'Port; 0: a free one, printed at start.', 0).prefault(8025),
    token: keyOrNull(
      text('a token', 'a long random text'),
      'What a visitor must know.',
      '${file:/run/secrets/status}',
    ).prefault(null),
    hosts: list(
      text('a host name', 'a name without port', name => /^[A-Za-z0-9.-]+$/.test(name)),
      'Names under which a proxy in front serves the page; requests for any other name are refused.',
      ['mailclip.example.com'],
    ).prefault([]),
  })
  .nullable()
  .describe("The operator's page, /health, /ready and /metrics. null: none.")

export const log = z
  .strictObject({
    level: key(choice('error', 'warn', 'info', 'debug'), 'How much is said.', 'debug').prefault('info'),
    format: key(choice('json', 'pretty'), 'json for machines, pretty for people.', 'pretty').prefault('json'),
  })
  .describe('The log on standard output.')

export const canary = z
  .strictObject({
    ticket: key(
      text('a ticket', 'a ticket number'),
      'Ticket that test mails go to, of the first mailbox; each leaves a small document on it.',
      'I161026_000005',
    ),
    every: key(duration({ min: 60_000 }), 'How often.', '1h'),
  })
  .nullable()
  .describe('A mail of our own now and then, to see that the whole road works. null: none.')

export const summary = z
  .strictObject({
    to: key(oneAddress, 'Who gets it.', 'ops@example.com'),
    at: key(timeOfDay, 'When, every day, by timezone.', '08:00'),
    alarmAfter: keyOrNull(
      duration({ min: 60_000 }),
      'A held mail, or a suspended site, that has waited for so long is told of at once, and once. null: only in the daily summary.',
      '4h',
    ).prefault('1h'),
    language: key(choice('en', 'fr'), 'Language of summaries and alarms.', 'fr').prefault('en'),
  })
  .nullable()
  .describe(
    'A daily summary by mail, and alarms; they go through the relay of the first mailbox that has notices. null: none.',
  )
