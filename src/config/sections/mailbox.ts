/** Section `mailboxes[]`: one watched folder of one IMAP account, and what is different for its mail. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import { z } from 'zod'
import { key, keyOrNull, keyOtherwise } from '../key.ts'
import { choice, duration, port, size, text, truth } from '../readers.ts'
import { loose } from '../shape.ts'
import { folder, host, imapFlag, proxy } from '../words.ts'
import { attachments } from './attachments.ts'
import { oauth2, tls } from './connection.ts'
import { desk } from './desk.ts'
import { notices } from './notices.ts'
import { senders, ticket } from './ticket.ts'

const file = z
  .strictObject({
    delivered: keyOrNull(folder, 'Everything is on the ticket.', 'Mailclip/Delivered').prefault('Mailclip/Delivered'),
    bounced: keyOrNull(folder, 'The sender must mend it.', 'Mailclip/Bounced').prefault('Mailclip/Bounced'),
    held: keyOrNull(folder, 'A person must look.', 'Mailclip/Held').prefault('Mailclip/Held'),
    discarded: keyOrNull(folder, 'Nothing to do and nobody to tell.', 'Mailclip/Discarded').prefault(null),
  })
  .nullable()

const flag = z
  .strictObject({
    bounced: keyOrNull(imapFlag, 'A flag or keyword for mail the sender must mend.', '\\Flagged').prefault('\\Flagged'),
    held: keyOrNull(imapFlag, 'A flag or keyword for mail a person must look at.', '\\Flagged').prefault('\\Flagged'),
  })
  .nullable()

const timeouts = z
  .strictObject({
    connect: key(duration(), 'To connect, TLS included.', '30s').prefault('30s'),
    greeting: key(duration(), "To the server's first word.", '16s').prefault('16s'),
    idle: key(duration(), 'Without an octet, before the server is asked whether it still lives.', '90s').prefault(
      '90s',
    ),
    renew: key(duration({ max: 29 * 60_000 }), 'One IDLE (servers end it after 30 minutes).', '4m').prefault('4m'),
  })
  .describe('How long to wait for the IMAP server.')

export const mailbox = z
  .strictObject({
    name: keyOtherwise(
      text('a name', 'a name without line ends', value => value.length <= 100),
      'What the ledger, the log and the commands call it. Keep it: mail is remembered under it.',
      'support',
      'the user',
    ),
    host: key(host, 'The IMAP server.', 'imap.example.com'),
    port: keyOtherwise(port, 'Its port.', 993, '993 with tls, 143 otherwise'),
    security: key(
      choice('tls', 'starttls', 'plain'),
      'tls from the first octet, starttls before signing in, or plain (to this machine only, see allowPlain).',
      'starttls',
    ).prefault('tls'),
    tls: tls.prefault({}),
    allowPlain: key(truth, 'Send the password unencrypted to a host that is not this machine.', true).prefault(false),
    proxy: keyOrNull(proxy, 'Proxy to go through.', 'socks5://proxy.example.com:1080').prefault(null),
    user: key(
      text('a login', 'the login of the mailbox'),
      'Login, mostly the address. It is also one of our own addresses, never to be answered.',
      'support@example.com',
    ),
    password: key(
      text('a password', 'the password'),
      'Password or app password. One of password and oauth2 is needed.',
      '${env:IMAP_PASSWORD}',
    ).optional(),
    oauth2: oauth2.optional(),
    folder: key(folder, "The watched folder; '/' stands for the server's separator.", 'INBOX').prefault('INBOX'),
    backlog: key(
      choice('none', 'unseen', 'all'),
      'What the very first sweep takes of mail that was there before; the rest is recorded as ignored.',
      'all',
    ).prefault('unseen'),
    file: file
      .prefault({})
      .describe(
        "Folder for each outcome, created and subscribed where it is missing; '/' stands for the server's separator, its prefix is added. null leaves the mail where it is.",
      ),
    flag: flag.prefault({}).describe('Flag set before filing, notice or not. null sets none.'),
    timeouts: timeouts.prefault({}),
    dailyBytes: keyOrNull(
      size(),
      'Most octets to download a day (UTC), headers included; then the mailbox rests until midnight. The last mail of a day may exceed it. Gmail locks accounts at about 2.5 GB.',
      '2GB',
    ).prefault(null),
    desk: loose(desk).describe('What is different from section desk for this mailbox.'),
    ticket: loose(ticket).describe('What is different from section ticket for this mailbox.'),
    senders: loose(senders).describe('What is different from section senders for this mailbox.'),
    attachments: loose(attachments).describe('What is different from section attachments for this mailbox.'),
    notices: loose(notices.nullable()).describe(
      'What is different from section notices for this mailbox; null: senders of this mailbox are told nothing.',
    ),
  })
  .describe('One watched folder of one IMAP account.')
