/** A daemon that works for long: mails come in portions while it works, and what it holds on to is looked at from outside. */
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MailRow } from '../../src/gateway/books.ts'
import { type DeskFault, seeded } from '../../src/simulator/desk/faults.ts'
import { hasFaketime, wall } from '../support/faketime.ts'
import { letter, octets } from '../support/letters.ts'
import { childrenOf, openFilesOf, residentOf } from '../support/proc.ts'
import { type Count, compare, notices } from './invariants.ts'
import { type Stage, stage } from './stage.ts'
import { type StormMail, ticketOf, UPLOAD } from './storm.ts'

export type Held = { readonly rss: number; readonly files: number }

/** Octets. */
export type Sample = {
  /** Mails that were concluded and filed by then. */
  readonly done: number
  readonly daemon: Held
  /** The largest of its children. */
  readonly parser: Held
  readonly ledger: number
  readonly wal: number
}

export type Weight = { readonly rows: Readonly<Record<string, number>>; readonly octets: number }

export type Sustained = {
  readonly seconds: number
  readonly samples: readonly Sample[]
  readonly counts: Count
  readonly held: readonly MailRow[]
  readonly uploads: { readonly all: number; readonly without201: number }
  readonly account: string
  /** Of the ledger when all is over, and when what was kept in it has been let go; undefined where libfaketime is not installed. */
  readonly weight: Weight
  readonly trimmed: Weight | undefined
}

export type Options = {
  readonly mails: number
  readonly seed: number
  /** Of the uploads, goes wrong; each kind of misfortune is as likely as the others. */
  readonly share: number
  readonly program: string
  /** Milliseconds between samples. */
  readonly every: number
  /** Milliseconds over which the mails come evenly; without it they come as fast as they are worked off. */
  readonly over?: number | undefined
}

/** INBOX is filled up by so many when fewer than that lie there. */
const PORTION = 200
/** Milliseconds in which nothing leaves INBOX: it never will. */
const STALLED = 300_000
const MOST_SWEEPS = 30
/** Milliseconds between two looks at INBOX: a look costs as much as some mails. */
const LOOK = 100
const SELDOM = 3_000
/** What an upload may meet: it is kept, not kept, or kept late, and the answer says nothing of it. */
const FAULTS: readonly DeskFault[] = [
  { when: 'after', cut: true },
  { when: 'after', status: 500, body: { error: 'internal' } },
  { when: 'before', status: 503, body: 'maintenance', headers: { 'retry-after': 0 } },
  { when: 'before', cut: true },
  { when: 'before', cut: true, keepAfter: 600 },
]
/** What remains of each mail for as long as it lies in its folder, and what goes with `ledger.keep`. */
const TABLES = ['entry', 'entry_ticket', 'item', 'notice', 'trace', 'words'] as const

/** Everything from the first mail to the trimmed ledger. Throws when the daemon ends by itself. */
export async function sustain({ mails, seed, share, program, every, over }: Options): Promise<Sustained> {
  await using play = await stage({
    seed,
    faults: FAULTS.map(fault => ({ route: UPLOAD, probability: share / FAULTS.length, ...fault })),
    program,
    ledger: { keep: '1d' },
    // A Maildir is read anew at every mail that is filed in it, which would be all that is measured in the end.
    dovecot: { config: 'mail_location = mdbox:~/mdbox' },
  })
  const { desk, relay, imap } = play
  const began = performance.now()
  const { samples, bugs, code } = await work(play, { mails, seed, every, over })
  const seconds = (performance.now() - began) / 1_000
  const posts = desk.journal().filter(({ method }) => method === 'POST')
  desk.faults([])
  const codes = [(await play.output(['sweep']))[1]]
  while (codes.at(-1) !== 0 && codes.length < MOST_SWEEPS) {
    await sleep(1_100)
    codes.push((await play.output(['sweep']))[1])
  }
  const rows = await play.listed()
  const held = rows.filter(({ state }) => state === 'held')
  const [account, adds] = await play.output(['report', '--json'])
  const counts = {
    ...compare(soakMails(mails, seed), desk, rows),
    held: held.length,
    notices: relay.journal.length,
    ...notices(relay, rows),
    'left in INBOX': await imap.count('INBOX'),
    'not final': rows.filter(({ settledAt }) => settledAt === null).length,
    bugs,
    'ends other than 0': [code, codes.at(-1)].filter(one => one !== 0).length,
    'accounts that do not add up': adds === 0 && account.includes('"adds":true') ? 0 : 1,
  }
  const weight = weigh(play)
  return {
    seconds,
    samples,
    counts,
    held,
    uploads: { all: posts.length, without201: posts.filter(({ status }) => status !== 201).length },
    account,
    weight,
    trimmed: hasFaketime ? await trimmed(play) : undefined,
  }
}

