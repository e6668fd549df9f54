/** Starts a desk simulator: in a test, in the demo, or for the command. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Desk } from './call.ts'
import type { Controls } from './control.ts'
import type { Api, Heard } from './exchange.ts'
import { type DeskFault, Faults, seeded } from './faults.ts'
import { Journal, type JournalRow } from './journal.ts'
import { ROUTE_NAMES } from './routes.ts'
import { serve } from './site.ts'
import { DEFAULTS, type Switches } from './switches.ts'
import { type TicketGiven, Tickets } from './tickets.ts'
import { Vault } from './vault.ts'

export type DeskSimulatorOptions = {
  /** 127.0.0.1 unless given. */
  readonly host?: string | undefined
  /** 0, a free one, unless given. */
  readonly port?: number | undefined
  /** 50004 unless given. */
  readonly account?: string | undefined
  /** Basic; without user and token it is `mailclip` with the password `mailclip`. */
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Bearer. */
  readonly token?: string | undefined
  readonly tickets: 'any' | readonly TicketGiven[]
  readonly mode?: Partial<Switches> | undefined
  /** Milliseconds each request takes. */
  readonly latency?: number | undefined
  readonly faults?: readonly DeskFault[] | undefined
  /** Of the chance in `probability`; 1 unless given. */
  readonly seed?: number | undefined
  /** A folder documents are kept in, also after close. */
  readonly keep?: string | undefined
  readonly now?: (() => Date) | undefined
  /** Told when a request's head has come, before anything else happens. */
  readonly heard?: ((heard: Heard) => void) | undefined
}

export type KeptDocument = {
  readonly id: string
  readonly name: string
  readonly size: number
  /** Hex. */
  readonly sha256: string
  readonly description: string | undefined
  content(): Promise<Buffer>
}

export type DeskSimulator = AsyncDisposable & {
  /** `http://host:port/api/v1/ACCOUNT`: what `desk.url` is set to. */
  readonly url: string
  readonly page: string
  /** Oldest first; `since` is a row number or a time. */
  journal(since?: number | Date): readonly JournalRow[]
  /** The first row, now or later, of which this is true. */
  until(is: (row: JournalRow) => boolean): Promise<JournalRow>
  /** What lies on a ticket, oldest first; of all tickets without a number. */
  documents(ticket?: string): readonly KeptDocument[]
  /** Replaces the faults; counting starts anew. Throws RangeError. */
  faults(list: readonly DeskFault[]): void
  /** Changes switches from now on. */
  set(mode: Partial<Switches>): void
  /** Breaks what is under way and gives everything back; twice is fine. */
  close(): Promise<void>
}

/** Resolves when it listens; rejects as node's `listen` does, with RangeError for malformed faults. */
export async function startDeskSimulator(options: DeskSimulatorOptions): Promise<DeskSimulator> {
  const { host = '127.0.0.1', port = 0 } = options
  const stop = new AbortController()
  const work = new Set<Promise<void>>()
  const { api, controls } = rooms(options, stop.signal, work)
  const server = serving(api, controls, work)
  await listening(server, port, host)
  const origin = originOf(server, host)
  const close = async () => {
    stop.abort()
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    await Promise.allSettled(work)
    await api.desk.vault.close()
  }
  return {
    url: `${origin}/api/v1/${api.desk.account}`,
    page: `${origin}/`,
    journal: since => api.journal.rows(since),
    until: is => api.journal.until(is),
    documents: ticket => documentsOf(api.desk.tickets, ticket),
    faults: list => api.faults.set(list),
    set: controls.set,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function rooms(
  options: DeskSimulatorOptions,
  signal: AbortSignal,
  work: Set<Promise<void>>,
): { readonly api: Api; readonly controls: Controls } {
  const { account = '50004', now = () => new Date() } = options
  let switches: Switches = { ...DEFAULTS, ...options.mode }
  const desk: Desk = {
    account,
    now,
    switches: () => switches,
    tickets: new Tickets(account, options.tickets, now),
    vault: new Vault({ keep: options.keep }),
  }
  const [journal, faults] = [new Journal(), new Faults(ROUTE_NAMES, seeded(options.seed ?? 1))]
  faults.set(options.faults ?? [])
  const set = (mode: Partial<Switches>) => {
    switches = { ...switches, ...mode }
  }
  const api: Api = {
    desk,
    journal,
    faults,
    signal,
    credentials: credentialsOf(options),
    latency: options.latency ?? 0,
    heard: options.heard ?? (() => undefined),
    later: promise => void work.add(promise.finally(() => work.delete(promise))),
  }
  return { api, controls: { faults, journal, tickets: desk.tickets, switches: desk.switches, set } }
}

const credentialsOf = ({ user, password, token }: DeskSimulatorOptions): Api['credentials'] =>
  user === undefined && token === undefined
    ? { user: 'mailclip', password: password ?? 'mailclip', token }
    : { user, password, token }

function serving(api: Api, controls: Controls, work: Set<Promise<void>>): Server {
  const server = createServer((request, response) => {
    const exchange = serve(request, response, api, controls).catch((error: unknown) => {
      // A broken connection is the client's affair; anything else is a bug here, and the client's log is where it is looked for.
      if (response.socket === null || response.socket.destroyed || api.signal.aborted) return
      if (response.headersSent) return void response.socket.destroy()
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`desk simulator: ${String(error)}\n`)
    })
    work.add(exchange)
    void exchange.then(() => work.delete(exchange))
  })
  server.requestTimeout = 0
  return server
}

async function listening(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}

function originOf(server: Server, host: string): string {
  // A TCP server's address is never a string, nor null while it listens.
  const { port } = server.address() as AddressInfo
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

function documentsOf(tickets: Tickets, number: string | undefined): readonly KeptDocument[] {
  const among = number === undefined ? tickets.all() : [tickets.find(number)].filter(one => one !== undefined)
  return among.flatMap(({ documents }) =>
    documents.map(({ id, name, description, kept }) => ({
      id,
      name,
      size: kept.size,
      sha256: kept.sha256,
      description,
      content: async () => Buffer.concat(await Array.fromAsync(kept.open())),
    })),
  )
}
