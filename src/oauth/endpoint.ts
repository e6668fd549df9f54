/** The token endpoint: one POST, and what its answers mean (RFC 6749 §5). Only `invalid_grant` is a refusal. */
import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { Fault } from '../mail/fault.ts'

/** Opens a connection through a proxy. */
export type Tunnel = (host: string, port: number) => Promise<Socket>

export type Granted = {
  readonly accessToken: string
  /** Milliseconds. */
  readonly lifetime: number
  /** Given when the old one must not be used any more. */
  readonly refreshToken: string | undefined
}

export type Answered = { readonly status: number; readonly said: Readonly<Record<string, unknown>> }

const PATIENCE = 30_000
const ANSWER_LIMIT = 256 * 1024
/** RFC 6749 §5.1 leaves `expires_in` to the server; both providers say an hour. */
const USUAL_LIFETIME = 3_600_000

export class Endpoint {
  readonly #ca: string | undefined
  readonly #tunnel: Tunnel | undefined

  constructor({ ca, tunnel }: { readonly ca?: string | undefined; readonly tunnel?: Tunnel | undefined } = {}) {
    this.#ca = ca
    this.#tunnel = tunnel
  }

  /** Fault 4.7.8 when the grant was refused, 4.4.1 for anything else that is not a token: wrong client, no connection, nonsense. */
  async grant(url: string, form: Readonly<Record<string, string>>): Promise<Granted> {
    const { status, said } = await this.post(url, form)
    const { access_token: accessToken, refresh_token: refreshToken } = said
    if (status === 200 && typeof accessToken === 'string' && accessToken !== '') {
      const lifetime = Number(said['expires_in']) * 1000
      return {
        accessToken,
        lifetime: lifetime > 0 ? lifetime : USUAL_LIFETIME,
        refreshToken: typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : undefined,
      }
    }
    throw refusal(new URL(url).host, status, said, Object.values(form))
  }

  /** Resolves with whatever JSON came. Fault 4.4.1 when none did. */
  async post(url: string, form: Readonly<Record<string, string>>): Promise<Answered> {
    const { origin, host, pathname, search } = new URL(url)
    const undici = await import('undici')
    const pool = new undici.Pool(origin, { connections: 1, connect: this.#connector(undici) })
    try {
      const response = await pool.request({
        method: 'POST',
        path: pathname + search,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: new URLSearchParams(form).toString(),
        signal: AbortSignal.timeout(PATIENCE),
      })
      const chunks: Buffer[] = []
      let size = 0
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > ANSWER_LIMIT) throw new Error('the answer is too long')
        chunks.push(chunk)
      }
      return { status: response.statusCode, said: objectIn(Buffer.concat(chunks).toString('utf8')) }
    } catch (error) {
      throw new Fault('4.4.1', `the token endpoint ${host} does not answer (${codeOf(error)})`)
    } finally {
      await pool.destroy()
    }
  }

  #connector({ buildConnector }: typeof import('undici')): buildConnector.connector {
    const direct = buildConnector({
      timeout: PATIENCE,
      allowH2: false,
      minVersion: 'TLSv1.2',
      ...(this.#ca === undefined ? {} : { ca: this.#ca }),
    })
    const tunnel = this.#tunnel
    if (tunnel === undefined) return direct
    return (options, callback) => {
      const secure = options.protocol === 'https:'
      tunnel(options.hostname, Number(options.port) || (secure ? 443 : 80)).then(
        httpSocket => (secure ? direct({ ...options, httpSocket }, callback) : callback(null, httpSocket)),
        (error: Error) => callback(error, null),
      )
    }
  }
}

/** `error` is a token of RFC 6749 or the provider's; the description begins with Microsoft's AADSTS number. */
export function refusal(host: string, status: number, said: Answered['said'], secrets: readonly string[]): Fault {
  const [error, description] = [said['error'], said['error_description']].map(one =>
    typeof one === 'string' ? shown(one, secrets) : '',
  )
  const words = [error, description].filter(Boolean).join(': ') || `HTTP ${status}`
  return error === 'invalid_grant'
    ? new Fault('4.7.8', `the token endpoint ${host} refuses our grant: ${words}`)
    : new Fault('4.4.1', `the token endpoint ${host} gives no token: ${words}`)
}

/** One line, bounded, without addresses and without anything we sent. */
const shown = (text: string, secrets: readonly string[]): string =>
  secrets
    .filter(secret => secret.length >= 8)
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
    .replaceAll(/[^\s<>"'@]+@[^\s<>"'@]+/g, '…')
    .replaceAll(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
    .slice(0, 200)

function objectIn(text: string): Answered['said'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Answered['said']) : {}
  } catch {
    // A page of a proxy or of a maintenance is no word of the endpoint's.
    return {}
  }
}

/** A tunnel tells which proxy refused, as a Fault. */
function codeOf(error: unknown): string {
  if (error instanceof Fault) return error.message
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'no code'
}
