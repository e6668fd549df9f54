/** The wiring: from settings to the rooms, read top to bottom, torn down by one stack. */
import { createHash, randomUUID } from 'node:crypto'
import { Clamd } from '../antivirus/clamd.ts'
import type { MailboxSettings, Settings } from '../config/schema.ts'
import type { WatchedRoad } from '../daemon/daemon.ts'
import { EasyVista } from '../desk/desk.ts'
import { Thrifty } from '../gateway/allowance.ts'
import { calming } from '../gateway/calm.ts'
import type { Observe } from '../gateway/events.ts'
import type { Antivirus, Clock, Desk, Post, Site } from '../gateway/ports.ts'
import { roadOf } from '../gateway/road.ts'
import { Sites } from '../gateway/sites.ts'
import { type Stopwatch, timedDesk, timedMailbox, timedPost } from '../gateway/timed.ts'
import { SharedTurns, type TakingTurns, Turns, Uploads } from '../gateway/turns.ts'
import { ImapMailbox } from '../imap/mailbox.ts'
import type { SqlLedger } from '../ledger/ledger.ts'
import { readHeader } from '../mime/header.ts'
import { MimeParser } from '../mime/parse.ts'
import { SmtpPost } from '../post/post.ts'
import { FolderSpool } from '../spool/spool.ts'
import { tellOwnEnds, watchedTls } from './expiries.ts'
import { lookBack } from './look-back.ts'
import { noticeTemplates } from './notice-templates.ts'
import { openForWork } from './open-ledger.ts'
import { deskSite, policyOf, postSite } from './policy.ts'
import { deskWay, SignIns } from './sign-in.ts'
import type { World } from './world.ts'

export type Gateway = {
  readonly ledger: SqlLedger
  readonly roads: readonly WatchedRoad[]
  /** By mailbox; undefined where its senders are told nothing. */
  readonly posts: readonly (SmtpPost | undefined)[]
  readonly mailboxes: readonly ImapMailbox[]
}

/** Parses at once; more would only wait for the cores. */
const PARSERS = 2

/**
 * Builds every room the road needs and takes the worker's lock on the ledger; `stack` closes them in reverse. Throws ledger faults
 * (4.3.1 cannot be opened, 4.3.0 another worker holds it) and ConfigurationMistakes for texts of notices that cannot be used. `hide` is told
 * every token, so that the log masks it.
 */
export async function compose(
  settings: Settings,
  world: World,
  observe: Observe,
  stack: AsyncDisposableStack,
  hide?: (secret: string) => void,
): Promise<Gateway> {
  const templates = await noticeTemplates(settings)
  const ledger = await openForWork(settings, world, stack)
  await lookBack(ledger, world.now(), observe)
  const { random } = world
  const credentials = credentialsOf(settings)
  const shared = {
    ledger,
    observe,
    random,
    clock: world,
    calmIn: calming(world.uptime),
    readHeader,
    spool: stack.use(new FolderSpool({ ...settings.spool, boot: world.machine()?.boot })),
    parser: world.parser ?? stack.use(new MimeParser({ ...settings.parser, children: PARSERS })),
    sites: new Sites({ ledger, clock: world, random, observe, backoff: settings.retry, credentials }),
    turns: turnsOf(ledger, settings, world),
  }
  await shared.spool.sweep(await ledger.unfinished())
  const watch = { clock: world, observe }
  tellOwnEnds(settings, watch)
  const deskFor = desks(settings, watch, stack)
  const signIns = new SignIns(world, ledger, hide)
  const posts = settings.mailboxes.map(box => postOf(box, postSite(box, settings), signIns, watch))
  const mailboxes: ImapMailbox[] = []
  const roads = settings.mailboxes.map((box, i): WatchedRoad => {
    const policy = policyOf(box, settings, { secret: ledger.secret, templates })
    const site: Site = `mailbox ${box.name}`
    const options = signIns.imap(box)
    const mailbox = stack.use(
      new ImapMailbox({
        ...options,
        tls: watchedTls(options.tls, site, watch),
        outcomeFolders: Object.values(box.file).filter(one => one !== undefined),
      }),
    )
    mailboxes.push(mailbox)
    const kept = box.dailyBytes === undefined ? mailbox : new Thrifty(mailbox, box.dailyBytes, ledger, world)
    const road = roadOf({
      ...shared,
      ...deskFor(box),
      mailbox: timedMailbox(kept, site, watch),
      policy,
      post: timed(posts[i], policy.post, watch),
      antivirus: antivirusOf(box),
    })
    return { ...road, news: signal => mailbox.waitForNews(signal) }
  })
  return { ledger, roads, posts, mailboxes }
}

