/** The first refresh token: a person signs in, by a code or in a browser. */
import { expect, test } from 'vitest'
import { byBrowser, byDevice } from '../../src/oauth/authorize.ts'
import { Endpoint } from '../../src/oauth/endpoint.ts'
import { tokenServer } from '../support/token-server.ts'

const PENDING = { status: 400, body: { error: 'authorization_pending' } }

async function setup() {
  const server = await tokenServer()
  const said: string[] = []
  const { tokenUrl, deviceUrl, authorizeUrl } = server
  const secret = { clientId: 'client', clientSecret: 'the-client-secret', scope: 'imap offline_access' }
  const asking = {
    oauth2: { ...secret, tokenUrl, deviceUrl, authorizeUrl, grant: 'refresh_token' as const },
    endpoint: new Endpoint(),
    clock: { now: () => new Date() },
    say: (line: string) => void said.push(line),
    signal: new AbortController().signal,
  }
  return { server, asking, said }
}

test('a person enters the code on another device, and the wait ends with the token', async () => {
  const { server, asking, said } = await setup()
  server.will(PENDING, PENDING)
  expect(await byDevice(asking, server.deviceUrl)).toBe('refresh-token-0')
  const page = 'https://provider.example/device'
  expect(said).toEqual([`Open ${page} on any device, enter the code ABCD-EFGH and sign in as the mailbox.`])
  expect(server.asked).toHaveLength(3)
})

test('a provider that wants to be asked more slowly is heeded (RFC 8628 §3.5)', async () => {
  const { server, asking } = await setup()
  server.will({ status: 400, body: { error: 'slow_down' } })
  const began = performance.now()
  expect(await byDevice(asking, server.deviceUrl)).toBe('refresh-token-0')
  // Five seconds more, and not less.
  expect(performance.now() - began).toBeGreaterThan(4_900)
})

test.each(['expired_token', 'access_denied'])('a code that ends with %s is said', async error => {
  const { server, asking } = await setup()
  server.will(PENDING, { status: 400, body: { error } })
  const fault = { status: '4.7.8', message: expect.stringContaining(error) }
  await expect(byDevice(asking, server.deviceUrl)).rejects.toMatchObject(fault)
})

test('a browser that comes back with the code and our state brings the token, and nobody else does', async () => {
  const { server, asking, said } = await setup()
  const granting = byBrowser(asking, server.authorizeUrl, 0)
  await expect.poll(() => said).toHaveLength(1)
  const page = new URL(said[0]?.split('\n')[1] ?? '')
  const { redirect_uri: back, state, code_challenge: challenge = '', scope } = Object.fromEntries(page.searchParams)
  expect(scope).toBe('imap offline_access')
  server.consent('the-code', challenge)
  expect((await fetch(`${back}?state=guessed&code=planted`)).status).toBe(400)
  expect(await (await fetch(`${back}?state=${state}&code=the-code`)).text()).toContain('You may close this window')
  expect(await granting).toBe('refresh-token-0')
})

test('a person who says no is heard', async () => {
  const { server, asking, said } = await setup()
  const granting = byBrowser(asking, server.authorizeUrl, 0)
  const message = 'the provider granted nothing (access_denied)'
  const refused = expect(granting).rejects.toMatchObject({ status: '4.7.8', message })
  await expect.poll(() => said).toHaveLength(1)
  const { searchParams: page } = new URL(said[0]?.split('\n')[1] ?? '')
  await fetch(`${page.get('redirect_uri')}?state=${page.get('state')}&error=access_denied`)
  await refused
})
