/** An IMAP server in this process, for the demo: one user, mails in memory, what a small real server can do. */
import type { Socket } from 'node:net'
import hoodiecrow from 'hoodiecrow-imap'

export type ImapServerOptions = {
  readonly host: string
  /** 0 = a free one. */
  readonly port: number
  readonly user: string
  readonly password: string
  /** Dates the mails that arrive. */
  readonly now: () => Date
}

export type FolderSummary = { readonly path: string; readonly mails: number }

export type ImapServer = AsyncDisposable & {
  readonly port: number
  /** A mail arrives, octets as given; connections that wait in IDLE hear of it. `folder` must be there (default INBOX). */
  readonly append: (raw: Uint8Array, folder?: string) => Promise<void>
  /** With '/' as separator. */
  readonly folders: () => readonly FolderSummary[]
  /** Cuts all connections. */
  readonly close: () => Promise<void>
}

/** What the gateway can use of a server; MOVE with COPYUID among it. */
const PLUGINS = ['ID', 'IDLE', 'UIDPLUS', 'SPECIAL-USE', 'NAMESPACE', 'ENABLE', 'MOVE', 'LITERALPLUS', 'UNSELECT']

/** Rejects with the cause (`EADDRINUSE`, …) when it cannot listen there. No TLS: for loopback only. */
export async function startImapServer(options: ImapServerOptions): Promise<ImapServer> {
  const imap = hoodiecrow({
    plugins: PLUGINS,
    users: { [options.user]: { password: options.password } },
    storage: { INBOX: {}, '': { separator: '/', folders: {} } },
  })
  const open = new Set<Socket>()
  imap.server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  const listening = Promise.withResolvers<void>()
  imap.server.once('error', listening.reject)
  imap.listen(options.port, options.host, () => listening.resolve())
  await listening.promise
  const address = imap.server.address()
  const close = async (): Promise<void> => {
    if (!imap.server.listening) return
    const closed = Promise.withResolvers<void>()
    imap.close(() => closed.resolve())
    for (const socket of open) socket.destroy()
    await closed.promise
  }
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    append: async (raw, folder = 'INBOX') => {
      if (imap.getMailbox(folder) === undefined) throw new Error(`there is no folder ${folder}`)
      imap.appendMessage(folder, [], imap.formatInternalDate(options.now()), Buffer.from(raw).toString('latin1'))
    },
    folders: () => Object.values(imap.folderCache).map(({ path, messages }) => ({ path, mails: messages.length })),
    close,
    [Symbol.asyncDispose]: close,
  }
}
