/** Checks of what several keys say together. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import { canonical } from '../mail/address.ts'
import { checkCanary } from './canary-checks.ts'
import type { Findings } from './findings.ts'
import { mergedSection, writtenAt } from './merge.ts'
import type { Path } from './mistakes.ts'
import { checkOAuth } from './oauth-checks.ts'
import type { MailboxSettings, Settings } from './schema.ts'
import { valueAt } from './shape.ts'
import { checkPair } from './tls-pair.ts'

/** `configuration` is the whole file as written, with stand-ins where it is wrong; `settings` what came of it. */
export function crossCheck(settings: Settings, configuration: unknown, findings: Findings): void {
  if (settings.mailboxes.length === 0) findings.add([['mailboxes']], 'is empty; write one mailbox or more')
  checkNames(settings.mailboxes, configuration, findings)
  checkWatched(settings.mailboxes, findings)
  for (const [i, box] of settings.mailboxes.entries()) {
    const at = (...path: Path): Path => writtenAt(configuration, i, path)
    checkSignIn(i, configuration, findings)
    checkDeskSignIn(box, at, findings)
    checkPlain(box, i, at, findings)
    checkRelay(box, at, findings)
    checkAuthentication(box, at, findings)
    checkPair(box.tls, key => ['mailboxes', i, 'tls', key], findings)
    checkPair(box.desk.tls, key => at('desk', 'tls', key), findings)
    if (box.notices !== null) checkPair(box.notices.smtp.tls, key => at('notices', 'smtp', 'tls', key), findings)
    checkOAuth(box.oauth2, key => ['mailboxes', i, 'oauth2', key], findings)
    checkOAuth(box.notices?.smtp.oauth2, key => at('notices', 'smtp', 'oauth2', key), findings)
    checkRoom(box, settings, at, findings)
    checkFiling(i, settings.mailboxes, findings)
  }
  checkTimes(settings, findings)
  checkCanary(settings, findings)
  checkSummary(settings, findings)
  checkStatus(settings, findings)
  checkTicketPage(settings, findings)
}

/** Without a name, the user is the name. */
function checkNames(boxes: readonly MailboxSettings[], configuration: unknown, findings: Findings): void {
  const named = (i: number): Path => {
    const own: Path = ['mailboxes', i, 'name']
    return valueAt(configuration, own) === undefined ? ['mailboxes', i, 'user'] : own
  }
  for (const [i, { name }] of boxes.entries()) {
    const first = boxes.findIndex(other => other.name === name)
    if (first !== i)
      findings.add([named(i), named(first)], `is what mailboxes[${first}] is called too; give each a name of its own`)
  }
}

function checkWatched(boxes: readonly MailboxSettings[], findings: Findings): void {
  for (const [i, box] of boxes.entries()) {
    const first = boxes.findIndex(other => watches(other, box, box.folder))
    const of = (index: number): Path[] => ['host', 'port', 'user', 'folder'].map(key => ['mailboxes', index, key])
    if (first !== i)
      findings.add(
        [['mailboxes', i, 'folder'], ...of(i), ...of(first)],
        `is watched by mailboxes[${first}] already (the same server, user and folder); leave one of them out`,
      )
  }
}

function checkSignIn(i: number, configuration: unknown, findings: Findings): void {
  const own: Path = ['mailboxes', i]
  const [password, oauth2] = ['password', 'oauth2'].map(key => valueAt(configuration, [...own, key]))
  const paths: [Path, Path] = [
    [...own, 'password'],
    [...own, 'oauth2'],
  ]
  if (password === undefined && oauth2 === undefined)
    findings.add(paths, 'is missing; write password: ${file:/run/secrets/imap}, or oauth2')
  if (password !== undefined && oauth2 !== undefined) findings.add(paths, 'stands beside oauth2; write one of the two')
}

