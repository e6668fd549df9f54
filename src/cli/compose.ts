/** The wiring: from settings to the rooms, read top to bottom, torn down by one stack. */
import { createHash, randomUUID } from 'node:crypto'
import { Clamd } from '../antivirus/clamd.ts'
import type { MailboxSettings, Settings } from '../config/schema.ts'
import type { WatchedRoad } from '../daemon/daemon.ts'
import { EasyVista } from '../desk/desk.ts'
import { Thrifty } from '../gateway/allowance.ts'
import { calming } from '../gateway/calm.ts'
import type { Observe } from '../gateway/events.ts'
import type { Antivirus, Clock, Post, Site } from '../gateway/ports.ts'
import { roadOf } from '../gateway/road.ts'
import { Sites } from '../gateway/sites.ts'
import { Gate, SharedTurns, type TakingTurns, Turns } from '../gateway/turns.ts'
import { ImapMailbox } from '../imap/mailbox.ts'
import type { SqlLedger } from '../ledger/ledger.ts'
import { readHeader } from '../mime/header.ts'
import { MimeParser } from '../mime/parse.ts'
import { SmtpPost } from '../post/post.ts'
import { FolderSpool } from '../spool/spool.ts'
import { lookBack } from './look-back.ts'
import { noticeTemplates } from './notice-templates.ts'
import { openForWork } from './open-ledger.ts'
import { deskSite, policyOf } from './policy.ts'
import { deskWay, SignIns } from './sign-in.ts'
import type { World } from './world.ts'

export type Gateway = { readonly ledger: SqlLedger; readonly roads: readonly WatchedRoad[] }

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
  const templates = await noticeTemplates()
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
    spool: new FolderSpool(settings.spool),
    parser: stack.use(new MimeParser({ ...settings.parser, children: PARSERS })),
    sites: new Sites({ ledger, clock: world, random, observe, backoff: settings.retry, credentials }),
    turns: turnsOf(ledger, settings, world),
  }
  await shared.spool.sweep(await ledger.unfinished())
  const deskFor = desks(world, stack)
  const signIns = new SignIns(world, ledger, hide)
  const roads = settings.mailboxes.map((box): WatchedRoad => {
    const policy = policyOf(box, settings, { secret: ledger.secret, templates })
    const mailbox = stack.use(
      new ImapMailbox({
        ...signIns.imap(box),
        outcomeFolders: Object.values(box.file).filter(one => one !== undefined),
      }),
    )
    const kept = box.dailyBytes === undefined ? mailbox : new Thrifty(mailbox, box.dailyBytes, ledger, world)
    const road = roadOf({
      ...shared,
      ...deskFor(box),
      mailbox: kept,
      policy,
      post: postOf(box, signIns, world),
      antivirus: antivirusOf(box),
    })
    return { ...road, news: signal => mailbox.waitForNews(signal) }
  })
  return { ledger, roads }
}

/** One worker knows all turns by itself; replicas keep them in the ledger. */
const turnsOf = (ledger: SqlLedger, { ledger: { database, lease } }: Settings, clock: Clock): TakingTurns =>
  database === undefined ? new Turns() : new SharedTurns({ ledger, clock, token: randomUUID, lease })

/** Mailboxes with the same desk section share its connections and its limit of uploads. */
function desks(clock: Clock, stack: AsyncDisposableStack) {
  const known = new Map<string, { readonly desk: EasyVista; readonly uploads: Gate }>()
  return ({ desk: options, ticket: { closedStatuses } }: MailboxSettings) => {
    const same = JSON.stringify([options, closedStatuses])
    const made = known.get(same) ?? {
      desk: stack.use(new EasyVista({ ...options, ...deskWay(options), closedStatuses }, clock)),
      uploads: new Gate(options.concurrency),
    }
    known.set(same, made)
    return made
  }
}

const antivirusOf = ({ attachments: { antivirus } }: MailboxSettings): Antivirus | undefined =>
  antivirus === undefined ? undefined : new Clamd(antivirus)

function postOf({ notices }: MailboxSettings, signIns: SignIns, clock: Clock): Post | undefined {
  if (notices === null) return undefined
  const { smtp, from, returnPath = null } = notices
  return new SmtpPost({ ...signIns.smtp(smtp), from, returnPath, clock })
}

/** Only compared with themselves: whether credentials that were refused have been changed since. */
function credentialsOf({ mailboxes }: Settings): ReadonlyMap<Site, string> {
  const digest = (...parts: readonly (string | undefined)[]): string =>
    createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return new Map(
    mailboxes.flatMap(({ name, user, password, oauth2, desk, notices }): [Site, string][] => [
      [`mailbox ${name}`, digest(user, password, JSON.stringify(oauth2))],
      ...postCredentials(notices, digest),
      [deskSite(desk), digest(desk.user, desk.password, desk.token)],
    ]),
  )
}

function postCredentials(
  notices: MailboxSettings['notices'],
  digest: (...parts: readonly (string | undefined)[]) => string,
): readonly [Site, string][] {
  if (notices === null) return []
  const { host, port, user, password, oauth2 } = notices.smtp
  return [[`post ${host}:${port}`, digest(user, password, JSON.stringify(oauth2))]]
}
