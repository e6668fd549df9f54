/** `mailclip health`: whether the daemon that runs with this configuration is well; the image's health check. */
import type { Command } from 'commander'
import { ask } from '../ops/ask.ts'
import { EXIT } from './exit.ts'
import { openSettings } from './settings.ts'
import type { World } from './world.ts'

export type HealthOptions = { readonly ready?: true }

/** Shorter than any health check waits (Docker's and Kubernetes' are set to 5 s and more). */
const WITHIN = 4_000

/** Resolves with 0 when it is well and 1 when it is not, or is not there. Throws ConfigurationMistakes (78). */
export async function health({ ready }: HealthOptions, program: Command, world: World): Promise<number> {
  const { status } = await openSettings(program, world)
  if (status === null || status.port === 0) {
    const why = status === null ? 'the configuration has no status page' : 'status.port is 0, a free one each time'
    world.err.write(`mailclip: ${why}, so nobody can be asked; write a port under status\n`)
    return EXIT.unwell
  }
  const { well, said } = await ask(ready ? 'ready' : 'health', { ...status, within: WITHIN })
  const stream = well ? world.out : world.err
  stream.write(`${said}\n`)
  return well ? EXIT.ok : EXIT.unwell
}
