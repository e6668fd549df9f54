/** A token that the server does not take. */
import { expect, onTestFinished, test } from 'vitest'
import { Tokens } from '../../src/oauth/tokens.ts'
import { describeWithDovecot, dovecot } from '../support/dovecot.ts'
import { oauth2Config } from '../support/dovecot-oauth2.ts'
import { proxy } from '../support/proxy.ts'
import { tokenServer } from '../support/token-server.ts'
import { faultOf, mailboxAt, signal } from './setup.ts'

async function signedIn() {
  const endpoint = await tokenServer()
  const server = await dovecot({ config: await oauth2Config(endpoint.introspectionUrl) })
  onTestFinished(() => server.close())
  const between = await proxy(server)
  onTestFinished(() => between.close())
  const oauth2 = { tokenUrl: endpoint.tokenUrl, clientId: 'the-client', clientSecret: 'the-client-secret' }
  const tokens = new Tokens({ oauth2, clock: { now: () => new Date('2026-11-23T10:00:00Z') } })
  const accessToken = (refused?: string) => (refused === undefined ? tokens.token() : tokens.instead(refused))
  const mailbox = mailboxAt(between, { accessToken, password: '' })
  return { endpoint, between, mailbox }
}

describeWithDovecot('a token that the server does not take any more', () => {
  test('is replaced once, and nobody notices', async () => {
    const { endpoint, between, mailbox } = await signedIn()
    await mailbox.refresh(signal)
    endpoint.expire()
    between.drop()
    expect(await mailbox.refresh(signal)).toMatchObject({ folder: 'INBOX' })
    expect(endpoint.granted).toHaveLength(2)
  })

  test('when a fresh one is not taken either, means refused credentials, and no storm of tokens', async () => {
    const { endpoint, mailbox } = await signedIn()
    endpoint.refuse()
    for (const _ of [1, 2, 3]) expect(await faultOf(mailbox.refresh(signal))).toMatchObject({ status: '4.7.8' })
    expect(endpoint.granted).toHaveLength(2)
  })
})
