/** Real Dovecots for tests: one that they share, each with a fresh account on it, and others of one's own. */
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe } from 'vitest'
import { type Certificate, certificate } from './certificate.ts'
import { BackDoor, type Lying, pastThePort, throughThePort } from './dovecot-backdoor.ts'
import { configuration, type MailUser, passwordOf } from './dovecot-config.ts'
import { hasDovecot, Server } from './dovecot-server.ts'

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

/** An account on a server, as it is when it was made. */
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
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A server with one account, which nobody else uses. */
export type OwnDovecot = Dovecot & {
  /** Files of INBOX beside the mails: Dovecot's own lists. Not while it runs. */
  ownFiles(): Promise<readonly string[]>
  setPassword(password: string): Promise<void>
  log(): Promise<string>
  /** Kills the server, connections and all; the mails stay. */
  stop(): Promise<void>
  /** On the same port. */
  start(): Promise<void>
}

/** Up in about 0.15 s. The caller closes it (`onTestFinished(() => server.close())`, or `await using`). */
export async function dovecot(options: DovecotOptions = {}): Promise<OwnDovecot> {
  const { user = 'support', password = 'correct-horse', security = 'plain' } = options
  const root = await mkdtemp(join(tmpdir(), 'mailclip-dovecot-'))
  const pem = security === 'plain' ? undefined : (options.certificate ?? (await certificate()))
  const mailUser = await findMailUser()
  await layOut(root, mailUser, pem)
  const server = new Server(root, security === 'tls')
  const port = await server.begin(async port => {
    await writeFile(join(root, 'dovecot.conf'), configuration({ ...options, root, port, mailUser }))
    await writePassword(root, user, password)
  })
  const door = new BackDoor(pastThePort(join(root, 'dovecot.conf'), user))
  const account = accountOf(root, port, door, { user, password }, pem?.cert)
  const { doveadm } = account
  const takes = (word: string): Promise<boolean> =>
    doveadm('auth', 'test', user, word).then(
      () => true,
      () => false,
    )
  const close = async (): Promise<void> => {
    await door.close()
    await server.stop()
    await rm(root, { recursive: true, force: true, maxRetries: 3 })
  }
  return {
    ...account,
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
      await server.stop()
    },
    start: () => server.start(port),
    close,
    [Symbol.asyncDispose]: close,
  }
}

type Common = { readonly root: string; readonly port: number }

/** Of this process; it ends with it. */
let common: Promise<Common> | undefined
let accounts = 0

/**
 * An account that nobody had before, on a plain server that all tests of this process share: to start one takes longer than most of what is
 * done with it. The caller closes it.
 */
export async function sharedDovecot(): Promise<Dovecot> {
  common ??= beginCommon()
  const { root, port } = await common
  accounts += 1
  const user = `support-${accounts}`
  const password = passwordOf(user)
  const door = new BackDoor(throughThePort(port, user, password))
  const close = async (): Promise<void> => {
    await door.close()
    await rm(join(root, 'mail', user), { recursive: true, force: true, maxRetries: 3 })
  }
  return { ...accountOf(root, port, door, { user, password }), close, [Symbol.asyncDispose]: close }
}

async function beginCommon(): Promise<Common> {
  const root = await mkdtemp(join(tmpdir(), 'mailclip-dovecot-'))
  const mailUser = await findMailUser()
  await layOut(root, mailUser)
  const server = new Server(root, false)
  const port = await server.begin(port =>
    writeFile(join(root, 'dovecot.conf'), configuration({ root, port, mailUser, accounts: 'any' })),
  )
  server.unref()
  return { root, port }
}

type Credentials = { readonly user: string; readonly password: string }

function accountOf(
  root: string,
  port: number,
  door: BackDoor,
  { user, password }: Credentials,
  ca?: string,
): Omit<Dovecot, 'close' | typeof Symbol.asyncDispose> {
  return {
    host: '127.0.0.1',
    port,
    user,
    password,
    ca,
    deliver: (raw, folder = 'INBOX', flags = []) => door.append(raw, folder, flags),
    deliverMany: (raws, folder = 'INBOX', flags = []) => Promise.all(raws.map(raw => door.append(raw, folder, flags))),
    folder: name => door.look(name),
    folders: () => door.list('LIST'),
    subscriptions: () => door.list('LSUB'),
    uidValidity: name => door.status(name, 'UIDVALIDITY'),
    count: async name => Number(await door.status(name, 'MESSAGES')),
    doveadm: async (...args) =>
      (await promisify(execFile)('doveadm', ['-c', join(root, 'dovecot.conf'), ...args])).stdout,
  }
}

async function findMailUser(): Promise<MailUser> {
  const name = userInfo().uid === 0 ? 'nobody' : userInfo().username
  const { stdout } = await promisify(execFile)('id', ['-gn', name])
  return { name, group: stdout.trim() }
}

async function layOut(root: string, owner: MailUser, pem?: Certificate): Promise<void> {
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
