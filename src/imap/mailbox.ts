/** A watched IMAP folder: the adapter behind the road's port `Mailbox`. */
import { finished } from 'node:stream/promises'
import type { ImapFlow, ListResponse, MailboxObject } from 'imapflow'
import type { Fetched, Filed, Filing, Mailbox, Sighting, Whereabouts } from '../gateway/ports.ts'
import { Fault } from '../mail/fault.ts'
import { headerOf } from '../mail/header.ts'
import type { Ref } from '../mail/ref.ts'
import { download, SMALL, smallOnes } from './download.ts'
import type { Doing } from './faults.ts'
import { type Answer, fileMails, lookIn } from './filing.ts'
import { Gathering } from './gathering.ts'
import { uidsAbove } from './listing.ts'
import { serverName } from './names.ts'
import { News } from './news.ts'
import { type ImapOptions, type Link, Session } from './session.ts'
import { despiteBreaks, sightingsOf } from './sightings.ts'

/**
 * Connects by itself, at the first verb and whenever the connection is gone. Faults of scope `mailbox`: 4.4.1 no answer, 4.4.2 the connection
 * broke, 4.4.5 throttled, 4.7.5 not secure, 4.7.8 credentials, 4.2.0 folder or a command refused. A transfer that breaks is 4.4.2 scope `mail`.
 */
export class ImapMailbox implements Mailbox, AsyncDisposable {
  readonly name: string
  readonly #options: ImapOptions
  readonly #session: Session
  readonly #news = new News()
  readonly #filings = new Gathering<Answer>('gone')
  readonly #fetches = new Gathering<Buffer | undefined>(undefined, TOGETHER)
  /** The watched folder as the server names it, and the UIDVALIDITY that `refresh` told. */
  #watched: { readonly path: string; readonly uidValidity: string } | undefined

  /** The outcome folders are there, and people see them. */
  #prepared = false

