/** Making an outcome visible in the mailbox: a flag, then a move, each checked, because imapflow answers `false` where others throw. */
import type { ImapFlow, MailboxObject } from 'imapflow'
import type { Filed } from '../gateway/ports.ts'
import { Fault } from '../mail/fault.ts'
import { isShown, isThere } from './download.ts'
import type { Link } from './session.ts'

/** What is known of the mail before it is touched; `header`: the lines of its Message-ID. */
type Lying = {
  readonly uid: number
  readonly flags: ReadonlySet<string>
  readonly header: string
  readonly messageId: string | undefined
}

/** What became of a mail; an error concerns it alone. */
export type Answer = 'gone' | 'void' | 'other' | Filed | { readonly error: unknown }

/**
 * Flags the mails in the open folder, and moves them to `target` (the server's name). What is already so stays. Each is told of as soon as its
 * answer is known: `gone` when it is not there, `other` when it is not the one of that Message-ID (`meant`), an error 4.2.0 scope `mailbox` when the
 * server does not do it. Where the server can tell where each of them went, the commands are those of one mail. Throws what concerns them all; who has
 * not been told of then may be filed or not.
 */
export async function fileMails(
  link: Link,
  uids: readonly number[],
  target: string | undefined,
  flag: string | undefined,
  tell: (uid: number, answer: Answer) => void,
  meant: (uid: number) => string | undefined,
): Promise<void> {
  const { client } = link
  const source = opened(client)
  const found = await lookAt(client, uids)
  // The library passes over an answer that it cannot parse.
  for (const uid of uids)
    if (!found.has(uid))
      tell(uid, (await isThere(client, uid)) ? { error: refused('the mail was not shown', link) } : 'gone')
  const lying = [...found.values()].filter(one => isMeant(one, meant(one.uid)))
  for (const one of found.values()) if (!lying.includes(one)) tell(one.uid, 'other')
  const several = lying.length > 1 && client.capabilities.has('MOVE') && client.capabilities.has('UIDPLUS')
  const filed = several ? await fileTogether(link, lying, target, flag) : new Map<number, Filed>()
  for (const [uid, answer] of filed) tell(uid, answer)
  for (const one of lying) {
    if (filed.has(one.uid)) continue
    const answer = await fileAlone(link, one, target, flag, several)
    if (typeof answer === 'string' || 'error' in answer || answer.uid !== undefined) tell(one.uid, answer)
    else {
      tell(one.uid, await lookFor(client, one, answer))
      await reopen(client, source)
    }
  }
}

/** The folder that was open before another one was looked into. */
async function reopen(client: ImapFlow, { path, uidValidity }: MailboxObject): Promise<void> {
  if (client.mailbox !== false && client.mailbox.path === path) return
  const again = await client.mailboxOpen(path)
  if (again.uidValidity !== uidValidity)
    throw new Fault('4.4.2', `the mails in ${path} have new numbers`, { scope: 'mailbox' })
}

/** Empty when the server does not do it for all of them, or tells of none. */
async function fileTogether(
  link: Link,
  lying: readonly Lying[],
  target: string | undefined,
  flag: string | undefined,
): Promise<ReadonlyMap<number, Filed>> {
  const { client } = link
  const source = opened(client)
  try {
    if (flag !== undefined) await addFlag(link, lying, flag, source)
    if (target === undefined || target === source.path)
      return new Map(lying.map(({ uid }) => [uid, placeIn(source, uid)]))
    const set = lying.map(({ uid }) => uid).join(',')
    const moved = await orCreate(link, target, () => client.messageMove(set, target, { uid: true }))
    if (moved === false) assertHeard(link)
    const uidValidity = moved === false ? undefined : moved.uidValidity?.toString()
    const uids = (moved === false ? undefined : moved.uidMap) ?? new Map<number, number>()
    return new Map([...uids].map(([from, uid]) => [from, { folder: target, uidValidity, uid }]))
  } catch (error) {
    if (isOfThisCommand(error)) return new Map()
    throw error
  }
}

