/**
 * The parser as the pipeline sees it: a small pool of child processes, each at work on one mail at a
 * time.
 *
 * 1. Senders take turns (sender-queue.ts). Mails of unknown senders are one sender's.
 * 2. A sender whose mail ended its child goes last, for as long as the daemon runs.
 * 3. One child stays free for others: the others at most may be busy with slow mails, which are
 *    those that go last, and those that have been at work for longer than `SLOW`.
 * 4. A mail that becomes slow in the last free child while others wait is stopped. It goes last, and
 *    is then parsed anew with its whole deadline; so do the mails of its sender, until it was parsed.
 * 5. More slow mails than may wait are refused (`ParserBusy`), so that they do not fill the places of
 *    the mails that could be parsed meanwhile.
 */
import { type ParseJob, type Parser, ParserBusy } from '../gateway/ports.ts'
import { canonical } from '../mail/address.ts'
import type { SecondOpinion } from '../mail/doubts.ts'
import { isFault } from '../mail/fault.ts'
import type { ParsedMail } from '../mail/part.ts'
import type { Job } from './child.ts'
import { Offenders } from './offenders.ts'
import { type Done, type Limits, Reader } from './reader.ts'
import { SenderQueue } from './sender-queue.ts'

/** `children`: parsed at once, at most; 2 when absent. */
export type ParserOptions = Limits & { readonly children?: number }

/** Milliseconds an idle child is kept. */
const IDLE = 60_000

/**
 * Milliseconds for which the line of those who wait has not moved, since the last child came up, after which another one is started: starting one takes
 * as long as parsing a hundred small mails, and on a machine of two cores somebody else has the other.
 */
const PATIENCE = 250

/** Milliseconds for which a mail has waited in a line that moves: it is too long for one child. */
const LONG = 2_000

/** Milliseconds after which a mail is slow: a hundred times what most mails take. */
const SLOW = 1_000

/** The same while slow mails wait already: many come at once, and each would delay all others. */
const SLOW_IN_NUMBERS = 250

/** Milliseconds between looks for a mail that has become slow. */
const LOOK = 50

/** Slow mails that may wait at once: the pipeline works on four times as many as it uploads. */
const SLOW_WAITING = 4

/** Milliseconds the second parser may take, at most. */
const OPINION = 15_000

/** A mail that waits for a child, or has one. */
type Turn = {
  readonly sender: string
  readonly since: number
  readonly child: PromiseWithResolvers<Reader>
  /** It was slow once, and goes behind all others. */
  readonly isSlow: boolean
}

type Busy = { readonly turn: Turn; stopped: boolean }

/** Children are started when first needed, reused, and replaced when a mail has cost one its life. */
export class MimeParser implements Parser {
  readonly #limits: Limits
  readonly #children: number
  readonly #idle: Reader[] = []
  readonly #busy = new Map<Reader, Busy>()
  readonly #waiting = new SenderQueue<Turn>()
  readonly #offenders = new Offenders()
  /** Senders of mails that were stopped, and not parsed since. */
  readonly #stopped = new Offenders()
  #patience: NodeJS.Timeout | undefined
  #watch: NodeJS.Timeout | undefined
  /** The line has not moved for too long. */
  #mayStart = false
  #reaper: NodeJS.Timeout | undefined

  /** `deadline` in milliseconds from the start of a parse, `memory` in octets resident. */
  constructor({ deadline, memory, children = 2 }: ParserOptions) {
    this.#limits = { deadline, memory }
    this.#children = children
  }

