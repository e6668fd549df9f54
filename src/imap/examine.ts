/** A look at a mailbox as it is: what the server can do, which folders there are, what may be done in them. Nothing lasting is changed. */
import type { ListResponse, MailboxObject } from 'imapflow'
import { serverName } from './names.ts'
import { type ImapOptions, type Link, Session } from './session.ts'

/** A folder that holds mail; `use` is its special use (RFC 6154), `\Archive`. */
export type Folder = { readonly path: string; readonly use: string | undefined }

export type Watched =
  | { readonly kind: 'missing'; readonly path: string }
  | {
      readonly kind: 'there'
      readonly path: string
      readonly uidValidity: string
      readonly readOnly: boolean
      readonly uids: readonly number[]
      /** The UID that the next newcomer gets, at least; 0 where the server does not say. */
      readonly uidNext: number
      /** Flags that are kept; `\*`: any keyword. Undefined: the server does not say. */
      readonly keeps: ReadonlySet<string> | undefined
    }

/** `possible`: a trial folder beside it could be made, and was removed; `left` names one that could not be removed again. */
export type OutcomeFolder =
  | { readonly kind: 'there' | 'possible'; readonly path: string; readonly left?: string }
  | { readonly kind: 'refused'; readonly path: string; readonly words: string }

export type ImapExamined = {
  readonly capabilities: ReadonlySet<string>
  readonly separator: string
  readonly prefix: string
  readonly folders: readonly Folder[]
  readonly watched: Watched
  readonly outcomes: readonly OutcomeFolder[]
}

/**
 * Signs in once, and out again. Faults of scope `mailbox`, as those of ImapMailbox. A folder that is missing is none, here.
 * @param trial name of a folder that is made and removed where an outcome folder is missing: nobody else's
 */
export async function examineMailbox(options: ImapOptions, trial: string, signal: AbortSignal): Promise<ImapExamined> {
  await using session = new Session(options, { more() {}, ended() {} })
  return await session.run(signal, 'asking', async link => {
    const { client, namespace } = link
    const listed = (await client.list({ listOnly: true })).filter(({ flags }) => !BARE.some(flag => flags.has(flag)))
    const watched = await look(serverName(options.folder, namespace), listed, link)
    const outcomes: OutcomeFolder[] = []
    for (const name of new Set(options.outcomeFolders))
      outcomes.push(await lookAtOutcome(serverName(name, namespace), listed, trial, link))
    return {
      capabilities: new Set(client.capabilities.keys()),
      separator: namespace.separator,
      prefix: namespace.prefix,
      folders: listed.map(folderOf).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      watched,
      outcomes,
    }
  })
}

/** UIDs that lie in the watched folder now: a second look, by a connection of its own. */
export async function uidsNow(options: ImapOptions, signal: AbortSignal): Promise<readonly number[]> {
  await using session = new Session(options, { more() {}, ended() {} })
  return await session.run(signal, 'asking', async link => {
    await link.client.mailboxOpen(serverName(options.folder, link.namespace))
    return uidsIn(link)
  })
}

/** By the server's own word: imapflow's guesses by name are no proof. */
const folderOf = ({ path, flags }: ListResponse): Folder => ({ path, use: USES.find(use => flags.has(use)) })

const USES = ['\\All', '\\Archive', '\\Drafts', '\\Flagged', '\\Junk', '\\Sent', '\\Trash']

const BARE = ['\\Noselect', '\\NonExistent']

/** SELECT and not EXAMINE, which would tell neither the rights nor the flags; \Seen stays as it is. */
async function look(path: string, listed: readonly ListResponse[], link: Link): Promise<Watched> {
  // Some servers do not list INBOX to those who have no other folder.
  if (path !== 'INBOX' && !listed.some(folder => folder.path === path)) return { kind: 'missing', path }
  const open: MailboxObject = await link.client.mailboxOpen(path)
  return {
    kind: 'there',
    path: open.path,
    uidValidity: open.uidValidity.toString(),
    readOnly: open.readOnly === true,
    uids: await uidsIn(link),
    uidNext: open.uidNext ?? 0,
    keeps: open.permanentFlags,
  }
}

async function uidsIn({ client }: Link): Promise<readonly number[]> {
  const found = await client.search({ all: true }, { uid: true })
  return Array.isArray(found) ? found : []
}

async function lookAtOutcome(
  path: string,
  listed: readonly ListResponse[],
  trial: string,
  link: Link,
): Promise<OutcomeFolder> {
  if (listed.some(folder => folder.path === path)) return { kind: 'there', path }
  const { separator } = link.namespace
  const steps = path.split(separator)
  const above = steps
    .map((_, n) => steps.slice(0, steps.length - 1 - n).join(separator))
    .find(one => one !== '' && listed.some(folder => folder.path === one))
  const beside = above === undefined ? serverName(trial, link.namespace) : `${above}${separator}${trial}`
  try {
    await link.client.mailboxCreate(beside)
  } catch (error) {
    if (!link.client.usable) throw error
    return { kind: 'refused', path, words: link.refusal() }
  }
  const removed = await link.client.mailboxDelete(beside).then(
    () => true,
    () => false,
  )
  return { kind: 'possible', path, ...(removed ? {} : { left: beside }) }
}
