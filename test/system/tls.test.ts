/** Connections that cannot be made secure: nothing secret and nothing of a mail is ever said on them. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { remedyFor } from '../../src/cli/check/remedies.ts'
import { Endpoint } from '../../src/oauth/endpoint.ts'
import { SmtpPost } from '../../src/post/post.ts'
import { adapter, TICKET } from '../desk/setup.ts'
import { faultOf, mailboxAt, signal } from '../imap/setup.ts'
import { type Certificate, certificate } from '../support/certificate.ts'
import { scriptedDesk } from '../support/desk.ts'
import { noticeOf } from '../support/notices.ts'
import { proxy } from '../support/proxy.ts'

const PASSWORD = 'correct-horse-battery'
const PLACE = { host: 'host', tls: 'desk.tls', usual: 'usual', credentials: 'credentials' }
const OLD = /older versions of TLS than desk\.tls\.minVersion allows/
const GREETINGS = { imap: '* OK ready\r\n', smtp: '220 relay.example ESMTP\r\n' } as const
/** Neither offers STARTTLS: somebody on the way has cut it out. */
const ANSWERS = {
  imap: (line: string) => {
    const [tag, verb] = line.split(' ')
    return verb === 'CAPABILITY' ? `* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n${tag} OK\r\n` : `${tag} BAD no\r\n`
  },
  smtp: (line: string) => (line.startsWith('EHLO') ? '250-relay.example\r\n250 AUTH PLAIN\r\n' : '502 5.5.1 no\r\n'),
} as const
type Protocol = keyof typeof GREETINGS

/** `heard` is what came out of the encryption, or as it was sent where there is none. */
async function server(protocol: Protocol, tls: Certificate | undefined, maxVersion: 'TLSv1.2' | 'TLSv1.3') {
  const heard: Buffer[] = []
  const open = new Set<Socket>()
  const serve = (socket: Socket | TLSSocket): void => {
    open.add(socket)
    socket.on('error', () => undefined).on('close', () => open.delete(socket))
    socket.write(GREETINGS[protocol])
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk)
      for (const line of chunk.toString('latin1').split('\r\n').filter(Boolean)) socket.write(ANSWERS[protocol](line))
    })
  }
  const listening = tls === undefined ? createServer(serve) : createTlsServer({ ...tls, maxVersion }, serve)
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    listening.close()
  })
  // A server that listens on TCP has an address of this shape.
  const between = await proxy({ host: '127.0.0.1', port: (listening.address() as AddressInfo).port })
  onTestFinished(() => between.close())
  return { port: between.port, heard: () => Buffer.concat(heard).toString('latin1'), wire: () => between.sent() }
}

type Case = {
  readonly tls?: Certificate
  readonly ca?: string
  readonly status: string
  /** What the server speaks at most, and we at least. */
  readonly versions?: readonly ['TLSv1.2', 'TLSv1.3']
}
const cases: Readonly<Record<string, () => Promise<Case>>> = {
  'offers no STARTTLS any more': async () => ({ status: 'none' }),
  'shows a certificate that it has signed itself': async () => ({ tls: await certificate(), status: '4.7.5' }),
  'shows a certificate that has expired': async () => {
    const tls = await certificate(undefined, 'ec', -1)
    return { tls, ca: tls.cert, status: '4.7.5' }
  },
  'shows a certificate of another host': async () => {
    const tls = await certificate(['DNS:mail.example'])
    return { tls, ca: tls.cert, status: '4.7.5' }
  },
  'speaks TLS 1.2 only, where tls.minVersion is TLSv1.3,': async () => {
    const tls = await certificate()
    return { tls, ca: tls.cert, status: '4.7.5', versions: ['TLSv1.2', 'TLSv1.3'] }
  },
}

test.each(Object.keys(cases).flatMap(name => [['imap', name] as const, ['smtp', name] as const]))(
  'an %s server that %s hears no credentials and nothing of a mail',
  async (protocol, name) => {
    const { tls, ca, status, versions } = await (cases[name] as () => Promise<Case>)()
    const { port, heard, wire } = await server(protocol, tls, versions?.[0] ?? 'TLSv1.3')
    const security = tls === undefined ? 'starttls' : 'tls'
    const common = { security, user: 'support', password: PASSWORD } as const
    const trust = { ca, cert: undefined, key: undefined, minVersion: versions?.[1], servername: undefined }
    const tried =
      protocol === 'imap'
        ? mailboxAt({ port }, { ...common, tls: trust }).refresh(signal)
        : new SmtpPost({
            ...common,
            host: '127.0.0.1',
            port,
            tls: trust,
            from: { name: '', address: 'support@example.com' },
            returnPath: null,
            clock: { now: () => new Date('2026-10-16T08:05:00Z') },
          }).send(noticeOf(), signal)
    const fault = await faultOf(tried)
    if (status === 'none') expect(['4.7.5', '4.7.10']).toContain(fault.status)
    else expect(fault.status).toBe(status)
    if (versions !== undefined) expect(remedyFor(fault, PLACE, '')).toMatch(OLD)
    if (tls !== undefined) expect(heard()).toBe('')
    expect(heard()).not.toMatch(/LOGIN|AUTH(?:ENTICATE)? |MAIL FROM|RCPT|DATA/)
    const pieces = [PASSWORD, Buffer.from(`\0support\0${PASSWORD}`).toString('base64'), 'anna@customer.example']
    for (const piece of pieces) expect(wire().includes(piece)).toBe(false)
  },
)

type Trust = { readonly ca: string | undefined; readonly minVersion: 'TLSv1.3' | undefined }
const OVER_HTTPS = {
  desk: (origin: string, tls: Trust) => adapter({ url: `${origin}/api/v1/50004`, tls }).list(TICKET, signal),
  'token endpoint': (origin: string, { ca }: Trust) =>
    new Endpoint({ ca }).grant(`${origin}/token`, { grant_type: 'client_credentials', client_secret: PASSWORD }),
} as const
const certified = Object.keys(cases).filter(name => name.includes('certificate'))

test.each([
  ...Object.keys(cases).flatMap(name => (name.includes('STARTTLS') ? [] : [['desk', name] as const])),
  ...certified.map(name => ['token endpoint', name] as const),
])('a %s that %s is asked nothing', async (which, name) => {
  const { tls, ca, versions } = await (cases[name] as () => Promise<Case>)()
  if (tls === undefined) throw new Error('there is no certificate')
  const desk = await scriptedDesk(onTestFinished, {
    tls,
    ...(versions === undefined ? {} : { maxVersion: versions[0] }),
  })
  const { origin } = new URL(desk.url)
  const fault = await faultOf(OVER_HTTPS[which](origin, { ca, minVersion: versions?.[1] }))
  expect(fault.status).toBe('4.4.1')
  if (versions !== undefined) expect(remedyFor(fault, PLACE, '')).toMatch(OLD)
  expect(desk.requests).toEqual([])
})
