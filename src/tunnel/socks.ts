/**
 * SOCKS 4, 4a and 5 (RFC 1928, RFC 1929), the side of the client. The proxy's answers are read octet for octet and nothing beyond them: a
 * server that speaks first (IMAP, SMTP) may have spoken in the same packet, and its greeting is not ours to take.
 */
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect, isIPv4, isIPv6, type Socket } from 'node:net'

type Target = { readonly host: string; readonly port: number }
type Login = { readonly user: string; readonly password: string }

const REFUSALS: Readonly<Record<number, string>> = {
  1: 'it has failed',
  2: 'its rules forbid it',
  3: 'the network cannot be reached',
  4: 'the host cannot be reached',
  5: 'the connection was refused',
  6: 'the way is too long',
  7: 'it cannot connect',
  8: 'it knows no such kind of address',
}
const GRANTED_BY_FOUR = 90
const NO_METHOD = 0xff
const BY_PASSWORD = 2

/** @param patience milliseconds for all of it. Rejects with an Error whose words (or code) say why, without any credentials. */
export async function throughSocks(url: URL, target: Target, patience: number): Promise<Socket> {
  const login = { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || 1080 })
  const timer = setTimeout(() => socket.destroy(new Error('it does not answer')), patience)
  const hungUp = new AbortController()
  const close = (): void => hungUp.abort()
  socket.once('close', close)
  const read = (count: number): Promise<Buffer> => take(socket, count, hungUp.signal)
  try {
    await once(socket, 'connect', { signal: hungUp.signal })
    if (url.protocol.startsWith('socks4')) await four(socket, read, target, login.user, url.protocol === 'socks4a:')
    else await five(socket, read, target, login)
    return socket
  } catch (error) {
    socket.on('error', () => undefined).destroy()
    throw hungUp.signal.aborted && Object(error).name === 'AbortError' ? new Error('it hung up') : error
  } finally {
    clearTimeout(timer)
    socket.removeListener('close', close)
  }
}

type Read = (count: number) => Promise<Buffer>

/**
 * Just so many octets; what came after them stays in the socket for whoever reads next. What is there is taken before it waits: Node tells
 * `readable` again and again of octets that nobody takes, and nothing else would be heard any more.
 */
async function take(socket: Socket, count: number, signal: AbortSignal): Promise<Buffer> {
  let taken = Buffer.alloc(0)
  while (taken.length < count) {
    const more: Buffer | null = socket.read(Math.min(count - taken.length, socket.readableLength))
    if (more === null) await once(socket, 'readable', { signal })
    else taken = Buffer.concat([taken, more])
  }
  return taken
}

/** Address 0.0.0.1 says that a name follows (4a). */
async function four(socket: Socket, read: Read, { host, port }: Target, user: string, named: boolean): Promise<void> {
  if (isIPv6(host)) throw new Error('SOCKS 4 knows no IPv6 addresses')
  const byName = named && !isIPv4(host)
  const address = byName ? '0.0.0.1' : (await lookup(host, { family: 4 })).address
  const words = [user, ...(byName ? [host] : [])].map(word => Buffer.from(`${word}\0`))
  socket.write(Buffer.concat([Buffer.from([4, 1]), twoOctets(port), octetsOf(address), ...words]))
  const [, code] = await read(8)
  if (code !== GRANTED_BY_FOUR) throw new Error(`it refuses (SOCKS 4 code ${code})`)
}

async function five(socket: Socket, read: Read, { host, port }: Target, login: Login): Promise<void> {
  const isKnown = login.user !== ''
  socket.write(Buffer.from(isKnown ? [5, 2, 0, BY_PASSWORD] : [5, 1, 0]))
  const [version, method] = await read(2)
  if (version !== 5) throw new Error('it is no SOCKS 5 proxy')
  if (method === NO_METHOD)
    throw new Error(isKnown ? 'it takes no password' : 'it wants a user and password in the proxy address')
  if (method === BY_PASSWORD) {
    socket.write(Buffer.concat([Buffer.from([1]), counted(login.user), counted(login.password)]))
    const [, verdict] = await read(2)
    if (verdict !== 0) throw new Error('it does not accept the user and password in the proxy address')
  }
  const kind = isIPv4(host) ? 1 : isIPv6(host) ? 4 : 3
  const address = kind === 3 ? counted(host) : octetsOf(host)
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, kind]), address, twoOctets(port)]))
  const [, code = 1, , bound] = await read(4)
  if (code !== 0) throw new Error(REFUSALS[code] ?? `it refuses (SOCKS 5 code ${code})`)
  // The address it has bound is of no use to us, but it has to be read to its end.
  const length = bound === 3 ? ((await read(1))[0] ?? 0) : bound === 4 ? 16 : 4
  await read(length + 2)
}

const twoOctets = (port: number): Buffer => Buffer.from([port >> 8, port & 0xff])

function counted(text: string): Buffer {
  const octets = Buffer.from(text)
  if (octets.length > 255) throw new Error('name, user and password may have 255 octets each')
  return Buffer.concat([Buffer.from([octets.length]), octets])
}

/** The URL parser writes an IPv6 address in one way only: hexadecimal, with one `::` at most. */
function octetsOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [before, after] = [head, tail].map(half => half.split(':').filter(Boolean))
  const zeros = Array<string>(8 - (before?.length ?? 0) - (after?.length ?? 0)).fill('0')
  const groups = [...(before ?? []), ...zeros, ...(after ?? [])].map(group => Number.parseInt(group, 16))
  return Buffer.concat(groups.map(twoOctets))
}
