/** `mailclip run`: the daemon, with its schedule, IDLE and status page, until it is told to stop. */
import type { Command } from 'commander'
import type { Settings } from '../config/schema.ts'
import { secrets } from '../config/secrets.ts'
import { allEnded, daemon } from '../daemon/daemon.ts'
import { threeIntervals } from '../daemon/schedule.ts'
import { Bell } from '../daemon/wakes.ts'
import type { Observe } from '../gateway/events.ts'
import { Readiness } from '../ops/health.ts'
import { createLog } from '../ops/log.ts'
import { createMetrics } from '../ops/metrics.ts'
import { startStatus } from '../ops/status.ts'
import { keepCanary } from './canary.ts'
import { compose } from './compose.ts'
import { EXIT } from './exit.ts'
import { keepHouse } from './housekeeping.ts'
import { operatorOf } from './operator.ts'
import { ticketPageOf } from './policy.ts'
import { openSettings } from './settings.ts'
import { stopSignals } from './stopping.ts'
import { keepSummaries } from './summary.ts'
import type { World } from './world.ts'

/** Resolves with 0 after an orderly stop. */
export async function run(program: Command, world: World): Promise<number> {
  const settings = await openSettings(program, world)
  const log = createLog({ ...settings.log, secrets: secrets(settings), stream: world.out })
  try {
    await runUntilStopped(settings, world, [log.observe], log.hide)
    return EXIT.ok
  } finally {
    await log.close()
  }
}

/** Rejects with a ledger fault when there is no working on; a full disk is waited out. */
export async function runUntilStopped(
  settings: Settings,
  world: World,
  watchers: readonly Observe[],
  hide?: (secret: string) => void,
): Promise<void> {
  const mailboxes = settings.mailboxes.map(({ name }) => name)
  const metrics = createMetrics({ clock: world, spool: settings.spool, mailboxes })
  const readiness = readinessOf(settings, world)
  const observe: Observe = event => {
    for (const watch of watchers) watch(event)
    metrics.observe(event)
    readiness.observe(event)
  }
  const signals = stopSignals(world, settings.drain)
  await using stack = new AsyncDisposableStack()
  const gateway = await compose(settings, world, observe, stack, hide)
  const { ledger, roads } = gateway
  const ticks = new Bell()
  if (settings.status !== null) {
    const operator = operatorOf({ settings, ledger, roads, observe, wake: () => ticks.ring() })
    const looking = {
      timezone: settings.timezone,
      ticketPage: ticketPageOf(settings),
      books: ledger,
      operator,
      metrics,
      readiness,
      clock: world,
      observe,
    }
    const page = stack.use(await startStatus({ ...settings.status, ...looking }))
    world.err.write(`status page at ${page.url}\n`)
  }
  stack.use(keepHouse(ledger, settings, world, observe))
  observe({ kind: 'started', mailboxes: roads.length })
  await allEnded(
    [
      daemon(roads, settings, signals, ticks),
      keepCanary(gateway, settings, { clock: world, observe, signals }),
      keepSummaries(gateway, settings, { clock: world, observe, signals }),
    ],
    signals.end,
  )
  observe({ kind: 'stopped' })
}

const readinessOf = ({ schedule, timezone, mailboxes }: Settings, { now }: World): Readiness =>
  new Readiness(
    { intervals: threeIntervals(schedule, timezone), started: now(), mailboxes: mailboxes.map(({ name }) => name) },
    now,
  )
