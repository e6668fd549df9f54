/** Where a browser on this machine is sent back to with its code (RFC 8252 §7.3). */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Fault } from '../mail/fault.ts'

export type Listening = AsyncDisposable & {
  readonly url: string
  /** The code that comes with this state; whoever calls with another one is told so and waited past. Fault 4.7.8 when the person said no. */
  readonly code: (state: string, signal: AbortSignal) => Promise<string>
}

/** @param port 0 = any that is free */
export async function listen(port: number): Promise<Listening> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on TCP has an address of this shape.
  const { port: listening } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${listening}/`,
    code: (state, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        server.on('request', (request, response) => answer(request, response, state, resolve, reject))
      }),
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeIdleConnections()
    },
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  state: string,
  resolve: (code: string) => void,
  reject: (fault: Fault) => void,
): void {
  const came = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams
  response.setHeader('content-type', 'text/plain; charset=utf-8').setHeader('connection', 'close')
  if (came.get('state') !== state) {
    response.writeHead(400).end('This is not the sign-in that mailclip waits for.\n')
    return
  }
  const code = came.get('code')
  response.end(code === null ? 'Nothing was granted.\n' : 'Done. You may close this window.\n')
  if (code !== null) resolve(code)
  else reject(new Fault('4.7.8', `the provider granted nothing (${came.get('error') ?? 'no reason given'})`))
}
