/** Ports of the loopback: one that nobody listens on, and whether somebody does. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** Another process may take it before you do: a server that can listen on port 0 should do that instead. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on TCP has an address of this shape.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Whether somebody takes connections at a port of 127.0.0.1, or at a socket's path. */
export async function connects(at: number | string): Promise<boolean> {
  const socket = typeof at === 'string' ? connect(at) : connect(at, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
