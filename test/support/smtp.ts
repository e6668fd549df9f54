/** A relay that does what its script says, down to the octet: for answers and silences no real server can be asked to give. */
import { EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Certificate } from './certificate.ts'

/**
 * What the relay does at a step: the lines of its reply, `cut` the connection, or `hang`: say nothing ever. `stall` (dot only):
 * stop reading once the content flows, then cut.
 */
export type Answer = string | 'cut' | 'hang' | 'stall'

export type Script = {
  readonly greeting?: Answer
  readonly ehlo?: Answer
  readonly starttls?: Answer
  readonly auth?: Answer
  readonly mail?: Answer
  /** A function is given the command. */
  readonly rcpt?: Answer | ((command: string) => Answer)
  readonly data?: Answer
  /** After the final dot. */
  readonly dot?: Answer
}

export type ScriptedRelay = {
  readonly port: number
  /** Commands as they came, over all connections. */
  readonly commands: readonly string[]
  /** Contents that came whole, up to their dot. */
  readonly contents: readonly string[]
  /** Goes on by another script, from the next command on. */
  readonly goOn: (script: Script) => void
  /** Resolves when a command that begins so has come. */
  readonly heard: (start: string) => Promise<void>
}

const WILLING: Required<Script> = {
  greeting: '220 relay.example ESMTP',
  ehlo: '250-relay.example\r\n250 ENHANCEDSTATUSCODES',
  starttls: '502 5.5.1 no such command',
  auth: '235 2.7.0 welcome',
  mail: '250 2.1.0 fine',
  rcpt: '250 2.1.5 fine',
  data: '354 go on',
  dot: '250 2.0.0 queued as 4711',
}

/** @param tls certificate and key of a relay that speaks TLS from the first octet */
export async function scriptedRelay(script: Script = {}, tls?: Certificate): Promise<ScriptedRelay> {
  let now: Required<Script> = { ...WILLING, ...script }
  const commands: string[] = []
  const contents: string[] = []
  const sockets = new Set<Socket>()
  const heard = new EventEmitter()
  const serve = (socket: Socket): void => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)))
    answer(socket, now.greeting)
    let buffer = ''
    let inContent = false
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      if (inContent && now.dot === 'stall') {
        socket.pause()
        setImmediate(() => socket.resetAndDestroy())
        return
      }
      buffer += chunk
      for (;;) {
        const found = (inContent ? /(?:^|\r\n)\.\r\n/ : /\r\n/).exec(buffer)
        if (found === null) return
        const piece = buffer.slice(0, found.index)
        buffer = buffer.slice(found.index + found[0].length)
        if (inContent) {
          inContent = false
          contents.push(piece)
          answer(socket, now.dot)
        } else {
          commands.push(piece)
          const said = now[stepOf(piece)]
          const reply = typeof said === 'function' ? said(piece) : said
          inContent = stepOf(piece) === 'data' && reply.startsWith('354')
          answer(socket, reply)
          heard.emit('command', piece)
        }
      }
    })
  }
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    // A server that listens on TCP has an address of this shape.
    port: (server.address() as AddressInfo).port,
    commands,
    contents,
    goOn: next => {
      now = { ...WILLING, ...next }
    },
    heard: async start => {
      while (!commands.some(command => command.startsWith(start))) await once(heard, 'command')
    },
  }
}

function stepOf(command: string): keyof Script {
  const verb = command.slice(0, 4).toUpperCase()
  const steps = {
    EHLO: 'ehlo',
    HELO: 'ehlo',
    STAR: 'starttls',
    AUTH: 'auth',
    MAIL: 'mail',
    RCPT: 'rcpt',
    DATA: 'data',
  } as const
  return Object.hasOwn(steps, verb) ? steps[verb as keyof typeof steps] : 'starttls'
}

function answer(socket: Socket, reply: Answer): void {
  if (reply === 'cut') socket.destroy()
  else if (reply !== 'hang') socket.write(`${reply}\r\n`)
}
