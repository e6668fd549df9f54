/**
 * `npm run prove:hostile [deadline]`: a hundred good mails go through the parser alone, and then
 * beside a hundred hostile ones, each mail from a sender of its own. Every fourth hostile mail is a
 * pipe that comes to no end, and takes its whole deadline. Prints how long the good mails took from
 * their arrival to the end of their parse. `deadline`: seconds; 5 when absent. Needs Linux.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type ParseJob, ParserBusy } from '../../src/gateway/ports.ts'
import { MimeParser } from '../../src/mime/parse.ts'
import { HOSTILE } from '../support/hostile.ts'

/** Mails of each sort, and milliseconds between two arrivals. */
const MAILS = 100
const EVERY = 20
const MEMORY = 512 * 2 ** 20
const GOOD = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nthe log\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${`${'QUJD'.repeat(19)}\r\n`.repeat(2_000)}--b--\r\n`

const deadline = Number(process.argv[2] ?? 5) * 1000
let folders = 0
const top = await mkdtemp(join(tmpdir(), 'mailclip-hostile-'))
try {
  await run('alone', [])
  await run('beside twelve hostile mails', HOSTILE.slice(0, 12))
  await run('beside a hundred hostile mails', HOSTILE)
} finally {
  await rm(top, { recursive: true, force: true })
}

async function run(what: string, hostile: readonly (() => string)[]): Promise<void> {
  await using parser = new MimeParser({ deadline, memory: MEMORY })
  const delays: number[] = []
  const ends: Record<string, number> = {}
  const began = performance.now()
  const parses: Promise<unknown>[] = []
  const count = (end: string): void => {
    ends[end] = (ends[end] ?? 0) + 1
  }
  for (let n = 0; n < MAILS; n += 1) {
    const bomb = hostile[n]
    const mail = n % 4 === 0 ? 'endless' : bomb?.()
    if (mail !== undefined && bomb !== undefined)
      parses.push(parse(parser, mail, `hostile${n}@example.net`).then(({ end }) => count(end)))
    parses.push(parse(parser, GOOD, `good${n}@example.org`).then(({ ms }) => delays.push(ms)))
    await pause(EVERY)
  }
  await Promise.all(parses)
  const [median, most, max] = [0.5, 0.95, 1].map(share => seconds(quantile(delays, share)))
  const all = seconds(performance.now() - began)
  process.stdout.write(`good mails ${what}: median ${median}, p95 ${most}, max ${max}; all done after ${all}\n`)
  if (hostile.length > 0) process.stdout.write(`  hostile mails: ${JSON.stringify(ends)}\n`)
}

async function parse(parser: MimeParser, mail: string, sender: string) {
  const folder = join(top, String(++folders))
  await mkdir(folder)
  const raw = join(folder, 'raw.eml')
  if (mail === 'endless') execFileSync('mkfifo', [raw])
  else await writeFile(raw, mail, 'latin1')
  await using _held = mail === 'endless' ? await open(raw, 'r+') : undefined
  const began = performance.now()
  const end = await parsed(parser, { raw, folder, sender })
  await rm(folder, { recursive: true, force: true })
  return { end, ms: performance.now() - began }
}

/** A mail that the parser refuses comes again, as the pipeline does it. */
async function parsed(parser: MimeParser, job: ParseJob): Promise<string> {
  for (;;) {
    try {
      await parser.parse(job, new AbortController().signal)
      return 'parsed'
    } catch (error) {
      if (!(error instanceof ParserBusy)) return String(error)
      await pause(deadline)
    }
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
