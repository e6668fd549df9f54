/** `mailclip check --offline`: the configuration and the texts of notices, checked as a whole; nobody is connected to. */
import type { Command } from 'commander'
import { EXIT } from './exit.ts'
import { noticeTemplates } from './notice-templates.ts'
import { openSettings } from './settings.ts'
import type { World } from './world.ts'

/** Throws ConfigurationMistakes (78) with all of them. */
export async function check(program: Command, world: World): Promise<number> {
  const settings = await openSettings(program, world)
  await noticeTemplates()
  const boxes = settings.mailboxes.map(({ name, host, folder }) => `${name} (${folder} at ${host})`)
  world.out.write(`the configuration is sound: ${boxes.join(', ')}\n`)
  return EXIT.ok
}
