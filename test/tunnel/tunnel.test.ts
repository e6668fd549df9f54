/** What proxies answer, and what of it is theirs. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { isFault } from '../../src/mail/fault.ts'
import { Endpoint } from '../../src/oauth/endpoint.ts'
import { SmtpPost } from '../../src/post/post.ts'
import { tunnelThrough } from '../../src/tunnel/tunnel.ts'
import { adapter, TICKET } from '../desk/setup.ts'
import { mailboxAt, signal } from '../imap/setup.ts'
import { forwardProxy } from '../support/forward-proxy.ts'
import { noticeOf } from '../support/notices.ts'

const GREETING = '220 relay.example ESMTP\r\n'

async function listening(serve: (socket: Socket) => void): Promise<number> {
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket.on('error', () => undefined))
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  // A server that listens on TCP has an address of this shape.
  return (server.address() as AddressInfo).port
}

const greeter = (): Promise<number> => listening(socket => void socket.write(GREETING))

const faultOf = (proxy: string, host = 'imap.example') =>
  tunnelThrough(proxy)(host, 143).then(
    () => 'connected',
    (error: unknown) => (isFault(error) ? `${error.status} ${error.message}` : error),
  )

test.each(['socks4', 'socks4a', 'socks5', 'http'])(
  'a greeting that comes in one packet with the yes of a %s proxy is there, however late it is read',
  async scheme => {
    const { port } = await forwardProxy({ together: true })
    const socket = await tunnelThrough(`${scheme}://127.0.0.1:${port}`)('127.0.0.1', await greeter())
    onTestFinished(() => void socket.destroy())
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
    expect(String((await once(socket, 'data'))[0])).toBe(GREETING)
  },
)

test('an answer that comes octet by octet, with a name for its address, is read to its end and no further', async () => {
  const yes = Buffer.concat([Buffer.from([5, 0, 5, 0, 0, 3, 4]), Buffer.from('name'), Buffer.from([0, 25])])
  const port = await listening(socket => {
    const octets = [...yes, ...Buffer.from(GREETING)]
    const next = (): void => {
      const octet = octets.shift()
      if (octet !== undefined) socket.setNoDelay(true).write(Buffer.from([octet]), () => setImmediate(next))
    }
    socket.once('data', next)
  })
  const socket = await tunnelThrough(`socks5://127.0.0.1:${port}`)('relay.example', 25)
  onTestFinished(() => void socket.destroy())
  let heard = ''
  for await (const chunk of socket) {
    heard += chunk
    if (heard.length >= GREETING.length) break
  }
  expect(heard).toBe(GREETING)
})

test.each([
  ['socks4a', 'relay.example', '0401 0019 00000001 6d6500 72656c61792e6578616d706c6500'],
  ['socks4', '192.0.2.7', '0401 0019 c0000207 6d6500'],
  ['socks5', '192.0.2.7', '050100 01 c0000207 0019'],
  ['socks5', '2001:db8::7', '050100 04 20010db8000000000000000000000007 0019'],
  ['socks5', '::ffff:192.0.2.7', '050100 04 00000000000000000000ffffc0000207 0019'],
  ['socks5', 'relay.example', '050100 03 0d72656c61792e6578616d706c65 0019'],
])('a %s proxy is asked for %s octet for octet as it is written', async (scheme, host, octets) => {
  const asked: Buffer[] = []
  const port = await listening(socket => {
    socket.on('data', chunk => {
      asked.push(chunk)
      if (scheme === 'socks5' && asked.length === 1) socket.write(Buffer.from([5, 0]))
      else socket.end(scheme === 'socks5' ? Buffer.from([5, 5, 0, 1]) : Buffer.from([0, 91, 0, 0, 0, 0, 0, 0]))
    })
  })
  const fault = await tunnelThrough(`${scheme}://me@127.0.0.1:${port}`)(host, 25).catch(error => error)
  expect(String(fault)).toMatch(/the connection was refused|it refuses \(SOCKS 4 code 91\)/)
  expect(asked.at(-1)?.toString('hex')).toBe(octets.replaceAll(' ', ''))
})

test('a proxy that wants a password, or another one, says so', async () => {
  const { port } = await forwardProxy({ login: ['user', 'proxy-secret'] })
  const wants = 'it wants a user and password in the proxy address'
  expect(await faultOf(`http://127.0.0.1:${port}`)).toContain(`HTTP 407 (${wants})`)
  expect(await faultOf(`socks5://127.0.0.1:${port}`)).toContain(wants)
  const wrong = await faultOf(`socks5://user:another-secret@127.0.0.1:${port}`)
  expect(wrong).toContain('it does not accept the user and password in the proxy address')
  expect(wrong).not.toContain('another-secret')
})

test('a proxy that hangs up, is none, or cannot speak of the address, is named', async () => {
  const deaf = await listening(socket => void socket.end())
  const web = await listening(socket => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  expect(await faultOf(`socks5://127.0.0.1:${deaf}`)).toBe(
    `4.4.1 the proxy 127.0.0.1:${deaf} does not connect us to imap.example:143: it hung up`,
  )
  expect(await faultOf(`socks5://127.0.0.1:${web}`)).toContain('it is no SOCKS 5 proxy')
  expect(await faultOf(`socks4a://127.0.0.1:${web}`, '2001:db8::7')).toContain('SOCKS 4 knows no IPv6 addresses')
})

/** Each goes to a server that listens on this machine, and would be glad of it. */
const WAYS = {
  mailbox: (port: number, tunnel: Tunnel) => mailboxAt({ port }, { tunnel }).refresh(signal),
  relay: (port: number, tunnel: Tunnel) =>
    new SmtpPost({
      ...{ host: '127.0.0.1', port, security: 'plain', tunnel, returnPath: null },
      from: { name: '', address: 'support@example.com' },
      clock: { now: () => new Date('2026-10-16T08:05:00Z') },
    }).send(noticeOf(), signal),
  desk: (port: number, tunnel: Tunnel) =>
    adapter({ url: `http://127.0.0.1:${port}/api/v1/50004`, tunnel }).list(TICKET, signal),
  'token endpoint': (port: number, tunnel: Tunnel) =>
    new Endpoint({ tunnel }).grant(`http://127.0.0.1:${port}/token`, { grant_type: 'client_credentials' }),
} as const
type Tunnel = ReturnType<typeof tunnelThrough>

test.each(Object.entries(WAYS))('a %s is never spoken to past a proxy that does not connect us', async (_, way) => {
  let spokenTo = 0
  const port = await listening(socket => {
    spokenTo += 1
    socket.destroy()
  })
  const between = await forwardProxy({ refuse: true })
  const failure: unknown = await way(port, tunnelThrough(`http://127.0.0.1:${between.port}`)).catch(error => error)
  expect([isFault(failure) && failure.status, String(failure)]).toEqual([
    '4.4.1',
    expect.stringContaining(`the proxy 127.0.0.1:${between.port} does not connect us`),
  ])
  expect(spokenTo).toBe(0)
})