  constructor(options: ImapOptions) {
    this.name = options.name
    this.#options = options
    this.#session = new Session(options, {
      more: folder => {
        if (folder === this.#watched?.path) this.#news.tell()
      },
      ended: () => this.#news.tell(),
    })
  }

  /** SELECT, even when it is selected: that tells of newcomers as NOOP does, and of a new UIDVALIDITY, which NOOP does not. */
  async refresh(signal: AbortSignal): Promise<Whereabouts> {
    const select = () =>
      this.#session.run(signal, 'asking', async link => {
        const { path, uidValidity, uidNext, readOnly } = await this.#openWatched(link)
        if (readOnly) throw new Fault('4.2.0', `the folder ${path} can only be read: nothing could be filed`, MAILBOX)
        this.#news.forget()
        return { path, uidValidity: uidValidity.toString(), uidNext }
      })
    // A connection that died silently is noticed by the first command on it; a second one starts afresh.
    const { uidNext, ...watched } = await select().catch((error: unknown) => {
      if (error instanceof Fault && error.status === '4.4.2') return select()
      throw error
    })
    this.#watched = watched
    if (!this.#prepared) await this.ensureFolders(this.#options.outcomeFolders ?? [], signal)
    this.#prepared = true
    return { folder: watched.path, uidValidity: watched.uidValidity, uidNext }
  }

  async uids(after: number, signal: AbortSignal): Promise<readonly number[]> {
    return this.#session.run(signal, 'asking', async link => {
      await this.#assertSame(link)
      return uidsAbove(link, after)
    })
  }

  async sight(uids: readonly number[], signal: AbortSignal): Promise<readonly Sighting[]> {
    return despiteBreaks(uids, (some, outline) =>
      this.#session.run(signal, 'asking', async link => {
        await this.#assertSame(link)
        return sightingsOf(link.client, some, outline)
      }),
    )
  }

  /** Nothing of a mail that is gone, or that did not come whole, is left open: then `sink` is destroyed. */
  async fetch(
    ref: Ref,
    sink: NodeJS.WritableStream,
    signal: AbortSignal,
    size?: number,
  ): Promise<'gone' | 'void' | Fetched> {
    let whole = false
    try {
      const octets = size !== undefined && size < SMALL ? await this.#fetchSmall(ref, signal, size) : undefined
      const fetched =
        octets === undefined
          ? await this.#inFolderOf(ref, 'fetching', signal, ({ client }) => download(client, ref.uid, sink, signal))
          : await handed(octets, sink)
      whole = typeof fetched === 'object'
      return fetched
    } finally {
      if (!whole) await destroyed(sink)
    }
  }

  async file(ref: Ref, filing: Filing, signal: AbortSignal, messageId?: string): ReturnType<Mailbox['file']> {
    const kind = JSON.stringify([ref.folder, ref.uidValidity, filing.folder, filing.flag])
    const answer = await this.#filings.ask({ kind, uid: ref.uid, signal, messageId }, async work => {
      const there = await this.#inFolderOf(ref, 'asking', NEVER, async link => {
        const target = filing.folder === undefined ? undefined : serverName(filing.folder, link.namespace)
        await work((uids, tell, meant) => fileMails(link, uids, target, filing.flag, tell, meant))
      })
      if (there === 'void')
        await work(async (uids, tell) => {
          for (const uid of uids) tell(uid, 'void')
        })
    })
    if (typeof answer === 'object' && 'error' in answer) throw answer.error
    return answer
  }

  async find(folder: string, messageId: string, signal: AbortSignal): Promise<Filed> {
    return this.#session.run(signal, 'asking', async link => {
      try {
        return await lookIn(link.client, serverName(folder, link.namespace), messageId)
      } finally {
        await this.#goHome(link)
      }
    })
  }

  /** Puts a mail of our own into the watched folder, as if it had come. `raw`: octets with CRLF. */
  async append(raw: Buffer, signal: AbortSignal): Promise<void> {
    await this.#session.run(signal, 'asking', async link => {
      const folder = this.#watched?.path ?? serverName(this.#options.folder, link.namespace)
      const appended = await link.client.append(folder, raw)
      if (!appended) throw new Fault('4.2.0', `the mailbox takes no mail into ${folder}: ${link.refusal()}`, MAILBOX)
    })
  }

  /**
   * Resolves when the server has told of a newcomer (IDLE, or NOOP every two minutes where there is no IDLE) or the connection has ended,
   * since the last `refresh`; or when `signal` aborts. Without a connection it waits for the one that the next verb makes.
   */
  waitForNews(signal: AbortSignal): Promise<void> {
    return this.#news.wait(signal)
  }

  /** Octets that the server has sent so far, over all connections. */
  received(): number {
    return this.#session.received
  }

  /** The server's names of all folders that can hold mail. */
  async folders(signal: AbortSignal = NEVER): Promise<readonly string[]> {
    return this.#session.run(signal, 'asking', async ({ client }) => selectable(await client.list({ listOnly: true })))
  }

  /** Creates and subscribes what is not there yet; answers the server's names, in order. `/` in a name is the server's separator. */
  async ensureFolders(names: readonly string[], signal: AbortSignal = NEVER): Promise<readonly string[]> {
    return this.#session.run(signal, 'asking', async ({ client, namespace }) => {
      const targets = names.map(name => serverName(name, namespace))
      const listed = await client.list()
      for (const target of new Set(targets)) {
        const found = listed.find(({ path, flags }) => path === target && !isBare(flags))
        if (found === undefined) await client.mailboxCreate(target)
        else if (!found.subscribed) await client.mailboxSubscribe(target)
      }
      return targets
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]()
    this.#news.tell()
  }

  /** Undefined where it has to be asked for alone: there it is met which of several mails is the matter. */
  #fetchSmall(ref: Ref, signal: AbortSignal, size: number): Promise<Buffer | undefined> {
    const kind = JSON.stringify([ref.folder, ref.uidValidity])
    return this.#fetches.ask({ kind, uid: ref.uid, size, signal }, async work => {
      let asked = 0
      const fetching = this.#inFolderOf(ref, 'fetching', NEVER, async ({ client }) =>
        work(async (uids, tell) => {
          asked = uids.length
          for (const [uid, octets] of await smallOnes(client, uids)) tell(uid, octets)
        }),
      )
      // Without an answer to the command nobody is asked again: a server that knows us not, or has enough of us, is not knocked at twice.
      await fetching.catch((error: unknown) => {
        if (asked <= 1 || !isOfOne(error)) throw error
      })
    })
  }

  async #openWatched({ client, namespace }: Link): Promise<MailboxObject> {
    const name = serverName(this.#options.folder, namespace)
    try {
      return await client.mailboxOpen(name)
    } catch (error) {
      if (!isMissing(error)) throw error
      const there = selectable(await client.list({ listOnly: true }))
      throw new Fault('4.2.0', `there is no folder ${name}; there are ${there.slice(0, 30).join(', ')}`, MAILBOX)
    }
  }

  /** UIDs mean nothing under another UIDVALIDITY, which a connection made since `refresh` may have met. */
  async #assertSame(link: Link): Promise<void> {
    const { client } = link
    const watched = this.#watched
    const open =
      client.mailbox !== false && client.mailbox.path === watched?.path ? client.mailbox : await this.#openWatched(link)
    if (watched === undefined || open.uidValidity.toString() !== watched.uidValidity)
      throw new Fault('4.4.2', `the mails in ${open.path} have new numbers: sight begins anew`, MAILBOX)
  }

  /** A ref whose folder or UIDVALIDITY is no more points at no mail: never at the one that has its UID now. Of the watched folder, that is news. */
  #inFolderOf<T>(
    { folder, uidValidity }: Ref,
    doing: Doing,
    signal: AbortSignal,
    work: (link: Link) => Promise<'gone' | T>,
  ): Promise<'gone' | 'void' | T> {
    return this.#session.run(signal, doing, async link => {
      try {
        const open = await openIfThere(link.client, folder)
        if (open?.uidValidity.toString() === uidValidity) return await work(link)
        // Sight does not come by another folder, so nothing turns up there.
        if (this.#watched !== undefined && folder !== this.#watched.path) return 'gone'
        this.#news.tell()
        return 'void'
      } finally {
        await this.#goHome(link)
      }
    })
  }

  /** IDLE hears only of the folder that is open; what came while another one was, nobody has told. */
  async #goHome({ client }: Link): Promise<void> {
    const home = this.#watched?.path
    if (home === undefined || !client.usable || (client.mailbox !== false && client.mailbox.path === home)) return
    // Missing or refused: the next refresh meets it and says so.
    await client.mailboxOpen(home).catch(() => undefined)
    this.#news.tell()
  }
}

