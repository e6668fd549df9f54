/** One request and its answer: noted, struck by a fault perhaps, carried out or not, answered or not. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, bare } from './answers.ts'
import { type Call, type Deed, type Desk, say } from './call.ts'
import type { Faults, Strike } from './faults.ts'
import { barrier, type Credentials } from './guard.ts'
import type { Journal } from './journal.ts'
import { type Found, routeOf } from './routes.ts'
import { send } from './send.ts'

/** A request whose head has come. */
export type Heard = {
  readonly method: string
  readonly path: string
  readonly route: string | undefined
  readonly ticket: string | undefined
}

export type Api = {
  readonly desk: Desk
  readonly credentials: Credentials
  readonly journal: Journal
  readonly faults: Faults
  /** Milliseconds from the whole request to its being carried out. */
  readonly latency: number
  readonly heard: (heard: Heard) => void
  /** Aborted when the simulator closes. */
  readonly signal: AbortSignal
  /** Work that outlives its request. */
  readonly later: (work: Promise<void>) => void
}

/** Serves one request below `/api/`. */
export async function exchange(request: IncomingMessage, response: ServerResponse, url: URL, api: Api): Promise<void> {
  const { desk, journal } = api
  const [account, ...path] = segments(url.pathname)
  const method = request.method ?? ''
  const found = path.length === 0 ? undefined : routeOf(method, path)
  const ticket = found?.parameters['rfc']?.toUpperCase()
  const route = found?.route.name
  const strike = api.faults.strike(route, ticket)
  const at = desk.now().toISOString()
  const row = { at, method, path: url.pathname, query: url.search, route, ticket, fault: strike !== undefined }
  const note = journal.open({ ...UNKNOWN, ...row })
  api.heard({ method, path: url.pathname, route, ticket })
  const base = `${url.origin}/api/v1/${desk.account}`
  const parameters = found?.parameters ?? {}
  const call: Call = { request, origin: url.origin, base, query: url.searchParams, parameters, strike, note }
  const stopped = barrier(request, { account, ownAccount: desk.account, route }, api.credentials, desk.switches())
  const answer = await fate(call, await prepared(call, found, stopped, api), api)
  await send(response, answer, strike, api.signal, () =>
    note({ status: answer.status, answeredAt: desk.now().toISOString() }),
  )
}

const UNKNOWN = {
  status: undefined,
  documents: [],
  unstored: [],
  description: undefined,
  encoding: undefined,
  storedAt: undefined,
  answeredAt: undefined,
} as const

/** Account and path below `/api/v1/`, decoded; nothing for another version. */
function segments(path: string): readonly string[] {
  const below = /^\/api\/v1\/(.+)$/i.exec(path)?.[1] ?? ''
  return below.replace(/\/$/, '').split('/').map(decoded)
}

/** A segment that cannot be decoded stays as it is, and means nothing the desk knows. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

async function prepared(call: Call, found: Found | undefined, stopped: Answer | undefined, api: Api): Promise<Deed> {
  const { strike, request } = call
  if (strike?.receive !== undefined) {
    await receive(request, strike.receive)
    return say(bare(500, api.desk.switches()))
  }
  const deed =
    stopped !== undefined || found === undefined
      ? say(stopped ?? bare(403, api.desk.switches()))
      : await found.route.handler(call, api.desk)
  await wait(api.latency, undefined, { signal: api.signal })
  return deed
}

/** Reads that many octets of the body, or all there are. */
async function receive(request: IncomingMessage, most: number): Promise<void> {
  let size = 0
  if (most === 0) return
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    if (size >= most) return
  }
}

/** What a fault makes of it. */
async function fate(call: Call, deed: Deed, api: Api): Promise<Answer> {
  const { strike } = call
  if (strike === undefined) return deed.apply()
  const usual = deed.promise ?? bare(500, api.desk.switches())
  const dress = (answer: Answer) => dressed(answer, strike, api)
  const pause = () => wait(strike.delay ?? 0, undefined, { signal: api.signal })
  if (strike.keepAfter !== undefined) {
    api.later(keepAfter(strike.keepAfter, deed, api.signal))
    await pause()
    return dress(usual)
  }
  if (strike.when === 'after') {
    const answer = await deed.apply()
    await pause()
    return dress(answer)
  }
  await pause()
  if (!isReplaced(strike)) return dress(await deed.apply())
  await deed.drop?.()
  return dress(usual)
}

const isReplaced = ({ status, body, cut }: Strike): boolean =>
  status !== undefined || body !== undefined || (cut !== undefined && cut !== false)

async function keepAfter(delay: number, deed: Deed, signal: AbortSignal): Promise<void> {
  try {
    await wait(delay, undefined, { signal })
  } catch {
    // The simulator closes: what was to be kept later never is.
    return deed.drop?.()
  }
  await deed.apply()
}

function dressed(answer: Answer, strike: Strike, api: Api): Answer {
  const base = strike.status === undefined ? answer : bare(strike.status, api.desk.switches())
  const headers = { ...base.headers, ...strike.headers }
  if (strike.body === undefined) return { ...base, headers }
  if (typeof strike.body !== 'string') {
    const type = { 'content-type': 'application/json', ...strike.headers }
    return { status: base.status, headers: type, body: Buffer.from(JSON.stringify(strike.body)) }
  }
  const type = strike.body.trimStart().startsWith('<') ? 'text/html' : 'application/json'
  return { status: base.status, headers: { 'content-type': type, ...strike.headers }, body: Buffer.from(strike.body) }
}