  expect(): void {
    this.#dropDead()
    if (this.#idle.length === 0 && this.#busy.size === 0) this.#idle.push(this.#start())
    this.#reapLater()
  }

  async parse(
    { raw, folder, sender }: ParseJob,
    signal: AbortSignal,
    begin?: () => Promise<AsyncDisposable>,
  ): Promise<ParsedMail> {
    const done = await this.#run({ kind: 'parse', raw, folder }, sender, this.#limits.deadline, signal, begin)
    // A child answers the question it was asked.
    return (done as Extract<Done, { kind: 'parsed' }>).mail
  }

  async secondOpinion({ raw, sender }: Pick<ParseJob, 'raw' | 'sender'>, signal: AbortSignal): Promise<SecondOpinion> {
    try {
      const deadline = Math.min(this.#limits.deadline, OPINION)
      const done = await this.#run({ kind: 'opinion', raw }, sender, deadline, signal)
      return { kind: 'read', files: (done as Extract<Done, { kind: 'opinion' }>).files }
    } catch (error) {
      signal.throwIfAborted()
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#reaper)
    await Promise.all([...this.#idle.splice(0), ...this.#busy.keys()].map(reader => reader.end()))
  }

  async #run(
    job: Job,
    from: string | undefined,
    deadline: number,
    signal: AbortSignal,
    begin?: () => Promise<AsyncDisposable>,
  ): Promise<Done> {
    const sender = canonical(from ?? '') ?? (from ?? '').toLowerCase()
    for (let isSlow = false; ; isSlow = true) {
      const reader = await this.#take(sender, isSlow, signal)
      try {
        const done = await reader.run(job, deadline, signal, begin)
        this.#stopped.delete(sender)
        return done
      } catch (error) {
        // What mailparser left behind may end the child later, and be taken for the next mail's doing.
        if (job.kind === 'opinion') reader.kill()
        const wasStopped = this.#busy.get(reader)?.stopped === true
        if (!wasStopped || signal.aborted) {
          if (isFault(error) && error.status === '5.3.5') this.#offenders.add(sender)
          throw error
        }
        this.#stopped.add(sender)
      } finally {
        await this.#giveBack(reader)
      }
    }
  }

  /** Waits for its turn and a child. */
  async #take(sender: string, isSlow: boolean, signal: AbortSignal): Promise<Reader> {
    signal.throwIfAborted()
    const turn: Turn = { sender, isSlow, since: performance.now(), child: Promise.withResolvers() }
    if (this.#isCrowded(turn)) throw new ParserBusy('slow mails wait for the parser; this one comes later')
    const callOff = (): void => {
      this.#waiting.remove(turn)
      turn.child.reject(signal.reason)
    }
    signal.addEventListener('abort', callOff, { once: true })
    const isFirst = this.#waiting.size === 0
    this.#waiting.add(turn)
    if (isFirst) this.#bePatient()
    this.#serve()
    try {
      return await turn.child.promise
    } finally {
      signal.removeEventListener('abort', callOff)
    }
  }

  /** Gives children to those whose turn it is, as long as there are any of both. */
  #serve(): void {
    for (;;) {
      const turn = this.#next()
      if (turn === undefined) break
      const reader = this.#childFor(turn)
      if (reader === undefined) break
      this.#waiting.take(turn)
      this.#busy.set(reader, { turn, stopped: false })
      this.#bePatient()
      turn.child.resolve(reader)
    }
    this.#watchOver()
  }

  #next(): Turn | undefined {
    const first = this.#waiting.next(turn => !this.#goesLast(turn))
    if (first !== undefined) return first
    return this.#slowOnes().length < Math.max(1, this.#children - 1) ? this.#waiting.next(() => true) : undefined
  }

  #goesLast({ sender, isSlow }: Turn): boolean {
    return isSlow || this.#offenders.has(sender) || this.#stopped.has(sender)
  }

  /** With one child nothing is gained: the mail at work holds up all others. */
  #isCrowded(turn: Turn): boolean {
    if (this.#children === 1 || !this.#goesLast(turn)) return false
    return Array.from(this.#waiting).filter(one => this.#goesLast(one)).length >= SLOW_WAITING
  }

  #slowOnes(): readonly [Reader, Busy][] {
    const limit = this.#limit()
    return [...this.#busy].filter(([reader, { turn }]) => this.#goesLast(turn) || reader.workingFor() > limit)
  }

  #limit(): number {
    return this.#waiting.next(turn => turn.isSlow) === undefined ? SLOW : SLOW_IN_NUMBERS
  }

  #childFor({ since }: Turn): Reader | undefined {
    this.#dropDead()
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    if (this.#busy.size === this.#children) return undefined
    const isLate = this.#mayStart || performance.now() - since > LONG
    return isLate || this.#slowOnes().length === this.#busy.size ? this.#start() : undefined
  }

  /** A child that died while it was idle costs no mail. */
  #dropDead(): void {
    while (this.#idle.at(-1)?.alive === false) this.#idle.pop()
  }

  #start(): Reader {
    return new Reader(this.#limits, () => this.#bePatient())
  }

  /** While others wait for the last free child, a mail that becomes slow in it is stopped. */
  #watchOver(): void {
    if (this.#children === 1 || this.#watch !== undefined || !this.#isHeldUp()) return
    this.#watch = setTimeout(() => {
      this.#watch = undefined
      const slow = this.#slowOnes()
      if (slow.length === this.#children && this.#isHeldUp()) stopLatest(slow)
      this.#watchOver()
    }, LOOK)
  }

  #isHeldUp(): boolean {
    if (this.#busy.size < this.#children || this.#busy.values().some(({ stopped }) => stopped)) return false
    return this.#waiting.next(turn => !this.#goesLast(turn)) !== undefined
  }

  /** From now on, those who wait do so for a while before there is another child. */
  #bePatient(): void {
    clearTimeout(this.#patience)
    this.#mayStart = false
    if (this.#waiting.size === 0) return
    this.#patience = setTimeout(() => {
      // One that is being started will not be here sooner for another beside it; once it is up, the line has time to move.
      if (this.#busy.keys().some(({ isUp }) => !isUp)) return
      this.#mayStart = true
      this.#serve()
    }, PATIENCE)
  }

  async #giveBack(reader: Reader): Promise<void> {
    const isWell = reader.alive && !reader.spent()
    if (isWell) this.#idle.push(reader)
    else await reader.end()
    this.#busy.delete(reader)
    this.#bePatient()
    this.#serve()
    this.#reapLater()
  }

  #reapLater(): void {
    clearTimeout(this.#reaper)
    this.#reaper = setTimeout(() => {
      for (const reader of this.#idle.splice(0)) reader.kill()
    }, IDLE)
    this.#reaper.unref()
  }
}

/** The one that has taken least loses least. A mail is stopped once. */
function stopLatest(slow: readonly [Reader, Busy][]): void {
  const [latest] = slow.filter(([, { turn }]) => !turn.isSlow).sort(([a], [b]) => a.workingFor() - b.workingFor())
  if (latest === undefined) return
  latest[1].stopped = true
  latest[0].kill()
}
