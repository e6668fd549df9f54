import { expect, test } from 'vitest'
import { tellOwnEnds } from '../../src/cli/expiries.ts'
import { parseSettings } from '../../src/config/parse.ts'
import type { Event } from '../../src/gateway/events.ts'
import { certificate } from '../support/certificate.ts'

const now = () => new Date()

/** What is told of these credentials before anybody is connected to. */
function told(oauth2: object, token: string): readonly Event[] {
  const mailbox = { name: 'support', host: 'imap.example.com', user: 'support@example.com', oauth2 }
  const desk = { url: 'https://example.com/api/v1/1', token }
  const events: Event[] = []
  tellOwnEnds(parseSettings({ mailboxes: [mailbox], desk, notices: null }), {
    clock: { now },
    observe: event => events.push(event),
  })
  return events
}

const APPLICATION = { provider: 'microsoft', tenant: 'contoso.onmicrosoft.com', clientId: 'an-id' }
const jwt = (claims: object): string =>
  ['{"alg":"none"}', JSON.stringify(claims), ''].map(one => Buffer.from(one).toString('base64url')).join('.')

test('the end of an OAuth application’s certificate and of a desk’s token that tells it are told at the start', async () => {
  const { cert, key } = await certificate()
  const exp = Math.floor(Date.now() / 1000) + 20 * 86_400 + 60
  expect(told({ ...APPLICATION, clientCertificate: key + cert }, jwt({ exp }))).toEqual([
    { kind: 'expires', site: 'mailbox support', what: 'our certificate', at: expect.any(Date), days: 1 },
    {
      kind: 'expires',
      site: expect.stringMatching(/^desk https:\/\/example\.com/),
      what: 'token',
      at: new Date(exp * 1000),
      days: 20,
    },
  ])
})

test.each(['opaque', 'a.b.c', jwt({ sub: 'mailclip' }), jwt({ exp: 'soon' })])(
  'nothing is told of a token that does not tell its end: %s',
  token => {
    expect(told({ ...APPLICATION, clientSecret: 'secret' }, token)).toEqual([])
  },
)
