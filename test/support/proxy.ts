/** A TCP proxy that spoils connections at a chosen octet: for IMAP, HTTP and SMTP alike. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * `end`: both sides get a FIN; `reset`: the client gets a RST; `stall`: the connection stays and nothing more comes;
 * `slow`: from there on each chunk waits `delay` ms.
 */
export type Mishap = {
  /** Octets that still pass, counted per connection and direction. Default 0. */
  readonly after?: number
  /** Instead: everything passes up to the chunk that holds this text (a command, an answer), or of which this is true; that does not. */
  readonly at?: string | ((text: string) => boolean)
  readonly what: 'end' | 'reset' | 'stall' | 'slow'
  readonly delay?: number
}

/** What happens to one connection; nothing named = it passes unharmed. */
export type Plan = { readonly toClient?: Mishap; readonly toServer?: Mishap }

/** By the number of the connection, from 1; or the same for all. */
export type Script = Plan | ((connection: number) => Plan)

export type Proxy = {
  readonly host: '127.0.0.1'
  readonly port: number
  /** For connections that are open too, from their next octet on. */
  script(next: Script): void
  /** Resolves at the next mishap. */
  struck(): Promise<void>
  /** How many connections there were so far. */
  connections(): number
  /** Everything clients have sent, all connections one after the other. */
  sent(): Buffer
  /** Resets every connection that is open now. */
  drop(): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The caller closes it. */
export async function proxy(
  target: { readonly host: string; readonly port: number },
  first: Script = {},
): Promise<Proxy> {
  let script = first
  let count = 0
  const sent: Buffer[] = []
  let strike = Promise.withResolvers<void>()
  const struck = (): void => {
    strike.resolve()
    strike = Promise.withResolvers()
  }
  const open = new Set<Socket>()
  const server = createServer(client => {
    count += 1
    const number = count
    const upstream = connect(target.port, target.host)
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    const plan = (): Plan => (typeof script === 'function' ? script(number) : script)
    client.on('data', chunk => sent.push(Buffer.from(chunk)))
    relay(client, upstream, client, () => plan().toServer, struck)
    relay(upstream, client, client, () => plan().toClient, struck)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const drop = (): void => {
    for (const socket of open) socket.resetAndDestroy()
  }
  const close = async (): Promise<void> => {
    if (!server.listening) return
    server.close()
    drop()
    await once(server, 'close')
  }
  return {
    host: '127.0.0.1',
    // A server that listens on TCP has an address of this shape.
    port: (server.address() as AddressInfo).port,
    script: next => {
      script = next
    },
    struck: () => strike.promise,
    connections: () => count,
    sent: () => Buffer.concat(sent),
    drop,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function relay(from: Socket, to: Socket, client: Socket, mishap: () => Mishap | undefined, struck: () => void): void {
  let passed = 0
  from.on('end', () => to.end())
  to.on('drain', () => from.resume())
  from.on('data', chunk => {
    const now = mishap()
    const left = now === undefined ? chunk.length : leftBy(now, chunk, passed)
    passed += chunk.length
    if (now === undefined || chunk.length <= left) pass(chunk)
    else if (now.what === 'slow') delay(chunk, now.delay ?? 100)
    else {
      if (left > 0) to.write(chunk.subarray(0, left))
      spoil(now.what)
      struck()
    }
  })
  const pass = (chunk: Buffer): void => {
    if (!to.write(chunk)) from.pause()
  }
  const delay = (chunk: Buffer, ms: number): void => {
    from.pause()
    setTimeout(() => {
      from.resume()
      if (to.writable) pass(chunk)
    }, ms)
  }
  const spoil = (what: 'end' | 'reset' | 'stall'): void => {
    if (what === 'stall') from.removeAllListeners('data').pause()
    else if (what === 'reset') client.resetAndDestroy()
    else to.end(() => from.destroy())
  }
}

/** How many octets of this chunk may still pass. */
function leftBy({ after = 0, at }: Mishap, chunk: Buffer, passed: number): number {
  if (at === undefined) return Math.max(after - passed, 0)
  const isIt = typeof at === 'string' ? chunk.includes(at) : at(chunk.toString('latin1'))
  return isIt ? 0 : chunk.length
}
