/** `mailclip check --offline`: the configuration and the texts of notices, checked as a whole; nobody is connected to. */
import type { Command } from 'commander'
import { noticeTemplates } from './compose.ts'
import { EXIT } from './exit.ts'
import { openSettings } from './settings.ts'
import type { World } from './world.ts'

export const registerCheck = (program: Command, world: World): void => {
  program
    .command('check')
    .description('check the configuration: every mistake at once, each with its line and remedy')
    .requiredOption('--offline', 'check what can be checked without connecting to anybody')
    .action(async () => {
      const settings = await openSettings(program, world)
      await noticeTemplates()
      const boxes = settings.mailboxes.map(({ name, host, folder }) => `${name} (${folder} at ${host})`)
      world.out.write(`the configuration is sound: ${boxes.join(', ')}\n`)
      world.exit(EXIT.ok)
    })
}
