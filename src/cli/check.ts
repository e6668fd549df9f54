/** `mailclip check`: every connection and right that the configuration needs is tried, and each failure comes with its remedy. */
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import type { MailboxSettings, Settings } from '../config/schema.ts'
import { dayOf } from '../gateway/allowance.ts'
import type { Site } from '../gateway/ports.ts'
import { uidsNow } from '../imap/examine.ts'
import type { SqlLedger } from '../ledger/ledger.ts'
import { isFault } from '../mail/fault.ts'
import { type TicketNumber, ticketPattern, ticketsIn } from '../mail/subject.ts'
import { checkDesk } from './check/desk.ts'
import { checkLedger, checkSpool, sized } from './check/disk.ts'
import { type Finding, hasFailed, PATIENCE, type Report, report } from './check/finding.ts'
import { checkMailbox } from './check/mailbox.ts'
import { reportOthers } from './check/others.ts'
import { jsonOf, lines, verdict } from './check/print.ts'
import { probe } from './check/probe.ts'
import { checkRelay } from './check/relay.ts'
import { checkScanner } from './check/scanner.ts'
import { EXIT, worst } from './exit.ts'
import { noticeTemplates } from './notice-templates.ts'
import { deskSite, postSite } from './policy.ts'
import { openSettings } from './settings.ts'
import { SignIns } from './sign-in.ts'
import { print } from './table.ts'
import type { World } from './world.ts'

export type CheckOptions = { readonly offline?: true; readonly probe?: string; readonly json?: true }

/** Throws ConfigurationMistakes (78) with all of them; resolves with the worst of what was met: 78, 77, 74, 69 or 0. */
export async function check(options: CheckOptions, program: Command, world: World): Promise<number> {
  const settings = await openSettings(program, world)
  await noticeTemplates(settings)
  const { probe: ticket } = options
  if (ticket !== undefined && !settings.mailboxes.some(box => isTicket(ticket, box))) {
    world.err.write(`mailclip: ${ticket} does not look like a ticket number (ticket.pattern)\n`)
    return EXIT.usage
  }
  if (options.offline) {
    const boxes = settings.mailboxes.map(({ name, host, folder }) => `${name} (${folder} at ${host})`)
    world.out.write(`the configuration is sound: ${boxes.join(', ')}\n`)
    return EXIT.ok
  }
  const findings = await examine(settings, options, world)
  if (options.json) await print(world.out, findings.map(jsonOf))
  else await print(world.out, [...lines(findings, world), '', verdict(findings)])
  return worst(findings.map(({ exit }) => exit))
}

const isTicket = (text: string, { ticket }: MailboxSettings): boolean =>
  ticketsIn(text, ticketPattern(ticket.pattern)).length === 1

/** Everything that is configured, each connection once, in the order in which a mail meets it. */
export async function examine(
  settings: Settings,
  { probe: ticket }: Pick<CheckOptions, 'probe'>,
  world: World,
): Promise<readonly Finding[]> {
  await using stack = new AsyncDisposableStack()
  const [ledgerReport, spoolReport] = [report('ledger'), report('spool')]
  const ledger = await checkLedger(settings, world, ledgerReport, stack)
  await checkSpool(settings, spoolReport)
  const known = (ticket as TicketNumber | undefined) ?? (await knownTicket(ledger))
  const signIns = new SignIns(world, ledger)
  const sites = await Promise.all([
    ...settings.mailboxes.map(box => mailboxReport(box, ledger, signIns, world)),
    ...distinct(settings.mailboxes, ({ desk }) => deskSite(desk, settings)).map(box =>
      deskReport(box, deskSite(box.desk, settings), { known, ticket }, world),
    ),
    ...distinct(settings.mailboxes, box => postSite(box, settings)).map(box =>
      relayReport(box, settings, signIns, world),
    ),
    ...scannersOf(settings).map(checkScanner),
  ])
  for (const site of sites) await clearSuspension(site, ledger, world)
  return [...sites, ledgerReport, spoolReport].flatMap(({ findings }) => findings)
}

