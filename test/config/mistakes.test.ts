// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigurationMistakes, type Path, pathText } from '../../src/config/mistakes.ts'
import { type OutlinedKey, outline } from '../../src/config/outline.ts'
import { parseSettings } from '../../src/config/parse.ts'
import { replacing } from '../../src/config/shape.ts'

const MAILBOX = 'mailboxes:\n  - host: imap.example.com\n    user: a@example.com\n    password: imap-secret\n'
const DESK = 'desk:\n  url: https://desk.example.com/api/v1/1\n  user: u\n  password: desk-secret\n'
const NOTICES = 'notices: { from: a@example.com, smtp: { host: smtp.example.com } }\n'
const RIGHT = MAILBOX + DESK + NOTICES

const environment = { PORT: '99x', EMPTY: '' }

function messageOf(yaml: string): string {
  try {
    parseSettings(yaml, { file: 'm.yaml', environment })
  } catch (error) {
    if (error instanceof ConfigurationMistakes) return error.message
    throw error
  }
  return 'nothing wrong'
}

test('a configuration of the mandatory keys is right', () => {
  expect(messageOf(RIGHT)).toBe('nothing wrong')
})

/** Lines below MAILBOX, which has four. */
const IN_MAILBOX = (line: string) => `${MAILBOX}    ${line}\n${DESK}${NOTICES}`
const IN_DESK = (line: string) => `${MAILBOX}${DESK}  ${line}\n${NOTICES}`
const AFTER = (text: string) => RIGHT + text
const IN_NOTICES = (text: string) =>
  `${MAILBOX}${DESK}notices:\n  from: a@example.com\n  smtp: { host: s.example.com }\n${text}`

