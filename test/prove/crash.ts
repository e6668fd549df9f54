/**
 * `npm run prove:crash [mails] [kills] [seed] [--uncertain hold|repost]`: mails with one to five files each go through a real Dovecot to a desk
 * that loses answers, commits late and fails, while mailclip is killed again and again; then the faults end. Everything is judged from
 * outside (invariants.ts): every file is on its own ticket exactly once, byte for byte, no mail is held, nobody was written to, the account
 * adds up, and one more start does nothing at all. With `--uncertain` the desk denies the right to list its documents. Needs Dovecot.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { seeded } from '../../src/simulator/desk/faults.ts'
import { letter } from '../support/letters.ts'
import { type Count, compare, type Export, monotone, notices, quiet, wantedBy } from './invariants.ts'
import { stage } from './stage.ts'
import { calmFaults, type Mode, stormFaults, stormMails } from './storm.ts'

const { positionals, values } = parseArgs({ allowPositionals: true, options: { uncertain: { type: 'string' } } })
const [count = 500, kills = 200, seed = 1] = positionals.map(Number)
const mode: Mode = values.uncertain === 'hold' || values.uncertain === 'repost' ? values.uncertain : 'list'
/** Kills between two looks into the ledger. */
const LOOK_EVERY = 20
const MOST_SWEEPS = 90
/** Milliseconds from the start to the first word on a machine with nothing else to do. */
const USUAL_START = 500

const random = seeded(seed + 1)
await using play = await stage({ seed, mode, faults: stormFaults(mode) })
const { imap, desk, relay } = play
const sent = stormMails(count, seed)
await imap.deliverMany(sent.map(({ ticket, files }) => letter({ subject: `Re: ${ticket}`, attachments: files })))

const started = performance.now()
const exports: Export[] = []
let killed = 0
while (killed < kills && (await imap.count('INBOX')) > 0) {
  const begun = performance.now()
  const child = play.start(['run'])
  await once(child.stdout ?? child, 'data')
  // On a busy machine everything takes longer, the way to the first upload too.
  const slowness = Math.max(1, (performance.now() - begun) / USUAL_START)
  await sleep((50 + random() * 450) * slowness)
  child.kill('SIGKILL')
  await once(child, 'exit')
  killed += 1
  if (killed % LOOK_EVERY === 0) exports.push({ mails: await play.listed(), row: desk.journal().length })
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
const mails = await play.listed()
exports.push({ mails, row: desk.journal().length })
const counts: Count = {
  ...compare(sent, desk, mails),
  held: mails.filter(({ state }) => state === 'held').length,
  notices: relay.journal.length,
  ...notices(relay, mails),
  ...monotone(exports, desk),
  ...(mode === 'list' ? quiet(desk) : {}),
  'left in INBOX': await imap.count('INBOX'),
  'not final': mails.filter(({ settledAt }) => settledAt === null).length,
  'stirred by an idle start': await stirred(),
  'sweeps that failed': codes.at(-1) === 0 ? 0 : 1,
}
const files = sent.reduce((sum, one) => sum + Object.keys(one.files).length, 0)
const [account, adds] = await play.output(['report', '--json'])
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

async function sweep(): Promise<number | null> {
  return (await play.output(['sweep']))[1]
}