/** `again`: a command for several did not account for this one, which may be there still, or where it was to go. */
async function fileAlone(
  link: Link,
  lying: Lying,
  target: string | undefined,
  flag: string | undefined,
  again: boolean,
): Promise<Answer> {
  const { client } = link
  const source = opened(client)
  const now = again ? (await lookAt(client, [lying.uid])).get(lying.uid) : lying
  if (now === undefined)
    return target === undefined ? 'gone' : { folder: target, uidValidity: undefined, uid: undefined }
  try {
    if (flag !== undefined) await addFlag(link, [now], flag, source)
    return target === undefined || target === source.path ? placeIn(source, now.uid) : await move(link, now, target)
  } catch (error) {
    if (isOfThisCommand(error)) return { error }
    throw error
  }
}

const placeIn = ({ path, uidValidity }: MailboxObject, uid: number): Filed => ({
  folder: path,
  uidValidity: uidValidity.toString(),
  uid,
})

/** The server said no to this; whatever else goes wrong would go wrong with the next mail, too. */
const isOfThisCommand = (error: unknown): boolean => error instanceof Fault && error.status === '4.2.0'

function opened(client: ImapFlow): MailboxObject {
  if (client.mailbox === false) throw new Fault('4.4.2', 'no folder is open', { scope: 'mailbox' })
  return client.mailbox
}

/** STORE and MOVE say yes to a UID that is not there, so it is asked for first; those that are not there are left out. */
async function lookAt(client: ImapFlow, uids: readonly number[]): Promise<ReadonlyMap<number, Lying>> {
  const answers = await client.fetchAll(
    uids.join(','),
    { uid: true, flags: true, headers: ['message-id'] },
    { uid: true },
  )
  const found = new Map<number, Lying>()
  for (const { uid, flags, headers } of answers) {
    // Between them come unasked-for FETCH responses about flags alone (RFC 9051 §7.5.2), and of other mails.
    if (headers === undefined || !uids.includes(uid)) continue
    const header = headers.toString('latin1')
    found.set(uid, { uid, flags: flags ?? new Set(), header, messageId: MESSAGE_ID.exec(header)?.[1] })
  }
  return found
}

const MESSAGE_ID = /^message-id:\s*(<[^<>\s]+>)/im

/** Only a plain one is compared: of others nobody knows how they were read. A mail may have two. */
const isMeant = ({ header, messageId }: Lying, meant: string | undefined): boolean =>
  messageId === undefined || meant === undefined || !PLAIN.test(meant) || header.includes(meant)

const PLAIN = /^<[!-;=?-~]+>$/

/** A keyword the folder does not keep (Exchange keeps none) becomes \Flagged, which people see too. */
async function addFlag(link: Link, mails: readonly Lying[], wanted: string, folder: MailboxObject): Promise<void> {
  const keeps = folder.permanentFlags
  const kept = keeps === undefined || keeps.has('\\*') || keeps.has(wanted)
  const candidates = wanted.startsWith('\\') ? [wanted] : [...(kept ? [wanted] : []), '\\Flagged']
  for (const flag of candidates) {
    const without = mails.filter(({ flags }) => !flags.has(flag)).map(({ uid }) => uid)
    if (without.length === 0) return
    if (await link.client.messageFlagsAdd(without.join(','), [flag], { uid: true })) return
    assertHeard(link)
  }
  throw refused(`the mailbox did not flag the mail ${candidates.at(-1)}`, link)
}

async function move(link: Link, lying: Lying, target: string): Promise<'gone' | Filed> {
  const { client } = link
  // Without UIDPLUS nothing may be expunged (a bare EXPUNGE takes along what others have marked), so such a mail stays marked, and was copied before.
  if (!canRemove(client) && lying.flags.has('\\Deleted'))
    return { folder: target, uidValidity: undefined, uid: undefined }
  if (!client.capabilities.has('MOVE') && !letsRemove(opened(client)))
    throw refused('the mailbox lets no mail be removed from the folder: it was not copied either', link)
  const moved = client.capabilities.has('MOVE')
    ? await orCreate(link, target, () => client.messageMove(`${lying.uid}`, target, { uid: true }))
    : await orCreate(link, target, () => client.messageCopy(`${lying.uid}`, target, { uid: true }))
  if (moved === false) {
    assertHeard(link)
    if (!(await isThere(client, lying.uid))) return 'gone'
    throw refused(`the mailbox did not move the mail to ${target}`, link)
  }
  if (!client.capabilities.has('MOVE')) await remove(link, lying.uid)
  const uid = moved.uidMap?.get(lying.uid)
  // Yes without a COPYUID (RFC 4315 §3) may be said of a mail that is not there any more, or that was not touched.
  if (uid === undefined && canRemove(client) && (await isShown(client, lying.uid)))
    throw refused(`the mailbox did not move the mail to ${target}`, link)
  return { folder: target, uidValidity: moved.uidValidity?.toString(), uid }
}

