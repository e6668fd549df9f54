/** What mailclip costs where there is no mail: one sweep from its start to its end, and a daemon that waits. Dovecot and Linux are needed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Dovecot, dovecot } from '../support/dovecot.ts'
import { CONTENDERS, type Contender } from './contenders.ts'
import { NONE, type Workload } from './workloads.ts'

/** Seconds until a daemon has swept once and its start is over, and for which it is then watched. */
const SETTLES = 15
const WATCHED = 30
/** Of a core's second, as Linux counts processor time. */
const TICKS = 100

const NOTHING: Workload = { name: 'no mail', latency: NONE, mails: [], files: [] }
const named = (name: string): Contender | undefined => CONTENDERS.find(one => one.name === name)

export async function start(rounds: number): Promise<void> {
  await using imap = await dovecot()
  process.stdout.write('\nfrom start to the end of a sweep, no mail\n')
  for (const contender of ['Node script', 'mailclip'].map(named)) {
    if (contender === undefined) continue
    const runs: Figures[] = []
    for (let round = 0; round < rounds; round += 1) runs.push(await swept(contender, imap))
    const middle = (of: (run: Figures) => number): number => runs.map(of).toSorted((a, b) => a - b)[rounds >> 1] ?? 0
    const [wall, cpu, megabytes] = [middle(run => run.wall), middle(run => run.cpu), middle(run => run.megabytes)]
    process.stdout.write(
      `  ${contender.name.padEnd(26)} ${wall.toFixed(2).padStart(7)} s ${cpu.toFixed(2).padStart(7)} s CPU ${megabytes.toFixed(0).padStart(5)} MB\n`,
    )
  }
}

type Figures = { readonly wall: number; readonly cpu: number; readonly megabytes: number }

async function swept(contender: Contender, imap: Dovecot): Promise<Figures> {
  await using laid = await layOut(contender, imap)
  const figures = join(laid.folder, 'time')
  const timed = spawn('/usr/bin/time', ['-q', '-f', '%e %U %S %M', '-o', figures, ...laid.words], { stdio: 'ignore' })
  const [code] = await once(timed, 'exit')
  if (code !== 0) throw new Error(`${contender.name} ended with ${code}`)
  const [wall = 0, user = 0, system = 0, kilobytes = 0] = (await readFile(figures, 'utf8')).split(' ').map(Number)
  return { wall, cpu: user + system, megabytes: kilobytes / 1_000 }
}

/** With its status page, as it comes: that is a part of what it costs. */
export async function idle(): Promise<void> {
  const contender = named('mailclip')
  if (contender === undefined) return
  await using imap = await dovecot()
  await using laid = await layOut(contender, imap)
  const words = laid.words.map(word => (word === 'sweep' ? 'run' : word))
  const daemon = spawn(words[0] ?? '', words.slice(1), { stdio: 'ignore' })
  const ended = once(daemon, 'exit')
  try {
    await Promise.race([sleep(SETTLES * 1_000), ended])
    const before = await looked(daemon)
    await sleep(WATCHED * 1_000)
    const after = await looked(daemon)
    const share = (100 * (after.ticks - before.ticks)) / TICKS / WATCHED
    const wakes = (after.wakes - before.wakes) / WATCHED
    process.stdout.write(
      `\na daemon without mail, ${WATCHED} s of it\n  mailclip ${share.toFixed(2)} % of a core, woken ${wakes.toFixed(1)} times a second, ${after.megabytes.toFixed(0)} MB\n`,
    )
  } finally {
    daemon.kill()
    await ended
  }
}

/** From /proc: processor time so far, how often the main thread slept and woke, resident memory. */
async function looked({ pid, exitCode }: ChildProcess) {
  if (exitCode !== null) throw new Error(`the daemon ended with ${exitCode}`)
  const [, rest = ''] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(/\) (?!.*\) )/)
  const fields = rest.split(' ').map(Number)
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const said = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  return {
    ticks: (fields[11] ?? 0) + (fields[12] ?? 0),
    wakes: said('voluntary_ctxt_switches'),
    megabytes: said('VmRSS') / 1_000,
  }
}

async function layOut(contender: Contender, imap: Dovecot) {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-bench-'))
  // Nobody listens there, and nobody asks.
  const words = await contender.prepare({ imap, desk: 'http://127.0.0.1:9/api/v1/50004', workload: NOTHING, folder })
  return { folder, words, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
