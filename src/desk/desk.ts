/** The desk: EasyVista's REST API, put into the road's words (docs/desk-api.md says what is assumed of it). */
import type { Clock, Desk, Listed, TicketFacts } from '../gateway/ports.ts'
import type { Attachment } from '../mail/dispatch.ts'
import { Fault } from '../mail/fault.ts'
import type { TicketNumber } from '../mail/subject.ts'
import type { TlsOptions, Tunnel } from './connection.ts'
import { documentsIn } from './documents.ts'
import { Exchange } from './exchange.ts'
import { factsIn } from './facts.ts'
import { type Answer, refusal } from './faults.ts'
import { fieldOf, names, objectIn } from './json.ts'
import { type Encoding, upload } from './upload.ts'

/** Durations in milliseconds. */
export type EasyVistaOptions = {
  /** `https://HOST/api/v1/ACCOUNT`; a slash after it and a path before it are fine. */
  readonly url: string
  /** Basic, with `password`; or `token` as Bearer, which wins. */
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly token?: string | undefined
  readonly encoding: Encoding
  /** From the last octet sent to the whole answer. */
  readonly timeout: number
  /** No octet of an upload went out, none of a download came in. */
  readonly stall: number
  /** One upload, or one download, in all. */
  readonly maxUpload: number
  /** Uploads at once; twice as many questions may be asked beside them. More wait, and their deadlines do not run meanwhile. */
  readonly concurrency: number
  readonly tls: TlsOptions
  /** Through a proxy. */
  readonly tunnel?: Tunnel | undefined
  /** Numbers, GUIDs or labels of statuses that count as closed, besides an end date. */
  readonly closedStatuses: readonly string[]
}

export class EasyVista implements Desk {
  readonly site: string
  readonly #options: EasyVistaOptions
  readonly #clock: Clock
  readonly #exchange: Exchange
  readonly #path: string
  /** What the last answer's Date said, beside our own clock. */
  #dated: { readonly theirs: Date; readonly ours: Date } | undefined

  /** The clock is for a Retry-After that names a date. */
  constructor(options: EasyVistaOptions, clock: Clock) {
    const { origin, pathname } = new URL(options.url)
    this.#options = options
    this.#clock = clock
    this.#path = pathname.replace(/\/+$/, '')
    this.site = `${origin}${this.#path}`
    this.#exchange = new Exchange({ ...options, origin, authorization: authorization(options) })
  }

  /** 201 with JSON whose HREF ends in this ticket, after the last octet of the file was sent, is the only success. */
  async attach(
    ticket: TicketNumber,
    attachment: Attachment,
    file: string,
    description: string,
    signal: AbortSignal,
  ): Promise<void> {
    const content = await upload(this.#options.encoding, attachment, file, description)
    const { answer, whole } = await this.#exchange.post(`${this.#requests(ticket)}/documents`, content, signal)
    const accepted = answer.status === 201 && names(fieldOf(objectIn(answer.text), 'HREF'), ticket)
    if (!accepted || !whole) throw this.#refusal(answer, 'POST')
  }

  async list(ticket: TicketNumber, signal: AbortSignal): Promise<readonly Listed[] | 'denied'> {
    const answer = await this.#get(`${this.#requests(ticket)}/documents`, signal)
    const documents = answer.status === 200 ? documentsIn(answer.text, ticket) : 'foreign'
    if (documents === 'unreadable') throw new Fault('4.4.2', 'the desk lists a document without a name or number')
    return documents === 'foreign' ? this.#denied(answer) : documents
  }

  async ticket(ticket: TicketNumber, signal: AbortSignal): Promise<TicketFacts | 'denied'> {
    const answer = await this.#get(this.#requests(ticket), signal)
    const facts = answer.status === 200 ? factsIn(answer.text, ticket, this.#options.closedStatuses) : undefined
    return facts ?? this.#denied(answer)
  }

  /** Builds before 2023.1 know only the second route. */
  async hash(
    ticket: TicketNumber,
    id: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<string | 'denied' | undefined> {
    const document = `documents/${encodeURIComponent(id)}`
    const hash = await this.#hash(`${this.#requests(ticket)}/${document}`, limit, signal)
    return hash === 'denied' ? this.#hash(`${this.#path}/${document}`, limit, signal) : hash
  }

  /**
   * Whether the profile may download at all: a document that is there is handed out, one that is not is disowned in the desk's own words,
   * and only a route that is forbidden (or not there) says neither. Reads at most the first octets of the answer.
   */
  async mayDownload(ticket: TicketNumber, id: string, signal: AbortSignal): Promise<boolean> {
    const document = `documents/${encodeURIComponent(id)}`
    for (const path of [`${this.#requests(ticket)}/${document}`, `${this.#path}/${document}`]) {
      const downloaded = await this.#exchange.download(path, 0, signal)
      if (downloaded.kind === 'hash' || downloaded.kind === 'large') return true
      if (downloaded.kind !== 'answer') continue
      const fault = this.#refusal(downloaded.answer, 'GET')
      if (fault === 'denied' || fault.status === '4.3.5') continue
      if (fault.status === '5.1.1') return true
      throw fault
    }
    return false
  }

  /** How far the desk's clock is ahead of ours, in milliseconds, by the last answer to a question; undefined when none bore a Date. */
  get ahead(): number | undefined {
    return this.#dated === undefined ? undefined : this.#dated.theirs.getTime() - this.#dated.ours.getTime()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#exchange[Symbol.asyncDispose]()
  }

  async #get(path: string, signal: AbortSignal): Promise<Answer> {
    const answer = await this.#exchange.get(path, signal)
    const theirs = new Date(answer.header('date') ?? '')
    if (!Number.isNaN(theirs.getTime())) this.#dated = { theirs, ours: this.#clock.now() }
    return answer
  }

  /**
   * A route that is not there answers 403, 404 or a redirect. Whoever asks for a hash has just had a list, so this speaks of the route and
   * not of the desk; and octets that a proxy has packed are not the document's: no hash is better than a wrong one.
   */
  async #hash(path: string, limit: number, signal: AbortSignal): Promise<string | 'denied' | undefined> {
    const downloaded = await this.#exchange.download(path, limit, signal)
    switch (downloaded.kind) {
      case 'hash':
        return downloaded.sha256
      case 'large':
        return undefined
      case 'packed':
        return 'denied'
      case 'answer': {
        const { status } = downloaded.answer
        const noRoute = status === 404 || (status >= 300 && status < 400)
        return noRoute ? 'denied' : this.#denied(downloaded.answer)
      }
    }
  }

  #denied(answer: Answer): 'denied' {
    const fault = this.#refusal(answer, 'GET')
    if (fault === 'denied') return fault
    throw fault
  }

  #refusal(answer: Answer, verb: 'GET' | 'POST'): Fault | 'denied' {
    return refusal(answer, verb, this.#clock.now(), text => this.#conceal(text))
  }

  /** A server that echoes the request must not bring our credentials into a log. */
  #conceal(text: string): string {
    const { password, token } = this.#options
    const secrets = [password, token, authorization(this.#options)?.split(' ')[1]]
    return secrets.reduce<string>((shown, secret) => (secret ? shown.replaceAll(secret, '***') : shown), text)
  }

  #requests(ticket: TicketNumber): string {
    return `${this.#path}/requests/${encodeURIComponent(ticket)}`
  }
}

/** RFC 7617 §2.1 in UTF-8, RFC 6750 §2.1. */
function authorization({ user, password, token }: EasyVistaOptions): string | undefined {
  if (token !== undefined) return `Bearer ${token}`
  return user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`
}
