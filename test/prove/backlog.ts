/**
 * `npm run prove:backlog [mails]`: so many small mails lie in the folder before mailclip comes to a desk that is away for long. One sweep sees them
 * all: how long that takes, and its memory against that for a folder of ten thousand. Then the desk is back, and the daemon works for a
 * minute: its pace with the backlog waiting, and what a mail costs it, against a thousand mails. Needs Dovecot and Linux.
 */
import { type Pace, type Piled, pile } from './pile.ts'
import { PROGRAMS } from './stage.ts'

const [mails = 100_000] = process.argv.slice(2).map(Number)
/** Mails of the folder whose memory is the measure (with fewer a process has not seen all of its code), and of the one whose pace is. */
const FEW = 10_000
const THOUSAND = 1_000
/** So many times the memory for few mails is what it may take for all. */
const MOST = 1.25
const MB = 1_000_000
/** So many times the CPU for a mail of a thousand is what one of all may take: what is asked of the ledger for each may not grow with what waits. */
const DEAREST = 2
/** The last ones of a small folder are worked off by fewer hands: its pace is taken before. */
const until = { mails: Math.floor(Math.min(mails, THOUSAND) * 0.8), seconds: 60 }

const few = mails > FEW ? await pile(FEW, PROGRAMS.compiled) : undefined
if (few !== undefined) tell(FEW, few)
const thousand = mails > THOUSAND ? await pile(THOUSAND, PROGRAMS.compiled, { ...until, seconds: 0 }) : undefined
if (thousand !== undefined) tell(THOUSAND, thousand)
const all = await pile(mails, PROGRAMS.compiled, until)
tell(mails, all)
const dearer = thousand === undefined ? 1 : costOf(all.first) / costOf(thousand.first)
process.stdout.write(`CPU: ${dearer.toFixed(2)} times that for a mail of ${THOUSAND}\n`)
const larger = few === undefined ? 1 : all.peak / few.peak
process.stdout.write(
  few === undefined ? 'too few mails to tell of memory\n' : `memory: ${larger.toFixed(2)} times that of ${FEW} mails\n`,
)
const broken = [
  ...(all.seen === mails && all.adds ? [] : [`${mails - all.seen} mails were not seen`]),
  ...(larger > MOST ? ['memory grows with the folder'] : []),
  ...(dearer > DEAREST ? ['a mail costs more the more of them wait'] : []),
]
if (broken.length > 0) {
  process.stdout.write(`BROKEN: ${broken.join(', ')}\n`)
  process.exitCode = 1
}

function tell(count: number, { seen, seconds, peak, first, all }: Piled): void {
  const paces = first === undefined || all === undefined ? '' : `; ${pace(first)}; in all ${pace(all)}`
  process.stdout.write(
    `${count} mails: ${seen} seen in ${seconds.toFixed(1)} s, ${(seen / seconds).toFixed(0)} a second, ` +
      `at most ${(peak / MB).toFixed(0)} MB${paces}\n`,
  )
}

function pace(measured: Pace): string {
  const { mails: done, seconds } = measured
  return `${done} delivered, ${(done / seconds).toFixed(1)} a second, ${(costOf(measured) * 1_000).toFixed(1)} ms of CPU each`
}

/** Seconds of CPU for each mail. */
function costOf(measured: Pace | undefined): number {
  return measured === undefined ? Number.NaN : measured.cpuSeconds / measured.mails
}
