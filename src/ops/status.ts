/** The status server: /health, /ready, /metrics, and the operator's pages. */
import type { IncomingMessage } from 'node:http'
import { getBuiltinModule } from 'node:process'
import type { Books } from '../gateway/books.ts'
import type { Observe } from '../gateway/events.ts'
import type { Operator } from '../gateway/operator.ts'
import type { Clock } from '../gateway/ports.ts'
import { Fault, isFault } from '../mail/fault.ts'
import { type Answer, send, text } from './answer.ts'
import { Guard } from './guard.ts'
import type { Readiness, Ready } from './health.ts'
import type { Metrics } from './metrics.ts'
import type { TicketPage } from './page/mail.ts'
import { Pages } from './page/pages.ts'

export type StatusOptions = {
  readonly host: string
  /** 0 = a free one. */
  readonly port: number
  /** Undefined = nobody is asked; then pages with mail data are shown on loopback only. */
  readonly token: string | undefined
  /** Names under which a proxy serves the page. */
  readonly hosts?: readonly string[]
  readonly books: Books
  readonly operator: Operator
  readonly timezone: string
  readonly ticketPage: TicketPage
  readonly metrics: Metrics
  readonly readiness: Readiness
  readonly clock: Clock
  readonly observe?: Observe
}

export type StatusServer = AsyncDisposable & {
  readonly port: number
  /** Without the token. */
  readonly url: string
  readonly close: () => Promise<void>
}

type Rooms = StatusOptions & { readonly guard: Guard; readonly pages: Pages }

/** Fault 4.3.0 with the cause (`EADDRINUSE`, `EACCES`, …) when it cannot listen there: of the surroundings, no bug. */
export async function startStatus(options: StatusOptions): Promise<StatusServer> {
  const guard = new Guard(options)
  const ready = (): Promise<Ready> => readyNow(options)
  const pages = new Pages({ ...options, guard, ready, token: options.token !== undefined })
  const rooms = { ...options, guard, pages }
  // An `import` of node:http reads all that it exports, and with that loads the fetch of Node.js: 13 MB for nobody.
  const server = getBuiltinModule('node:http').createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 },
    (request, response) => {
      respond(request, rooms)
        .catch((error: unknown) => failed(error, options))
        .then(answer => send(response, answer, request.method === 'HEAD'))
        .catch(() => response.destroy())
    },
  )
  server.maxConnections = 100
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(options.port, options.host, () => listening.resolve())
  try {
    await listening.promise
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''
    throw new Fault('4.3.0', `the status page cannot listen on ${options.host}:${options.port}${code}`, { cause })
  }
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  const shown = options.host.includes(':') ? `[${options.host}]` : options.host
  const close = async (): Promise<void> => {
    const closed = Promise.withResolvers<void>()
    server.close(() => closed.resolve())
    server.closeAllConnections()
    await closed.promise
  }
  return { port, url: `http://${shown}:${port}/`, close, [Symbol.asyncDispose]: close }
}

const METHODS = ['GET', 'HEAD', 'POST']

async function respond(request: IncomingMessage, rooms: Rooms): Promise<Answer> {
  const { guard, pages } = rooms
  const reads = request.method !== 'POST'
  if (!METHODS.includes(request.method ?? '')) return text(405, 'only GET and POST', { allow: METHODS.join(', ') })
  const standing = guard.judge(request)
  if (standing.kind === 'foreign') return text(421, 'this Host is not served here')
  const path = request.url ?? '/'
  // `//evil/` would be another host, and an absolute address is for proxies.
  const url = path.startsWith('/') && !path.startsWith('//') ? URL.parse(path, 'http://status') : null
  if (url === null) return text(400, 'this is no address')
  if (reads && url.pathname === '/health') return text(200, 'ok')
  if (reads && url.pathname === '/ready')
    return readyAnswer(await readyNow(rooms), standing.kind === 'known' && !guard.exposed)
  if (reads && url.pathname === '/metrics')
    return standing.kind === 'stranger'
      ? text(401, 'a token is needed', { 'www-authenticate': 'Bearer' })
      : { code: 200, type: rooms.metrics.contentType, body: await rooms.metrics.text(rooms.books) }
  if (guard.exposed) return text(403, 'mail data is shown beyond this machine only with status.token set')
  return pages.answer(request, url, standing)
}

/** Asks the ledger as well: it knows sites that rested before this process began, and whether it can be read at all. */
async function readyNow({ books, readiness, clock }: StatusOptions): Promise<Ready> {
  try {
    return readiness.ready(clock.now(), await books.suspensions())
  } catch {
    const { reasons, details } = readiness.ready(clock.now())
    return { ready: false, details, reasons: ['the ledger cannot be read', ...reasons] }
  }
}

/** Reasons name sites, so they are for those who may see the pages. */
const readyAnswer = ({ ready, reasons, details }: Ready, trusted: boolean): Answer =>
  ready
    ? text(200, ['ready', ...(trusted ? details : [])].join('\n'))
    : text(503, ['not ready', ...(trusted ? reasons : [])].join('\n'))

function failed(error: unknown, { observe }: StatusOptions): Answer {
  if (isFault(error)) return text(503, `the ledger cannot be read or written: ${error.message}`)
  observe?.({ kind: 'bug', where: 'status page', error })
  return text(500, 'something went wrong; the log tells more')
}
