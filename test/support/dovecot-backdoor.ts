/** A test's own way into the mails of a test server, unseen by the code under test; commands are pipelined. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Readable, Writable } from 'node:stream'

/** A mail as it lies in a folder; `raw` as IMAP hands it out, with CRLF. */
export type Lying = { readonly uid: number; readonly flags: readonly string[]; readonly raw: Buffer }

type Answer = { readonly text: string; readonly literals: readonly Buffer[] }
type Waiting = {
  readonly tag: string
  readonly untagged: Answer[]
  readonly settle: PromiseWithResolvers<readonly Answer[]>
}

/** A connection to an imap process. */
type Way = {
  readonly input: Writable
  readonly output: Readable
  /** Resolves with the reason when it has ended. */
  readonly over: Promise<string>
  /** The first command, where one has to say who one is. */
  readonly login?: string
}

/** A process of its own on a pipe, already logged in, whatever the port and the passwords are. */
export const pastThePort = (config: string, user: string) => (): Way => {
  // Node's pipes are sockets, and imap refuses to talk to a socket that no login process handed over.
  const command = ['doveadm "$@" | cat', 'sh', '-c', config, 'exec', 'imap', '-u', user]
  const child = spawn('sh', ['-c', ...command])
  let trouble = ''
  child.stderr.on('data', (chunk: Buffer) => (trouble += chunk))
  const over = once(child, 'close').then(([code, signal]) => `${signal ?? code}: ${trouble}`)
  return { input: child.stdin, output: child.stdout, over }
}

/** As any client comes: where nothing is ever wrong with the port this costs least. */
export const throughThePort = (port: number, user: string, password: string) => (): Way => {
  const socket = connect(port, '127.0.0.1')
  const over = new Promise<string>(resolve => socket.once('close', () => resolve('connection closed')))
  return { input: socket, output: socket, over, login: `LOGIN ${quote(user)} ${quote(password)}` }
}

export class BackDoor {
  readonly #way: () => Way
  #opened: Way | undefined
  #unread = Buffer.alloc(0)
  #partial: { text: string; literals: Buffer[] } = { text: '', literals: [] }
  readonly #waiting: Waiting[] = []
  #count = 0

  constructor(way: () => Way) {
    this.#way = way
  }

  /** Answers the UID (APPENDUID, RFC 4315 §3). */
  async append(raw: string | Buffer, folder: string, flags: readonly string[]): Promise<number> {
    const octets = typeof raw === 'string' ? Buffer.from(raw) : raw
    const line = `APPEND ${quote(folder)} (${flags.join(' ')}) {${octets.length}+}\r\n`
    const send = (): Promise<readonly Answer[]> => this.#command(Buffer.concat([Buffer.from(line), octets]))
    const answers = await send().catch(async (error: unknown) => {
      if (!String(error).includes('[TRYCREATE]')) throw error
      await this.#command(`CREATE ${quote(folder)}`).catch(() => undefined)
      return send()
    })
    return Number(/\[APPENDUID \d+ (\d+)\]/.exec(answers.at(-1)?.text ?? '')?.[1])
  }

  async look(folder: string): Promise<readonly Lying[]> {
    // Three lines in one go: nothing else of this pipe comes in between.
    const opened = this.#command(`EXAMINE ${quote(folder)}`)
    const fetched = this.#command('UID FETCH 1:* (UID FLAGS BODY.PEEK[])')
    const closed = this.#command('UNSELECT')
    const [, answers] = await Promise.all([opened, fetched, closed])
    return answers.flatMap(({ text, literals: [raw] }) => {
      const uid = /^\* \d+ FETCH .*\bUID (\d+)/.exec(text)?.[1]
      const flags = /FLAGS \(([^)]*)\)/.exec(text)?.[1]?.split(' ') ?? []
      if (uid === undefined || raw === undefined) return []
      return [{ uid: Number(uid), flags: flags.filter(flag => flag !== '' && flag !== '\\Recent'), raw }]
    })
  }

  async list(command: 'LIST' | 'LSUB'): Promise<readonly string[]> {
    const answers = await this.#command(`${command} "" "*"`)
    return answers.flatMap(({ text }) => /^\* L\w+ \([^)]*\) "?.+?"? "?([^"]+)"?$/.exec(text)?.[1] ?? []).toSorted()
  }

  /** One item of STATUS, all of which are numbers; `''` when there is no answer. */
  async status(folder: string, item: 'UIDVALIDITY' | 'MESSAGES'): Promise<string> {
    const answers = await this.#command(`STATUS ${quote(folder)} (${item})`)
    return new RegExp(`${item} (\\d+)`).exec(answers.map(({ text }) => text).join('\n'))?.[1] ?? ''
  }

  async close(): Promise<void> {
    this.#opened?.input.end()
    await this.#opened?.over
  }

  #command(line: string | Buffer): Promise<readonly Answer[]> {
    return this.#say(this.#opened ?? this.#open(), line)
  }

  #say({ input }: Way, line: string | Buffer): Promise<readonly Answer[]> {
    this.#count += 1
    const waiting = { tag: `t${this.#count}`, untagged: [], settle: Promise.withResolvers<readonly Answer[]>() }
    this.#waiting.push(waiting)
    input.write(`${waiting.tag} `)
    input.write(line)
    input.write('\r\n')
    return waiting.settle.promise
  }

  #open(): Way {
    const way = this.#way()
    this.#opened = way
    way.input.on('error', () => undefined)
    way.output.on('data', (chunk: Buffer) => this.#read(chunk))
    way.over.then(reason => {
      this.#opened = undefined
      for (const { settle } of this.#waiting.splice(0)) settle.reject(new Error(`the back door closed (${reason})`))
    })
    // When it is refused, what comes next is, too.
    if (way.login !== undefined) this.#say(way, way.login).catch(() => undefined)
    return way
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk])
    for (;;) {
      const end = this.#unread.indexOf('\r\n')
      if (end < 0) return
      const line = this.#unread.toString('latin1', 0, end)
      const size = Number(/\{(\d+)\}$/.exec(line)?.[1] ?? -1)
      if (this.#unread.length < end + 2 + Math.max(size, 0)) return
      this.#partial.text += line
      if (size >= 0) this.#partial.literals.push(this.#unread.subarray(end + 2, end + 2 + size))
      this.#unread = this.#unread.subarray(end + 2 + Math.max(size, 0))
      if (size < 0) this.#take()
    }
  }

  #take(): void {
    const answer = this.#partial
    this.#partial = { text: '', literals: [] }
    const first = this.#waiting[0]
    if (first === undefined) return
    first.untagged.push(answer)
    if (!answer.text.startsWith(`${first.tag} `)) return
    this.#waiting.shift()
    if (answer.text.startsWith(`${first.tag} OK`)) first.settle.resolve(first.untagged)
    else first.settle.reject(new Error(answer.text))
  }
}

const quote = (name: string): string => `"${name.replaceAll(/["\\]/g, '\\$&')}"`