/** One at a time, so that nobody holds the octets of all. */
function* soakMails(count: number, seed: number): Generator<StormMail> {
  for (let n = 0; n < count; n += 1) yield soakMail(n, seed)
}

/** One small file; the same seed gives the same mails. */
function soakMail(n: number, seed: number): StormMail {
  const size = 5_000 + Math.floor(seeded(seed * 1_000_003 + n)() * 45_000)
  // Of thousands of files of chance one begins like a program, and is refused.
  const content = Buffer.concat([Buffer.from(`${n}: `), octets(size, `${seed}/${n}`)])
  return { ticket: ticketOf(n), files: { [`file ${n}.bin`]: content } }
}

/** `run` from the first mail until INBOX is empty, and its orderly end. */
async function work(play: Stage, { mails, seed, every, over = 0 }: Omit<Options, 'share' | 'program'>) {
  const daemon = play.start(['run'])
  const ended = once(daemon, 'exit') as Promise<[number | null]>
  let bugs = 0
  createInterface({ input: daemon.stdout ?? process.stdin }).on('line', line => {
    if (line.includes('"event":"bug"')) bugs += 1
  })
  const samples: Sample[] = []
  const began = performance.now()
  const due = (): number =>
    over === 0 ? mails : Math.min(mails, Math.ceil(((performance.now() - began) / over) * mails))
  let [delivered, waiting, moved, sampled] = [0, 0, began, 0]
  while (delivered < mails || waiting > 0) {
    if (daemon.exitCode !== null) throw new Error(`the daemon ended with ${daemon.exitCode}`)
    const coming = Math.min(PORTION, due() - delivered)
    if (waiting < PORTION && coming > 0) {
      const portion = Array.from({ length: coming }, (_, k) => {
        const { ticket, files } = soakMail(delivered + k, seed)
        return letter({ subject: ticket, attachments: files })
      })
      delivered += (await play.imap.deliverMany(portion)).length
      moved = performance.now()
    }
    const left = await play.imap.count('INBOX')
    if (left !== waiting || left === 0) moved = performance.now()
    else if (performance.now() - moved > STALLED) break
    waiting = left
    if (performance.now() - sampled > every) {
      sampled = performance.now()
      samples.push(await sample(play, daemon.pid ?? 0, delivered - waiting))
    }
    await sleep(over === 0 ? LOOK : SELDOM)
  }
  daemon.kill('SIGTERM')
  const [code] = await ended
  return { samples, bugs, code }
}

async function sample({ folder }: Stage, pid: number, done: number): Promise<Sample> {
  const holds = async (one: number): Promise<Held> => ({ rss: await residentOf(one), files: await openFilesOf(one) })
  const parsers = await Promise.all((await childrenOf(pid)).map(holds))
  const sizeOf = async (name: string): Promise<number> =>
    (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0
  return {
    done,
    daemon: await holds(pid),
    parser: parsers.toSorted((a, b) => b.rss - a.rss)[0] ?? { rss: 0, files: 0 },
    ledger: await sizeOf('mailclip.db'),
    wal: await sizeOf('mailclip.db-wal'),
  }
}

/** What lies in the ledger, without the pages that are free for what comes. */
function weigh({ folder }: Stage): Weight {
  using ledger = new DatabaseSync(join(folder, 'mailclip.db'), { readOnly: true })
  const number = (query: string): number => Number(Object.values(ledger.prepare(query).get() ?? {})[0])
  const pages = number('pragma page_count') - number('pragma freelist_count')
  const rows = TABLES.map(table => [table, number(`select count(*) from ${table}`)] as const)
  return { rows: Object.fromEntries(rows), octets: pages * number('pragma page_size') }
}

/** One sweep two days later, when all that was kept for a day may go. */
async function trimmed(play: Stage): Promise<Weight> {
  const clock = await wall(play.folder)
  await clock.set('+2d')
  await play.output(['sweep'], clock.environment)
  return weigh(play)
}
