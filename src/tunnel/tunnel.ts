/** Connections through a proxy: SOCKS 4, 4a, 5 and HTTP CONNECT (RFC 9110 §9.3.6), for whoever has no proxy support of its own. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Fault } from '../mail/fault.ts'
import { throughSocks } from './socks.ts'

export type Tunnel = (host: string, port: number) => Promise<Socket>

const PATIENCE = 30_000

/** Fault 4.4.1 that names the proxy, without its credentials. Names are resolved by the proxy, except with socks4, which has none. */
export function tunnelThrough(proxy: string): Tunnel {
  const url = new URL(proxy)
  const isSocks = url.protocol.startsWith('socks')
  return async (host, port) => {
    const target = host.replace(/^\[|\]$/g, '')
    try {
      return isSocks ? await throughSocks(url, { host: target, port }, PATIENCE) : await connect(url, target, port)
    } catch (error) {
      throw new Fault('4.4.1', `the proxy ${url.host} does not connect us to ${host}:${port}: ${why(error)}`)
    }
  }
}

async function connect(url: URL, host: string, port: number): Promise<Socket> {
  const { request: send } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'))
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  const request = send({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: authority,
    agent: false,
    headers: {
      host: authority,
      ...(url.username === '' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
    },
    timeout: PATIENCE,
  })
  request.once('timeout', () => request.destroy(new Error('it does not answer')))
  request.once('error', reject)
  request.once('response', () => reject(new Error('it is no proxy')))
  request.once('connect', ({ statusCode = 0 }: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.setTimeout(0)
    if (statusCode >= 200 && statusCode < 300) {
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
      return
    }
    socket.destroy()
    const asks = statusCode === 407 ? ' (it wants a user and password in the proxy address)' : ''
    reject(new Error(`HTTP ${statusCode}${asks}`))
  })
  request.end()
  return await promise
}

/** The system's code, or our own words. */
function why(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
