/** The status server: /health, /ready, /metrics and the operator's pages. It only ever reads. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Books } from '../gateway/books.ts'
import type { Observe } from '../gateway/events.ts'
import type { Clock } from '../gateway/ports.ts'
import { isFault } from '../mail/fault.ts'
import { Guard } from './guard.ts'
import type { Readiness, Ready } from './health.ts'
import type { Metrics } from './metrics.ts'
import { POLICY } from './page/html.ts'
import { mailPage } from './page/mail.ts'
import { overview, stateNamed } from './page/overview.ts'

export type StatusOptions = {
  readonly host: string
  /** 0 = a free one. */
  readonly port: number
  /** Undefined = nobody is asked; then pages with mail data are shown on loopback only. */
  readonly token: string | undefined
  readonly books: Books
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

type Answer = {
  readonly code: number
  readonly type?: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Rejects with the cause (`EADDRINUSE`, `EACCES`, …) when it cannot listen there. */
export async function startStatus(options: StatusOptions): Promise<StatusServer> {
  const guard = new Guard(options)
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 },
    (request, response) => {
      respond(request, options, guard)
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
    throw new Error(`the status page cannot listen on ${options.host}:${options.port}`, { cause })
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

const text = (code: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  code,
  body: `${body}\n`,
  headers,
})
const page = (body: string): Answer => ({ code: 200, type: 'text/html; charset=utf-8', body })

async function respond(request: IncomingMessage, options: StatusOptions, guard: Guard): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'only GET', { allow: 'GET, HEAD' })
  const standing = guard.judge(request)
  if (standing === 'foreign') return text(421, 'this Host is not served here')
  const url = URL.parse(request.url ?? '/', 'http://status')
  if (url === null) return text(400, 'this is no address')
  if (url.pathname === '/health') return text(200, 'ok')
  if (url.pathname === '/ready') return readyAnswer(await readyNow(options), standing === 'known' && !guard.exposed)
  const offered = url.searchParams.get('token')
  if (offered !== null) return welcomed(url, guard.welcome(offered))
  if (standing === 'stranger') return text(401, 'a token is needed', { 'www-authenticate': 'Bearer' })
  if (url.pathname === '/metrics')
    return { code: 200, type: options.metrics.contentType, body: await options.metrics.text(options.books) }
  if (guard.exposed) return text(403, 'mail data is shown beyond this machine only with status.token set')
  return pages(url, options)
}

async function pages(url: URL, options: StatusOptions): Promise<Answer> {
  const { books, clock } = options
  const now = clock.now()
  if (url.pathname === '/') {
    const state = stateNamed(url.searchParams.get('state') ?? undefined)
    const ticket = url.searchParams.get('ticket')?.trim().slice(0, 200) || undefined
    const filter = { ...(state !== undefined && { state }), ...(ticket !== undefined && { ticket }) }
    return page(await overview(books, filter, await readyNow(options), now))
  }
  const id = /^\/mails\/([^/]+)$/.exec(url.pathname)?.[1]
  const found = id === undefined ? undefined : await books.show(decoded(id))
  return found === undefined ? text(404, 'there is no such page') : page(mailPage(found.mail, found.trace, now))
}

/** Asks the ledger as well: it knows sites that rested before this process began, and whether it can be read at all. */
async function readyNow({ books, readiness, clock }: StatusOptions): Promise<Ready> {
  try {
    return readiness.ready(clock.now(), await books.suspensions())
  } catch {
    const { reasons } = readiness.ready(clock.now())
    return { ready: false, reasons: ['the ledger cannot be read', ...reasons] }
  }
}

/** Reasons name sites, so they are for those who may see the pages. */
const readyAnswer = ({ ready, reasons }: Ready, trusted: boolean): Answer =>
  ready ? text(200, 'ready') : text(503, ['not ready', ...(trusted ? reasons : [])].join('\n'))

/** The token leaves the address at once: it must not stay in histories. */
function welcomed(url: URL, cookie: string | undefined): Answer {
  if (cookie === undefined) return text(401, 'this is not the token', { 'www-authenticate': 'Bearer' })
  url.searchParams.delete('token')
  return text(303, 'welcome', { location: url.pathname.replace(/^\/+/, '/') + url.search, 'set-cookie': cookie })
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return ''
  }
}

function failed(error: unknown, { observe }: StatusOptions): Answer {
  if (isFault(error)) return text(503, 'the ledger cannot be read')
  observe?.({ kind: 'bug', where: 'status page', error })
  return text(500, 'something went wrong; the log tells more')
}

function send(response: ServerResponse, answer: Answer, headOnly: boolean): void {
  response.writeHead(answer.code, {
    'content-type': answer.type ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(answer.body),
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
    ...answer.headers,
  })
  response.end(headOnly ? undefined : answer.body)
}
