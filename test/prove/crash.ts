/**
 * `npm run prove:crash [mails] [kills] [seed] [--uncertain hold|repost]`: mails with one to five files each go through a real Dovecot to a desk
 * that loses answers, commits late and fails, while mailclip is killed again and again; then the faults end. Everything is judged from
 * outside (invariants.ts): every file is on its own ticket exactly once, byte for byte, no mail is held, nobody was written to, the account
 * adds up, and one more start does nothing at all. With `--uncertain` the desk denies the right to list its documents. Needs Dovecot.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import type { MailRow } from '../../src/gateway/books.ts'
import { seeded } from '../../src/simulator/desk/faults.ts'
import { startDeskSimulator } from '../../src/simulator/desk/start.ts'
import { startSmtpSink } from '../../src/simulator/smtp.ts'
import { dovecot } from '../support/dovecot.ts'
import { leashed } from '../support/leash.ts'
import { letter } from '../support/letters.ts'
import { type Count, compare, type Export, monotone, notices, quiet, wantedBy } from './invariants.ts'
import { calmFaults, type Mode, stormFaults, stormMails, stormSettings } from './storm.ts'

const { positionals, values } = parseArgs({ allowPositionals: true, options: { uncertain: { type: 'string' } } })
const [count = 500, kills = 200, seed = 1] = positionals.map(Number)
const mode: Mode = values.uncertain === 'hold' || values.uncertain === 'repost' ? values.uncertain : 'list'
const MAIN = fileURLToPath(new URL('../../src/bin.ts', import.meta.url))
/** Kills between two looks into the ledger. */
const LOOK_EVERY = 20
const MOST_SWEEPS = 90
/** Milliseconds from the start to the first word on a machine with nothing else to do. */
const USUAL_START = 500

const random = seeded(seed + 1)
await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'mailclip-crash-'))
stack.defer(() => rm(folder, { recursive: true, force: true }))
const imap = stack.use(await dovecot())
const desk = stack.use(await startDeskSimulator({ tickets: 'any', seed, faults: stormFaults(mode) }))
const relay = stack.use(await startSmtpSink())
const sent = stormMails(count, seed)
await imap.deliverMany(sent.map(({ ticket, files }) => letter({ subject: `Re: ${ticket}`, attachments: files })))
const config = join(folder, 'mailclip.yaml')
await writeFile(config, stringify(stormSettings({ imap, desk, relay, folder }, mode)), { mode: 0o600 })

const started = performance.now()
const exports: Export[] = []
let killed = 0
while (killed < kills && (await waiting()) > 0) {
  const begun = performance.now()
  const child = mailclip('run')
  await once(child.stdout ?? child, 'data')
  // On a busy machine everything takes longer, the way to the first upload too.
  const slowness = Math.max(1, (performance.now() - begun) / USUAL_START)
  await sleep((50 + random() * 450) * slowness)
  child.kill('SIGKILL')
  await once(child, 'exit')
  killed += 1
  if (killed % LOOK_EVERY === 0) exports.push({ mails: await listed(), row: desk.journal().length })
}
// A storm in which nothing was uploaded proves nothing: the figure is told.
const stormy = desk.journal().filter(({ method }) => method === 'POST')
desk.faults(calmFaults(mode))
const codes = [await sweep()]
while (codes.at(-1) !== 0 && codes.length < MOST_SWEEPS) {
  await sleep(1_100)
  codes.push(await sweep())
}
const seconds = ((performance.now() - started) / 1_000).toFixed(0)
const mails = await listed()
exports.push({ mails, row: desk.journal().length })
const counts: Count = {
  ...compare(sent, desk, mails),
  held: mails.filter(({ state }) => state === 'held').length,
  notices: relay.journal.length,
  ...notices(relay, mails),
  ...monotone(exports, desk),
  ...(mode === 'list' ? quiet(desk) : {}),
  'left in INBOX': await waiting(),
  'not final': mails.filter(({ settledAt }) => settledAt === null).length,
  'stirred by an idle start': await stirred(),
  'sweeps that failed': codes.at(-1) === 0 ? 0 : 1,
}
const files = sent.reduce((sum, one) => sum + Object.keys(one.files).length, 0)
const [account, adds] = await output('report', '--json')
process.stdout.write(
  `seed ${seed}, ${mode}: ${count} mails with ${files} files, ${killed} kills, ${stormy.length} uploads begun meanwhile (${stormy.filter(({ status }) => status !== 201).length} of them without a 201), ${codes.length} sweeps after, ${seconds} s\n` +
    `${Object.entries(counts)
      .map(([name, n]) => `${name} ${n}`)
      .join(', ')}\n${account}`,
)
const broken = Object.entries(counts).filter(([name, n]) => n > 0 && !wantedBy(mode).has(name))
if (broken.length > 0 || adds !== 0) {
  process.stdout.write(`BROKEN: ${broken.map(([name]) => name).join(', ') || 'the account does not add up'}\n`)
  for (const { state, subject, reason } of mails.filter(one => one.state !== 'delivered').slice(0, 20))
    process.stdout.write(`  ${state} ${subject}: ${reason}\n`)
  process.exitCode = 1
}

/** I14: a start with nothing to do asks the desk for nothing, writes to nobody and changes nothing in the mailbox. */
async function stirred(): Promise<number> {
  const before = [desk.journal().length, relay.journal.length, await mailbox()]
  await sweep()
  const after = [desk.journal().length, relay.journal.length, await mailbox()]
  return before.filter((one, at) => one !== after[at]).length
}

function mailbox(): Promise<string> {
  return imap.doveadm('mailbox', 'status', '-u', imap.user, 'messages uidnext highestmodseq', '*')
}

/** Mails in INBOX. */
async function waiting(): Promise<number> {
  const told = await imap.doveadm('mailbox', 'status', '-u', imap.user, 'messages', 'INBOX')
  return Number(/messages=(\d+)/.exec(told)?.[1])
}

async function sweep(): Promise<number | null> {
  const child = mailclip('sweep')
  child.stdout?.resume()
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

/** Every mail as the command line tells it: our own JSON. */
async function listed(): Promise<readonly MailRow[]> {
  const [told] = await output('list', '--json', '--all')
  return told
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as MailRow)
}

async function output(...words: readonly string[]): Promise<readonly [string, number | null]> {
  const child = mailclip(...words)
  let told = ''
  child.stdout?.setEncoding('utf8').on('data', chunk => {
    told += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return [told, code]
}

function mailclip(...words: readonly string[]): ChildProcess {
  return leashed(
    spawn(process.execPath, [MAIN, ...words, '--config', config], { stdio: ['ignore', 'pipe', 'inherit'] }),
  )
}
