/** What is said to token endpoints, how often, and what is kept of it. */
import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { Fault, isFault } from '../../src/mail/fault.ts'
import type { OAuthOptions } from '../../src/oauth/grant.ts'
import { type Keep, keepIn } from '../../src/oauth/keep.ts'
import { Tokens } from '../../src/oauth/tokens.ts'
import { certificate } from '../support/certificate.ts'
import { type Answer, type TokenServer, tokenServer } from '../support/token-server.ts'

const MINUTE = 60_000
const WHOSE = { salt: 'salt', user: 'support' }
const SECRET = { clientId: 'the-client', clientSecret: 'the-client-secret' }

function tokensAt(server: TokenServer, oauth2: OAuthOptions, keep?: Keep) {
  const clock = { ms: Date.parse('2026-11-23T10:00:00Z') }
  const hidden = new Set<string>()
  const hide = (secret: string): void => void hidden.add(secret)
  const options = { oauth2: { tokenUrl: server.tokenUrl, ...oauth2 }, clock: { now: () => new Date(clock.ms) } }
  return { clock, hidden, tokens: new Tokens({ ...options, keep, hide }) }
}

/** What a ledger remembers, for as long as the test. */
function facts() {
  const kept = new Map<string, string>()
  return {
    kept,
    recall: async (key: string) => kept.get(key),
    remember: async (key: string, value: string) => void kept.set(key, value),
  }
}

test('a token is used until five minutes before it expires, then exactly one is asked for, whoever comes', async () => {
  const server = await tokenServer()
  const { tokens, clock } = tokensAt(server, SECRET)
  const first = await Promise.all(Array.from({ length: 20 }, () => tokens.token()))
  expect(new Set(first).size).toBe(1)
  clock.ms += 54 * MINUTE
  expect(await tokens.token()).toBe(first[0])
  clock.ms += 2 * MINUTE
  const second = await Promise.all(Array.from({ length: 20 }, () => tokens.token()))
  expect(new Set(second).size).toBe(1)
  expect(second[0]).not.toBe(first[0])
  expect(server.asked).toHaveLength(2)
})

test('a server that refuses a fresh token too is not shown a third one', async () => {
  const server = await tokenServer()
  const { tokens } = tokensAt(server, SECRET)
  const first = await tokens.token()
  const second = (await tokens.instead(first)) ?? ''
  expect(second).not.toBe(first)
  expect(await tokens.instead(second)).toBeUndefined()
  expect(await tokens.instead(first)).toBe(second)
  expect(server.asked).toHaveLength(2)
})

test('Microsoft knows us by an assertion that the key of the certificate has signed', async () => {
  const own = await certificate(['DNS:app.example'], 'rsa')
  const server = await tokenServer({ publicKey: own.cert, now: () => new Date('2026-11-23T10:00:00Z') })
  const { tokens } = tokensAt(server, {
    provider: 'microsoft',
    tenant: 'example.onmicrosoft.com',
    clientId: 'the-client',
    clientCertificate: `${own.cert}${own.key}`,
  })
  expect(await tokens.token()).toBe(server.granted[0])
  expect(server.asked).toMatchObject([
    {
      scope: 'https://outlook.office365.com/.default',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    },
  ])
})

test('Google knows a service account by the assertion it has signed, for the mailbox it stands in for', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const server = await tokenServer({ publicKey, now: () => new Date('2026-11-23T10:00:00Z') })
  const account = { client_email: 'robot@project.example', private_key: privateKey, private_key_id: '1' }
  const serviceAccount = JSON.stringify(account)
  const { tokens } = tokensAt(server, { provider: 'google', serviceAccount, subject: 'support' })
  expect(await tokens.token()).toBe(server.granted[0])
  const stranger = tokensAt(server, { provider: 'google', serviceAccount, subject: 'somebody-else' })
  await expect(stranger.tokens.token()).rejects.toMatchObject({ status: '4.4.1' })
})

test('a refresh token that was replaced is kept encrypted, and lost when the secrets change', async () => {
  const server = await tokenServer({ rotates: true })
  const ledger = facts()
  const oauth2 = { ...SECRET, refreshToken: 'refresh-token-0' }
  const at = { tokenUrl: server.tokenUrl, ...oauth2 }
  await tokensAt(server, oauth2, keepIn(ledger, at, WHOSE)).tokens.token()
  const shown = JSON.stringify([...ledger.kept])
  for (const secret of ['refresh-token', Buffer.from('refresh-token-1').toString('base64'), 'the-client-secret'])
    expect(shown).not.toContain(secret)
  expect(await keepIn(ledger, at, WHOSE)?.recall()).toBe('refresh-token-1')
  expect(await keepIn(ledger, { ...at, clientSecret: 'another' }, WHOSE)?.recall()).toBeUndefined()
  for (const [key, value] of ledger.kept) ledger.kept.set(key, `${value.slice(0, -8)}AAAAAAA=`)
  expect(await keepIn(ledger, at, WHOSE)?.recall()).toBeUndefined()
})