const scannersOf = ({ mailboxes }: Settings) =>
  distinct(
    mailboxes.flatMap(({ attachments: { antivirus } }) => (antivirus === undefined ? [] : [antivirus])),
    address => JSON.stringify(address),
  )

/** A ticket that has had a file of ours shows more than one that nobody knows. */
async function knownTicket(ledger: SqlLedger | undefined): Promise<TicketNumber | undefined> {
  if (ledger === undefined) return undefined
  for await (const { ticket } of ledger.list({ state: 'delivered', last: 1 }))
    if (ticket !== null && !ticket.includes(' ')) return ticket as TicketNumber
  return undefined
}

async function mailboxReport(
  box: MailboxSettings,
  ledger: SqlLedger | undefined,
  signIns: SignIns,
  world: World,
): Promise<Report> {
  const to = report(`mailbox ${box.name}`)
  const trial = `mailclip-check-${randomBytes(4).toString('hex')}`
  const examined = await checkMailbox(box, to, { now: world.now(), trial, signIns })
  if (examined === undefined) return to
  const later = await uidsNow(signIns.imap(box), AbortSignal.timeout(PATIENCE)).catch(unlessBug)
  await reportOthers(examined, later, box.name, ledger, to, world.now())
  if (box.dailyBytes !== undefined) {
    const spent = (await ledger?.spent(box.name, dayOf(world.now()))) ?? 0
    reportAllowance(spent, box.dailyBytes, to)
  }
  return to
}

function reportAllowance(spent: number, daily: number, to: Report): void {
  const detail = `${sized(spent)} of ${sized(daily)} downloaded today (UTC)`
  if (spent < daily) return void to.ok(ALLOWANCE, detail)
  const remedy =
    'wait for midnight UTC, when the mailbox goes on by itself; or raise mailboxes[].dailyBytes as far as the provider allows'
  to.warn(ALLOWANCE, `${detail}: the mailbox rests`, remedy)
}

const ALLOWANCE = 'daily allowance'

function unlessBug(error: unknown): undefined {
  if (!isFault(error) && !(error instanceof DOMException)) throw error
}

async function deskReport(
  box: MailboxSettings,
  site: Site,
  { known, ticket }: { readonly known: TicketNumber | undefined; readonly ticket: string | undefined },
  world: World,
): Promise<Report> {
  const to = report(site)
  const answers = await checkDesk(box, known, to, world)
  // The pattern gives numbers in upper case, and isTicket has looked.
  if (answers && ticket !== undefined) await probe(box, ticket.toUpperCase() as TicketNumber, to, world)
  return to
}

async function relayReport(box: MailboxSettings, settings: Settings, signIns: SignIns, world: World): Promise<Report> {
  const to = report(postSite(box, settings) ?? 'notices')
  if (box.notices === null) to.ok('notices', 'off: nobody is written to')
  else await checkRelay(box.notices, to, signIns, world)
  return to
}

/** A site that has answered well need not rest any longer: whoever runs check has just mended it. */
async function clearSuspension(to: Report, ledger: SqlLedger | undefined, { now }: World): Promise<void> {
  const held = await ledger?.suspended(to.subject as Parameters<SqlLedger['suspended']>[0])
  if (held === undefined || ledger === undefined) return
  const rest = `was suspended since ${held.since.toISOString()} (${held.status}: ${held.reason})`
  if (hasFailed(to)) {
    const until = held.until > now() ? ` and is tried again at ${held.until.toISOString()}` : ''
    to.warn('suspension', `${rest}${until}`, 'mend what failed above, then run check once more: it ends the suspension')
    return
  }
  // It is not the server that rests then.
  const spent = to.findings.some(({ check, state }) => check === ALLOWANCE && state === 'warn')
  if (spent && held.status === '4.4.5') return
  await ledger.resume(held.site)
  to.ok('suspension', `${rest}; it answers, so the suspension is over`)
}

const distinct = <T>(all: readonly T[], key: (one: T) => string | undefined): readonly T[] => [
  ...new Map(all.map(one => [key(one), one])).values(),
]
