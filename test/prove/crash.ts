/**
 * `npm run prove:crash [mails] [kills] [seed]`: mails with one to five files each go through a real Dovecot to a desk that loses answers,
 * commits late and fails, while mailclip is killed again and again; then the faults end. Checked from outside: every file is on its own
 * ticket exactly once, byte for byte, no mail is held, nobody was written to, and the account adds up. Needs Dovecot.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { type DeskSimulator, startDeskSimulator } from '../../src/simulator/desk/start.ts'
import { startSmtpSink } from '../../src/simulator/smtp.ts'
import { dovecot } from '../support/dovecot.ts'
import { letter, octets, sha256 } from '../support/letters.ts'

const [mails = 500, kills = 200, seed = 1] = process.argv.slice(2).map(Number)
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const UPLOAD = 'POST /requests/:rfc/documents'
const FAULTS = [
  { route: UPLOAD, probability: 0.05, when: 'after', cut: true },
  { route: UPLOAD, probability: 0.03, when: 'after', status: 500, body: { error: 'internal' } },
  {
    route: UPLOAD,
    probability: 0.05,
    when: 'before',
    status: 503,
    body: '<html>maintenance</html>',
    headers: { 'retry-after': 0 },
  },
  { route: UPLOAD, probability: 0.05, when: 'before', cut: true, keepAfter: 600 },
  { route: UPLOAD, probability: 0.3, when: 'before', delay: 400 },
] as const

const random = generator(seed)
await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'mailclip-crash-'))
stack.defer(() => rm(folder, { recursive: true, force: true }))
const imap = stack.use(await dovecot())
const desk = stack.use(await startDeskSimulator({ tickets: 'any', seed, faults: FAULTS }))
const relay = stack.use(await startSmtpSink())
const sent = Array.from({ length: mails }, (_, n) => mailOf(n))
await imap.deliverMany(sent.map(({ ticket, files }) => letter({ subject: `Re: ${ticket}`, attachments: files })))
const config = join(folder, 'mailclip.yaml')
await writeFile(config, stringify(settings()), { mode: 0o600 })

const started = performance.now()
let killed = 0
while (killed < kills && (await waiting()) > 0) {
  const child = mailclip('run')
  await once(child.stdout ?? child, 'data')
  await sleep(50 + random() * 450)
  child.kill('SIGKILL')
  await once(child, 'exit')
  killed += 1
}
desk.faults([])
const codes: (number | null)[] = []
while (codes.at(-1) !== 0 && codes.length < 60) {
  const child = mailclip('sweep')
  child.stdout?.resume()
  codes.push(((await once(child, 'exit')) as [number | null])[0])
  if (codes.at(-1) !== 0) await sleep(1_100)
}
const seconds = ((performance.now() - started) / 1_000).toFixed(0)
const account = await output('report', '--json')
const held = heldOf(await output('list', '--json', '--state', 'held'))
const { lost, waiting: visible, doubled, foreign, wrong } = compare(desk, held)
const files = sent.reduce((sum, one) => sum + Object.keys(one.files).length, 0)
process.stdout.write(
  `seed ${seed}: ${mails} mails with ${files} files, ${killed} kills, ${codes.length} sweeps after, ${seconds} s\n` +
    `lost ${lost}, on held mails ${visible}, doubled ${doubled}, foreign ${foreign}, wrong octets ${wrong}, held ${held.size}, notices ${relay.journal.length}, ` +
    `left in INBOX ${await waiting()}\n${account}`,
)
if (lost + doubled + foreign + wrong + held.size + relay.journal.length > 0 || codes.at(-1) !== 0) process.exitCode = 1

function mailOf(n: number): { readonly ticket: string; readonly files: Readonly<Record<string, Buffer>> } {
  const files = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, k) => {
    const size = 1 + Math.floor(random() ** 6 * 5_000_000)
    return [
      `file ${n}-${k}.bin`,
      Buffer.concat([Buffer.from(`${seed}/${n}/${k}:`), octets(size, `${n}/${k}`)]),
    ] as const
  })
  return { ticket: `I161026_${String(n).padStart(6, '0')}`, files: Object.fromEntries(files) }
}

function settings(): object {
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
    desk: { url: desk.url, user: 'mailclip', password: 'mailclip', quiet: '1s', recheck: '100ms', timeout: '5s' },
    retry: { first: '100ms', max: '1s', factor: 2, tries: 50 },
    notices: {
      from: 'Support <support@example.com>',
      smtp: { host: '127.0.0.1', port: relay.port, security: 'plain' },
    },
    ledger: { url: `sqlite:${join(folder, 'mailclip.db')}` },
    spool: { folder: join(folder, 'spool') },
    status: null,
  }
}

/** Mails in INBOX. */
async function waiting(): Promise<number> {
  const told = await imap.doveadm('mailbox', 'status', '-u', imap.user, 'messages', 'INBOX')
  return Number(/messages=(\d+)/.exec(told)?.[1])
}

function mailclip(...words: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...words, '--config', config], { stdio: ['ignore', 'pipe', 'inherit'] })
  return child
}

async function output(...words: readonly string[]): Promise<string> {
  const child = mailclip(...words)
  let text = ''
  for await (const chunk of child.stdout ?? []) text += String(chunk)
  return text
}

/** Tickets of mails that a person has to look at. */
function heldOf(listed: string): ReadonlySet<string> {
  const mails = listed.split('\n').filter(Boolean)
  return new Set(mails.map(line => (JSON.parse(line) as { readonly ticket: string }).ticket))
}

function compare(simulator: DeskSimulator, heldTickets: ReadonlySet<string>) {
  const found = { lost: 0, waiting: 0, doubled: 0, foreign: 0, wrong: 0 }
  for (const { ticket, files } of sent) {
    const kept = simulator.documents(ticket)
    for (const [name, content] of Object.entries(files)) {
      const copies = kept.filter(document => document.name === name)
      if (copies.length === 0) found[heldTickets.has(ticket) ? 'waiting' : 'lost'] += 1
      found.doubled += Math.max(0, copies.length - 1)
      found.wrong += copies.filter(document => document.sha256 !== sha256(content)).length
    }
    found.foreign += kept.filter(({ name }) => !(name in files)).length
  }
  return found
}

/** mulberry32: a small generator that gives the same numbers for the same seed. */
function generator(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
