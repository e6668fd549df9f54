/** A small real proxy for tests: SOCKS 4, 4a, 5 and HTTP CONNECT on one port, told apart by their first octet. Every name is this machine. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export type ForwardProxy = {
  readonly port: number
  /** `socks5 imap.example:143`, in order. */
  readonly asked: readonly string[]
}

/** @param login user and password it insists on; `refuse`: it connects to nobody; `together`: its yes goes out in one packet with the server's greeting */
export async function forwardProxy(
  options: { readonly login?: readonly [string, string]; readonly refuse?: true; readonly together?: true } = {},
): Promise<ForwardProxy> {
  const asked: string[] = []
  const open = new Set<Socket>()
  const server = createServer(client => {
    keep(client, open)
    const join = (kind: string, host: string, port: number, yes: Buffer, no: Buffer): void => {
      asked.push(`${kind} ${host}:${port}`)
      if (options.refuse) return void client.end(no)
      const upstream = keep(connect(port, '127.0.0.1'), open)
      upstream.once('connect', () => {
        const begin = (greeting: Buffer): void => {
          client.write(Buffer.concat([yes, greeting]))
          client.pipe(upstream).pipe(client)
        }
        if (options.together) upstream.once('data', begin)
        else begin(Buffer.alloc(0))
      })
      upstream.once('close', () => client.destroy())
      client.once('close', () => upstream.destroy())
    }
    client.once('data', first => {
      if (first[0] === 4) four(first, join)
      else if (first[0] === 5) five(client, first, options.login, join)
      else http(client, first, options.login, join)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  // A server that listens on TCP has an address of this shape.
  return { port: (server.address() as AddressInfo).port, asked }
}

type Join = (kind: string, host: string, port: number, yes: Buffer, no: Buffer) => void

function keep(socket: Socket, open: Set<Socket>): Socket {
  open.add(socket)
  return socket.on('error', () => undefined).on('close', () => open.delete(socket))
}

/** An address 0.0.0.x means that a name follows the user (4a). */
function four(request: Buffer, join: Join): void {
  const address = request.subarray(4, 8)
  const named = address[0] === 0 && address[1] === 0 && address[2] === 0
  const [, name = ''] = request.subarray(8).toString('latin1').split('\0')
  const answer = (code: number): Buffer => Buffer.from([0, code, 0, 0, 0, 0, 0, 0])
  join(named ? 'socks4a' : 'socks4', named ? name : address.join('.'), request.readUInt16BE(2), answer(90), answer(91))
}

/** RFC 1928, RFC 1929. */
function five(client: Socket, offer: Buffer, login: readonly [string, string] | undefined, join: Join): void {
  const request = (): void =>
    void client.once('data', octets => {
      const length = octets[3] === 3 ? (octets[4] ?? 0) + 1 : 4
      const raw = octets.subarray(4, 4 + length)
      const host = octets[3] === 3 ? raw.subarray(1).toString('latin1') : raw.join('.')
      const answer = (code: number): Buffer => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0])
      join('socks5', host, octets.readUInt16BE(4 + length), answer(0), answer(2))
    })
  if (login === undefined) {
    request()
    client.write(Buffer.from([5, 0]))
    return
  }
  if (!offer.subarray(2).includes(2)) return void client.end(Buffer.from([5, 0xff]))
  client.once('data', octets => {
    const user = octets.subarray(2, 2 + (octets[1] ?? 0)).toString()
    const password = octets.subarray(3 + (octets[1] ?? 0)).toString()
    const right = user === login[0] && password === login[1]
    if (right) request()
    client.write(Buffer.from([1, right ? 0 : 1]))
    if (!right) client.end()
  })
  client.write(Buffer.from([5, 2]))
}

function http(client: Socket, request: Buffer, login: readonly [string, string] | undefined, join: Join): void {
  const text = request.toString('latin1')
  const [, host = '', port = ''] = /^CONNECT (\S+):(\d+) /.exec(text) ?? []
  const given = /^proxy-authorization: Basic (.*)\r$/im.exec(text)?.[1]
  const answer = (line: string): Buffer => Buffer.from(`HTTP/1.1 ${line}\r\n\r\n`)
  const wanted = login === undefined ? undefined : Buffer.from(login.join(':')).toString('base64')
  if (wanted === given) join('http', host, Number(port), answer('200 yes'), answer('403 no'))
  else client.end(answer('407 who are you'))
}
