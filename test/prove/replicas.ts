/**
 * `npm run prove:replicas [mails] [kills] [seed]`: three replicas share a mailbox and a PostgreSQL, at a desk that loses answers and commits late;
 * replicas are killed again and again, and the database is cut off twice; then the faults end. Checked from outside: every file is on its own
 * ticket exactly once, byte for byte, no mail is held, nobody was written to, and the account adds up. Then: how long 1, 2 and 4 replicas
 * take for the same mails at 150 ms a request. `npm run prove:replicas throughput [mails]` does that alone. Needs Dovecot and PostgreSQL.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { type DeskFault, seeded } from '../../src/simulator/desk/faults.ts'
import { startDeskSimulator } from '../../src/simulator/desk/start.ts'
import { startSmtpSink } from '../../src/simulator/smtp.ts'
import { type Dovecot, dovecot } from '../support/dovecot.ts'
import { leashed } from '../support/leash.ts'
import { letter, octets, sha256 } from '../support/letters.ts'
import { type Postgres, postgres } from '../support/postgres.ts'

const MAIN = fileURLToPath(new URL('../../src/bin.ts', import.meta.url))
const UPLOAD = 'POST /requests/:rfc/documents'
const FAULTS = [
  { route: UPLOAD, probability: 0.05, when: 'after', cut: true },
  { route: UPLOAD, probability: 0.03, when: 'after', status: 500, body: { error: 'internal' } },
  { route: UPLOAD, probability: 0.05, when: 'before', status: 503, body: 'maintenance', headers: { 'retry-after': 0 } },
  { route: UPLOAD, probability: 0.05, when: 'before', cut: true, keepAfter: 600 },
  { route: UPLOAD, probability: 0.3, when: 'before', delay: 400 },
] as const

type Mail = { readonly ticket: string; readonly files: Readonly<Record<string, Buffer>> }
type Site = Awaited<ReturnType<typeof site>>

const only = process.argv[2] === 'throughput'
const [mails = 500, kills = 60, seed = 1] = process.argv.slice(only ? 3 : 2).map(Number)
const database = await postgres()
try {
  if (!only) await survive(mails, kills, seed)
  for (const replicas of [1, 2, 4]) await measure(replicas, only ? mails : 200)
} finally {
  await database.close()
}

async function survive(count: number, most: number, start: number): Promise<void> {
  const random = seeded(start)
  const sent = Array.from({ length: count }, (_, n) => mailOf(n, 1 + Math.floor(random() * 5), random))
  await using here = await site(database, sent, FAULTS)
  const began = performance.now()
  const replicas = [0, 1, 2].map(() => here.running('run'))
  let [killed, cuts] = [0, 0]
  while (killed < most && (await here.waiting()) > 0) {
    await sleep(200 + random() * 1_200)
    // What does not come up while the database is away is started again, as any supervisor does.
    for (const [n, one] of replicas.entries()) if (one.exitCode !== null) replicas[n] = here.running('run')
    const victim = Math.floor(random() * replicas.length)
    await kill(replicas[victim])
    replicas[victim] = here.running('run')
    killed += 1
    if (killed !== Math.floor(most / 3) && killed !== Math.floor((2 * most) / 3)) continue
    await database.stop()
    await sleep(2_000)
    await database.start()
    cuts += 1
  }
  here.desk.faults([])
  const deadline = performance.now() + 300_000
  while ((await here.waiting()) > 0 && performance.now() < deadline) await sleep(500)
  for (const one of replicas) await stop(one)
  const codes: (number | null)[] = []
  while (codes.at(-1) !== 0 && codes.length < 90) {
    codes.push(await ended(here.running('sweep')))
    if (codes.at(-1) !== 0) await sleep(2_000)
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(0)
  const found = compare(here, sent)
  const held = (await here.output('list', '--json', '--state', 'held')).split('\n').filter(Boolean).length
  const account = await here.output('report', '--deep', '--json')
  const notices = here.relay.journal.length
  process.stdout.write(
    `seed ${start}: ${count} mails with ${sent.flatMap(({ files }) => Object.keys(files)).length} files, 3 replicas, ${killed} kills, ` +
      `${cuts} restarts of PostgreSQL, ${codes.length} sweeps after, ${seconds} s\n` +
      `lost ${found.lost}, doubled ${found.doubled}, foreign ${found.foreign}, wrong octets ${found.wrong}, held ${held}, notices ${notices}, ` +
      `left in INBOX ${await here.waiting()}, replicas that ended by themselves ${here.crashed()}\n${account}`,
  )
  const bad = found.lost + found.doubled + found.foreign + found.wrong + held + notices + here.crashed()
  if (bad > 0 || codes.at(-1) !== 0 || !account.includes('"adds":true')) process.exitCode = 1
}

/** From the start of the replicas to the last document, one file a mail. */
async function measure(replicas: number, count: number): Promise<void> {
  const random = seeded(7)
  const sent = Array.from({ length: count }, (_, n) => mailOf(n, 1, random, 100_000))
  await using here = await site(database, sent, [{ route: UPLOAD, probability: 1, when: 'before', delay: 150 }])
  const running = Array.from({ length: replicas }, () => here.running('run'))
  const stored = (): number =>
    here.desk.journal().filter(({ method, status }) => method === 'POST' && status === 201).length
  while (stored() === 0) await sleep(5)
  const began = performance.now()
  while (stored() < count) await sleep(5)
  const seconds = (performance.now() - began) / 1_000
  for (const one of running) await stop(one)
  const { lost, doubled, wrong } = compare(here, sent)
  process.stdout.write(
    `${replicas} replica${replicas === 1 ? '' : 's'}: ${count} mails of 100 KB at 150 ms in ${seconds.toFixed(1)} s, ` +
      `${(count / seconds).toFixed(1)} a second; lost ${lost}, doubled ${doubled}, wrong octets ${wrong}\n`,
  )
  if (lost + doubled + wrong > 0) process.exitCode = 1
}

