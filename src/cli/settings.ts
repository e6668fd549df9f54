/** Settings for a command: the file named by --config, $MAILCLIP_CONFIG or the usual place, with its warnings told. */
import type { Command } from 'commander'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/schema.ts'
import { configurationFile } from '../config/where.ts'
import type { World } from './world.ts'

/** Throws ConfigurationMistakes (78). Warnings go to standard error. */
export async function openSettings(program: Command, { environment, err }: World): Promise<Settings> {
  const { config } = program.opts<{ readonly config?: string }>()
  const settings = await loadSettings(configurationFile(config, environment), environment)
  for (const warning of settings.warnings) err.write(`mailclip: warning: ${warning}\n`)
  return settings
}
