/** Signing in by token: a real Dovecot that asks a token server, a relay, and everything that can go wrong between them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { oauth2Config } from '../support/dovecot-oauth2.ts'
import { letter } from '../support/letters.ts'
import { configured, mailclip, rows, start } from '../support/process.ts'
import { type OwnRoad, setup } from '../support/road.ts'
import { scriptedRelay } from '../support/smtp.ts'
import { type TokenServer, type TokenServerOptions, tokenServer } from '../support/token-server.ts'

const MINUTE = 60_000
const FILES = { 'a.txt': 'first' }
type Road = OwnRoad & { readonly tokens: TokenServer; readonly oauth2: object }

async function road(
  credentials: object,
  {
    server = {},
    mechanisms = ['xoauth2', 'oauthbearer'],
    notices,
  }: {
    readonly server?: TokenServerOptions
    readonly mechanisms?: readonly ('xoauth2' | 'oauthbearer')[]
    readonly notices?: (oauth2: object) => object
  } = {},
): Promise<Road> {
  const tokens = await tokenServer(server)
  const oauth2 = { tokenUrl: tokens.tokenUrl, clientId: 'the-client', ...credentials }
  const whole = await setup({
    dovecot: { config: await oauth2Config(tokens.introspectionUrl, mechanisms) },
    mailbox: { oauth2, password: undefined },
    ...(notices === undefined ? {} : { notices: notices(oauth2) }),
  })
  return Object.assign(Object.create(whole), { tokens, oauth2 })
}

const SECRET = { clientSecret: 'the-client-secret' }
const REFRESH = { ...SECRET, refreshToken: 'refresh-token-0' }

describeWithDovecot('a mailbox that is signed in to by token', () => {
  test.each(['xoauth2', 'oauthbearer'] as const)('takes it by %s, and the mail is delivered', async mechanism => {
    const { post, sweep, desk, imap, tokens } = await road(SECRET, { mechanisms: [mechanism] })
    await post(letter({ attachments: FILES }))
    expect(await sweep()).toBe(0)
    expect(desk.received).toHaveLength(1)
    expect(tokens.asked).toMatchObject([{ grant_type: 'client_credentials', client_id: 'the-client' }])
    expect(await imap.log()).toContain(`method=${mechanism.toUpperCase()}`)
  })

  test('that expires between two mails is refreshed once by the daemon, and no mail waits', async () => {
    const { post, desk, tokens, mails, written, folder, imap } = await road(SECRET)
    const daemon = start([
      'run',
      '--config',
      await configured(folder, { ...written, schedule: '* * * * * *', retry: { first: '1s' } }),
    ])
    await post(letter({ attachments: FILES }))
    await daemon.says(/"settled"/)
    tokens.expire()
    // The server ends the session, as those do that look at the token's time.
    await imap.doveadm('kick', imap.user)
    await post(letter({ subject: 'I161026_000006', attachments: { 'b.txt': 'second' } }))
    await desk.until(() => desk.received.length === 2)
    daemon.child.kill('SIGTERM')
    const told = rows((await daemon.ended).out)
    // The end of the session itself makes the mailbox rest for a moment; nobody calls the credentials refused.
    expect(told.filter(({ event, status }) => event === 'suspended' && status === '4.7.8')).toEqual([])
    expect(told.filter(({ outcome }) => outcome === 'deferred')).toEqual([])
    expect(tokens.granted).toHaveLength(2)
    expect((await mails()).map(({ state, attempts }) => [state, attempts])).toEqual([
      ['delivered', 1],
      ['delivered', 1],
    ])
  })

  test.each([
    [
      'invalid_grant',
      { status: 400, body: { error: 'invalid_grant', error_description: 'AADSTS700082: x' } },
      77,
      '4.7.8',
    ],
    ['invalid_client', { status: 401, body: { error: 'invalid_client' } }, 69, '4.4.1'],
    ['temporarily_unavailable', { status: 503, body: { error: 'temporarily_unavailable' } }, 69, '4.4.1'],
    ['a page of HTML', { status: 502, body: '<html>Bad gateway</html>' }, 69, '4.4.1'],
  ])('rests when the token endpoint says %s, and goes on by itself', async (_, answer, code, status) => {
    const { post, sweep, pass, desk, tokens, events, mails } = await road(REFRESH)
    await post(letter({ attachments: FILES }))
    tokens.will(answer)
    expect(await sweep()).toBe(code)
    expect(events.filter(({ kind }) => kind === 'suspended')).toMatchObject([{ site: 'mailbox support', status }])
    expect(desk.received).toEqual([])
    pass(2 * MINUTE)
    expect(await sweep()).toBe(0)
    expect(await mails()).toMatchObject([{ state: 'delivered', attempts: 1 }])
  })

  test('by a refresh token that is replaced each time, is signed in to by the next process too', async () => {
    const { sweep, tokens, pass } = await road(REFRESH, { server: { rotates: true } })
    for (const _ of [1, 2, 3]) {
      expect(await sweep()).toBe(0)
      pass(2 * MINUTE)
    }
    expect(tokens.asked.map(form => form['refresh_token'])).toEqual([
      'refresh-token-0',
      'refresh-token-1',
      'refresh-token-2',
    ])
  })

  test('shares its token with the relay of the same credentials', async () => {
    const relay = await scriptedRelay({ ehlo: '250-relay.example\r\n250 AUTH XOAUTH2' })
    const smtp = { host: '127.0.0.1', port: relay.port, security: 'plain', user: 'support' }
    const { post, sweep, tokens } = await road(SECRET, { notices: oauth2 => ({ smtp: { ...smtp, oauth2 } }) })
    await post(letter({ subject: 'no number', attachments: FILES }))
    expect(await sweep()).toBe(0)
    const [token] = tokens.granted
    expect(tokens.granted).toHaveLength(1)
    const said = Buffer.from(`user=support\x01auth=Bearer ${token}\x01\x01`).toString('base64')
    expect(relay.commands).toContain(`AUTH XOAUTH2 ${said}`)
    expect(relay.contents).toHaveLength(1)
  })
})

describeWithDovecot('a mailbox that a person signs in to', () => {
  test('waits until somebody has authorized mailclip, then goes on at once; only the sealed token is in the ledger', async () => {
    const tokens = await tokenServer()
    const { tokenUrl, deviceUrl } = tokens
    const oauth2 = { tokenUrl, deviceUrl, clientId: 'the-client', ...SECRET, grant: 'refresh_token' }
    const { folder, written, post, desk } = await setup({
      dovecot: { config: await oauth2Config(tokens.introspectionUrl, ['xoauth2']) },
      mailbox: { oauth2, password: undefined },
    })
    const file = await configured(folder, written)
    await post(letter({ attachments: FILES }))
    expect(await mailclip(['sweep', '--config', file])).toMatchObject({
      code: 77,
      err: expect.stringContaining('run mailclip authorize'),
    })
    expect(await mailclip(['authorize', '--config', file])).toMatchObject({
      code: 0,
      out: 'support is authorized; the refresh token is kept in the ledger, sealed\n',
      err: expect.stringContaining('enter the code ABCD-EFGH'),
    })
    expect(
      (await readFile(join(folder, 'mailclip.db-wal')).catch(() => Buffer.alloc(0))).toString('latin1'),
    ).not.toContain('refresh-token-0')
    expect((await readFile(join(folder, 'mailclip.db'))).toString('latin1')).not.toContain('refresh-token-0')
    expect(await mailclip(['sweep', '--config', file])).toMatchObject({ code: 0 })
    expect(desk.received).toHaveLength(1)
  })

  test('has its token printed for a secret file, and nothing kept', async () => {
    const tokens = await tokenServer()
    const { tokenUrl, deviceUrl } = tokens
    const oauth2 = { tokenUrl, deviceUrl, clientId: 'the-client', ...SECRET, grant: 'refresh_token' }
    const { folder, written } = await setup({ mailbox: { oauth2, password: undefined } })
    const file = await configured(folder, written)
    expect(await mailclip(['authorize', 'support', '--print', '--config', file])).toMatchObject({
      code: 0,
      out: 'refresh-token-0\n',
    })
    expect(await mailclip(['authorize', 'sales', '--config', file])).toMatchObject({
      code: 64,
      err: expect.stringContaining('sales cannot be authorized; there are support'),
    })
  })
})
