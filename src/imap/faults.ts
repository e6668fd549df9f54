/** What an IMAP server's refusals, and imapflow's errors about them, mean in mail terms. */
import type { ImapFlowError } from 'imapflow'
import { Fault } from '../mail/fault.ts'
import type { Status } from '../mail/status.ts'

/** What we were about when it failed: signing in, an ordinary command, or the transfer of one mail. */
export type Doing = 'connecting' | 'asking' | 'fetching'

/** Whom we talked to, and what must never be repeated. */
export type Party = {
  readonly host: string
  readonly port: number
  readonly secrets: readonly string[]
}

const REFUSED_CERTIFICATE =
  /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH|EPROTO|STARTTLS_INJECTION)/

/** RFC 5530: the server says no for reasons that pass. */
const PASSING = new Set(['UNAVAILABLE', 'INUSE', 'SERVERBUG', 'CONTACTADMIN'])

/**
 * A Fault for whatever imapflow threw; scope `mailbox`, but for a transfer that broke (4.4.2, scope `mail`: it may be that mail's own).
 * Bugs (TypeError and the like) come back as they are. Neither message nor cause holds a secret or an address.
 */
export function faultOf(error: unknown, doing: Doing, party: Party): unknown {
  if (error instanceof Fault || !(error instanceof Error)) return error
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return error
  const [status, reason] = meaningOf(error, doing, `${party.host}:${party.port}`, party)
  const broken = doing === 'fetching' && status === '4.4.2'
  const { throttleReset } = error as ImapFlowError
  return new Fault(status, reason, {
    scope: broken ? 'mail' : 'mailbox',
    cause: detailsOf(error, party),
    ...(throttleReset === undefined ? {} : { retryAfter: throttleReset }),
  })
}

/** What the server said to the last command it refused, fit to be shown; `''` when it said nothing. */
export function wordsOf(error: ImapFlowError | undefined, party: Party): string {
  const said = error?.responseText ?? (typeof error?.response === 'string' ? error.response : error?.reason)
  const code = error?.serverResponseCode
  return clean([code === undefined ? '' : `[${code}]`, said ?? ''].join(' ').trim(), party)
}

function meaningOf(error: ImapFlowError, doing: Doing, where: string, party: Party): readonly [Status, string] {
  const { code = '', serverResponseCode = '' } = error
  const words = wordsOf(error, party)
  const said = words === '' ? '' : `: ${words}`
  if (code === 'ETHROTTLE' || serverResponseCode === 'LIMIT') return ['4.4.5', `${where} asks us to slow down${said}`]
  if (PASSING.has(serverResponseCode)) return ['4.4.1', `${where} is not available${said}`]
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code))
    return ['4.7.5', `the connection to ${where} cannot be made secure: it speaks no TLS that tls.minVersion allows`]
  if (REFUSED_CERTIFICATE.test(code)) return ['4.7.5', `the connection to ${where} cannot be made secure (${code})`]
  if (error.tlsFailed || code === 'UPGRADE_TIMEOUT' || serverResponseCode === 'PRIVACYREQUIRED')
    return ['4.7.5', `the connection to ${where} cannot be made secure${said}`]
  if (error.message === 'Unsupported authentication mechanism')
    return ['4.7.8', `${where} offers no sign-in that we can use (AUTH=OAUTHBEARER or AUTH=XOAUTH2 for oauth2)`]
  if (error.authenticationFailed) return ['4.7.8', `${where} does not accept our credentials${said}`]
  if (doing === 'connecting') return ['4.4.1', `${where} does not answer${because(code, said)}`]
  if (error.mailboxMissing || serverResponseCode === 'NONEXISTENT') return ['4.2.0', `the folder is not there${said}`]
  if (error.responseStatus !== undefined) return ['4.2.0', `${where} refused ${verbOf(error)}${said}`]
  return ['4.4.2', `the connection to ${where} broke${because(code, said)}`]
}

const because = (code: string, said: string): string => (said === '' && code !== '' ? ` (${code})` : said)

/** The command's name alone: its arguments may be credentials or a person's words. */
const verbOf = ({ executedCommand = '' }: ImapFlowError): string =>
  /^\S+ ((?:UID )?[A-Z]+)/.exec(executedCommand)?.[1] ?? 'a command'

const detailsOf = (error: ImapFlowError, party: Party): string =>
  clean(
    [error.code, error.responseStatus, error.serverResponseCode, verbOf(error), error.message]
      .filter(Boolean)
      .join(' · '),
    party,
  )

/** One line, bounded, without control characters, secrets and addresses. */
function clean(text: string, { secrets }: Party): string {
  const hidden = secrets.flatMap(secret => [secret, Buffer.from(secret).toString('base64')]).filter(Boolean)
  return hidden
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
    .replaceAll(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
    .replaceAll(/[^\s<>"@]+@[^\s<>"@]+/g, '…')
    .slice(0, 300)
}