test.each<[yaml: string, line: string]>([
  [IN_MAILBOX('port: 99x'), 'm.yaml:5  mailboxes[0].port  "99x" is not a port; write a number from 1 to 65535'],
  [IN_MAILBOX('port: 70000'), 'm.yaml:5  mailboxes[0].port  70000 is not a port'],
  [IN_MAILBOX('port: ${env:PORT}'), 'm.yaml:5  mailboxes[0].port  ${env:PORT} is not a port'],
  [IN_MAILBOX('port: ${env:NOWHERE}'), 'm.yaml:5  mailboxes[0].port  the environment has no variable NOWHERE'],
  [IN_MAILBOX('port:'), 'm.yaml:5  mailboxes[0].port  is empty; write a number'],
  [IN_MAILBOX('prot: 993'), 'm.yaml:5  mailboxes[0].prot  is not a key of this section; did you mean port?'],
  [IN_MAILBOX('username: x'), 'm.yaml:5  mailboxes[0].username  is not a key of this section; did you mean user?'],
  [IN_MAILBOX('qqqqq: x'), 'm.yaml:5  mailboxes[0].qqqqq  is not a key of this section; known here: name, host'],
  [
    IN_MAILBOX('security: ssl'),
    'm.yaml:5  mailboxes[0].security  "ssl" is not a choice here; write tls, starttls or plain',
  ],
  [
    IN_MAILBOX('security: plain'),
    'm.yaml:5  mailboxes[0].security  sends the password unencrypted to a host that is not',
  ],
  [IN_MAILBOX('folder: a//b'), 'm.yaml:5  mailboxes[0].folder  "a//b" is not a folder name'],
  [IN_MAILBOX('file: { held: inbox }'), 'm.yaml:5  mailboxes[0].file.held  is the folder that this mailbox watches'],
  [IN_MAILBOX("flag: { held: '\\Deleted' }"), 'm.yaml:5  mailboxes[0].flag.held  "\\\\Deleted" is not a flag'],
  [
    IN_MAILBOX('timeouts: { idle: 90 }'),
    'm.yaml:5  mailboxes[0].timeouts.idle  90 is not a duration; write a number and its unit',
  ],
  [IN_MAILBOX('timeouts: { renew: 2h }'), 'm.yaml:5  mailboxes[0].timeouts.renew  "2h" is too much; write 29m or less'],
  [
    IN_MAILBOX('tls: { ca: /nowhere.pem }'),
    'm.yaml:5  mailboxes[0].tls.ca  the file /nowhere.pem cannot be read: there is no such file',
  ],
  [IN_MAILBOX('desk: { encoding: jsno }'), 'm.yaml:5  mailboxes[0].desk.encoding  "jsno" is not a choice here'],
  [IN_MAILBOX('desk: { token: t, user: u }'), 'm.yaml:5  mailboxes[0].desk.token  stands beside user or password'],
  [
    IN_MAILBOX("oauth2: { clientId: x, clientCertificate: '-----BEGIN PRIVATE KEY-----' }"),
    'm.yaml:5  mailboxes[0].oauth2.clientCertificate  ',
  ],
  [
    IN_MAILBOX('oauth2: { clientId: x }'),
    'm.yaml:4  mailboxes[0].password  stands beside oauth2; write one of the two',
  ],
  [IN_MAILBOX('proxy: ftp://p:1'), 'm.yaml:5  mailboxes[0].proxy  "ftp://p:1" is no proxy; write socks5://HOST:PORT'],
  [
    IN_MAILBOX('ticket: { closed: held }'),
    'm.yaml:5  mailboxes[0].ticket.closed  "held" is not a choice here; write attach, bounce or hold',
  ],
  [IN_MAILBOX('user: twice@example.com'), 'm.yaml:5  the key user is written twice in the same place'],
  [`mailboxes: []\n${DESK}`, 'm.yaml:1  mailboxes  is empty; write one mailbox or more'],
  [`mailboxes: hello\n${DESK}`, 'm.yaml:1  mailboxes  is text, not a list; write its entries below it'],
  [DESK, 'm.yaml  mailboxes  is missing'],
  [`mailboxes:\n  - host: h.example.com\n    user: u\n${DESK}`, 'm.yaml:2  mailboxes[0].password  is missing'],
  [
    `mailboxes:\n  - host: h.example.com\n    password: p\n${DESK}`,
    'm.yaml:2  mailboxes[0].user  is missing; write the login',
  ],
  [
    `${MAILBOX}  - host: imap.example.com\n    user: a@example.com\n    password: p\n${DESK}`,
    'm.yaml:6  mailboxes[1].user  is what mailboxes[0] is called too',
  ],
  [
    `${MAILBOX}  - host: IMAP.example.com\n    user: a@example.com\n    password: p\n    name: b\n    folder: inbox\n${DESK}`,
    'm.yaml:9  mailboxes[1].folder  is watched by mailboxes[0] already',
  ],
  [
    `${MAILBOX}  - host: imap.example.com\n    user: a@example.com\n    password: p\n    name: b\n    security: starttls\n${DESK}`,
    'm.yaml:5  mailboxes[1].folder  is watched by mailboxes[0] already',
  ],
  [MAILBOX, 'm.yaml  desk.url  is missing; write https://HOST/api/v1/ACCOUNT'],
  [MAILBOX, 'm.yaml  desk  has no credentials; write user and password, or token'],
  [`${MAILBOX}desk: { url: 'https://d.example.com/api/v1/1' }`, 'm.yaml:5  desk  has no credentials'],
  [`${MAILBOX}desk: { url: 'https://d.example.com/api/v1/1', user: u }`, 'm.yaml:5  desk.password  is missing'],
  [
    `${MAILBOX}desk: { url: 'http://d.example.com/api/v1/1', token: t }`,
    'm.yaml:5  desk.url  sends credentials and files unencrypted',
  ],
  [
    `${MAILBOX}desk: { url: 'https://d.example.com/?x', token: t }`,
    'm.yaml:5  desk.url  "https://d.example.com/?x" has a ? or a # in it',
  ],
  [
    IN_DESK('token: t'),
    'm.yaml:9  desk.token  stands beside user or password; write either user and password, or token',
  ],
  [IN_DESK('concurrency: 0'), 'm.yaml:9  desk.concurrency  0 is not a number of uploads; write a number from 1 to 64'],
  [
    AFTER("ticket: { pattern: '(?<![A-Z])I\\d+' }"),
    'm.yaml:10  ticket.pattern  "(?<![A-Z])I\\\\d+" uses look-around, which the linear-time engine has not; leave it out: a number that touches a letter or a digit is never taken',
  ],
  [AFTER("ticket: { pattern: '(I)\\1' }"), 'm.yaml:10  ticket.pattern  "(I)\\\\1" refers back to a group'],
  [AFTER("ticket: { pattern: '(I' }"), 'm.yaml:10  ticket.pattern  "(I" cannot be read'],
  [AFTER("ticket: { pattern: 'I*' }"), 'm.yaml:10  ticket.pattern  "I*" finds a number where there is none'],
  [
    AFTER('schedule: * * * * *'),
    'm.yaml:10  a value that begins with * or & is an alias or an anchor; put the value in quotes',
  ],
  [AFTER("schedule: '* * * *'"), 'm.yaml:10  schedule  "* * * *" has 4 fields'],
  [AFTER('timezone: Mars/Base'), 'm.yaml:10  timezone  "Mars/Base" is not a time zone'],
  [AFTER('idle: yes'), 'm.yaml:10  idle  "yes" is not true or false; write true or false'],
  [AFTER('machines: drop'), 'm.yaml:10  machines  "drop" is not a choice here; write deliver or discard'],
  [AFTER('attachments: { maxSize: 25 apples }'), 'm.yaml:10  attachments.maxSize  "25 apples" is not a size'],
  [
    AFTER('attachments: { refuse: [.exe, exe] }'),
    'm.yaml:10  attachments.refuse[1]  "exe" is not a file name extension',
  ],
  [AFTER('attachments: { refuse: .exe }'), 'm.yaml:10  attachments.refuse  is text, not a list'],
  [
    AFTER('attachments: { antivirus: 127.0.0.1:3310 }'),
    'm.yaml:10  attachments.antivirus  "127.0.0.1:3310" is not a clamd address; write tcp://',
  ],
  [AFTER('senders: { allow: [everybody] }'), 'm.yaml:10  senders.allow[0]  "everybody" is not an address'],
  [
    AFTER('senders: { authentication: dmarc }'),
    'm.yaml:10  senders.authservIds  is empty, so no mail could ever pass; write what the Authentication-Results',
  ],
  [AFTER('retry: { first: 1h, max: 1m }'), 'm.yaml:10  retry.max  is less than retry.first'],
  [AFTER('retry: { factor: 0.5 }'), 'm.yaml:10  retry.factor  0.5 is not a factor'],
  [AFTER('parser: { memory: 1MB }'), 'm.yaml:10  parser.memory  "1MB" is too little; write 64MiB or more'],
  [AFTER('spool: { maxBytes: 1MB }'), 'm.yaml:10  spool.maxBytes  is less than 3 times attachments.maxMailSize'],
  [
    AFTER('status: { host: 0.0.0.0 }'),
    'm.yaml:10  status.host  is open to other machines; write 127.0.0.1, or a token beside it',
  ],
  [
    AFTER('ledger: { url: postgres://u:pg-secret@h }'),
    'm.yaml:10  ledger.url  "postgres://…@h" lacks user, host or database; write postgres://USER@HOST/DATABASE',
  ],
  [
    AFTER('ledger: { url: "postgres://u:pg-secret@h/d?sslmode=disable" }'),
    'm.yaml:10  ledger.url  "postgres://…@h/d?sslmode=disable" has a ? or a # in it; write postgres://USER@HOST/DATABASE, and ledger.tls beside it',
  ],
  [AFTER("ledger: { url: 'sqlite::memory:' }"), 'm.yaml:10  ledger.url  "sqlite::memory:" is not a ledger'],
  [AFTER('canary: { ticket: I1, every: 1h }'), 'm.yaml:10  canary.ticket  is no ticket number by ticket.pattern'],
  [AFTER('canary: { ticket: I161026_000005, every: 1s }'), 'm.yaml:10  canary.every  "1s" is too little'],
  [
    AFTER('canary: { ticket: I161026_000005, every: 1h }\nsenders: { allow: ["*@customer.example"] }'),
    'm.yaml:10  canary',
  ],
  [
    AFTER('summary: { to: a@b.example, at: "25:00" }'),
    'm.yaml:10  summary.at  "25:00" is not a time of day; write hours and',
  ],
  [AFTER('summary: { to: a@b.example, at: 700 }'), 'm.yaml:10  summary.at  700 is not a time of day'],
  [
    AFTER('summary: { to: "Ops <a@b.example>", at: 7:00 }'),
    'm.yaml:10  summary.to  "Ops <a@b.example>" is not an address; write one address alone',
  ],
  [
    AFTER('summary: { to: a@b.example, at: 7:00, alarmAfter: 5s }'),
    'm.yaml:10  summary.alarmAfter  "5s" is too little; write 1m or more',
  ],
  [
    `${MAILBOX}${DESK}notices: null\nsummary: { to: a@b.example, at: 7:00 }`,
    'm.yaml:10  summary  has no relay to go through, for no mailbox has notices; write the section notices',
  ],
  [
    AFTER('summary: { to: A@example.com, at: 7:00 }'),
    'm.yaml:10  summary.to  is the mailbox that mailboxes[0] watches; write the address of a person',
  ],
  [AFTER('notices: null'), 'm.yaml:10  the key notices is written twice'],
  [AFTER('spoool: {}'), 'm.yaml:10  spoool  is not a key of this section; did you mean spool?'],
  [`${MAILBOX}${DESK}notices: {}`, 'm.yaml:9  notices.from  is missing; write an address'],
  [IN_NOTICES('  perHour: 0'), 'm.yaml:12  notices.perHour  0 is not a number of notices; write a number from 1'],
  [IN_NOTICES('  returnPath: nobody'), 'm.yaml:12  notices.returnPath  "nobody" is not a choice here; write from'],
  [
    `${MAILBOX}${DESK}notices: { from: Support, smtp: { host: h } }`,
    'm.yaml:9  notices.from  "Support" is not an address',
  ],
  [
    `${MAILBOX}${DESK}notices: { from: a@b.example, smtp: { host: h, user: u } }`,
    'm.yaml:9  notices.smtp.password  is missing',
  ],
  [
    `${MAILBOX}${DESK}notices: { from: a@b.example, smtp: { host: h.example, security: plain } }`,
    'm.yaml:9  notices.smtp.security  sends notices unencrypted',
  ],
  ['a: b\n  c: d', 'm.yaml:1  has a colon inside a plain value'],
  ['a: "\\F"', "m.yaml:1  has a \\ that means nothing in double quotes; use single quotes, as in '\\Flagged'"],
  ['a:\n\tb: c', 'm.yaml:2'],
  ['a: 1\n---\nb: 1', 'm.yaml:2  a second document begins here (---); one file holds one configuration'],
  ['just words', 'm.yaml  is text, not a section'],
])('the configuration %j is told: %s', (yaml, line) => {
  expect(messageOf(yaml)).toContain(line)
})

