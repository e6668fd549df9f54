/** The process of a test server, and its port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { connects, freePort } from './ports.ts'

const BINARY = '/usr/sbin/dovecot'

export const hasDovecot = existsSync(BINARY)

/**
 * Dovecot leads a process group of its own. When this process is gone without having ended it, whatever ended this process, so are the group and
 * its folder, which is the script's name; a Dovecot that ended by itself keeps its folder, for it may be started again.
 */
const LEASH = `exec 3<&0
(cat <&3 >/dev/null; kill -9 $$ && { rm -rf "$0" || { sleep 1; rm -rf "$0"; }; }; kill -9 -$$) 2>/dev/null &
exec "$@" 3<&- </dev/null`

/** A Dovecot as a process; its folder holds `dovecot.conf` before it begins. */
export class Server {
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
    const words = [BINARY, '-F', '-c', join(this.#root, 'dovecot.conf')]
    const child = spawn('sh', ['-c', LEASH, this.#root, ...words], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#child = child
    this.#port = port
    const deadline = Date.now() + 15_000
    while (!(await greets(port, this.#secure))) {
      if (child.exitCode === null && Date.now() < deadline) await sleep(15)
      else throw new Error(`Dovecot did not start: ${await readFile(join(this.#root, 'log'), 'utf8').catch(() => '')}`)
    }
    if (child.exitCode !== null) throw new Error('somebody else answers on this port')
  }

  /** Keeps this process from ending no longer. */
  unref(): void {
    this.#child?.unref()
    // A pipe to a child is a socket of Node.js.
    ;(this.#child?.stdin as Socket | undefined)?.unref()
  }

  async stop(): Promise<void> {
    const child = this.#child
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
