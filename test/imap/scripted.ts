/** An IMAP server that says what a test wants: for what no real server can be made to do. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** What to answer to a command, without its tag; several lines untagged first. `{octets}` sends nothing and hangs up. */
export type Answer = string | readonly string[] | 'hang up' | 'silence'

export type Scripted = {
  readonly port: number
  /** Commands as they came, tags cut off. */
  readonly heard: readonly string[]
  close(): Promise<void>
}

const USUAL: Readonly<Record<string, Answer>> = {
  greeting: '* OK ready',
  CAPABILITY: ['* CAPABILITY IMAP4rev1 UIDPLUS MOVE IDLE', 'OK done'],
  LOGIN: 'OK [CAPABILITY IMAP4rev1 UIDPLUS MOVE IDLE] welcome',
  LIST: ['* LIST (\\HasNoChildren) "/" INBOX', 'OK done'],
  LSUB: ['* LSUB () "/" INBOX', 'OK done'],
  SELECT: ['* 1 EXISTS', '* OK [UIDVALIDITY 7] ok', '* OK [UIDNEXT 2] ok', 'OK [READ-WRITE] done'],
  'UID SEARCH': ['* SEARCH 1', 'OK done'],
  NOOP: 'OK done',
  LOGOUT: ['* BYE', 'OK done'],
}

/** By command name, `UID FETCH`; a function is given the whole command. */
export type Script = Readonly<Record<string, Answer | ((command: string) => Answer)>>

export async function scripted(script: Script): Promise<Scripted> {
  const answers = { ...USUAL, ...script }
  const heard: string[] = []
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.on('error', () => undefined).on('close', () => open.delete(socket))
    say(socket, '*', answers['greeting'] ?? '', '')
    let rest = ''
    socket.on('data', chunk => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [tag = '*', ...words] = line.split(' ')
        const command = words.join(' ')
        heard.push(command)
        const name = words[0] === 'UID' ? `UID ${words[1]}` : (words[0] ?? '')
        say(socket, tag, answers[name] ?? 'BAD unknown', command)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    // A server that listens on TCP has an address of this shape.
    port: (server.address() as AddressInfo).port,
    heard,
    close: async () => {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}

function say(socket: Socket, tag: string, answer: Answer | ((command: string) => Answer), command: string): void {
  const said = typeof answer === 'function' ? answer(command) : answer
  if (said === 'silence' || said === '') return
  if (said === 'hang up') return void socket.destroy()
  const lines = typeof said === 'string' ? [said] : said
  for (const line of lines) socket.write(line.startsWith('*') ? `${line}\r\n` : `${tag} ${line}\r\n`, 'latin1')
  if (lines.some(line => line.startsWith('* BYE'))) socket.end()
}
