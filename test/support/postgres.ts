/** A real PostgreSQL of one's own: a child process with its own folder and port, and a new database for whoever asks. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { describe } from 'vitest'
import { connects, freePort } from './ports.ts'

/** Debian keeps each version's programs apart, and none of them on the path. */
const HOME = '/usr/lib/postgresql'
const newest = (existsSync(HOME) ? readdirSync(HOME) : []).toSorted((a, b) => Number(b) - Number(a))[0]
const BIN = newest === undefined ? undefined : join(HOME, newest, 'bin')

export const hasPostgres = BIN !== undefined && existsSync(join(BIN, 'initdb'))

/** `describe` where PostgreSQL is installed; elsewhere skipped loudly, and an error where `CI` is set. */
export function describeWithPostgres(name: string, tests: () => void): void {
  const remedy = `PostgreSQL is not installed (apt-get install postgresql): "${name}" proves nothing here`
  if (!hasPostgres && process.env['CI']) throw new Error(remedy)
  if (!hasPostgres) process.stderr.write(`SKIPPED: ${remedy}\n`)
  describe.skipIf(!hasPostgres)(name, tests)
}

export type Postgres = {
  readonly port: number
  readonly password: string
  /** The address of a new empty database, without a password. */
  database(): Promise<string>
  /** As the superuser, in that database. */
  query(url: string, text: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Immediate shutdown: sessions are cut, what was committed stays. */
  stop(): Promise<void>
  /** On the same port. */
  start(): Promise<void>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Up in about two seconds. The caller closes it. */
export async function postgres(config: Readonly<Record<string, string>> = {}): Promise<Postgres> {
  if (BIN === undefined) throw new Error('PostgreSQL is not installed')
  const root = await mkdtemp(join(tmpdir(), 'mailclip-postgres-'))
  const password = 'pg-correct-horse'
  const owner = await ownerOf(root)
  const data = join(root, 'data')
  await writeFile(join(root, 'password'), password)
  await chmod(join(root, 'password'), 0o644)
  const initial = ['-D', data, '-U', 'mailclip', '--auth=scram-sha-256', '--pwfile', join(root, 'password')]
  await run(join(BIN, 'initdb'), [...initial, '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'], owner)
  const port = await freePort()
  const server = new Server(join(BIN, 'postgres'), data, port, owner, { unix_socket_directories: root, ...config })
  await server.start()
  let count = 0
  const url = (name: string): string => `postgres://mailclip@127.0.0.1:${port}/${name}`
  const query = async (to: string, text: string) => {
    const client = new pg.Client({ connectionString: to.replace('mailclip@', `mailclip:${password}@`) })
    await client.connect()
    try {
      return (await client.query(text)).rows as readonly Readonly<Record<string, unknown>>[]
    } finally {
      await client.end()
    }
  }
  const close = async (): Promise<void> => {
    await server.stop()
    await rm(root, { recursive: true, force: true, maxRetries: 3 })
  }
  return {
    port,
    password,
    database: async () => {
      count += 1
      await query(url('postgres'), `create database ledger_${count}`)
      return url(`ledger_${count}`)
    },
    query,
    stop: () => server.stop(),
    start: () => server.start(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

type Owner = { readonly uid: number; readonly gid: number } | undefined

/** The server refuses to run as root. */
async function ownerOf(root: string): Promise<Owner> {
  if (process.getuid?.() !== 0) return undefined
  const id = async (flag: string): Promise<number> =>
    Number((await promisify(execFile)('id', [flag, 'postgres'])).stdout.trim())
  const owner = { uid: await id('-u'), gid: await id('-g') }
  await chown(root, owner.uid, owner.gid)
  await chmod(root, 0o755)
  return owner
}

async function run(program: string, args: readonly string[], owner: Owner): Promise<void> {
  await promisify(execFile)(program, [...args], { ...owner, cwd: '/', env: { PATH: process.env['PATH'] ?? '' } })
}

class Server {
  readonly #program: string
  readonly #args: readonly string[]
  readonly #port: number
  readonly #owner: Owner
  #child: ChildProcess | undefined
  readonly #kill = (): void => {
    this.#child?.kill('SIGQUIT')
  }

  constructor(program: string, data: string, port: number, owner: Owner, config: Readonly<Record<string, string>>) {
    const settings = { listen_addresses: '127.0.0.1', port: String(port), max_connections: '60', ...config }
    this.#program = program
    this.#args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
    this.#port = port
    this.#owner = owner
  }

  async start(): Promise<void> {
    const env = { PATH: process.env['PATH'] ?? '' }
    const child = spawn(this.#program, this.#args, {
      ...this.#owner,
      cwd: '/',
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child = child
    process.once('exit', this.#kill)
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', chunk => {
      said += chunk
    })
    const deadline = Date.now() + 60_000
    while (!/ready to accept connections/.test(said) || !(await connects(this.#port))) {
      if (child.exitCode === null && Date.now() < deadline) await sleep(15)
      else throw new Error(`PostgreSQL did not start: ${said}`)
    }
  }

  async stop(): Promise<void> {
    const child = this.#child
    process.removeListener('exit', this.#kill)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGQUIT')
    await ended
    this.#child = undefined
  }
}
