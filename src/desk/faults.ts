/** What the desk's answers, and its silences, mean in mail terms: one table, so that it can be read and argued about (docs/desk-api.md prints it). */
import { type Applied, Fault, type Scope } from '../mail/fault.ts'
import type { Status } from '../mail/status.ts'
import { fieldOf, objectIn } from './json.ts'

/** One whole answer. `text` is undefined when the body broke off or was over the limit: then it proves nothing. */
export type Answer = {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly text: string | undefined
}

/** A POST may have been applied whatever we heard; a GET changes nothing. */
export type Verb = 'GET' | 'POST'

type Meaning = { readonly status: Status; readonly scope: Scope; readonly applied: Applied; readonly reason: string }

export type Row = {
  readonly answer: string
  readonly fits: (answer: Answer) => boolean
  readonly GET: Meaning | 'denied'
  readonly POST: Meaning
}

const means = (status: Status, scope: Scope, applied: Applied, reason: string): Meaning => ({
  status,
  scope,
  applied,
  reason,
})
const is =
  (...statuses: readonly number[]) =>
  (answer: Answer): boolean =>
    statuses.includes(answer.status)
const from =
  (first: number, last: number) =>
  (answer: Answer): boolean =>
    answer.status >= first && answer.status <= last

const unknown = means('5.1.1', 'mail', 'no', 'the desk knows no such ticket')
const credentials = means('4.7.8', 'desk', 'no', 'the desk does not accept our credentials')
const certificate = means('4.7.8', 'desk', 'no', 'the web server before the desk wants a client certificate')
const foreign = means('4.3.5', 'desk', 'no', 'something answers that is not the desk')
const elsewhere = 'the desk sends us elsewhere; redirects are never followed'
const slower = means('4.4.5', 'desk', 'no', 'the desk asks us to slow down')
const failed = 'the desk failed'
const unproven = 'the answer does not prove that the desk has the file'
const away = 'the desk is not taking requests'
const refused = 'the desk refused for a reason that is not in the mail'
const broken = 'the answer broke off'

/**
 * The first row that fits decides; 201 with the ticket's HREF (POST) and a readable 200 (GET) never come here.
 * 590 is EasyVista's own: a rejection that was seen after the request had been carried out, so it is looked for first. 409 and 408 likewise.
 */
export const ANSWERS: readonly Row[] = [
  { answer: '404, 500 or 200 with JSON `Resource not found`', fits: disowns, GET: unknown, POST: unknown },
  {
    answer: '404 that breaks off',
    fits: answer => answer.status === 404 && answer.text === undefined,
    GET: means('4.4.2', 'mail', 'no', broken),
    POST: means('4.4.2', 'mail', 'maybe', broken),
  },
  {
    answer: '2xx that breaks off',
    fits: answer => from(200, 299)(answer) && answer.text === undefined,
    GET: means('4.4.2', 'mail', 'no', broken),
    POST: means('4.4.2', 'mail', 'maybe', broken),
  },
  { answer: 'other 2xx', fits: from(200, 299), GET: foreign, POST: means('4.4.2', 'mail', 'maybe', unproven) },
  {
    answer: '3xx',
    fits: from(300, 399),
    GET: means('4.3.5', 'desk', 'no', elsewhere),
    POST: means('4.3.5', 'desk', 'maybe', elsewhere),
  },
  { answer: '400 of a web server that wants a client certificate', fits: wants, GET: certificate, POST: certificate },
  { answer: '401', fits: is(401), GET: credentials, POST: credentials },
  // Rights are per route and method, and unknown paths answer 403 too: only a look at the ticket tells whether the site is shut or this request.
  {
    answer: '403',
    fits: is(403),
    GET: 'denied',
    POST: means('4.7.1', 'attachment', 'no', 'the desk does not let us attach this'),
  },
  { answer: 'other 404', fits: is(404), GET: foreign, POST: foreign },
  {
    answer: '408, 409',
    fits: is(408, 409),
    GET: means('4.4.2', 'mail', 'no', failed),
    POST: means('4.4.2', 'mail', 'maybe', unproven),
  },
  {
    answer: '413',
    fits: is(413),
    GET: means('5.3.0', 'mail', 'no', refused),
    POST: means('5.2.3', 'attachment', 'no', 'the desk finds the attachment too large'),
  },
  {
    answer: '400, 415, 422',
    fits: is(400, 415, 422),
    GET: means('5.3.0', 'mail', 'no', refused),
    POST: means('5.6.1', 'attachment', 'no', 'the desk takes no such file'),
  },
  { answer: '429', fits: is(429), GET: slower, POST: slower },
  {
    answer: 'other 4xx',
    fits: from(400, 499),
    GET: means('5.3.0', 'mail', 'no', refused),
    POST: means('5.3.0', 'attachment', 'no', refused),
  },
  // A server that says when to come back has looked at the request and put it off; a bare 503 may come from a proxy whose backend went on.
  {
    answer: '503 with Retry-After',
    fits: answer => answer.status === 503 && answer.header('retry-after') !== undefined,
    GET: means('4.3.2', 'desk', 'no', away),
    POST: means('4.3.2', 'desk', 'no', away),
  },
  {
    answer: 'other 503',
    fits: is(503),
    GET: means('4.3.2', 'desk', 'no', away),
    POST: means('4.3.2', 'desk', 'maybe', away),
  },
  {
    answer: '590',
    fits: is(590),
    GET: means('4.4.2', 'mail', 'no', failed),
    POST: means('5.3.0', 'attachment', 'maybe', 'the desk rejected the upload'),
  },
  {
    answer: 'other 5xx',
    fits: from(500, 999),
    GET: means('4.4.2', 'mail', 'no', failed),
    POST: means('4.4.2', 'mail', 'maybe', unproven),
  },
]