test('a single mistake is told alone, without what merely follows from it', () => {
  expect(messageOf(RIGHT.replace('password: imap-secret', 'pasword: imap-secret'))).toBe(
    'the configuration has a mistake:\nm.yaml:4  mailboxes[0].pasword  is not a key of this section; did you mean password?',
  )
  expect(messageOf(RIGHT.replace('imap-secret', '${env:NOWHERE}')).split('\n')).toHaveLength(2)
  expect(messageOf(RIGHT.replace('https://desk', 'desk')).split('\n')).toHaveLength(2)
})

test('all mistakes come in one message, in the order of the file', () => {
  const yaml = [
    'schedule: every minute',
    'mailboxes:',
    '  - host: https://imap.example.com',
    '    user: 7',
    '    passwort: x',
    '    file: { held: INBOX }',
    '    desk: { timeout: 5 }',
    'desk: { url: nowhere, tokn: t }',
    'retry: { max: 1s }',
    'canary: { ticket: I161026_000005, every: 5 }',
    'drain: ${file:/nowhere}',
  ].join('\n')
  const lines = messageOf(yaml).split('\n')
  expect(lines[0]).toBe('the configuration has 11 mistakes:')
  expect(lines.slice(1).map(line => line.split('  ').slice(0, 2).join(' '))).toEqual([
    'm.yaml:1 schedule',
    'm.yaml:3 mailboxes[0].host',
    'm.yaml:4 mailboxes[0].user',
    'm.yaml:5 mailboxes[0].passwort',
    'm.yaml:6 mailboxes[0].file.held',
    'm.yaml:7 mailboxes[0].desk.timeout',
    'm.yaml:8 desk.tokn',
    'm.yaml:8 desk.url',
    'm.yaml:9 retry.max',
    'm.yaml:10 canary.every',
    'm.yaml:11 drain',
  ])
})

