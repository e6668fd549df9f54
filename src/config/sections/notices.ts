/** Section `notices`: what the sender is told, and the relay that carries it. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import { z } from 'zod'
import { key, keyOrNull, keyOtherwise, list } from '../key.ts'
import { choice, number, port, text, truth } from '../readers.ts'
import { from, host, noticeLanguage, proxy } from '../words.ts'
import { oauth2, tls } from './connection.ts'

const smtp = z
  .strictObject({
    host: key(host, 'The relay.', 'smtp.example.com'),
    port: keyOtherwise(port, 'Its port.', 587, '465 with tls, 587 with starttls, 25 with plain'),
    security: key(
      choice('tls', 'starttls', 'plain'),
      'tls from the first octet, starttls before anything is said, or plain (to this machine only, see allowPlain).',
      'tls',
    ).prefault('starttls'),
    user: key(text('a login', 'the login'), 'Login, where the relay wants one.', 'support@example.com').optional(),
    password: key(text('a password', 'the password'), 'Password of that login.', '${env:SMTP_PASSWORD}').optional(),
    oauth2: oauth2.optional(),
    tls: tls.prefault({}),
    proxy: keyOrNull(proxy, 'Proxy to go through.', 'socks5://proxy.example.com:1080').prefault(null),
    allowPlain: key(truth, 'Send notices unencrypted to a host that is not this machine.', true).prefault(false),
  })
  .describe('The SMTP relay that carries notices.')

export const notices = z
  .strictObject({
    on: list(choice('bounced', 'held', 'delivered', 'delayed'), 'Outcomes the sender is told of.', [
      'bounced',
    ]).prefault(['bounced', 'held']),
    from: key(from, 'Who writes.', 'Support <support@example.com>'),
    language: key(
      noticeLanguage,
      'Language of notices: en, fr, de, es, it, nl, pt, or that of a file in config/notices (docs/notices.md); auto: that of the mail.',
      'fr',
    ).prefault('en'),
    returnPath: keyOrNull(
      choice('from'),
      'null: MAIL FROM:<>, as RFC 3834 wants it, so that no notice is ever answered; from: the address above, for relays that refuse the empty one.',
      'from',
    ).prefault(null),
    perSenderPerDay: key(number('a number of notices', 1, 10_000), 'Most notices to one sender in a day.', 5).prefault(
      5,
    ),
    perHour: key(number('a number of notices', 1, 100_000), 'Most notices in an hour in all.', 50).prefault(50),
    smtp,
  })
  .describe('What the sender is told. null, or no such section: nothing; mails are only flagged and filed.')
