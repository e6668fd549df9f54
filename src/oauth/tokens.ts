/** Access tokens of one set of credentials: kept until shortly before they expire, asked for by one at a time, shared by all connections. */
import type { Clock } from '../gateway/ports.ts'
import { Fault, isFault } from '../mail/fault.ts'
import { Endpoint, type Granted, type Tunnel } from './endpoint.ts'
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

/** The refresh token to show, and what the ledger keeps. */
type Newest = { readonly token: string | undefined; readonly kept: string | undefined }

/** Clocks differ, and a token must outlive the connection that it opens. */
const EARLY = 300_000
/** A server that refused a fresh token is not shown another one so soon: that would be a login storm. */
const PAUSE = 1_800_000

export class Tokens {
  readonly #options: TokensOptions
  readonly #endpoint: Endpoint
  #held: Held | undefined
  #asking: Promise<Held> | undefined
  /** The newest refresh token that this process was given, and what was kept when it was. */
  #rotated: { readonly token: string; readonly kept: string | undefined } | undefined

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
    const { clock, hide } = this.#options
    const askedAt = clock.now().getTime()
    const granted = await (kindOf(this.#options.oauth2) === 'refresh_token' ? this.#refresh() : this.#grant(undefined))
    hide?.(granted.accessToken)
    const life = granted.lifetime - Math.min(EARLY, granted.lifetime / 2)
    this.#held = { accessToken: granted.accessToken, until: askedAt + life, askedAt, afterRefusal }
    return this.#held
  }

  /** Of several processes that refresh at once one may have had the token replaced that the others still show: what it kept is shown once. */
  async #refresh(): Promise<Granted> {
    const shown = await this.#newest()
    try {
      return await this.#replacing(shown)
    } catch (error) {
      if (!isFault(error) || error.status !== '4.7.8') throw error
      const newer = await this.#newest()
      if (newer.token === shown.token) throw error
      return await this.#replacing(newer)
    }
  }

  async #replacing({ token, kept }: Newest): Promise<Granted> {
    const { hide, keep } = this.#options
    if (token === undefined)
      throw new Fault(
        '4.7.8',
        'there is no refresh token yet: run mailclip authorize, or write one into oauth2.refreshToken',
      )
    // One that an earlier process had kept is in no configuration.
    hide?.(token)
    const granted = await this.#grant(token)
    if (granted.refreshToken === undefined || granted.refreshToken === token) return granted
    hide?.(granted.refreshToken)
    this.#rotated = { token: granted.refreshToken, kept }
    // The provider may have made the old one worthless: the new one is durable before its access token is used.
    await keep?.remember(granted.refreshToken)
    return granted
  }

  async #newest(): Promise<Newest> {
    const { keep, oauth2 } = this.#options
    const kept = await keep?.recall()
    const rotated = this.#rotated
    // It could not be kept when it came, and what is kept is worth nothing since: it is made up for before anything is asked.
    if (rotated !== undefined && kept === rotated.kept) {
      await keep?.remember(rotated.token)
      return { token: rotated.token, kept: keep === undefined ? undefined : rotated.token }
    }
    // Another process may have had it rotated, or a person may have signed in anew: what is kept is the newest.
    return { token: kept ?? rotated?.token ?? oauth2.refreshToken, kept }
  }

  async #grant(refreshToken: string | undefined): Promise<Granted> {
    const { oauth2, clock } = this.#options
    return await this.#endpoint.grant(tokenUrlOf(oauth2), await formOf(oauth2, refreshToken, clock))
  }
}
