/** imapflow over a connection that is there already, for its own SOCKS loses a greeting that comes with the proxy's yes. */
import type { Socket } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import type { ImapTransport, ImapTransportOptions } from 'imapflow'

/** Opens a connection through a proxy. */
export type Tunnel = (host: string, port: number) => Promise<Socket>

/** Certificates are judged by the server's name, as without a proxy; whoever opened the connection sees to its errors no more. */
export const transportOver = (connection: Socket): ImapTransport => ({
  connect: ({ secure, ...options }, connected) => {
    if (secure) return connect(tlsOver(connection, options), connected)
    setImmediate(connected)
    return connection
  },
  // What imapflow gives back is what `connect` gave it: the connection itself.
  upgrade: (_socket, options, secured) => connect(tlsOver(connection, options), secured),
})

const tlsOver = (socket: Socket, { host, servername, tls }: ImapTransportOptions): ConnectionOptions => ({
  host,
  ...(servername === undefined ? {} : { servername }),
  ...tls,
  socket,
})
