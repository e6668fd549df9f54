/** A real Dovecot of one's own: a child process with its own folder and port, gone with the test. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { describe } from 'vitest'
import { type Certificate, certificate } from './certificate.ts'
import { BackDoor, type Lying } from './dovecot-backdoor.ts'
import { configuration, type MailUser } from './dovecot-config.ts'
import { freePort } from './ports.ts'

const BINARY = '/usr/sbin/dovecot'

export const hasDovecot = existsSync(BINARY)

/** `describe` where Dovecot is installed; elsewhere skipped loudly, and an error where `CI` is set. */
export function describeWithDovecot(name: string, tests: () => void): void {
  const remedy = `Dovecot is not installed (apt-get install dovecot-imapd): "${name}" proves nothing here`
  if (!hasDovecot && process.env['CI']) throw new Error(remedy)
  if (!hasDovecot) process.stderr.write(`SKIPPED: ${remedy}\n`)
  describe.skipIf(!hasDovecot)(name, tests)
}

export type DovecotOptions = {
  /** Default '.', whatever the disk layout. */
  readonly separator?: string
  /** Of the personal namespace, e.g. `INBOX.`; default none. */
  readonly prefix?: string
  /** `tls` = from the first byte, `starttls` = offered; default `plain`. */
  readonly security?: 'plain' | 'tls' | 'starttls'
  /** Default: self-signed for 127.0.0.1 and localhost. */
  readonly certificate?: Certificate
  /** Capabilities not to be named, e.g. `['MOVE', 'UIDPLUS', 'IDLE']`. */
  readonly without?: readonly string[]
  /** More lines of dovecot.conf (quota, ACL, …), after everything else. */
  readonly config?: string
  readonly user?: string
  readonly password?: string
}

