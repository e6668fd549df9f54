/** Access tokens of one set of credentials: kept until shortly before they expire, asked for by one at a time, shared by all connections. */
import type { Clock } from '../gateway/ports.ts'
import { Fault } from '../mail/fault.ts'
import { Endpoint, type Tunnel } from './endpoint.ts'
import { formOf, kindOf, type OAuthOptions, tokenUrlOf } from './grant.ts'
import type { Keep } from './keep.ts'

export type TokensOptions = {
  readonly oauth2: OAuthOptions
  readonly clock: Clock
  /** Where refresh tokens that the provider has replaced outlive the process; without it they live as long as this object. */
  readonly keep?: Keep | undefined
  readonly ca?: string | undefined
  readonly tunnel?: Tunnel | undefined
  /** Told every token, so that it can be masked wherever it turns up. */
  readonly hide?: ((secret: string) => void) | undefined
}

type Held = {
  readonly accessToken: string
  readonly until: number
  readonly askedAt: number
  readonly afterRefusal: boolean
}

/** Clocks differ, and a token must outlive the connection that it opens. */
const EARLY = 300_000
/** A server that refused a fresh token is not shown another one so soon: that would be a login storm. */
const PAUSE = 1_800_000

export class Tokens {
  readonly #options: TokensOptions
  readonly #endpoint: Endpoint
  #held: Held | undefined
  #asking: Promise<Held> | undefined
  #rotated: string | undefined

  constructor(options: TokensOptions) {
    this.#options = options
    this.#endpoint = new Endpoint(options)
  }

  /** A token that is good for five minutes more, or half its life if that is less. Fault 4.7.8 or 4.4.1. */
  async token(): Promise<string> {
    const held = this.#held
    if (held !== undefined && this.#options.clock.now().getTime() < held.until) return held.accessToken
    return (await this.#ask(false)).accessToken
  }

  /** Another token in place of one that a server has refused; undefined when the refused one had just been asked for like this. */
  async instead(refused: string): Promise<string | undefined> {
    const held = this.#held
    if (held !== undefined && held.accessToken !== refused) return await this.token()
    if (held?.afterRefusal && this.#options.clock.now().getTime() < held.askedAt + PAUSE) return undefined
    return (await this.#ask(true)).accessToken
  }

  /** Whoever comes while one is asking waits for the same answer. */
  #ask(afterRefusal: boolean): Promise<Held> {
    this.#asking ??= this.#fetch(afterRefusal).finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #fetch(afterRefusal: boolean): Promise<Held> {
    const { oauth2, clock, hide, keep } = this.#options
    const kind = kindOf(oauth2)
    const refreshToken = kind === 'refresh_token' ? await this.#refreshToken() : undefined
    if (kind === 'refresh_token' && refreshToken === undefined)
      throw new Fault(
        '4.7.8',
        'there is no refresh token yet: run mailclip authorize, or write one into oauth2.refreshToken',
      )
    const askedAt = clock.now().getTime()
    const granted = await this.#endpoint.grant(tokenUrlOf(oauth2), await formOf(oauth2, refreshToken, clock))
    hide?.(granted.accessToken)
    if (granted.refreshToken !== undefined && granted.refreshToken !== refreshToken) {
      hide?.(granted.refreshToken)
      this.#rotated = granted.refreshToken
      // The provider may have made the old one worthless: the new one is durable before its access token is used.
      await keep?.remember(granted.refreshToken)
    }
    const life = granted.lifetime - Math.min(EARLY, granted.lifetime / 2)
    this.#held = { accessToken: granted.accessToken, until: askedAt + life, askedAt, afterRefusal }
    return this.#held
  }

  async #refreshToken(): Promise<string | undefined> {
    // Another process may have had it rotated, or a person may have signed in anew: what is kept is the newest.
    return (await this.#options.keep?.recall()) ?? this.#rotated ?? this.#options.oauth2.refreshToken
  }
}
