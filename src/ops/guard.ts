/** Who may look: the Host a browser believes it is talking to (DNS rebinding), and the token. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

export type GuardOptions = {
  /** The address listened on. */
  readonly host: string
  readonly token: string | undefined
}

/** `foreign`: this Host is not ours. `stranger`: no token, or the wrong one. */
export type Standing = 'known' | 'stranger' | 'foreign'

const COOKIE = 'mailclip'

export class Guard {
  readonly #options: GuardOptions

  constructor(options: GuardOptions) {
    this.#options = options
  }

  /** Whether mail data may be shown without a token: only to the machine itself. */
  get exposed(): boolean {
    return this.#options.token === undefined && !isLoopback(this.#options.host)
  }

  judge(request: IncomingMessage): Standing {
    const { token } = this.#options
    const { authorization, cookie } = request.headers
    // A page elsewhere cannot make a browser send this header, so it vouches for any Host (a scraper's name for us).
    const bearer = token !== undefined && same(authorization ?? '', `Bearer ${token}`)
    if (!bearer && !this.#ours(request.headers.host)) return 'foreign'
    if (token === undefined || bearer) return 'known'
    return same(cookieIn(cookie), pass(token)) ? 'known' : 'stranger'
  }

  /** The cookie for somebody who came with `?token=`; undefined when it is not the token. The token itself is not in it. */
  welcome(offered: string): string | undefined {
    const { token } = this.#options
    if (token === undefined || !same(offered, token)) return undefined
    return `${COOKIE}=${pass(token)}; Path=/; HttpOnly; SameSite=Lax`
  }

  /** Rebinding needs a name, so addresses are fine where we listen on more than loopback. */
  #ours(header: string | undefined): boolean {
    const host = hostIn(header)
    if (host === undefined) return false
    const { host: own } = this.#options
    if (host === own.toLowerCase() || host === 'localhost' || isLoopback(host)) return true
    return !isLoopback(own) && isIP(host) !== 0
  }
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

/** Without port and brackets, lower case. */
function hostIn(header: string | undefined): string | undefined {
  const found = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(header ?? '')
  return (found?.[1] ?? found?.[2])?.toLowerCase()
}

function cookieIn(header: string | undefined): string {
  const own = (header ?? '').split(/;\s*/).find(one => one.startsWith(`${COOKIE}=`))
  return own?.slice(COOKIE.length + 1) ?? ''
}

const pass = (token: string): string => createHmac('sha256', token).update('status page').digest('hex')

/** In constant time, whatever the lengths. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