test('a refresh token that could not be kept when it came is kept and shown next, not the one it replaced', async () => {
  const server = await tokenServer({ rotates: true })
  const ledger = facts()
  const oauth2 = { ...SECRET, refreshToken: 'refresh-token-0' }
  let isFull = false
  const remember = async (key: string, value: string): Promise<void> => {
    if (isFull) throw new Fault('4.3.1', 'the disk is full', { scope: 'ledger' })
    await ledger.remember(key, value)
  }
  const at = { tokenUrl: server.tokenUrl, ...oauth2 }
  const keep = keepIn({ ...ledger, remember }, at, WHOSE)
  const { tokens, clock } = tokensAt(server, oauth2, keep)
  await tokens.token()
  clock.ms += 60 * MINUTE
  isFull = true
  for (const _ of [1, 2]) await expect(tokens.token()).rejects.toMatchObject({ scope: 'ledger', status: '4.3.1' })
  isFull = false
  await tokens.token()
  expect(server.asked.map(form => form['refresh_token'])).toEqual([
    'refresh-token-0',
    'refresh-token-1',
    'refresh-token-2',
  ])
  expect(await keep?.recall()).toBe('refresh-token-3')
})

test('a refresh token that an earlier process has kept is masked as those are that come', async () => {
  const server = await tokenServer({ rotates: true })
  const ledger = facts()
  const oauth2 = { ...SECRET, refreshToken: 'refresh-token-0' }
  const keep = keepIn(ledger, { tokenUrl: server.tokenUrl, ...oauth2 }, WHOSE)
  await tokensAt(server, oauth2, keep).tokens.token()
  const { tokens, hidden } = tokensAt(server, oauth2, keep)
  await tokens.token()
  expect([...hidden]).toEqual(['refresh-token-1', 'refresh-token-2', 'access-token-2-of-this-test'])
})

test('a person who signs in anew meanwhile is heeded before a token that could not be kept', async () => {
  const server = await tokenServer({ rotates: true })
  const ledger = facts()
  const oauth2 = { ...SECRET, refreshToken: 'refresh-token-0' }
  const at = { tokenUrl: server.tokenUrl, ...oauth2 }
  const remember = (): Promise<void> => Promise.reject(new Fault('4.3.1', 'the disk is full', { scope: 'ledger' }))
  const { tokens } = tokensAt(server, oauth2, keepIn({ ...ledger, remember }, at, WHOSE))
  await expect(tokens.token()).rejects.toMatchObject({ scope: 'ledger' })
  await keepIn(ledger, at, WHOSE)?.remember('of-a-person')
  await tokens.token().catch(() => undefined)
  expect(server.asked.at(-1)).toMatchObject({ refresh_token: 'of-a-person' })
})

test('a replica whose refresh token another has had replaced at that moment shows the new one, and is not refused', async () => {
  const server = await tokenServer({ rotates: true })
  const ledger = facts()
  const oauth2 = { ...SECRET, refreshToken: 'refresh-token-0' }
  const at = { tokenUrl: server.tokenUrl, ...oauth2 }
  const keep = keepIn(ledger, at, WHOSE)
  const [one, other] = [tokensAt(server, oauth2, keep), tokensAt(server, oauth2, keep)]
  await one.tokens.token()
  let hasLooked = false
  // It looks before the other has kept the new one, and asks after.
  const slow = {
    recall: async () => {
      const kept = hasLooked ? await keep?.recall() : undefined
      hasLooked = true
      return kept
    },
    remember: async (token: string) => keep?.remember(token),
  }
  expect(await tokensAt(server, oauth2, slow).tokens.token()).toBe('access-token-2-of-this-test')
  expect(await other.tokens.token()).toBe('access-token-3-of-this-test')
})

test('what a token endpoint repeats of our secrets goes into no message', async () => {
  const server = await tokenServer()
  const { tokens } = tokensAt(server, { ...SECRET, refreshToken: 'refresh-token-0' })
  const error_description = 'refresh-token-0 of ann@example.org\r\nthe-client-secret is wrong'
  server.will({ status: 400, body: { error: 'invalid_grant', error_description } })
  const fault = await tokens.token().catch((error: unknown) => error)
  expect(isFault(fault) && fault.status).toBe('4.7.8')
  expect(String(fault)).not.toMatch(/refresh-token|the-client-secret|ann@|[\r\n]/)
})

test.each<[string, 'silent' | Answer, string]>([
  ['invalid_grant', { status: 400, body: { error: 'invalid_grant' } }, '4.7.8'],
  ['invalid_client', { status: 401, body: { error: 'invalid_client' } }, '4.4.1'],
  ['access_denied', { status: 403, body: { error: 'access_denied' } }, '4.4.1'],
  ['429', { status: 429, body: '' }, '4.4.1'],
  ['500', { status: 500, body: 'oops' }, '4.4.1'],
  ['503', { status: 503, body: { error: 'temporarily_unavailable' } }, '4.4.1'],
  ['200 without a token', { status: 200, body: { token_type: 'Bearer' } }, '4.4.1'],
  ['nothing, for it is not there', 'silent', '4.4.1'],
])('a token endpoint that answers %s refuses us only if it says invalid_grant', async (_, answer, status) => {
  const server = await tokenServer()
  if (answer !== 'silent') server.will(answer)
  const elsewhere = answer === 'silent' ? { tokenUrl: 'http://127.0.0.1:1/token' } : {}
  const { tokens } = tokensAt(server, { ...SECRET, refreshToken: 'refresh-token-0', ...elsewhere })
  await expect(tokens.token()).rejects.toMatchObject({ status })
})
