/** The whole command line as one tree: what commander parses, helps with and completes. */
import { Command } from 'commander'
import { registerCommands } from './commands.ts'
import { registerCompletion } from './completion/command.ts'
import { deskSimulator } from './desk-simulator.ts'
import { addExamples } from './examples.ts'
import { type OpenBooks, registerList } from './list.ts'
import { registerReport } from './report.ts'
import { registerShow } from './show.ts'
import type { World } from './world.ts'

/** Throws CommanderErrors instead of ending the process. */
export function programOf(world: World, version: string): Command {
  const program = new Command('mailclip')
    .description('Puts the attachments people e-mail to a support address on the right EasyVista ticket.')
    .version(version)
    .option('--config <file>', 'the configuration (default: config/mailclip.yaml, or $MAILCLIP_CONFIG)')
    .showHelpAfterError('(mailclip help, or mailclip help COMMAND, tells what there is)')
    .exitOverride()
  registerCommands(program, world)
  const books: OpenBooks = async () => (await import('./books.ts')).openBooks(program, world)
  registerList(program, books, world)
  registerShow(program, books, world)
  registerReport(program, books, world, async () => (await import('./deep.ts')).deepReport(program, world))
  deskSimulator(program, world)
  registerCompletion(program, world)
  addExamples(program)
  return program
}