const SECRET = 'hunter2:x'

test.each([
  ['a password that is a list', `${MAILBOX.replace('imap-secret', `[${SECRET}]`)}${DESK}`],
  ['a password that is a map', `${MAILBOX.replace('imap-secret', `{${SECRET}}`)}${DESK}`],
  ['a password in place of a section', `mailboxes:\n  - password ${SECRET}\n${DESK}`],
  ['a colon without its space', `${MAILBOX}    desk: { user: u, password:${SECRET} }\n${DESK}`],
  ['a colon without its space on a line of its own', RIGHT.replace('password: desk-secret', `password:${SECRET}`)],
  ['a password with a ${ of its own', RIGHT.replace('desk-secret', `'${SECRET}\${env'`)],
  ['a password that looks like an alias', RIGHT.replace('desk-secret', `*${SECRET}`)],
  ['a password that begins with @', RIGHT.replace('desk-secret', `@${SECRET}`)],
  ['a password twice', RIGHT.replace('password: desk-secret', `password: a\n  password: ${SECRET}`)],
  ['a password in an address', RIGHT.replace('https://desk', `https://u:${SECRET}@desk`)],
  ['a secret where a schedule belongs', `${RIGHT}schedule: \${env:SECRET}`],
  ['a secret where a pattern belongs', `${RIGHT}ticket: { pattern: "(\${env:SECRET}" }`],
  ['a secret where a port belongs', `${RIGHT.replace('user: u', 'user: u\n  timeout: ${env:SECRET}')}`],
  ['a password of digits alone', RIGHT.replace('desk-secret', '48151623')],
  ['a password of two lines', RIGHT.replace('desk-secret', '"hunter2\\nx"')],
  ['a token of the wrong kind', `${RIGHT}status: { token: { a: ${SECRET} } }`],
  ['a mailbox password that is unknown there', `${RIGHT}passwords: ${SECRET}`],
])('%s is never shown in the message', (_, yaml) => {
  try {
    parseSettings(yaml, { environment: { SECRET } })
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationMistakes)
    expect(String(error)).not.toMatch(/hunter2|48151623/)
    expect(JSON.stringify(error)).not.toMatch(/hunter2|48151623/)
  }
})