/** Only with UID EXPUNGE (RFC 4315 §2.1) can one mail be removed and no other. */
const canRemove = (client: ImapFlow): boolean => client.capabilities.has('MOVE') || client.capabilities.has('UIDPLUS')

/** Without the right to \Deleted (RFC 4314 §4) servers say yes to marking a mail with it, and do nothing. */
const letsRemove = ({ permanentFlags }: MailboxObject): boolean =>
  permanentFlags === undefined || !permanentFlags.has('\\Seen') || permanentFlags.has('\\Deleted')

async function remove(link: Link, uid: number): Promise<void> {
  const { client } = link
  const done = canRemove(client)
    ? await client.messageDelete(`${uid}`, { uid: true })
    : await client.messageFlagsAdd(`${uid}`, ['\\Deleted'], { uid: true })
  assertHeard(link)
  if (!done) throw refused('the mailbox copied the mail but did not remove it', link)
}

/** `false` may only mean that the folder is not there yet (TRYCREATE): made once, tried again. */
async function orCreate<T>(link: Link, target: string, act: () => Promise<T | false>): Promise<T | false> {
  const done = await act()
  if (done !== false && done !== undefined) return done
  assertHeard(link)
  const folders = await link.client.list({ listOnly: true })
  if (folders.some(({ path, flags }) => path === target && !flags.has('\\Noselect'))) return false
  await link.client.mailboxCreate(target)
  return (await act()) || false
}

/** The server did not say where it went: looked for by its header, the newest of that name. Not even there: somebody else took it away. */
async function lookFor(client: ImapFlow, { messageId }: Lying, filed: Filed): Promise<'gone' | Filed> {
  // A server with UIDPLUS would have said; of what has vanished even the header may be lost.
  if (messageId === undefined) return client.capabilities.has('UIDPLUS') ? 'gone' : filed
  const found = await placesOf(client, filed.folder, messageId)
  return found === undefined ? filed : (found.at(-1) ?? 'gone')
}

/** The one mail of this Message-ID in a folder (the server's name); without a UID where there is none, more than one, or no plain Message-ID. */
export async function lookIn(client: ImapFlow, folder: string, messageId: string): Promise<Filed> {
  const unknown = { folder, uidValidity: undefined, uid: undefined }
  if (!PLAIN.test(messageId)) return unknown
  const [one, another] = (await placesOf(client, folder, messageId)) ?? []
  return one === undefined || another !== undefined ? unknown : one
}

/** Where the mails of this Message-ID lie in a folder (the server's name), by ascending UID; undefined when the server did not search. */
async function placesOf(client: ImapFlow, folder: string, messageId: string): Promise<readonly Filed[] | undefined> {
  const { uidValidity } = await client.mailboxOpen(folder)
  const found = await client.search({ header: { 'message-id': messageId } }, { uid: true })
  return Array.isArray(found) ? found.map(uid => ({ folder, uidValidity: uidValidity.toString(), uid })) : undefined
}

/** imapflow answers `false` also where the server did not refuse: the connection broke, or we are to come back later. */
function assertHeard({ client, refused }: Link): void {
  if (!client.usable)
    throw new Fault('4.4.2', 'the connection broke while the mail was being filed', { scope: 'mailbox' })
  if (refused()?.code === 'ETHROTTLE') throw refused()
}

function refused(what: string, link: Link): Fault {
  const words = link.refusal()
  return new Fault('4.2.0', words === '' ? what : `${what}: ${words}`, { scope: 'mailbox' })
}
