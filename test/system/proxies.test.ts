/** On the way to a mailbox, a relay, a desk and a token endpoint through proxies. */
import { expect, test } from 'vitest'
import { parseSettings } from '../../src/config/parse.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { oauth2Config } from '../support/dovecot-oauth2.ts'
import { forwardProxy } from '../support/forward-proxy.ts'
import { letter } from '../support/letters.ts'
import { setup } from '../support/road.ts'
import { scriptedRelay } from '../support/smtp.ts'
import { tokenServer } from '../support/token-server.ts'

const LOGIN = ['us er', 'p@ss:word'] as const
const USERINFO = LOGIN.map(encodeURIComponent).join(':')

describeWithDovecot('mailbox, relay, desk and token endpoint', () => {
  test.each(['socks4', 'socks4a', 'socks5', 'http', 'socks5 with a password', 'http with a password'])(
    'are reached through %s',
    async kind => {
      const [scheme = ''] = kind.split(' ')
      const login = kind.includes('password') ? LOGIN : undefined
      const between = await forwardProxy(login === undefined ? {} : { login })
      const proxy = `${scheme}://${login === undefined ? '' : `${USERINFO}@`}127.0.0.1:${between.port}`
      const tokens = await tokenServer()
      const oauth2 = { tokenUrl: tokens.tokenUrl, clientId: 'me', clientSecret: 'the-client-secret', proxy }
      const road = await setup({ dovecot: { config: await oauth2Config(tokens.introspectionUrl) } })
      const [box] = road.settings.mailboxes
      const smtp = box?.notices?.smtp.port ?? 0
      const settings = parseSettings({
        ...road.written,
        mailboxes: [
          {
            name: 'support',
            host: road.imap.host,
            port: road.imap.port,
            security: 'plain',
            user: 'support',
            oauth2,
            proxy,
            backlog: 'all',
          },
        ],
        desk: { url: road.desk.url, user: road.desk.user, password: road.desk.password, proxy },
        notices: {
          from: 'Support <support@example.com>',
          smtp: { host: '127.0.0.1', port: smtp, security: 'plain', proxy },
        },
      })
      await road.post(letter({ attachments: { 'a.txt': 'first', 'setup.exe': 'MZ' } }))
      expect(await road.sweep(settings)).toBe(0)
      expect(road.desk.received).toHaveLength(1)
      expect(road.sent).toHaveLength(1)
      const ports = [tokens.port, road.imap.port, road.desk.port, smtp]
      // An address needs no 4a.
      const spoken = scheme.replace('4a', '4')
      for (const port of ports) expect(between.asked).toContain(`${spoken} 127.0.0.1:${port}`)
    },
  )

  test.each(['socks4a', 'socks5', 'http'])(
    'that speak first are heard, when their greeting comes in one packet with the yes of a %s proxy',
    async scheme => {
      const between = await forwardProxy({ together: true })
      const proxy = `${scheme}://127.0.0.1:${between.port}`
      const relay = await scriptedRelay()
      const smtp = { host: '127.0.0.1', port: relay.port, security: 'plain', proxy }
      const road = await setup({ mailbox: { proxy }, notices: { smtp } })
      await road.post(letter({ attachments: { 'a.txt': 'first', 'setup.exe': 'MZ' } }))
      expect(await road.sweep()).toBe(0)
      expect(road.desk.received).toHaveLength(1)
      expect(relay.contents).toHaveLength(1)
      expect(new Set(between.asked)).toEqual(
        new Set([road.imap.port, relay.port].map(port => `${scheme.replace('4a', '4')} 127.0.0.1:${port}`)),
      )
    },
  )

  test.each(['tls', 'starttls'] as const)(
    'with %s are made secure behind the proxy, by their own name',
    async security => {
      const between = await forwardProxy()
      const proxy = `socks5://127.0.0.1:${between.port}`
      const road = await setup({ dovecot: { security }, meddling: true })
      const { ca } = road.imap
      const [written] = (road.written as { readonly mailboxes: readonly [object] }).mailboxes
      const through = (servername: string) =>
        parseSettings({ ...road.written, mailboxes: [{ ...written, security, proxy, tls: { ca, servername } }] })
      await road.post(letter({ attachments: { 'a.txt': 'first' } }))
      expect(await road.sweep(through('other.example'))).toBe(69)
      expect(road.events.find(({ kind }) => kind === 'suspended')).toMatchObject({ status: '4.7.5' })
      road.pass(120_000)
      expect(await road.sweep(through('localhost'))).toBe(0)
      expect(road.desk.received).toHaveLength(1)
    },
  )

  test.each(['socks5', 'http'])('that a %s proxy does not connect us to are named, with the proxy', async scheme => {
    const between = await forwardProxy({ refuse: true })
    const proxy = `${scheme}://user:proxy-secret@127.0.0.1:${between.port}`
    const road = await setup({ mailbox: { proxy }, meddling: true })
    expect(await road.sweep()).toBe(69)
    const suspended = road.events.find(({ kind }) => kind === 'suspended')
    const reason = JSON.stringify(suspended)
    expect(suspended).toMatchObject({ site: 'mailbox support', status: '4.4.1' })
    expect(reason).toContain(`the proxy 127.0.0.1:${between.port} does not connect us to 127.0.0.1:${road.imap.port}`)
    expect(reason).not.toContain('proxy-secret')
  })
})
