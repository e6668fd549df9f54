/** What a relay's answers and silences mean: one table from SMTP and nodemailer to faults. */
import { Fault, type Scope } from '../mail/fault.ts'
import type { Status } from '../mail/status.ts'

/** How far a notice had come: `offered`: logged in, the transaction begun; `dotted`: its end was handed to the connection. */
export type Progress = { readonly offered: boolean; readonly dotted: boolean }

/** What nodemailer tells with an error (its errors.js and smtp-connection). */
type Told = {
  readonly code: string | undefined
  readonly command: string | undefined
  readonly response: string
  readonly reply: number | undefined
  /** Of the system error below, `ECONNREFUSED`. */
  readonly cause: string | undefined
}

/**
 * Scope `post` concerns every notice, `mail` this one alone (a recipient or a text that was refused), or perhaps so: a relay that breaks off in the
 * midst of a notice may do it for its recipient or its words.
 * `applied: 'maybe'` exactly when the end of the content had gone out and no answer came.
 */
export function faultOf(error: unknown, progress: Progress, signal: AbortSignal): Fault {
  const told = toldBy(error)
  const { reply, command, code } = told
  const fail = (status: Status, reason: string, scope: Scope = 'post'): Fault =>
    new Fault(status, reason, { scope, applied: 'no', cause: causeOf(told) })
  // Greeting, sign-in and return path are the same for every notice.
  if (reply === 421) {
    const midst = progress.offered && command !== 'MAIL FROM'
    return fail('4.3.2', `the relay is closing ${said(told, reply)}`, midst ? 'mail' : 'post')
  }
  if (reply !== undefined) return refusal(told, reply, fail)
  if (progress.dotted) {
    const reason = 'the connection to the relay ended before it said whether it had taken the notice'
    return new Fault('4.4.2', reason, { scope: 'post', applied: 'maybe', cause: causeOf(told) })
  }
  if (signal.aborted) return fail('4.4.2', 'the sending of the notice was stopped')
  if (code === 'ETLS' || isCertificate(told)) return fail('4.7.5', 'no secure connection to the relay could be made')
  if (code === 'EAUTH') return fail('4.7.8', 'the relay and we have no common way to log in')
  if (code === 'EENVELOPE') return fail('5.1.3', 'the address is none that can be written to', 'mail')
  if (code === 'EMESSAGE' && command === 'MAIL FROM')
    return fail('5.3.4', 'the relay takes no mail of this size', 'mail')
  if (progress.offered)
    return fail('4.4.2', 'the connection to the relay broke before the notice was handed over', 'mail')
  return fail('4.4.1', 'the relay does not answer')
}

/** A permanent answer that is about the sender `<>`: at MAIL FROM, or later with a status that says so (RFC 3463 §3.2, Exchange's 5.7.60). */
export function isAboutReturnPath(error: unknown): boolean {
  const { command, reply = 0, response } = toldBy(error)
  // 503 is about the session, 530 and 535 are about the login.
  if (reply < 500 || [503, 530, 535].includes(reply)) return false
  return command === 'MAIL FROM' || ['5.1.7', '5.1.8', '5.7.60'].includes(enhanced(response) ?? '')
}

function refusal(told: Told, reply: number, fail: (status: Status, reason: string, scope?: Scope) => Fault): Fault {
  const { command = '' } = told
  const says = said(told, reply)
  if (command === 'STARTTLS') return fail('4.7.10', `the relay offers no STARTTLS ${says}`)
  if (command.startsWith('AUTH'))
    return reply >= 500
      ? fail('4.7.8', `the relay does not accept our credentials ${says}`)
      : fail('4.4.1', `the relay cannot check our credentials now ${says}`)
  if (reply === 530 || reply === 535) return fail('4.7.8', `the relay wants other credentials ${says}`)
  switch (command) {
    case 'MAIL FROM':
      return fail(statusOf(told, reply, '1.8'), `the relay refused the return path ${says}`)
    case 'RCPT TO':
      return fail(statusOf(told, reply, reply < 500 ? '2.0' : '1.1'), `the relay refused the recipient ${says}`, 'mail')
    case 'DATA':
      return fail(statusOf(told, reply, '6.0'), `the relay refused the notice ${says}`, 'mail')
    default:
      // Greeting and EHLO: the relay talks to nobody now, whatever class it gives that.
      return fail('4.4.1', `the relay takes no mail now ${says}`)
  }
}

const said = ({ response }: Told, reply: number): string => `(${[reply, enhanced(response)].filter(Boolean).join(' ')})`

/** The relay's own enhanced status where its class agrees with the reply (RFC 2034 §4), else `otherwise` in that class. 503 passes: it is about the session. */
function statusOf({ response }: Told, reply: number, otherwise: `${number}.${number}`): Status {
  const own = enhanced(response)
  const level = reply >= 500 && reply !== 503 ? 5 : 4
  // Two classes only come here, and the pattern of `enhanced` gives three numbers.
  return own?.startsWith(`${level}.`) === true ? (own as Status) : (`${level}.${otherwise as `${number}`}` as Status)
}

const enhanced = (response: string): string | undefined => /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1]

const isCertificate = ({ cause = '' }: Told): boolean =>
  /^(?:ERR_TLS|ERR_SSL|EPROTO$|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/.test(cause)

/** A bounded piece of the answer, without the addresses relays like to repeat. */
const causeOf = ({ code, command, cause, response }: Told): string =>
  [
    code,
    command,
    cause,
    response
      .replace(/[^\s<>]+@[^\s<>]+/g, '…')
      .replace(/\p{Cc}+/gu, ' ')
      .slice(0, 300),
  ]
    .filter(Boolean)
    .join(', ')

function toldBy(error: unknown): Told {
  const { code, command, response, responseCode, originalCode } = Object(error) as Readonly<Record<string, unknown>>
  const reply = typeof responseCode === 'number' && responseCode >= 400 && responseCode < 600 ? responseCode : undefined
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  return { code: text(code), command: text(command), response: text(response) ?? '', reply, cause: text(originalCode) }
}