/** Octets of small mails in one FETCH: all are held until the last has come. */
const TOGETHER = 2 ** 20

async function handed(octets: Buffer, sink: NodeJS.WritableStream): Promise<Fetched> {
  sink.end(octets)
  await finished(sink)
  return { size: octets.length, header: headerOf(octets) }
}

/** Resolves when it is closed: whoever has its place next must not meet what is still being written. */
async function destroyed(sink: NodeJS.WritableStream): Promise<void> {
  if (!('destroy' in sink) || typeof sink.destroy !== 'function') return
  sink.destroy()
  await finished(sink).catch(() => undefined)
}

/** One mail may be the reason why a server refuses several, or breaks off in the midst of them. */
const isOfOne = (error: unknown): boolean =>
  error instanceof Fault && (error.status === '4.2.0' || error.status === '4.4.2')

const MAILBOX = { scope: 'mailbox' } as const
const NEVER = new AbortController().signal

async function openIfThere(client: ImapFlow, folder: string): Promise<MailboxObject | undefined> {
  if (client.mailbox !== false && client.mailbox.path === folder) return client.mailbox
  try {
    return await client.mailboxOpen(folder)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'mailboxMissing' in error && error.mailboxMissing === true

const isBare = (flags: ReadonlySet<string>): boolean => flags.has('\\Noselect') || flags.has('\\NonExistent')

const selectable = (listed: readonly ListResponse[]): readonly string[] =>
  listed
    .filter(({ flags }) => !isBare(flags))
    .map(({ path }) => path)
    .toSorted()
