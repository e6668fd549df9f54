/** The whole road for one test: a mailbox on Dovecot, a scripted desk, an SMTP sink, a ledger and a clock that the test moves. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished } from 'vitest'
import { compareAll } from '../../src/cli/deep.ts'
import { openBeside } from '../../src/cli/open-ledger.ts'
import { sweepOnce } from '../../src/cli/sweep.ts'
import type { World } from '../../src/cli/world.ts'
import { parseSettings } from '../../src/config/parse.ts'
import type { Settings } from '../../src/config/schema.ts'
import type { Account, MailRow } from '../../src/gateway/books.ts'
import type { Compared } from '../../src/gateway/compare.ts'
import type { Event } from '../../src/gateway/events.ts'
import type { Parser } from '../../src/gateway/ports.ts'
import { MimeParser } from '../../src/mime/parse.ts'
import { type ScriptedDesk, type ScriptedDeskOptions, scriptedDesk } from './desk.ts'
import { type Dovecot, type DovecotOptions, dovecot, type OwnDovecot, sharedDovecot } from './dovecot.ts'
import { smtpSink } from './sink.ts'

/** Of all roads of this process whose settings leave it as it is: a child for each sweep would be half of a test's time. */
let common: Parser | undefined
const parserOf = ({ parser }: Settings): Parser => (common ??= new MimeParser({ ...parser, children: 2 }))

export type Overrides = {
  readonly desk?: object
  readonly mailbox?: object
  /** Top-level keys. With `parser`: mails are parsed in children of each sweep's own. */
  readonly settings?: object
  readonly notices?: object | null
  /** Even with none of the options: a server of one's own, to be stopped and the like; otherwise an account on the common one. */
  readonly dovecot?: DovecotOptions
  readonly scripted?: ScriptedDeskOptions
  /** Of the jitter; 0.5 by default. */
  readonly random?: () => number
  /** People move or delete mail in this test, or the server is gone at its end: then ledger and folders are not compared. */
  readonly meddling?: true
}

export type WholeRoad = {
  readonly imap: Dovecot
  readonly desk: ScriptedDesk
  readonly settings: Settings
  /** As an operator writes them. */
  readonly written: object
  readonly folder: string
  readonly events: readonly Event[]
  /** Mails at the relay, parsed no further than octets. */
  readonly sent: readonly { readonly from: string; readonly to: readonly string[]; readonly raw: string }[]
  post(raw: Buffer): Promise<number>
  /** One sweep; answers the exit code. */
  sweep(settings?: Settings): Promise<number>
  /** Moves the clock. */
  pass(ms: number): void
  now(): Date
  mails(): Promise<readonly MailRow[]>
  trace(id: string): Promise<readonly string[]>
  accounts(): Promise<readonly Account[]>
  /** `report --deep`. */
  deep(): Promise<readonly Compared[]>
}

/** Uploads that have come to the desk, whole or not. */
export const posts = ({ desk }: WholeRoad): number => desk.requests.filter(({ method }) => method === 'POST').length

export type OwnRoad = WholeRoad & { readonly imap: OwnDovecot }

/** A fresh bundle; ended with the test, which fails if a bug was counted, or the account or a folder does not agree with the ledger. */
export function setup(overrides: Overrides & { readonly dovecot: DovecotOptions }): Promise<OwnRoad>
export function setup(overrides?: Overrides): Promise<WholeRoad>
export async function setup(overrides: Overrides = {}): Promise<WholeRoad> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-road-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const imap = await (overrides.dovecot === undefined ? sharedDovecot() : dovecot(overrides.dovecot))
  onTestFinished(() => imap.close())
  const desk = await scriptedDesk(onTestFinished, overrides.scripted)
  const sink = await smtpSink()
  const written = write(imap, desk, sink.port, folder, overrides)
  const settings = parseSettings(written)
  const events: Event[] = []
  const clock = { now: Date.parse('2026-11-23T10:00:00Z') }
  const world = { ...worldOf(clock, overrides.random), ...('parser' in written ? {} : { parser: parserOf(settings) }) }
  const bugs = (): readonly Event[] => events.filter(({ kind }) => kind === 'bug')
  const beside = async <T>(read: (ledger: Awaited<ReturnType<typeof openBeside>>) => Promise<T>): Promise<T> => {
    await using ledger = await openBeside(settings, world)
    return await read(ledger)
  }
  const accounts = (): Promise<readonly Account[]> => beside(ledger => ledger.accounts())
  const deep = (): Promise<readonly Compared[]> => compareAll(settings, world)
  if (overrides.meddling === undefined)
    onTestFinished(async () => {
      if (existsSync(settings.ledger.file)) expect((await deep()).flatMap(amiss)).toEqual([])
    })
  return {
    imap,
    desk,
    settings,
    written,
    folder,
    events,
    get sent() {
      return sink.journal.map(({ from, to, raw }) => ({ from, to, raw: raw.toString() }))
    },
    post: raw => imap.deliver(raw),
    sweep: async (other = settings) => {
      const code = await sweepOnce(other, world, event => events.push(event))
      expect(bugs()).toEqual([])
      for (const { mailbox, seen, ...states } of await accounts()) {
        const { ignored: _ignored, ...counted } = states
        expect([mailbox, Object.values(counted).reduce((sum, one) => sum + one, 0)]).toEqual([mailbox, seen])
      }
      return code
    },
    pass: ms => {
      clock.now += ms
    },
    now: () => new Date(clock.now),
    mails: () => beside(ledger => Array.fromAsync(ledger.list({ all: true }))),
    trace: id => beside(async ledger => ((await ledger.show(id))?.trace ?? []).map(({ line }) => line)),
    accounts,
    deep,
  }
}

/** Where nobody meddles, a mail that is not where it was filed is our doing, whatever its outcome. */
const amiss = ({ differences, remarks }: Compared): readonly string[] => [
  ...differences,
  ...remarks.filter(one => one.includes('somebody moved or deleted')),
]

const BOOTED = Date.parse('2026-11-01T00:00:00Z')

/** A process of its own, as far as a command can tell. */
export function worldOf(clock: { readonly now: number }, random = () => 0.5): World {
  const out = new PassThrough() as unknown as NodeJS.WriteStream
  out.resume()
  let uptime = 0
  return {
    environment: {},
    out,
    err: out,
    now: () => new Date(clock.now),
    // An hour goes by whenever it is asked for: what a young process puts off is done at once.
    uptime: () => {
      uptime += 3_600_000
      return uptime
    },
    // Time passes for the machine as well: nobody has set its clock.
    machine: () => ({ boot: 'the only one', up: clock.now - BOOTED }),
    random,
    pid: process.pid,
    onStop: () => {},
    exit: () => {},
    abandon: () => {},
  }
}

function write(imap: Dovecot, desk: ScriptedDesk, smtp: number, folder: string, overrides: Overrides): object {
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
        ...overrides.mailbox,
      },
    ],
    desk: { url: desk.url, user: desk.user, password: desk.password, ...overrides.desk },
    notices:
      overrides.notices === null
        ? null
        : {
            from: 'Support <support@example.com>',
            smtp: { host: '127.0.0.1', port: smtp, security: 'plain' },
            ...overrides.notices,
          },
    ledger: { url: `sqlite:${join(folder, 'mailclip.db')}` },
    spool: { folder: join(folder, 'spool') },
    status: null,
    // A sweep that found nothing is told at this level only.
    log: { level: 'debug' },
    ...overrides.settings,
  }
}
