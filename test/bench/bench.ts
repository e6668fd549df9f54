/**
 * `npm run bench [-- WORKLOAD…] [--rounds N] [--only NAME]`: the whole road on a real Dovecot and a desk that keeps what it is sent,
 * side by side in one run. Prints wall seconds, CPU seconds and peak memory of the largest process (medians of the rounds), each as a
 * ratio to the Node script; every file is compared by SHA-256 in every run. Needs Dovecot, GNU time; mbsync, curl, Python for their rows.
 * `start` and `idle` are what mailclip costs where there is no mail.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dovecot } from '../support/dovecot.ts'
import { median } from '../support/trend.ts'
import { CONTENDERS, type Contender } from './contenders.ts'
import type { Kept } from './desk.ts'
import { idle, start } from './start.ts'
import { type Latency, WORKLOADS, type Workload } from './workloads.ts'

type Run = { readonly wall: number; readonly cpu: number; readonly megabytes: number; readonly uploads: number }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, only: { type: 'string' } },
})
const WITHOUT_MAIL: Readonly<Record<string, () => Promise<void>>> = { start: () => start(Number(values.rounds)), idle }
const all = [...Object.keys(WITHOUT_MAIL), ...Object.keys(WORKLOADS)]
const chosen = positionals.length > 0 ? positionals : all
const unknown = chosen.filter(name => !all.includes(name))
if (unknown.length > 0) throw new Error(`no workload ${unknown}: ${all}`)
const contenders = CONTENDERS.filter(one => one.name.includes(values.only ?? '') && isInstalled(one))

for (const key of chosen) {
  await WITHOUT_MAIL[key]?.()
  const workload = WORKLOADS[key]?.()
  if (workload !== undefined) await compare(workload)
}

async function compare(workload: Workload): Promise<void> {
  const able = contenders.filter(({ name }) => workload.alone !== true || name.startsWith('mailclip'))
  const runs = new Map<string, Run[]>(able.map(one => [one.name, []]))
  // Round by round, not one contender after the other: what else the machine does hits all of them alike.
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const contender of able) runs.get(contender.name)?.push(await measure(contender, workload))
  process.stdout.write(`\n${workload.name}: ${workload.mails.length} mails, ${workload.files.length} files\n`)
  process.stdout.write(table(runs))
}

async function measure(contender: Contender, workload: Workload): Promise<Run> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const imap = stack.use(await dovecot())
  for (let at = 0; at < workload.mails.length; at += 50) await imap.deliverMany(workload.mails.slice(at, at + 50))
  const { child, desk, base } = await startDesk(workload.latency)
  stack.defer(() => void child.kill())
  const words = await contender.prepare({ imap, desk, workload, folder })
  const figures = join(folder, 'time')
  const timed = spawn('/usr/bin/time', ['-q', '-f', '%e %U %S %M', '-o', figures, ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(timed, 'exit')
  if (code !== 0) throw new Error(`${contender.name} ended with ${code}`)
  const journal = await fetch(`${base}/_journal`).then(answer => answer.json() as Promise<Journal>)
  prove(contender, workload, journal)
  const [wall = 0, user = 0, system = 0, kilobytes = 0] = (await readFile(figures, 'utf8')).split(' ').map(Number)
  return { wall, cpu: user + system, megabytes: kilobytes / 1_000, uploads: journal.uploads }
}

type Journal = { readonly uploads: number; readonly kept: readonly Kept[] }

async function startDesk({ upload, other }: Latency): Promise<{ child: ChildProcess; base: string; desk: string }> {
  const program = new URL('desk.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [program, String(upload), String(other)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = await once(child.stdout, 'data')
  const base = `http://127.0.0.1:${Number(port)}`
  return { child, base, desk: `${base}/api/v1/50004` }
}

/** A figure of somebody who lost or doubled a file would be worth nothing. */
function prove({ name }: Contender, { files }: Workload, { kept }: Journal): void {
  const row = (file: Kept): string => `${file.ticket} ${file.name} ${file.sha256}`
  const [wanted, got] = [files.map(row).toSorted(), kept.map(row).toSorted()]
  if (wanted.length === got.length && wanted.every((one, n) => one === got[n])) return
  throw new Error(`${name}: the desk has ${got.length} files, not the ${wanted.length} that were sent`)
}

function table(runs: ReadonlyMap<string, readonly Run[]>): string {
  const rows = [...runs].map(([who, all]) => [who, middleRun(all)] as const)
  const script = rows.find(([who]) => who === 'Node script')?.[1]
  const lines = rows.map(([who, { wall, cpu, megabytes, uploads }]) => {
    const ratio =
      script === undefined ? '' : `${(wall / script.wall).toFixed(2)} × wall, ${(cpu / script.cpu).toFixed(2)} × CPU`
    return `  ${who.padEnd(26)} ${wall.toFixed(2).padStart(7)} s ${cpu.toFixed(2).padStart(7)} s CPU ${megabytes.toFixed(0).padStart(5)} MB ${String(uploads).padStart(5)} uploads  ${ratio}`
  })
  return `${lines.join('\n')}\n`
}

function middleRun(runs: readonly Run[]): Run {
  const middle = (of: (run: Run) => number): number => median(runs.map(of))
  return {
    wall: middle(run => run.wall),
    cpu: middle(run => run.cpu),
    megabytes: middle(run => run.megabytes),
    uploads: middle(run => run.uploads),
  }
}

function isInstalled({ name: who, needs = {} }: Contender): boolean {
  const missing = Object.keys(needs).filter(program => !onPath(program))
  for (const program of missing) process.stderr.write(`left out: ${who} (apt-get install ${needs[program]})\n`)
  return missing.length === 0
}

function onPath(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
