/** A folder in which many mails lie before mailclip comes: seen while the desk rests, then worked off with the rest of them waiting. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { letter } from '../support/letters.ts'
import { childrenOf, cpuOf, peakOf } from '../support/proc.ts'
import { type Stage, stage } from './stage.ts'
import { ticketOf } from './storm.ts'

export type Pace = { readonly mails: number; readonly seconds: number; readonly cpuSeconds: number }

export type Piled = {
  /** As `report` has it. */
  readonly seen: number
  readonly adds: boolean
  /** Of the whole sweep, as it tells itself. */
  readonly seconds: number
  /** Octets, of the largest process. */
  readonly peak: number
  /** Of the daemon afterwards: until `until.mails` were delivered, and until its time was over. */
  readonly first: Pace | undefined
  readonly all: Pace | undefined
}

export type Until = {
  /** Mails whose pace is told apart: the same number of two folders can be compared. */
  readonly mails: number
  /** Of work after the first mail, or less when nothing is left. 0: it ends with those mails. */
  readonly seconds: number
}

/** How many are delivered to the folder in one go: bounds what this process holds. */
const PORTION = 500
/** Milliseconds between two looks at a process. */
const LOOK = 100
/** Seconds: longer than any run of this. */
const RETRY_AFTER = 80_000

/** One sweep of so many small mails with numbers at a desk that is away; with `until` also the daemon when it is back. */
export async function pile(mails: number, program: string, until?: Until): Promise<Piled> {
  await using play = await stage({
    program,
    seed: 1,
    faults: [{ route: '*', status: 503, body: 'maintenance', headers: { 'retry-after': RETRY_AFTER } }],
    dovecot: { config: 'mail_location = mdbox:~/mdbox' },
  })
  for (let at = 0; at < mails; at += PORTION)
    await play.imap.deliverMany(Array.from({ length: Math.min(PORTION, mails - at) }, (_, k) => small(at + k)))
  const sweep = play.start(['sweep'])
  const said = read(sweep)
  const peak = await watch(sweep)
  const swept = (await said).find(({ event }) => event === 'swept')
  const [account] = await play.output(['report', '--json'])
  const { seen, adds } = JSON.parse(account) as { readonly seen: number; readonly adds: boolean }
  const paces = until === undefined ? { first: undefined, all: undefined } : await work(play, mails, until)
  return { seen, adds, seconds: Number(swept?.ms ?? Number.NaN) / 1_000, peak, ...paces }
}

const small = (n: number): Buffer =>
  letter({ subject: `Report for ${ticketOf(n)}`, attachments: { [`report ${n}.txt`]: `It is all in ${n}.` } })

type Line = { readonly event?: string; readonly ms?: number }

/** The lines of its log that tell of sweeps: a line for each mail of a hundred thousand is not kept. */
async function read(child: ChildProcess): Promise<readonly Line[]> {
  const kept: Line[] = []
  let rest = ''
  for await (const chunk of child.stdout?.setEncoding('utf8') ?? []) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    kept.push(...lines.filter(line => line.includes('"event":"swept"')).map(line => JSON.parse(line) as Line))
  }
  return kept
}

/** The most octets that one of its processes had, when it has ended. */
async function watch(child: ChildProcess): Promise<number> {
  const pid = child.pid ?? 0
  let most = 0
  while (child.exitCode === null && child.signalCode === null) {
    most = Math.max(most, ...(await Promise.all([pid, ...(await childrenOf(pid))].map(peakOf))))
    await sleep(LOOK)
  }
  return most
}

/** The desk is back, and `check` has found out: the daemon works for a while. */
async function work({ desk, start, output }: Stage, mails: number, until: Until) {
  desk.faults([])
  await output(['check'])
  const daemon = start(['run'])
  daemon.stdout?.resume()
  const ended = once(daemon, 'exit')
  const stored = (): number => desk.journal().filter(({ method, status }) => method === 'POST' && status === 201).length
  const reached = async (wanted: number, deadline: number): Promise<void> => {
    while (stored() < wanted && performance.now() < deadline) {
      if (daemon.exitCode !== null) throw new Error(`the daemon ended with ${daemon.exitCode}`)
      await sleep(LOOK)
    }
  }
  const mark = async () => ({ at: performance.now(), stored: stored(), cpu: await cpuOfAll(daemon.pid ?? 0) })
  await reached(1, Number.POSITIVE_INFINITY)
  const begun = await mark()
  const pace = async (): Promise<Pace> => {
    const now = await mark()
    const seconds = (now.at - begun.at) / 1_000
    return { mails: now.stored - begun.stored, seconds, cpuSeconds: now.cpu - begun.cpu }
  }
  await reached(until.mails, Number.POSITIVE_INFINITY)
  const first = await pace()
  await reached(mails, begun.at + until.seconds * 1_000)
  const all = await pace()
  daemon.kill('SIGTERM')
  await ended
  return { first, all }
}

/** Its parsers work for it. */
async function cpuOfAll(pid: number): Promise<number> {
  const each = await Promise.all([pid, ...(await childrenOf(pid))].map(cpuOf))
  return each.reduce((sum, one) => sum + one, 0)
}
