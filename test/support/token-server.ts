/** A token server that answers as RFC 6749, Microsoft and Google document, and tells a mail server what a token is worth (RFC 7662). */
import { createHash, createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { onTestFinished } from 'vitest'

export type TokenServer = {
  readonly url: string
  readonly port: number
  readonly tokenUrl: string
  readonly introspectionUrl: string
  readonly deviceUrl: string
  readonly authorizeUrl: string
  /** Forms posted to the token endpoint, in order. */
  readonly asked: readonly Readonly<Record<string, string>>[]
  readonly granted: readonly string[]
  /** The coming requests are answered so, then as usual. */
  will(...answers: readonly Answer[]): void
  /** The mail server takes these no longer. */
  expire(): void
  /** A person at the provider's page has let in whoever knows the verifier of this challenge. */
  consent(code: string, challenge: string): void
  /** Nor any that is still to be granted. */
  refuse(): void
}

export type Answer = { readonly status: number; readonly body: object | string }

export type TokenServerOptions = {
  /** The login that its tokens are for. */
  readonly user?: string
  readonly clientSecret?: string
  /** PEM of the certificate that signs client assertions, or of the service account's public key. */
  readonly publicKey?: string
  readonly refreshToken?: string
  /** Each refresh token is good for once. */
  readonly rotates?: boolean
  readonly now?: () => Date
}

type Form = Readonly<Record<string, string>>

export async function tokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const { user = 'support', clientSecret = 'the-client-secret', rotates = false } = options
  const asked: Form[] = []
  const granted: string[] = []
  const live = new Set<string>()
  const script: Answer[] = []
  const consents = new Map<string, string>()
  let refreshToken = options.refreshToken ?? 'refresh-token-0'
  let url = ''
  let refusing = false

  const proven = async (form: Form): Promise<boolean> => {
    const assertion = form['client_assertion'] ?? form['assertion']
    if (assertion === undefined) return form['client_secret'] === clientSecret
    const { payload } = await jwtVerify(assertion, createPublicKey(options.publicKey ?? ''), {
      audience: `${url}/token`,
      currentDate: options.now?.() ?? new Date(),
    })
    const header = decodeProtectedHeader(assertion)
    if (form['client_assertion'] === undefined) return header.alg === 'RS256' && payload.sub === user
    return header.alg === 'PS256' && typeof header['x5t#S256'] === 'string' && payload.iss === payload.sub
  }
  const answerTo = async (form: Form): Promise<Answer> => {
    const scripted = script.shift()
    if (scripted !== undefined) return scripted
    const sound = await proven(form).catch(() => false)
    if (!sound) return { status: 401, body: { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid.' } }
    if (form['grant_type'] === 'authorization_code') {
      const challenge = createHash('sha256')
        .update(form['code_verifier'] ?? '')
        .digest('base64url')
      if (consents.get(form['code'] ?? '') !== challenge) return { status: 400, body: { error: 'invalid_grant' } }
    }
    const first = /authorization_code|device_code$/.test(form['grant_type'] ?? '')
    const refreshing = form['grant_type'] === 'refresh_token'
    if (refreshing && form['refresh_token'] !== refreshToken)
      return { status: 400, body: { error: 'invalid_grant', error_description: 'AADSTS700082: expired.' } }
    if (refreshing && rotates) refreshToken = `refresh-token-${granted.length + 1}`
    const accessToken = `access-token-${granted.length + 1}-of-this-test`
    granted.push(accessToken)
    if (!refusing) live.add(accessToken)
    const body = { token_type: 'Bearer', expires_in: 3600, access_token: accessToken }
    return { status: 200, body: first || (refreshing && rotates) ? { ...body, refresh_token: refreshToken } : body }
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of request) text += chunk
    const form = Object.fromEntries(new URLSearchParams(text))
    let answer: Answer
    if (request.url?.startsWith('/introspect') === true) {
      const active = live.has(form['token'] ?? '')
      answer = { status: 200, body: active ? { active: true, username: user } : { active: false } }
    } else if (request.url === '/device') {
      const page = 'https://provider.example/device'
      const body = { device_code: 'd', user_code: 'ABCD-EFGH', verification_uri: page, expires_in: 900, interval: 0.01 }
      answer = { status: 200, body }
    } else {
      asked.push(form)
      answer = await answerTo(form)
    }
    const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body)
  }
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // A server that listens on TCP has an address of this shape.
  const { port } = server.address() as AddressInfo
  url = `http://127.0.0.1:${port}`
  return {
    url,
    port,
    tokenUrl: `${url}/token`,
    introspectionUrl: `${url}/introspect`,
    deviceUrl: `${url}/device`,
    authorizeUrl: `${url}/authorize`,
    asked,
    granted,
    will: (...answers) => void script.push(...answers),
    consent: (code, challenge) => void consents.set(code, challenge),
    expire: () => live.clear(),
    refuse: () => {
      refusing = true
      live.clear()
    },
  }
}
