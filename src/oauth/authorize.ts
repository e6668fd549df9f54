/** The first refresh token: a person signs in at the provider, by a code on another device (RFC 8628) or in a browser on this machine (RFC 8252). */
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../gateway/ports.ts'
import { Fault } from '../mail/fault.ts'
import { type Answered, type Endpoint, refusal } from './endpoint.ts'
import { clientOf, type OAuthOptions, scopeOf, tokenUrlOf } from './grant.ts'
import { listen } from './loopback.ts'

export type Authorizing = {
  readonly oauth2: OAuthOptions
  readonly endpoint: Endpoint
  readonly clock: Clock
  /** Tells the person what to do. */
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
/** RFC 8628 §3.5: what `slow_down` adds, and how often to ask where the provider does not say. Seconds. */
const SLOWER = 5
/** A person has this long where the provider does not say. Seconds. */
const PATIENCE = 900

/** Resolves with the refresh token. Fault 4.7.8 when the person or the provider refuses, 4.4.1 when nobody answers. */
export async function byDevice(asking: Authorizing, deviceUrl: string): Promise<string> {
  const { oauth2, endpoint, clock, say, signal } = asking
  const begun = await endpoint.post(deviceUrl, { client_id: oauth2.clientId ?? '', scope: scopeOf(oauth2) ?? '' })
  const { device_code: code, user_code: shown, expires_in: life, interval } = begun.said
  const page = begun.said['verification_uri'] ?? begun.said['verification_url']
  if (typeof code !== 'string' || typeof shown !== 'string' || typeof page !== 'string') throw refused(deviceUrl, begun)
  say(`Open ${page} on any device, enter the code ${shown} and sign in as the mailbox.`)
  let pause = Number(interval) > 0 ? Number(interval) : SLOWER
  const end = clock.now().getTime() + (Number(life) > 0 ? Number(life) : PATIENCE) * 1_000
  while (clock.now().getTime() <= end) {
    await sleep(pause * 1_000, undefined, { signal })
    const answer = await exchange(asking, { grant_type: DEVICE, device_code: code })
    if (typeof answer === 'string') return answer
    if (answer.said['error'] === 'slow_down') pause += SLOWER
    else if (answer.said['error'] !== 'authorization_pending') throw refused(tokenUrlOf(oauth2), answer)
  }
  throw new Fault('4.7.8', 'nobody entered the code in time; begin anew')
}

/** The same in a browser, which the provider sends back to the loopback: with PKCE (RFC 7636) and a state that nobody can guess. */
export async function byBrowser(asking: Authorizing, authorizeUrl: string, port: number): Promise<string> {
  const [state, verifier] = [randomBytes(24).toString('base64url'), randomBytes(48).toString('base64url')]
  await using listening = await listen(port)
  const page = new URL(authorizeUrl)
  const fields = {
    response_type: 'code',
    client_id: asking.oauth2.clientId ?? '',
    redirect_uri: listening.url,
    scope: scopeOf(asking.oauth2) ?? '',
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    // Google gives a refresh token only when it is asked for one so; others do not mind.
    access_type: 'offline',
    prompt: 'consent',
  }
  for (const [name, value] of Object.entries(fields)) page.searchParams.set(name, value)
  asking.say(`Open this address in a browser on this machine and sign in as the mailbox:\n${page}`)
  const code = await listening.code(state, asking.signal)
  const answer = await exchange(asking, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: listening.url,
    code_verifier: verifier,
  })
  if (typeof answer === 'string') return answer
  throw refused(tokenUrlOf(asking.oauth2), answer)
}

/** The refresh token, or the answer that holds none. */
async function exchange(
  { oauth2, endpoint, clock }: Authorizing,
  fields: Readonly<Record<string, string>>,
): Promise<string | Answered> {
  const answer = await endpoint.post(tokenUrlOf(oauth2), { ...fields, ...(await clientOf(oauth2, clock)) })
  if (answer.status !== 200) return answer
  const { refresh_token: refreshToken } = answer.said
  if (typeof refreshToken === 'string' && refreshToken !== '') return refreshToken
  throw new Fault('4.7.8', 'the provider gave no refresh token; let oauth2.scope hold offline_access')
}

/** Here a person waits: whatever the provider says is the end of it. */
const refused = (url: string, { status, said }: Answered): Fault =>
  new Fault('4.7.8', refusal(new URL(url).host, status, said, []).message)
