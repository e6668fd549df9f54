/** From the settings of one mailbox to what its road needs to know. */
import type { DeskSettings, MailboxSettings, NoticeSettings, Settings } from '../config/schema.ts'
import type { AnswerFacts, Policy } from '../gateway/policy.ts'
import type { Conclusion, Filing, Site } from '../gateway/ports.ts'
import { languageOf } from '../mail/language.ts'
import { compose, kindOf, noticeWanted } from '../mail/notice.ts'
import type { Outcome } from '../mail/outcome.ts'
import type { Rules } from '../mail/route.ts'
import { ticketPattern, ticketsIn } from '../mail/subject.ts'
import type { Template } from '../mail/template.ts'

export type PolicyParts = {
  /** Keeps Message-IDs of notices from being guessed. */
  readonly secret: string
  readonly templates: ReadonlyMap<string, Template>
}

/** Forms of ticket numbers that are in use (docs/desk-api.md). */
const EXAMPLES = [
  'I161026_000005',
  'I190925_004',
  'I240101_0001',
  'I2210526_000003',
  'I190925-004',
  'I2108_0174',
  'I0963193',
  'INC042770',
]

export function policyOf(box: MailboxSettings, settings: Settings, parts: PolicyParts): Policy {
  return {
    rules: rulesOf(box, settings),
    backlog: box.backlog,
    own: settings.mailboxes.flatMap(ownAddresses),
    duplicates: box.attachments.duplicates,
    elsewhere: settings.mailboxes
      .filter(({ desk }) => addressOf(desk.url) !== addressOf(box.desk.url))
      .map(({ name }) => name),
    retry: settings.retry,
    lease: settings.ledger.lease,
    desk: { ...box.desk, site: deskSite(box.desk, settings) },
    post: postSite(box, settings),
    filing: kind => filingOf(box, kind),
    answer: facts => (box.notices === null ? undefined : answer(facts, box.notices, box, settings, parts)),
  }
}

export const rulesOf = (box: MailboxSettings, settings: Settings): Rules => ({
  ticket: { ...box.ticket, pattern: ticketPattern(box.ticket.pattern) },
  senders: box.senders,
  machines: settings.machines,
  nothingAttached: settings.nothingAttached,
  attachments: box.attachments,
  description: settings.description,
})

function answer(
  facts: AnswerFacts,
  notices: NoticeSettings,
  box: MailboxSettings,
  settings: Settings,
  { secret, templates }: PolicyParts,
): Conclusion['notice'] {
  const hideTickets = box.senders.requester === 'hold'
  const wanted = noticeWanted(facts.outcome, facts.envelope, { on: notices.on, hideTickets })
  if (wanted === undefined) return undefined
  const kind = kindOf(facts.outcome)
  // A delay is over before it is told of, mostly: one that will not be told of is no news at all.
  if (wanted !== 'send' && kind === 'delayed') return undefined
  if (wanted !== 'send') return { suppressed: wanted.suppressed, kind, to: facts.envelope.from?.address ?? '' }
  const template = templateFor(facts, notices.language, templates)
  if (template === undefined)
    return { suppressed: 'there is no text for notices', kind, to: facts.envelope.from?.address ?? '' }
  const { maxSize, maxMailSize } = box.attachments
  return compose(facts, template, {
    secret,
    from: notices.from,
    example: exampleFor(box.ticket.pattern),
    timeZone: settings.timezone,
    maxFile: maxSize,
    maxMail: maxMailSize,
    hideTickets,
  })
}

function templateFor(
  { envelope }: AnswerFacts,
  language: NoticeSettings['language'],
  templates: ReadonlyMap<string, Template>,
): Template | undefined {
  // A language whose file somebody removed is no reason to say nothing.
  if (language !== 'auto') return templates.get(language) ?? templates.get('en')
  const evidence = { claimed: envelope.language, text: envelope.subject }
  return templates.get(languageOf(evidence, [...templates.keys()], 'en'))
}

/**
 * One account at one desk: refused credentials of one must not rest another. Accounts with a token have no login to be called by; of
 * several at one desk all but the first are called by the first mailbox that has it.
 */
export function deskSite({ url, user, token }: DeskSettings, { mailboxes }: Pick<Settings, 'mailboxes'>): Site {
  const desk: Site = `desk ${addressOf(url)}`
  if (user !== undefined) return `${desk} as ${user}`
  const withTokens = mailboxes.filter(box => box.desk.user === undefined && addressOf(box.desk.url) === addressOf(url))
  const named = withTokens.find(box => box.desk.token === token)
  return named === undefined || named === withTokens[0] ? desk : `${desk} for ${named.name}`
}

const addressOf = (url: string): string => url.replace(/\/+$/, '')

/** Where a person finds a ticket: `desk.ticketPage`, only ever at the desk's own origin; else as its API names it. */
export const ticketPageOf =
  ({ mailboxes }: Settings) =>
  (ticket: string): string | undefined => {
    const desk = mailboxes[0]?.desk
    if (desk === undefined) return undefined
    const number = encodeURIComponent(ticket)
    const address =
      desk.ticketPage?.replaceAll('{ticket}', number) ?? `${desk.url.replace(/\/+$/, '')}/requests/${number}`
    return URL.parse(address)?.origin === URL.parse(desk.url)?.origin ? address : undefined
  }

/**
 * The relay of a mailbox's notices; undefined where its senders are told nothing. One account at one relay, as with desks: of several at one
 * relay all but the first are called by the first mailbox that has it.
 */
export function postSite({ notices }: MailboxSettings, { mailboxes }: Pick<Settings, 'mailboxes'>): Site | undefined {
  if (notices === null) return undefined
  const relay: Site = relayOf(notices)
  const sharing = mailboxes.filter(box => box.notices !== null && relayOf(box.notices) === relay)
  const named = sharing.find(box => box.notices !== null && loginOf(box.notices) === loginOf(notices))
  return named === undefined || named === sharing[0] ? relay : `${relay} for ${named.name}`
}

const relayOf = ({ smtp: { host, port } }: NoticeSettings): Site => `post ${host}:${port}`

const loginOf = ({ smtp: { user, password, oauth2, tls } }: NoticeSettings): string =>
  JSON.stringify([user, password, oauth2, tls.cert])

/** Folder and flag for an outcome; undefined for a mail that waits where it is. */
export function filingOf({ file, flag }: MailboxSettings, kind: Outcome['kind']): Filing | undefined {
  if (kind === 'deferred') return undefined
  return { folder: file[kind], flag: kind === 'bounced' || kind === 'held' ? flag[kind] : undefined }
}

/** All of them: two mailboxes of ours must not answer each other. */
const ownAddresses = ({ user, notices }: MailboxSettings): readonly string[] =>
  [user, ...(notices === null ? [] : [notices.from.address])].filter(one => one.includes('@'))

/** What a ticket number looks like, for the notice that asks for one; the pattern itself where we know no example. */
function exampleFor(source: string): string {
  const pattern = ticketPattern(source)
  return EXAMPLES.find(example => ticketsIn(example, pattern).some(found => found === example)) ?? source
}
