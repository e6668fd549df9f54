/** Who may do what: credentials, account, profile, and the front server that stands before all of it. */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'
import { type Answer, forbidden, maintenance, throttled, unauthorized } from './answers.ts'
import { covers } from './faults.ts'
import type { Switches } from './switches.ts'

/** Basic when there is a user, Bearer when there is a token. */
export type Credentials = {
  readonly user: string | undefined
  readonly password: string | undefined
  readonly token: string | undefined
}

export type Asked = {
  readonly account: string | undefined
  readonly ownAccount: string
  /** `POST /requests/:rfc/documents`; undefined for a path the desk does not have. */
  readonly route: string | undefined
}

/** The answer of whoever will not let this request in; undefined when it may come in. */
export function barrier(
  request: IncomingMessage,
  asked: Asked,
  credentials: Credentials,
  switches: Switches,
): Answer | undefined {
  const front = maintenance(switches) ?? throttled(switches)
  if (front !== undefined) return front
  if (!isAuthorized(request, credentials) || asked.account !== asked.ownAccount) return unauthorized()
  const { route } = asked
  // The real one does not tell an unknown path from a forbidden one.
  if (!switches.restApi || route === undefined || switches.denied.some(one => covers(one, route))) return forbidden()
  return !switches.nested && NESTED.includes(route) ? forbidden() : undefined
}

const NESTED = ['GET /requests/:rfc/documents/:id', 'DELETE /requests/:rfc/documents/:id']

export function isAuthorized(request: IncomingMessage, { user, password, token }: Credentials): boolean {
  const [scheme = '', given = ''] = (request.headers.authorization ?? '').split(/\s+/)
  if (scheme.toLowerCase() === 'bearer') return token !== undefined && given === token
  if (scheme.toLowerCase() !== 'basic' || user === undefined) return false
  return Buffer.from(given, 'base64').toString('utf8') === `${user}:${password ?? ''}`
}

/** Whether the other end of the connection is this machine. */
export function isLocal(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress ?? ''
  return LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')
LOOPBACK.addSubnet('::ffff:127.0.0.0', 104, 'ipv6')
