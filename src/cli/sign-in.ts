/** How connections sign in and by which way they go: tokens shared by all that have the same credentials, tunnels through proxies. */
import type { DeskSettings, MailboxSettings, OAuthSettings, SmtpSettings } from '../config/schema.ts'
import type { Clock, Facts } from '../gateway/ports.ts'
import { Fault, isFault, type Scope } from '../mail/fault.ts'
import { kindOf } from '../oauth/grant.ts'
import { keepIn } from '../oauth/keep.ts'
import { Tokens } from '../oauth/tokens.ts'
import { tunnelThrough } from '../tunnel/tunnel.ts'
import { tlsOf } from './tls.ts'

/** Where rotated refresh tokens are kept. */
export type TokenLedger = Facts & { readonly secret: string }

export class SignIns {
  readonly #clock: Clock
  readonly #ledger: TokenLedger | undefined
  readonly #hide: (secret: string) => void
  readonly #tokens = new Map<string, Tokens>()

  /** Without a ledger rotated refresh tokens are only known to this process. `hide` is told every token. */
  constructor(clock: Clock, ledger: TokenLedger | undefined, hide: (secret: string) => void = () => {}) {
    this.#clock = clock
    this.#ledger = ledger
    this.#hide = hide
  }

  /** Options of the IMAP adapter. */
  imap = (box: MailboxSettings) => ({
    ...box,
    tls: tlsOf(box.tls),
    tunnel: tunnelOf(box.proxy),
    accessToken: this.#accessFor(box.oauth2, box.user, 'mailbox'),
  })

  /** Options of the SMTP adapter, without those of notices. */
  smtp = (smtp: SmtpSettings) => ({
    ...smtp,
    tls: tlsOf(smtp.tls),
    tunnel: tunnelOf(smtp.proxy),
    accessToken: this.#accessFor(smtp.oauth2, smtp.user ?? '', 'post'),
  })

  #accessFor(oauth2: OAuthSettings | undefined, user: string, scope: Scope) {
    if (oauth2 === undefined) return undefined
    const tokens = this.#of(oauth2, user)
    return async (refused?: string): Promise<string | undefined> => {
      try {
        return refused === undefined ? await tokens.token() : await tokens.instead(refused)
      } catch (error) {
        throw isFault(error) && error.scope !== 'ledger' ? new Fault(error.status, error.message, { scope }) : error
      }
    }
  }

  /** An application's tokens open all its mailboxes, a person's only one. */
  #of(oauth2: OAuthSettings, user: string): Tokens {
    const same = JSON.stringify([oauth2, kindOf(oauth2) === 'refresh_token' ? user : ''])
    const ledger = this.#ledger
    const made =
      this.#tokens.get(same) ??
      new Tokens({
        oauth2,
        clock: this.#clock,
        keep: ledger === undefined ? undefined : keepIn(ledger, oauth2, { salt: ledger.secret, user }),
        ca: oauth2.ca,
        tunnel: tunnelOf(oauth2.proxy),
        hide: this.#hide,
      })
    this.#tokens.set(same, made)
    return made
  }
}

/** The desk's options beside what is configured by key. */
export const deskWay = ({ tls, proxy }: DeskSettings) => ({ tls: tlsOf(tls), tunnel: tunnelOf(proxy) })

export const tunnelOf = (proxy: string | undefined) => (proxy === undefined ? undefined : tunnelThrough(proxy))
