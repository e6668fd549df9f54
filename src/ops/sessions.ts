/** Who has signed in: opaque cookies, known by their hash only, forgotten when the process ends; and those who guess are slowed. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../gateway/ports.ts'

export type Session = {
  /** The name that corrections are recorded with. */
  readonly who: string
  /** What every form must bring back. */
  readonly proof: string
}

export type Entered =
  | { readonly kind: 'welcome'; readonly cookie: string }
  | { readonly kind: 'wrong' }
  /** Not even looked at; in seconds. */
  | { readonly kind: 'slow'; readonly wait: number }

const COOKIE = 'mailclip'
/** Milliseconds without a request, and in all. */
const IDLE = 4 * 3_600_000
const LONGEST = 12 * 3_600_000
const MOST = 200
const LONGEST_NAME = 60
/** Wrong tokens that cost nothing; each further one doubles the wait of its sender, up to a minute. */
const FREE = 3
const LONGEST_WAIT = 60_000

type Kept = Session & { readonly since: number; seen: number }
type Failures = { count: number; until: number }

export class Sessions {
  readonly #token: string | undefined
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()
  readonly #failures = new Map<string, Failures>()

  constructor({ token, clock }: { readonly token: string | undefined; readonly clock: Clock }) {
    this.#token = token
    this.#clock = clock
  }

  /** `address`: where the visitor comes from. Without a configured token the name is enough. */
  enter(offered: string, name: string, address: string, secure: boolean): Entered {
    const now = this.#clock.now().getTime()
    const failures = this.#failures.get(address)
    if (failures !== undefined && failures.until > now)
      return { kind: 'slow', wait: Math.ceil((failures.until - now) / 1000) }
    if (this.#token !== undefined && !same(offered, this.#token)) return this.#refuse(address, now)
    this.#failures.delete(address)
    const id = randomBytes(32).toString('base64url')
    this.#keep(hashOf(id), { who: nameOf(name), proof: randomBytes(24).toString('base64url'), since: now, seen: now })
    return { kind: 'welcome', cookie: cookie(id, LONGEST / 1000, secure) }
  }

  /** The session that a request's cookie names, if it is still open. */
  of(header: string | undefined): Session | undefined {
    const key = hashOf(cookieIn(header))
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    const now = this.#clock.now().getTime()
    if (now - kept.seen > IDLE || now - kept.since > LONGEST) {
      this.#kept.delete(key)
      return undefined
    }
    kept.seen = now
    return kept
  }

  /** Ends it; answers the cookie that takes its cookie away. */
  leave(header: string | undefined): string {
    this.#kept.delete(hashOf(cookieIn(header)))
    return cookie('', 0, false)
  }

  #refuse(address: string, now: number): Entered {
    const count = (this.#failures.get(address)?.count ?? 0) + 1
    const wait = count <= FREE ? 0 : Math.min(1000 * 2 ** (count - FREE), LONGEST_WAIT)
    if (this.#failures.size >= MOST) this.#failures.clear()
    this.#failures.set(address, { count, until: now + wait })
    return { kind: 'wrong' }
  }

  /** The oldest goes when there are too many. */
  #keep(key: string, session: Kept): void {
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= MOST && oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(key, session)
  }
}

/** In constant time, whatever the lengths. */
export const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const hashOf = (id: string): string => digest(id).toString('hex')

/** One line of plain text: it goes into traces and logs. */
function nameOf(name: string): string {
  const plain = name
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return [...plain].slice(0, LONGEST_NAME).join('') || 'somebody'
}

const cookie = (value: string, age: number, secure: boolean): string =>
  `${COOKIE}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`

export function cookieIn(header: string | undefined, name = COOKIE): string {
  const own = (header ?? '').split(/;\s*/).find(one => one.startsWith(`${name}=`))
  return own?.slice(name.length + 1) ?? ''
}