function checkDeskSignIn({ desk }: MailboxSettings, at: (...path: Path) => Path, findings: Findings): void {
  const [user, password, token] = [at('desk', 'user'), at('desk', 'password'), at('desk', 'token')]
  if (desk.token !== undefined) {
    if (desk.user !== undefined || desk.password !== undefined)
      findings.add([token, user, password], 'stands beside user or password; write either user and password, or token')
    return
  }
  if (desk.user === undefined && desk.password === undefined)
    findings.add([at('desk'), user, password, token], 'has no credentials; write user and password, or token')
  else if (desk.user === undefined) findings.add([user], 'is missing; write the login that belongs to the password')
  else if (desk.password === undefined) findings.add([password], 'is missing; write the password of this user')
}

const PLAIN = 'unencrypted to a host that is not this machine'

function checkPlain(box: MailboxSettings, i: number, at: (...path: Path) => Path, findings: Findings): void {
  const { desk, notices } = box
  if (box.security === 'plain' && !box.allowPlain && !isLoopback(box.host))
    findings.add(
      [
        ['mailboxes', i, 'security'],
        ['mailboxes', i, 'host'],
        ['mailboxes', i, 'allowPlain'],
      ],
      `sends the password ${PLAIN}; write tls or starttls, or allowPlain: true beside it`,
    )
  const url = new URL(desk.url)
  if (url.protocol === 'http:' && !desk.allowPlain && !isLoopback(url.hostname))
    findings.add(
      [at('desk', 'url'), at('desk', 'allowPlain')],
      `sends credentials and files ${PLAIN}; write https://, or allowPlain: true beside it`,
    )
  if (notices?.smtp.security === 'plain' && !notices.smtp.allowPlain && !isLoopback(notices.smtp.host))
    findings.add(
      [at('notices', 'smtp', 'security'), at('notices', 'smtp', 'host'), at('notices', 'smtp', 'allowPlain')],
      `sends notices ${PLAIN}; write tls or starttls, or allowPlain: true beside it`,
    )
}

function checkRelay({ notices }: MailboxSettings, at: (...path: Path) => Path, findings: Findings): void {
  if (notices === null) return
  const { user, password, oauth2: token } = notices.smtp
  const paths: [Path, Path] = [at('notices', 'smtp', 'user'), at('notices', 'smtp', 'password')]
  const oauth2 = at('notices', 'smtp', 'oauth2')
  if (user === undefined && password !== undefined)
    findings.add(paths, 'is missing; write the login that belongs to the password')
  if (token !== undefined) {
    if (user === undefined)
      findings.add(
        [paths[0], oauth2],
        'is missing; write the login that the token of oauth2 is for, mostly the address',
      )
    if (password !== undefined) findings.add([paths[1], oauth2], 'stands beside oauth2; write one of the two')
    return
  }
  if (user !== undefined && password === undefined)
    findings.add([paths[1], paths[0], oauth2], 'is missing; write the password of this user, or leave the user out')
}

function checkAuthentication({ senders }: MailboxSettings, at: (...path: Path) => Path, findings: Findings): void {
  if (senders.authentication === 'dmarc' && senders.authservIds.length === 0)
    findings.add(
      [at('senders', 'authservIds'), at('senders', 'authentication')],
      'is empty, so no mail could ever pass; write what the Authentication-Results of your mail server begin with',
    )
}

/** A summary needs a relay, and must not come back as mail. */
function checkSummary({ summary, mailboxes }: Settings, findings: Findings): void {
  if (summary === null) return
  if (mailboxes.every(({ notices }) => notices === null))
    findings.add(
      [['summary'], ['notices']],
      'has no relay to go through, for no mailbox has notices; write the section notices with its smtp, or leave summary out',
    )
  const watched = mailboxes.findIndex(({ user }) => canonical(user) === canonical(summary.to))
  if (watched >= 0 && canonical(summary.to) !== undefined)
    findings.add(
      [
        ['summary', 'to'],
        ['mailboxes', watched, 'user'],
      ],
      `is the mailbox that mailboxes[${watched}] watches; write the address of a person`,
    )
}

/** A mail lies in the spool raw, decoded, and once more where it was unpacked. */
const ROOM = 3