async function site(server: Postgres, sent: readonly Mail[], faults: readonly DeskFault[]) {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-replicas-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const imap = stack.use(await dovecot())
  const desk = stack.use(await startDeskSimulator({ tickets: 'any', seed: 1, faults }))
  const relay = stack.use(await startSmtpSink())
  await imap.deliverMany(sent.map(({ ticket, files }) => letter({ subject: `Re: ${ticket}`, attachments: files })))
  const ledger = { url: await server.database(), password: server.password, lease: '5s' }
  const children = new Set<ChildProcess>()
  stack.defer(async () => {
    for (const child of children) await kill(child)
  })
  let [started, crashed] = [0, 0]
  const replica = (...words: readonly string[]): ChildProcess => {
    started += 1
    const config = join(folder, `${started}.yaml`)
    // Each with a spool of its own, as on a machine of its own.
    const settings = {
      ...common(imap, desk.url, relay.port),
      ledger,
      spool: { folder: join(folder, `spool-${started}`) },
    }
    writeFileSync(config, stringify(settings), { mode: 0o600 })
    const child = leashed(
      spawn(process.execPath, [MAIN, ...words, '--config', config], { stdio: ['ignore', 'pipe', 'inherit'] }),
    )
    children.add(child)
    child.once('exit', code => {
      children.delete(child)
      // A start while the database is away ends with 74, for whoever starts it to start it again.
      if (words[0] === 'run' && code !== null && code !== 0 && code !== 74) crashed += 1
    })
    return child
  }
  const running = (...words: readonly string[]): ChildProcess => {
    const child = replica(...words)
    child.stdout?.resume()
    return child
  }
  const output = async (...words: readonly string[]): Promise<string> => {
    const child = replica(...words)
    let text = ''
    for await (const chunk of child.stdout ?? []) text += String(chunk)
    return text
  }
  const waiting = (): Promise<number> => imap.count('INBOX')
  return {
    desk,
    relay,
    crashed: () => crashed,
    running,
    output,
    waiting,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function common(imap: Dovecot, desk: string, relay: number): object {
  return {
    mailboxes: [
      {
        name: 'support',
        host: imap.host,
        port: imap.port,
        security: 'plain',
        user: imap.user,
        password: imap.password,
        backlog: 'all',
      },
    ],
    schedule: '* * * * * *',
    desk: { url: desk, user: 'mailclip', password: 'mailclip', quiet: '1s', recheck: '100ms', timeout: '5s' },
    retry: { first: '100ms', max: '1s', factor: 2, tries: 50 },
    notices: {
      from: 'Support <support@example.com>',
      smtp: { host: '127.0.0.1', port: relay, security: 'plain' },
    },
    status: null,
  }
}

function kill(child: ChildProcess | undefined): Promise<void> {
  return end(child, 'SIGKILL')
}

function stop(child: ChildProcess): Promise<void> {
  return end(child, 'SIGTERM')
}

async function end(child: ChildProcess | undefined, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

async function ended(child: ChildProcess): Promise<number | null> {
  return ((await once(child, 'exit')) as [number | null])[0]
}

function mailOf(n: number, count: number, random: () => number, size?: number): Mail {
  const files = Array.from({ length: count }, (_, k) => {
    const octetCount = size ?? 1 + Math.floor(random() ** 6 * 5_000_000)
    return [`file ${n}-${k}.bin`, Buffer.concat([Buffer.from(`${n}/${k}:`), octets(octetCount, `${n}/${k}`)])] as const
  })
  return { ticket: `I161026_${String(n).padStart(6, '0')}`, files: Object.fromEntries(files) }
}

function compare({ desk }: Site, sent: readonly Mail[]) {
  const found = { lost: 0, doubled: 0, foreign: 0, wrong: 0 }
  for (const { ticket, files } of sent) {
    const kept = desk.documents(ticket)
    for (const [name, content] of Object.entries(files)) {
      const copies = kept.filter(document => document.name === name)
      found.lost += copies.length === 0 ? 1 : 0
      found.doubled += Math.max(0, copies.length - 1)
      found.wrong += copies.filter(document => document.sha256 !== sha256(content)).length
    }
    found.foreign += kept.filter(({ name }) => !(name in files)).length
  }
  return found
}