test('aliases of aliases end with a mistake, not with the memory', () => {
  const bomb = Array.from(
    { length: 12 },
    (_, i) =>
      `a${i}: &a${i} [${Array(9)
        .fill(i === 0 ? 'x' : `*a${i - 1}`)
        .join(', ')}]`,
  )
  expect(messageOf(bomb.join('\n'))).toContain('more than 20000 values')
})

test('an unknown key with the name of a built-in is a key like any other', () => {
  expect(messageOf(`${RIGHT}__proto__: { idle: false }`)).toContain(
    'm.yaml:10  __proto__  is not a key of this section',
  )
  expect(messageOf(`${RIGHT}constructor: 1`)).toContain('m.yaml:10  constructor  is not a key of this section')
})

test('whatever is written anywhere, the answer is settings or a list of mistakes', () => {
  const junk = [
    null,
    0,
    -1,
    1e300,
    '',
    'x',
    '${env:NOWHERE}',
    '\n',
    true,
    [],
    {},
    [[]],
    [null],
    [{}],
    { a: 1 },
    { name: 'x' },
  ]
  const paths = allPaths(outline(), [])
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...paths), fc.constantFrom(...junk)), { maxLength: 6 }), writings => {
      const written = writings.reduce<unknown>((value, [path, what]) => replacing(value, path, what), {
        mailboxes: [{ host: 'h', user: 'u', password: 'p' }],
        desk: { url: 'https://d/api/v1/1', token: 't' },
      })
      try {
        parseSettings(Object(written), { file: 'm.yaml' })
      } catch (error) {
        if (!(error instanceof ConfigurationMistakes)) throw error
        const lines = error.mistakes.map(({ path, text }) => `${pathText(path)}  ${text}`)
        expect(new Set(lines).size).toBe(lines.length)
      }
    }),
    { numRuns: 2000 },
  )
})

const allPaths = (keys: readonly OutlinedKey[], under: Path): readonly Path[] =>
  keys.flatMap(({ name, path, keys: inner = [] }) => {
    const own = [...under, name]
    return [own, ...allPaths(inner, path.endsWith('[]') ? [...own, 0] : own)]
  })

test.each([
  ['cert', 'key', 'mailboxes[0].tls', (line: string) => IN_MAILBOX(`tls: ${line}`)],
  ['key', 'cert', 'desk.tls', (line: string) => IN_DESK(`tls: ${line}`)],
  [
    'cert',
    'key',
    'notices.smtp.tls',
    (line: string) =>
      `${MAILBOX}${DESK}notices: { from: a@example.com, smtp: { host: s.example.com, tls: ${line} } }\n`,
  ],
])('%s without %s is a mistake in %s', (written, missing, where, put) => {
  const pem = written === 'cert' ? '-----BEGIN CERTIFICATE-----' : '-----BEGIN PRIVATE KEY-----'
  expect(messageOf(put(`{ ${written}: '${pem}' }`))).toContain(
    `${where}.${written}  stands without tls.${missing}; write both, or neither`,
  )
})
