/** Making an outcome visible in the mailbox: a flag, then a move, each checked, because imapflow answers `false` where others throw. */
import type { FetchMessageObject, ImapFlow, MailboxObject } from 'imapflow'
import type { Filed } from '../gateway/ports.ts'
import { Fault } from '../mail/fault.ts'
import { isThere } from './download.ts'
import type { Link } from './session.ts'

/** What is known of the mail before it is touched. */
type Lying = { readonly uid: number; readonly flags: ReadonlySet<string>; readonly messageId: string | undefined }

/**
 * Flags the mail in the open folder, and moves it to `target` (the server's name). What is already so stays.
 * Fault 4.2.0 scope `mailbox` when the server does not do it; `gone` when the mail is not there.
 */
export async function fileMail(
  link: Link,
  uid: number,
  target: string | undefined,
  flag: string | undefined,
): Promise<'gone' | Filed> {
  const { client } = link
  const source = opened(client)
  const lying = await lookAt(client, uid)
  if (lying === 'gone') return 'gone'
  if (flag !== undefined) await addFlag(link, lying, flag, source)
  if (target === undefined || target === source.path)
    return { folder: source.path, uidValidity: source.uidValidity.toString(), uid }
  const moved = await move(link, lying, target)
  return moved === 'gone' || moved.uid !== undefined ? moved : lookFor(client, lying, moved)
}

function opened(client: ImapFlow): MailboxObject {
  if (client.mailbox === false) throw new Fault('4.4.2', 'no folder is open', { scope: 'mailbox' })
  return client.mailbox
}

/** STORE and MOVE say yes to a UID that is not there, so it is asked for first. */
async function lookAt(client: ImapFlow, uid: number): Promise<Lying | 'gone'> {
  const query = { uid: true, flags: true, headers: ['message-id'] }
  const answer: FetchMessageObject | false = await client.fetchOne(`${uid}`, query, { uid: true })
  if (answer === false) return 'gone'
  const messageId = /^message-id:\s*(<[^<>\s]+>)/im.exec(answer.headers?.toString('latin1') ?? '')?.[1]
  return { uid, flags: answer.flags ?? new Set(), messageId }
}

/** A keyword the folder does not keep (Exchange keeps none) becomes \Flagged, which people see too. */
async function addFlag(link: Link, { uid, flags }: Lying, wanted: string, folder: MailboxObject): Promise<void> {
  const keeps = folder.permanentFlags
  const kept = keeps === undefined || keeps.has('\\*') || keeps.has(wanted)
  const candidates = wanted.startsWith('\\') ? [wanted] : [...(kept ? [wanted] : []), '\\Flagged']
  for (const flag of candidates) {
    if (flags.has(flag)) return
    if (await link.client.messageFlagsAdd(`${uid}`, [flag], { uid: true })) return
    assertHeard(link)
  }
  throw refused(`the mailbox did not flag the mail ${candidates.at(-1)}`, link)
}

async function move(link: Link, lying: Lying, target: string): Promise<'gone' | Filed> {
  const { client } = link
  // Without UIDPLUS nothing may be expunged (a bare EXPUNGE takes along what others have marked), so such a mail stays marked, and was copied before.
  if (!canRemove(client) && lying.flags.has('\\Deleted'))
    return { folder: target, uidValidity: undefined, uid: undefined }
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
  if (uid === undefined && canRemove(client) && (await isThere(client, lying.uid)))
    throw refused(`the mailbox did not move the mail to ${target}`, link)
  return { folder: target, uidValidity: moved.uidValidity?.toString(), uid }
}

/** Only with UID EXPUNGE (RFC 4315 §2.1) can one mail be removed and no other. */
const canRemove = (client: ImapFlow): boolean => client.capabilities.has('MOVE') || client.capabilities.has('UIDPLUS')

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
  const folder = await client.mailboxOpen(filed.folder)
  const found = await client.search({ header: { 'message-id': messageId } }, { uid: true })
  if (!Array.isArray(found)) return filed
  const uid = found.at(-1)
  return uid === undefined ? 'gone' : { folder: filed.folder, uidValidity: folder.uidValidity.toString(), uid }
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