function checkRoom(
  { attachments }: MailboxSettings,
  { spool }: Settings,
  at: (...path: Path) => Path,
  findings: Findings,
): void {
  if (spool.maxBytes < ROOM * attachments.maxMailSize)
    findings.add(
      [['spool', 'maxBytes'], at('attachments', 'maxMailSize')],
      `is less than ${ROOM} times attachments.maxMailSize, so the largest mails would never fit; write several times as much`,
    )
}

/** Mail that is filed where mail is watched comes round for ever. */
function checkFiling(i: number, boxes: readonly MailboxSettings[], findings: Findings): void {
  const box = boxes[i]
  if (box === undefined) return
  for (const [kind, folder] of Object.entries(box.file)) {
    const watcher = folder === undefined ? -1 : boxes.findIndex(other => watches(other, box, folder))
    if (watcher < 0) continue
    const signIn = (index: number): Path[] => ['host', 'user'].map(key => ['mailboxes', index, key])
    findings.add(
      [
        ['mailboxes', i, 'file', kind],
        ['mailboxes', watcher, 'folder'],
        ...(watcher === i ? [] : [...signIn(i), ...signIn(watcher)]),
      ],
      `is the folder that ${watcher === i ? 'this mailbox' : `mailboxes[${watcher}]`} watches; write another one, or null to leave mail where it is`,
    )
  }
}

function checkTimes({ retry }: Settings, findings: Findings): void {
  if (retry.max < retry.first)
    findings.add(
      [
        ['retry', 'max'],
        ['retry', 'first'],
      ],
      'is less than retry.first; write at least as much',
    )
}

function checkStatus({ status }: Settings, findings: Findings): void {
  if (status !== null && status.token === undefined && !isLoopback(status.host))
    findings.add(
      [
        ['status', 'host'],
        ['status', 'token'],
      ],
      'is open to other machines; write 127.0.0.1, or a token beside it',
    )
}

/** The page links to tickets, and only ever to the desk's own origin. */
function checkTicketPage({ mailboxes }: Settings, findings: Findings): void {
  for (const { desk } of mailboxes) {
    if (desk.ticketPage === undefined || URL.parse(desk.ticketPage)?.origin === URL.parse(desk.url)?.origin) continue
    findings.add(
      [
        ['desk', 'ticketPage'],
        ['desk', 'url'],
      ],
      'is not at the origin of desk.url; write an address there',
    )
    return
  }
}

/** Whether `other` watches this folder of the mailbox that `box` signs in to. */
const watches = (other: MailboxSettings, box: MailboxSettings, folder: string): boolean =>
  other.host.toLowerCase() === box.host.toLowerCase() &&
  samePort(other.port, box.port) &&
  other.user === box.user &&
  sameFolder(other.folder, folder)

/** Other ports are other servers, behind one address; these two are the same one, with STARTTLS and with TLS. */
const samePort = (a: number, b: number): boolean => a === b || (IMAP_PORTS.has(a) && IMAP_PORTS.has(b))
const IMAP_PORTS: ReadonlySet<number> = new Set([143, 993])

/** INBOX alone is the same in any case (RFC 9051 §5.1). */
const sameFolder = (a: string, b: string): boolean =>
  a === b || (a.toUpperCase() === 'INBOX' && b.toUpperCase() === 'INBOX')

export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)

/** What is allowed and still worth a word. */
export function warningsOf(settings: Settings, configuration: unknown): readonly string[] {
  const warnings = new Set<string>()
  for (const [i, { name, desk, attachments, notices }] of settings.mailboxes.entries()) {
    if (notices === null && mergedSection(configuration, i, 'notices') === undefined)
      warnings.add(
        'there is no section notices: senders are told nothing, mails are only flagged and filed; write notices: null if that is meant',
      )
    if (!/\/api\/v1\/[^/]+\/?$/.test(new URL(desk.url).pathname))
      warnings.add('desk.url does not end in /api/v1/ACCOUNT, as EasyVista addresses do')
    if (attachments.maxMailSize < attachments.maxSize)
      warnings.add(
        `${name}: attachments.maxMailSize is less than attachments.maxSize, so no mail can carry the largest file`,
      )
  }
  return [...warnings]
}