export type Dovecot = {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly user: string
  readonly password: string
  /** PEM, when there is one. */
  readonly ca: string | undefined
  /** Puts a mail into a folder (made when it is not there) past the port and the password; answers its UID. */
  deliver(raw: string | Buffer, folder?: string, flags?: readonly string[]): Promise<number>
  deliverMany(
    raws: readonly (string | Buffer)[],
    folder?: string,
    flags?: readonly string[],
  ): Promise<readonly number[]>
  /** What lies in a folder, by UID; `\Recent` is left out, no flag is touched. */
  folder(name: string): Promise<readonly Lying[]>
  folders(): Promise<readonly string[]>
  subscriptions(): Promise<readonly string[]>
  uidValidity(folder: string): Promise<string>
  /** How many mails lie in a folder. */
  count(folder: string): Promise<number>
  /** `doveadm -c …`: answers what it prints. */
  doveadm(...args: readonly string[]): Promise<string>
  /** Files of INBOX beside the mails: Dovecot's own lists. Not while it runs. */
  ownFiles(): Promise<readonly string[]>
  setPassword(password: string): Promise<void>
  log(): Promise<string>
  /** Kills the server, connections and all; the mails stay. */
  stop(): Promise<void>
  /** On the same port. */
  start(): Promise<void>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Up in about 0.15 s. The caller closes it (`onTestFinished(() => server.close())`, or `await using`). */
export async function dovecot(options: DovecotOptions = {}): Promise<Dovecot> {
  const { user = 'support', password = 'correct-horse', security = 'plain' } = options
  const root = await mkdtemp(join(tmpdir(), 'mailclip-dovecot-'))
  const pem = security === 'plain' ? undefined : (options.certificate ?? (await certificate()))
  const mailUser = await findMailUser()
  await layOut(root, mailUser, pem)
  const process_ = new Server(root, security === 'tls')
  const port = await process_.begin(async port => {
    await writeFile(join(root, 'dovecot.conf'), configuration({ ...options, root, port, mailUser }))
    await writePassword(root, user, password)
  })
  const door = new BackDoor(join(root, 'dovecot.conf'), user)
  const doveadm = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)('doveadm', ['-c', join(root, 'dovecot.conf'), ...args])).stdout
  const takes = (word: string): Promise<boolean> =>
    doveadm('auth', 'test', user, word).then(
      () => true,
      () => false,
    )
  const close = async (): Promise<void> => {
    await door.close()
    await process_.stop()
    await rm(root, { recursive: true, force: true, maxRetries: 3 })
  }
  return {
    host: '127.0.0.1',
    port,
    user,
    password,
    ca: pem?.cert,
    deliver: (raw, folder = 'INBOX', flags = []) => door.append(raw, folder, flags),
    deliverMany: (raws, folder = 'INBOX', flags = []) => Promise.all(raws.map(raw => door.append(raw, folder, flags))),
    folder: name => door.look(name),
    folders: () => door.list('LIST'),
    subscriptions: () => door.list('LSUB'),
    uidValidity: name => door.status(name, 'UIDVALIDITY'),
    count: async name => Number(await door.status(name, 'MESSAGES')),
    doveadm,
    ownFiles: async () => {
      const folder = join(root, 'mail', user, 'Maildir')
      return (await readdir(folder)).filter(name => name.startsWith('dovecot')).map(name => join(folder, name))
    },
    setPassword: async next => {
      await writePassword(root, user, next)
      // Dovecot looks at the file once a second at most: until it has, the old password is good.
      while (!(await takes(next))) await sleep(50)
    },
    log: () => readFile(join(root, 'log'), 'utf8'),
    stop: async () => {
      await door.close()
      await process_.stop()
    },
    start: () => process_.start(port),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function findMailUser(): Promise<MailUser> {
  const name = userInfo().uid === 0 ? 'nobody' : userInfo().username
  const { stdout } = await promisify(execFile)('id', ['-gn', name])
  return { name, group: stdout.trim() }
}

async function layOut(root: string, owner: MailUser, pem: Certificate | undefined): Promise<void> {
  await chmod(root, 0o755)
  for (const name of ['run', 'state', 'mail']) await mkdir(join(root, name))
  await promisify(execFile)('chown', [`${owner.name}:${owner.group}`, join(root, 'mail')])
  if (pem === undefined) return
  await writeFile(join(root, 'cert.pem'), pem.cert)
  await writeFile(join(root, 'key.pem'), pem.key)
}

/** Dovecot notices a changed file by its time and size: a password of another length counts at once. */
const writePassword = (root: string, user: string, password: string): Promise<void> =>
  writeFile(join(root, 'passwd'), `${user}:{plain}${password}\n`)

class Server {
  readonly #root: string
  readonly #secure: boolean
  #child: ChildProcess | undefined
  #port = 0
  readonly #killGroup = (): void => {
    const pid = this.#child?.pid
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }

  constructor(root: string, secure: boolean) {
    this.#root = root
    this.#secure = secure
  }

  /** A port that was free a moment ago may be taken by now: then another one. */
  async begin(prepare: (port: number) => Promise<void>): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort()
      await prepare(port)
      try {
        await this.start(port)
        return port
      } catch (error) {
        await this.stop()
        if (attempt < 5) continue
        await rm(this.#root, { recursive: true, force: true })
        throw error
      }
    }
  }

  async start(port: number): Promise<void> {
    // A process group of its own, so that the end takes the imap processes with it.
    const child = spawn(BINARY, ['-F', '-c', join(this.#root, 'dovecot.conf')], { detached: true, stdio: 'ignore' })
    this.#child = child
    this.#port = port
    process.once('exit', this.#killGroup)
    const deadline = Date.now() + 15_000
    while (!(await greets(port, this.#secure))) {
      if (child.exitCode === null && Date.now() < deadline) await sleep(15)
      else throw new Error(`Dovecot did not start: ${await readFile(join(this.#root, 'log'), 'utf8').catch(() => '')}`)
    }
    if (child.exitCode !== null) throw new Error('somebody else answers on this port')
  }

  async stop(): Promise<void> {
    const child = this.#child
    process.removeListener('exit', this.#killGroup)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    this.#killGroup()
    await ended
    // The login processes die a moment later, and until then the port is theirs.
    while (await connects(this.#port)) await sleep(5)
    this.#child = undefined
  }
}

/** Whether somebody says hello there: a port that only takes connections has no login process behind it yet. */
async function greets(port: number, secure: boolean): Promise<boolean> {
  const to = { port, host: '127.0.0.1', rejectUnauthorized: false }
  const socket = secure ? connectTls(to) : connect(to)
  try {
    await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function connects(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
