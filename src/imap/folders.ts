/** Folders as they lie, for the comparison with the ledger: opened with EXAMINE, so that nothing changes. */
import type { MailboxObject, SearchObject } from 'imapflow'
import type { Contents, Folders } from '../gateway/books.ts'
import { Fault } from '../mail/fault.ts'
import { serverName } from './names.ts'
import { type ImapOptions, type Link, Session } from './session.ts'

/** A connection of its own beside the worker's. Throws the faults of `ImapMailbox` (mailbox.ts). */
export class ImapFolders implements Folders, AsyncDisposable {
  readonly name: string
  readonly #options: ImapOptions
  readonly #session: Session

  constructor(options: ImapOptions) {
    this.name = options.name
    this.#options = options
    this.#session = new Session(options, { more: () => undefined, ended: () => undefined })
  }

  watched(signal: AbortSignal): Promise<Contents> {
    return this.#session.run(signal, 'asking', async link => {
      const path = serverName(this.#options.folder, link.namespace)
      const contents = await contentsOf(link, path)
      if (contents === undefined) throw new Fault('4.2.0', `there is no folder ${path}`, { scope: 'mailbox' })
      return contents
    })
  }

  contents(folder: string, signal: AbortSignal): Promise<Contents | undefined> {
    return this.#session.run(signal, 'asking', link => contentsOf(link, folder))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session[Symbol.asyncDispose]()
  }
}

async function contentsOf(link: Link, path: string): Promise<Contents | undefined> {
  const open = await examine(link, path)
  if (open === undefined) return undefined
  const [uids, deleted] = [await search(link, { all: true }), await search(link, { deleted: true })]
  return { folder: open.path, uidValidity: open.uidValidity.toString(), uids, deleted }
}

async function examine({ client }: Link, path: string): Promise<MailboxObject | undefined> {
  try {
    return await client.mailboxOpen(path, { readOnly: true })
  } catch (error) {
    if (error instanceof Error && 'mailboxMissing' in error && error.mailboxMissing === true) return undefined
    throw error
  }
}

async function search(link: Link, query: SearchObject): Promise<ReadonlySet<number>> {
  const found = await link.client.search(query, { uid: true })
  if (!Array.isArray(found)) throw new Fault('4.2.0', `the search was refused: ${link.refusal()}`, { scope: 'mailbox' })
  return new Set(found)
}
