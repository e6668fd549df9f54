/** Who may look and who may do: the Host a browser believes it is talking to (DNS rebinding), the token, and where a form comes from (CSRF). */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Clock } from '../gateway/ports.ts'
import { Sessions, same } from './sessions.ts'

export type GuardOptions = {
  /** The address listened on. */
  readonly host: string
  readonly token: string | undefined
  /** Names under which a proxy in front of us serves the page. */
  readonly hosts?: readonly string[]
  readonly clock: Clock
}

/** `foreign`: this Host is not ours. `stranger`: no token and no session. */
export type Standing =
  | { readonly kind: 'foreign' }
  | { readonly kind: 'stranger' }
  | {
      readonly kind: 'known'
      readonly who: string | undefined
      readonly proof: string
      readonly by: 'bearer' | 'session' | 'nobody'
    }

export class Guard {
  readonly #options: GuardOptions
  readonly sessions: Sessions
  /** Where no token is asked for, forms are bound to this start of the process: a page elsewhere cannot read it. */
  readonly #proof = randomBytes(24).toString('base64url')

  constructor(options: GuardOptions) {
    this.#options = options
    this.sessions = new Sessions(options)
  }

  /** Whether mail data would be shown to anybody: then it is shown to nobody. */
  get exposed(): boolean {
    return this.#options.token === undefined && !isLoopback(this.#options.host)
  }

  judge({ headers }: IncomingMessage): Standing {
    const { token } = this.#options
    // A page elsewhere cannot make a browser send this header, so it vouches for any Host (a scraper's name for us).
    if (token !== undefined && same(headers.authorization ?? '', `Bearer ${token}`))
      return { kind: 'known', who: 'the token', proof: 'bearer', by: 'bearer' }
    if (!this.#ours(hostIn(headers.host))) return { kind: 'foreign' }
    const session = this.sessions.of(headers.cookie)
    if (session !== undefined) return { kind: 'known', who: session.who, proof: session.proof, by: 'session' }
    return token === undefined
      ? { kind: 'known', who: undefined, proof: this.#proof, by: 'nobody' }
      : { kind: 'stranger' }
  }

  /** Whether a form was sent from a page of ours: browsers say where from, and only our pages know the proof. */
  isOurForm(request: IncomingMessage, standing: Standing, proof: string): boolean {
    if (standing.kind !== 'known') return false
    return standing.by === 'bearer' || (this.isFromHere(request) && same(proof, standing.proof))
  }

  /** What browsers say of where a request comes from; no browser leaves both out. */
  isFromHere({ headers }: IncomingMessage): boolean {
    const site = headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin') return false
    if (headers.origin === undefined) return true
    const from = URL.parse(headers.origin)
    if (from === null) return false
    return from.host === headers.host?.toLowerCase() || this.#isNamed(from.hostname)
  }

  /** Rebinding needs a name, so addresses are fine where we listen on more than loopback. */
  #ours(host: string | undefined): boolean {
    if (host === undefined) return false
    const { host: own } = this.#options
    if (host === own.toLowerCase() || host === 'localhost' || isLoopback(host) || this.#isNamed(host)) return true
    return !isLoopback(own) && isIP(host) !== 0
  }

  #isNamed(host: string): boolean {
    return (this.#options.hosts ?? []).some(name => name.toLowerCase() === host)
  }
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

/** Without port and brackets, lower case. */
function hostIn(header: string | undefined): string | undefined {
  const found = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(header ?? '')
  return (found?.[1] ?? found?.[2])?.toLowerCase()
}
