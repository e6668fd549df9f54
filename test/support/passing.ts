/** Time that passes on a road, and settings that change meanwhile. */
import type { MailboxSettings, Settings } from '../../src/config/schema.ts'
import type { WholeRoad } from './road.ts'

const MINUTE = 60_000

/** Sweeps a minute apart (or `step` milliseconds) until nothing waits. Answers how many it took; fails after `most`. */
export async function untilDone(
  road: WholeRoad,
  {
    settings,
    step = MINUTE,
    most = 40,
  }: { readonly settings?: Settings; readonly step?: number; readonly most?: number } = {},
): Promise<number> {
  for (let sweeps = 1; sweeps <= most; sweeps += 1) {
    if ((await road.sweep(settings)) === 0) return sweeps
    road.pass(step)
  }
  const states = (await road.mails()).map(({ state, reason }) => `${state}: ${reason}`)
  throw new Error(`something still waits after ${most} sweeps: ${states.join('; ')}`)
}

/** The same settings, with a difference at every mailbox. */
export const atMailbox = (settings: Settings, change: Partial<MailboxSettings>): Settings => ({
  ...settings,
  mailboxes: settings.mailboxes.map(box => ({ ...box, ...change })),
})

export const atDesk = (settings: Settings, change: Partial<MailboxSettings['desk']>): Settings => ({
  ...settings,
  mailboxes: settings.mailboxes.map(box => ({ ...box, desk: { ...box.desk, ...change } })),
})
