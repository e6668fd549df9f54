/** `mailclip demo`: everything on this machine in one process, so that it can be seen to work before anything is configured. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSettings } from '../config/parse.ts'
import type { Settings } from '../config/schema.ts'
import { daemon, type Ending } from '../daemon/daemon.ts'
import { threeIntervals } from '../daemon/schedule.ts'
import { Bell } from '../daemon/wakes.ts'
import type { MailRow } from '../gateway/books.ts'
import type { Observe } from '../gateway/events.ts'
import { sweep } from '../gateway/sweep.ts'
import { Readiness } from '../ops/health.ts'
import { createMetrics } from '../ops/metrics.ts'
import { startStatus } from '../ops/status.ts'
import { startDeskSimulator } from '../simulator/desk/start.ts'
import { startImapServer } from '../simulator/imap.ts'
import { SAMPLE_LIMIT, SAMPLE_MAILBOX, type Sample } from '../simulator/samples/sample.ts'
import { samples, ticketsOf } from '../simulator/samples/samples.ts'
import { startSmtpSink } from '../simulator/smtp.ts'
import { compose, type Gateway } from './compose.ts'
import { EXIT } from './exit.ts'
import { operatorOf } from './operator.ts'
import { stopSignals } from './stopping.ts'
import { type Column, print, stateCell, tableLines, wantsColour } from './table.ts'
import type { World } from './world.ts'

const HOST = '127.0.0.1'
const USER = 'demo'
const COLUMNS: readonly Column[] = [
  { title: 'mail', most: 26 },
  { title: 'outcome' },
  { title: 'why' },
  { title: 'ticket', most: 30 },
  { title: 'files: + on the ticket, - left out, ! refused', most: 90 },
  { title: 'notice to', most: 32 },
]
const SIGNS: Readonly<Record<string, string>> = { delivered: '+', refused: '!' }

export type DemoOptions = {
  readonly once?: true
  /** Before anything is swept: whoever takes pictures of the page gives the ledger a past. */
  readonly prepare?: (settings: Settings) => Promise<void>
}

/** Resolves with 0 when every sample became what it should, else 70. Leaves nothing behind. */
export async function demo({ once, prepare }: DemoOptions, world: World): Promise<number> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-demo-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const all = samples()
  const imap = stack.use(await startImapServer({ host: HOST, port: 0, user: USER, password: USER, now: world.now }))
  const desk = stack.use(
    await startDeskSimulator({ tickets: ticketsOf(all).map(number => ({ number })), user: USER, password: USER }),
  )
  const relay = stack.use(await startSmtpSink({ host: HOST }))
  const settings = settingsFor({ imap: imap.port, desk: desk.url, relay: relay.port, folder, once: once ?? false })
  for (const sample of all) await imap.append(sample.raw())
  world.out.write(`${all.length} sample mails lie in INBOX; sweeping …\n\n`)

  await prepare?.(settings)
  const look = looking(settings, world)
  const gateway = await compose(settings, world, look.observe, stack)
  const signals = stopSignals(world, settings.drain)
  for (const road of gateway.roads) await sweep(road, signals)
  const mails = await Array.fromAsync(gateway.ledger.list({ last: all.length }))
  await print(world.out, tableLines(COLUMNS, rowsOf(all, mails), wantsColour(world)))
  const wrong = all.filter((sample, n) => !asExpected(sample, mails[n]))
  world.out.write(`\n${verdict(all, wrong)} ${relay.journal.length} notices went to their senders.\n`)
  if (once !== true) await stayUp({ settings, gateway, look, signals, imap: imap.port, page: desk.page }, world, stack)
  return wrong.length === 0 ? EXIT.ok : EXIT.bug
}

type Places = {
  readonly imap: number
  readonly desk: string
  readonly relay: number
  readonly folder: string
  readonly once: boolean
}

const settingsFor = ({ imap, desk, relay, folder, once }: Places): Settings =>
  parseSettings({
    mailboxes: [
      { name: 'support', host: HOST, port: imap, security: 'plain', user: USER, password: USER, backlog: 'all' },
    ],
    desk: { url: desk, user: USER, password: USER },
    attachments: { maxSize: SAMPLE_LIMIT },
    notices: {
      from: `Support <${SAMPLE_MAILBOX}>`,
      language: 'auto',
      smtp: { host: HOST, port: relay, security: 'plain' },
    },
    ledger: { url: `sqlite:${join(folder, 'mailclip.db')}` },
    spool: { folder: join(folder, 'spool') },
    status: once ? null : { host: HOST, port: 0 },
  })

function looking(settings: Settings, world: World) {
  const metrics = createMetrics({ clock: world, spool: settings.spool })
  const intervals = threeIntervals(settings.schedule, settings.timezone)
  const readiness = new Readiness({ intervals, started: world.now(), mailboxes: ['support'] }, world.now)
  const observe: Observe = event => {
    metrics.observe(event)
    readiness.observe(event)
    if (event.kind === 'bug') world.err.write(`a bug in ${event.where}: ${String(event.error)}\n`)
  }
  return { metrics, readiness, observe }
}

/** The samples were dropped one by one, so the ledger has them in the same order. */
const rowsOf = (all: readonly Sample[], mails: readonly MailRow[]) =>
  all.map(({ name }, n) => {
    const mail = mails[n]
    if (mail === undefined) return [name, stateCell('lost'), '', '', '', '']
    const files = mail.attachments.map(file => `${SIGNS[file.state] ?? '-'} ${file.name}`)
    const told = mail.notice?.state === 'sent' ? mail.notice.to : ''
    return [name, stateCell(mail.state), mail.code ?? '', mail.ticket ?? '', [...new Set(files)].join('  '), told]
  })

function asExpected({ expect }: Sample, mail: MailRow | undefined): boolean {
  const arrived = mail?.attachments.filter(({ state }) => state === 'delivered').map(({ sha256 }) => sha256)
  const wanted = expect.files.filter(({ fate }) => fate === 'delivered').map(({ sha256 }) => sha256)
  return mail?.state === expect.outcome && mail.code === expect.code && arrived?.join() === wanted.join()
}

const verdict = (all: readonly Sample[], wrong: readonly Sample[]): string =>
  wrong.length === 0
    ? `All ${all.length} became what they should, and every file on a ticket is the one that was sent, by SHA-256.`
    : `Not as they should: ${wrong.map(({ name }) => name).join(', ')}.`

type Up = {
  readonly settings: Settings
  readonly gateway: Gateway
  readonly look: ReturnType<typeof looking>
  readonly signals: Ending
  readonly imap: number
  readonly page: string
}

async function stayUp({ settings, gateway, look, signals, imap, page }: Up, world: World, stack: AsyncDisposableStack) {
  if (settings.status === null) return
  const ticks = new Bell()
  const operator = operatorOf({ settings, ...gateway, observe: look.observe, wake: () => ticks.ring() })
  const where = { timezone: settings.timezone, ticketPage: (ticket: string) => `${page}#${ticket}` }
  const options = { ...settings.status, ...where, books: gateway.ledger, operator, clock: world, ...look }
  const status = stack.use(await startStatus(options))
  world.out.write(
    [
      '',
      `what became of each mail   ${status.url}`,
      `the tickets at the desk    ${page}`,
      `the mailbox                imap://${USER}:${USER}@${HOST}:${imap} (no TLS; drop a mail into INBOX and watch)`,
      '',
      'Ctrl-C ends it and leaves nothing behind.',
      '',
    ].join('\n'),
  )
  await daemon(gateway.roads, settings, signals, ticks)
}
