/**
 * `npm run prove:soak [mails] [seed] [minutes]`: mails of one small file come in portions while the daemon works, spread over these minutes or as
 * fast as they are worked off, and one upload in a hundred goes wrong at the desk. Told at the end: whether every file is on its ticket once,
 * byte for byte; how memory and open files of the daemon and its parser went; what a mail weighs in the ledger, and what is left of that when
 * `ledger.keep` is over. Needs Dovecot and Linux; the last figure libfaketime. The mails lie on the disk of the temporary folder three times over:
 * about 2 GB for 20,000.
 */
import { median, slope } from '../support/trend.ts'
import { PROGRAMS } from './stage.ts'
import { type Held, type Sample, sustain, type Weight } from './sustained.ts'

const [mails = 20_000, seed = 1, minutes = 0] = process.argv.slice(2).map(Number)
/** With fewer a process has not seen all of its code yet: nothing is said of its memory. */
const LONG = 2_000
/** More open files than this at the end than at the beginning are a leak. */
const HANDFUL = 5
/** Part of its memory at the beginning that a process may gain over the whole run, by the second half. */
const GAIN = 0.2
const MB = 1_000_000

const { samples, counts, held, weight, trimmed, ...told } = await sustain({
  mails,
  seed,
  share: 0.01,
  program: PROGRAMS.compiled,
  every: mails < LONG ? 500 : 3_000,
  over: minutes * 60_000,
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)
say(`seed ${seed}: ${mails} mails in ${told.seconds.toFixed(0)} s, ${(mails / told.seconds).toFixed(1)} a second`)
say(`${told.uploads.all} uploads, ${told.uploads.without201} of them without a 201`)
say(named(counts))
for (const { subject, reason } of held.slice(0, 20)) say(`  held ${subject}: ${reason}`)
say(told.account.trim())
const leaks = [...tellProcess('daemon', one => one.daemon), ...tellProcess('parser', one => one.parser)]
tellLedger()
// A person can see why a mail is held, above; whoever holds one tells its sender.
const broken = Object.entries(counts).filter(
  ([name, n]) => n > 0 && !['held', 'left to a person', 'notices'].includes(name),
)
const wrong = [...broken.map(([name]) => name), ...(mails < LONG ? [] : leaks)]
if (mails < LONG) say(`fewer than ${LONG} mails say nothing about memory and open files`)
if (wrong.length > 0) {
  say(`BROKEN: ${wrong.join(', ')}`)
  process.exitCode = 1
}

/** Answers what is wrong with it. */
function tellProcess(name: string, of: (sample: Sample) => Held): readonly string[] {
  const quarter = Math.max(1, samples.length >> 2)
  const middle = (some: readonly Sample[], what: keyof Held): number => median(some.map(one => of(one)[what]))
  const [first, last] = [samples.slice(0, quarter), samples.slice(-quarter)]
  const [before, after] = [middle(first, 'rss'), middle(last, 'rss')]
  const [opened, open] = [middle(first, 'files'), middle(last, 'files')]
  const each = slope(samples.slice(samples.length >> 1).map(one => [one.done, of(one).rss]))
  say(
    `${name}: ${(before / MB).toFixed(1)} MB in the first quarter, ${(after / MB).toFixed(1)} MB in the last, ` +
      `${((each * 1_000) / MB).toFixed(2)} MB for 1,000 mails in the second half (${((each * mails * 3_600) / told.seconds / MB).toFixed(1)} MB an hour); ${opened} open files, then ${open}`,
  )
  return [
    ...(each * mails > GAIN * before ? [`the ${name}'s memory grows`] : []),
    ...(open > opened + HANDFUL ? [`the ${name}'s open files grow`] : []),
  ]
}

function tellLedger(): void {
  const wal = Math.max(...samples.map(one => one.wal))
  say(`ledger: ${(weight.octets / mails).toFixed(0)} octets a mail; its WAL at most ${(wal / MB).toFixed(1)} MB`)
  say(`  kept    ${weighed(weight)}`)
  say(trimmed === undefined ? 'libfaketime is not installed: nothing was trimmed' : `  trimmed ${weighed(trimmed)}`)
}

function weighed({ rows, octets }: Weight): string {
  return `${(octets / MB).toFixed(2)} MB, ${named(rows)}`
}

function named(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ')
}
