/** `mailclip sweep`: one pass over every mailbox, then the end; for a system cron, a Kubernetes CronJob, and tests. */
import type { Command } from 'commander'
import type { Settings } from '../config/schema.ts'
import { secrets } from '../config/secrets.ts'
import type { Event, Observe } from '../gateway/events.ts'
import { sweep } from '../gateway/sweep.ts'
import { createLog } from '../ops/log.ts'
import { compose } from './compose.ts'
import { EXIT, exitOf, worst } from './exit.ts'
import { openSettings } from './settings.ts'
import { stopSignals } from './stopping.ts'
import { tellWhatIsDue } from './summary.ts'
import type { World } from './world.ts'

/** One sweep by the configuration, told to the log. */
export async function sweepCommand(program: Command, world: World): Promise<number> {
  const settings = await openSettings(program, world)
  const log = createLog({ ...settings.log, secrets: secrets(settings), stream: world.out })
  try {
    return await sweepOnce(settings, world, log.observe, log.hide)
  } finally {
    await log.close()
  }
}

/** Resolves with the exit code: 77, 70, 69, 75 or 0. Throws ledger faults. */
export async function sweepOnce(
  settings: Settings,
  world: World,
  tell: Observe,
  hide?: (secret: string) => void,
): Promise<number> {
  let bugs = 0
  const observe = (event: Event): void => {
    if (event.kind === 'bug') bugs += 1
    tell(event)
  }
  const signals = stopSignals(world, settings.drain)
  await using stack = new AsyncDisposableStack()
  const gateway = await compose(settings, world, observe, stack, hide)
  const { ledger, roads } = gateway
  // One mailbox that fails must not keep the others from ending in order.
  const swept = await Promise.allSettled(roads.map(road => sweep(road, signals)))
  for (const one of swept) if (one.status === 'rejected') throw one.reason
  const suspended = swept.flatMap(one => (one.status === 'fulfilled' ? one.value.suspended : []))
  await ledger.trim(world.now(), settings.ledger.keep)
  await tellWhatIsDue(gateway, settings, { clock: world, observe, signals })
  for (const { site, until, status, reason } of suspended)
    world.err.write(`mailclip: ${site} is suspended until ${until.toISOString()} (${status}): ${reason}\n`)
  const waits = (await ledger.accounts()).some(({ deferred, waiting }) => deferred + waiting > 0)
  return worst([
    ...suspended.map(({ status }) => exitOf({ scope: 'desk', status })),
    bugs > 0 ? EXIT.bug : EXIT.ok,
    waits ? EXIT.deferred : EXIT.ok,
  ])
}
