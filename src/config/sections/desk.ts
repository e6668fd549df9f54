/** Section `desk`: the service desk's API. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import { z } from 'zod'
import { key, keyOrNull } from '../key.ts'
import { choice, duration, number, text, truth } from '../readers.ts'
import { deskUrl, proxy } from '../words.ts'
import { tls } from './connection.ts'

export const desk = z
  .strictObject({
    url: key(deskUrl, 'Base address of the REST API, with the account.', 'https://example.easyvista.com/api/v1/50004'),
    user: key(
      text('a login', 'the login'),
      'Login of an EasyVista user whose profile has the REST API enabled.',
      'mailclip',
    ).optional(),
    password: key(text('a password', 'the password'), 'Password of that user.', '${env:DESK_PASSWORD}').optional(),
    token: key(
      text('a token', 'the access token'),
      'Access token (Bearer) instead of user and password.',
      '${file:/run/secrets/desk-token}',
    ).optional(),
    encoding: key(
      choice('multipart', 'json'),
      'How files are sent: multipart (form-data, raw octets) or json (base64).',
      'json',
    ).prefault('multipart'),
    verify: key(
      choice('list', 'off'),
      "After a mail's last upload the ticket's list of documents must show a new one for each file; otherwise the upload counts as uncertain.",
      'off',
    ).prefault('list'),
    timeout: key(
      duration(),
      'From the last octet sent to the whole answer. The desk itself gives up after 60 s, so less makes its late answers uncertain.',
      '120s',
    ).prefault('120s'),
    stall: key(duration(), 'An upload that makes no progress for this long is cut.', '30s').prefault('30s'),
    maxUpload: key(duration(), 'One request in all.', '30m').prefault('30m'),
    quiet: key(
      duration({ min: 0 }),
      'An upload without an answer counts as absent only this long after the attempt …',
      '300s',
    ).prefault('300s'),
    recheck: key(duration({ min: 0 }), '… and in two looks at the ticket this far apart.', '30s').prefault('30s'),
    uncertain: key(
      choice('hold', 'repost'),
      'What becomes of such an upload where this user may not list documents: hold (a file is attached at most once) or repost (at least once).',
      'repost',
    ).prefault('hold'),
    concurrency: key(number('a number of uploads', 1, 64), 'Uploads at once.', 8).prefault(4),
    tls: tls.prefault({}),
    proxy: keyOrNull(proxy, 'Proxy to go through.', 'http://proxy.example.com:3128').prefault(null),
    ticketPage: keyOrNull(
      text('an address', "an address at the desk's own origin, with {ticket} where the number goes", text =>
        /^https?:\/\/\S*\{ticket\}\S*$/.test(text),
      ),
      "Where people open a ticket in their browser: the operator's page links to it. null: the ticket's address in the API.",
      'https://example.easyvista.com/autoconnect_mail.php?field6={ticket}&field7=RFC_NUMBER',
    ).prefault(null),
    allowPlain: key(
      truth,
      'Send credentials and files unencrypted (http://) to a host that is not this machine.',
      true,
    ).prefault(false),
  })
  .describe("The service desk's REST API.")
