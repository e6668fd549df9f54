/** A way to a server on which what it says is written anew: for servers that say what no real one can be brought to say. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { Transform } from 'node:stream'
import { onTestFinished } from 'vitest'

/** `rewrite` sees latin1 text as it comes, which may be cut anywhere. Answers the port; ended with the test. */
export async function rewriting(port: number, rewrite: (text: string) => string): Promise<number> {
  const server = createServer(client => {
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) socket.on('error', () => undefined)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    const lying = new Transform({
      transform: (chunk: Buffer, _, done) => done(null, Buffer.from(rewrite(chunk.toString('latin1')), 'latin1')),
    })
    client.pipe(upstream)
    upstream.pipe(lying).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  // A server that listens on TCP has an address of this shape.
  return (server.address() as AddressInfo).port
}