const NONSENSE: Row = {
  answer: 'anything else',
  fits: () => true,
  GET: means('4.4.2', 'mail', 'no', broken),
  POST: means('4.4.2', 'mail', 'maybe', unproven),
}

/**
 * The fault an answer stands for; `denied` for 403 on GET. The cause is `HTTP 590: ` and the first 512 characters of the answer,
 * `conceal` having taken out what must not be shown.
 */
export function refusal(answer: Answer, verb: Verb, now: Date, conceal: (text: string) => string): Fault | 'denied' {
  const meaning = (ANSWERS.find(row => row.fits(answer)) ?? NONSENSE)[verb]
  if (meaning === 'denied') return 'denied'
  const retryAfter = retryAfterIn(answer, now)
  return new Fault(meaning.status, `${meaning.reason} (HTTP ${answer.status})`, {
    scope: meaning.scope,
    applied: meaning.applied,
    ...(retryAfter === undefined || meaning.scope !== 'desk' ? {} : { retryAfter }),
    cause: `HTTP ${answer.status}: ${conceal(answer.text ?? '').slice(0, 512)}`,
  })
}

/** No connection could be made, so nothing was sent: name resolution, refused or timed-out connect, certificates, a broken TLS handshake. */
export const unreachable = (cause: unknown): Fault =>
  new Fault('4.4.1', `no connection to the desk (${cause instanceof Fault ? cause.message : codeOf(cause)})`, {
    scope: 'desk',
    applied: 'no',
    cause,
  })

/** The connection was there and no whole answer came. `why` is a sentence of ours, or undefined for an error of the network's. */
export const interrupted = (applied: Applied, why: string | undefined, cause: unknown): Fault =>
  new Fault('4.4.2', why ?? `the connection to the desk broke (${codeOf(cause)})`, { scope: 'mail', applied, cause })

/** Only the desk's own JSON may disown a ticket: a gateway's 404 page says nothing about tickets. */
function disowns(answer: Answer): boolean {
  if (![200, 404, 500].includes(answer.status)) return false
  const said = objectIn(answer.text)
  return ['error', 'message'].some(name => {
    const words = fieldOf(said, name)
    return typeof words === 'string' && words.toLowerCase().includes('resource not found')
  })
}

/** nginx asks for it in the handshake, lets it pass without, and says so in a page of its own (`ssl_verify_client on`). */
function wants({ status, text = '' }: Answer): boolean {
  return status === 400 && /No required SSL certificate was sent|The SSL certificate error/.test(text)
}

const DAY = 86_400_000

/** Retry-After in milliseconds, seconds or HTTP-date (RFC 9110 §10.2.3); at most a day, whatever is asked. */
function retryAfterIn(answer: Answer, now: Date): number | undefined {
  const asked = answer.header('retry-after')?.trim()
  if (asked === undefined) return undefined
  const wait = /^\d+$/.test(asked) ? Number(asked) * 1000 : Date.parse(asked) - now.getTime()
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), DAY)
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'no code'
}
