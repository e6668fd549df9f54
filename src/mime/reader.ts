/** One child process that parses: started, watched from outside (memory, deadline), and killed without regret. */
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { env } from 'node:process'
import { Fault } from '../mail/fault.ts'
import type { Answer, Job } from './child.ts'

/** What a child answers when it has done its work. */
export type Done = Extract<Answer, { readonly kind: 'parsed' | 'opinion' }>

/** Milliseconds and octets. */
export type Limits = { readonly deadline: number; readonly memory: number }

/** Milliseconds between looks at the child's memory, and for it to come up. */
const LOOK = 50
const START = 30_000
const COMPILED = env['NODE_COMPILE_CACHE']

/** Keeps nothing alive while it is idle. Must be ended with `kill`. */
export class Reader {
  readonly #limits: Limits
  readonly #child: ChildProcess
  readonly #ready: Promise<void>
  #isUp = false
  #running = false
  #killed = false
  #takenAt: number | undefined

  /** `up` is called once, when it can take a mail. */
  constructor(limits: Limits, up: () => void) {
    this.#limits = limits
    this.#child = fork(new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url), {
      // V8 caps its own heap; buffers lie outside it, for those the process is watched. What is young is soon over: 4 MB of it are as fast as 128.
      execArgv: [
        `--max-old-space-size=${Math.max(64, Math.floor(limits.memory / 2 ** 21))}`,
        '--max-semi-space-size=2',
        '--no-warnings',
      ],
      // The daemon's environment may hold secrets, and the parser needs none of it but where Node.js keeps compiled code.
      env: COMPILED === undefined ? {} : { NODE_COMPILE_CACHE: COMPILED },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    })
    // What matters of an error is told by #answer; a late one must not end the daemon.
    this.#child.on('error', () => undefined)
    this.#ready = this.#answer(START, 'the parser did not start').then(() => {
      this.#isUp = true
      up()
    })
    this.#ready.catch(() => this.kill())
    this.#rest()
  }

  get alive(): boolean {
    return !this.#killed && this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** Milliseconds for which it has worked on its mail; 0 while it has none, or is not up yet. */
  workingFor(): number {
    return this.#takenAt === undefined ? 0 : performance.now() - this.#takenAt
  }

  /** Its memory has grown so far that the next mail would pay for this one. */
  spent(): boolean {
    return this.#memory() > this.#limits.memory / 2
  }

  /**
   * Faults: as the child says; 5.3.5 when it died of the mail or was killed, and when `deadline` (milliseconds) had passed; 4.3.0 when it could not be
   * started, or died before it had taken the mail. Aborting kills it.
   */
  async run(job: Job, deadline: number, signal: AbortSignal, begin?: () => Promise<AsyncDisposable>): Promise<Done> {
    signal.throwIfAborted()
    this.#running = true
    this.#child.ref()
    this.#child.channel?.ref()
    const abort = () => this.kill()
    signal.addEventListener('abort', abort, { once: true })
    try {
      await this.#ready
      await using _begun = await begin?.()
      return await this.#work(job, deadline)
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      signal.removeEventListener('abort', abort)
      this.#running = false
      this.#takenAt = undefined
      this.#rest()
    }
  }

  kill(): void {
    this.#killed = true
    this.#child.kill('SIGKILL')
  }

  /** Resolves when the process is gone. */
  async end(): Promise<void> {
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.ref()
    this.kill()
    await gone
  }

  async #work(job: Job, deadline: number): Promise<Done> {
    let over = false
    const watch = setInterval(() => {
      if (this.#memory() <= this.#limits.memory || !this.#running) return
      over = true
      this.kill()
    }, LOOK)
    try {
      const answered = this.#answer(deadline, 'the parser did not take the mail')
      this.#takenAt = performance.now()
      this.#child.send(job)
      const answer = await answered
      if (answer.kind === 'parsed' || answer.kind === 'opinion') return answer
      if (answer.kind === 'fault')
        throw new Fault(answer.status, answer.reason, { scope: answer.scope, cause: answer.cause })
      throw new Fault('5.3.5', 'the parser lost its way')
    } catch (error) {
      throw over ? new Fault('5.3.5', 'the mail takes more memory than the parser may have', { cause: error }) : error
    } finally {
      clearInterval(watch)
    }
  }

  /**
   * What the child says next, beside that it has taken the mail. A Fault when it ends before that, or is late and killed for it: 5.3.5, but 4.3.0 with
   * the reason `untaken` as long as it has not taken one.
   */
  #answer(ms: number, untaken: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let taken = false
      const settle = (done: () => void) => {
        clearTimeout(timer)
        this.#child.off('message', told).off('exit', died).off('error', failed)
        done()
      }
      const fail = (reason: string) =>
        settle(() => reject(taken ? new Fault('5.3.5', reason) : new Fault('4.3.0', untaken)))
      const told = (message: unknown) => {
        const answer = message as Answer // only child.ts writes to this channel
        if (answer.kind === 'taken') taken = true
        else settle(() => resolve(answer))
      }
      const died = () => fail('the mail ended the parser')
      const failed = (cause: Error) => {
        // Whatever it still says is not about the next mail.
        this.kill()
        settle(() => reject(new Fault('4.3.0', 'the parser cannot be reached', { cause })))
      }
      const timer = setTimeout(() => {
        this.kill()
        fail('the parser was not done in time')
      }, ms)
      this.#child.on('message', told).on('exit', died).on('error', failed)
    })
  }

  /** Resident octets, where the system tells (Linux, whose answer waits for no disk); elsewhere the heap's own cap is the only one. */
  #memory(): number {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'latin1')
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
    } catch {
      return 0
    }
  }

  #rest(): void {
    if (this.#running) return
    this.#child.unref()
    this.#child.channel?.unref()
  }
}