/** One worker knows all turns by itself; replicas keep them in the ledger. */
const turnsOf = (ledger: SqlLedger, { ledger: { database, lease } }: Settings, clock: Clock): TakingTurns =>
  database === undefined ? new Turns() : new SharedTurns({ ledger, clock, token: randomUUID, lease })

/** Mailboxes with the same desk section share its connections and its limit of uploads. */
function desks(settings: Settings, watch: Stopwatch, stack: AsyncDisposableStack) {
  const known = new Map<string, { readonly desk: Desk; readonly uploads: Uploads }>()
  return ({ desk: options, ticket: { closedStatuses } }: MailboxSettings) => {
    const same = JSON.stringify([options, closedStatuses])
    const found = known.get(same)
    if (found !== undefined) return found
    const site = deskSite(options, settings)
    const way = deskWay(options)
    const tls = watchedTls(way.tls, site, watch)
    const desk = stack.use(new EasyVista({ ...options, ...way, tls, closedStatuses }, watch.clock))
    const made = { desk: timedDesk(desk, site, watch), uploads: new Uploads(options.concurrency) }
    known.set(same, made)
    return made
  }
}

const antivirusOf = ({ attachments: { antivirus } }: MailboxSettings): Antivirus | undefined =>
  antivirus === undefined ? undefined : new Clamd(antivirus)

function postOf(
  { notices }: MailboxSettings,
  site: Site | undefined,
  signIns: SignIns,
  watch: Stopwatch,
): SmtpPost | undefined {
  if (notices === null || site === undefined) return undefined
  const { smtp, from, returnPath = null } = notices
  const options = signIns.smtp(smtp)
  const tls = watchedTls(options.tls, site, watch)
  return new SmtpPost({ ...options, tls, from, returnPath, clock: watch.clock })
}

const timed = (post: SmtpPost | undefined, site: Site | undefined, watch: Stopwatch): Post | undefined =>
  post === undefined || site === undefined ? undefined : timedPost(post, site, watch)

/** Only compared with themselves: whether credentials that were refused have been changed since. */
function credentialsOf(settings: Settings): ReadonlyMap<Site, string> {
  const digest = (...parts: readonly (string | undefined)[]): string =>
    createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return new Map(
    settings.mailboxes.flatMap((box): [Site, string][] => {
      const { name, user, password, oauth2, tls, desk } = box
      return [
        [`mailbox ${name}`, digest(user, password, JSON.stringify(oauth2), tls.cert ?? undefined)],
        ...postCredentials(box, settings, digest),
        [deskSite(desk, settings), digest(desk.user, desk.password, desk.token, desk.tls.cert ?? undefined)],
      ]
    }),
  )
}

function postCredentials(
  box: MailboxSettings,
  settings: Settings,
  digest: (...parts: readonly (string | undefined)[]) => string,
): readonly [Site, string][] {
  const site = postSite(box, settings)
  if (box.notices === null || site === undefined) return []
  const { user, password, oauth2, tls } = box.notices.smtp
  return [[site, digest(user, password, JSON.stringify(oauth2), tls.cert ?? undefined)]]
}
