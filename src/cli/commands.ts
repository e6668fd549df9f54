/** The commands that work, as the command line names them; each loads its rooms only when it is called. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { AuthorizeOptions } from './authorize.ts'
import type { CheckOptions } from './check.ts'
import { registerCorrections } from './corrections.ts'
import type { DemoOptions } from './demo.ts'
import { EXIT } from './exit.ts'
import type { ForgetOptions } from './forget.ts'
import type { HealthOptions } from './health.ts'
import type { LedgerOptions } from './ledger.ts'
import type { PreviewOptions } from './preview-command.ts'
import { KINDS } from './preview-notice.ts'
import type { World } from './world.ts'

export function registerCommands(program: Command, world: World): void {
  program
    .command('run')
    .description('the daemon: schedule, IDLE, status page; SIGTERM drains')
    .action(async () => world.exit(await (await import('./run.ts')).run(program, world)))
  program
    .command('sweep')
    .description('one pass over every mailbox, then end')
    .action(async () => world.exit(await (await import('./sweep.ts')).sweepCommand(program, world)))
  program
    .command('check')
    .description('try every connection and right that the configuration needs; each failure comes with its remedy')
    .option('--offline', 'check the configuration only, without connecting to anybody')
    .option(
      '--probe <ticket>',
      'attach a small file in both encodings to this ticket, read it back, and say which to set',
    )
    .option('--json', 'a JSON row a finding')
    .action(async (options: CheckOptions) =>
      world.exit(await (await import('./check.ts')).check(options, program, world)),
    )
  program
    .command('authorize')
    .description(
      'sign in at the provider for a mailbox with oauth2, once: by a code on any device, or in a browser here',
    )
    .argument('[mailbox]', 'where there are several')
    .option('--browser', 'in a browser on this machine, not by a code')
    .option('--port <number>', 'the port of this machine that the browser is sent back to', whole)
    .option('--print', 'write the refresh token to standard output, for a secret file, and keep nothing')
    .action(async (mailbox: string | undefined, options: AuthorizeOptions) =>
      world.exit(await (await import('./authorize.ts')).authorize(mailbox, options, program, world)),
    )
  registerPreview(program, world)
  registerCorrections(program, world)
  registerCare(program, world)
  program
    .command('demo')
    .description('everything on this machine: mail server, desk simulator, relay, sample mails, status page')
    .option('--once', 'end after the samples instead of staying up')
    .action(async (options: DemoOptions) =>
      world.exit(await (await import('./demo-packages.ts')).demoIfInstalled(options, world)),
    )
  program
    .command('health')
    .description('whether the daemon of this configuration is well: 0 or 1, for health checks of containers')
    .option('--ready', 'ask whether it does its work, not only whether it lives')
    .action(async (options: HealthOptions) =>
      world.exit(await (await import('./health.ts')).health(options, program, world)),
    )
}

function registerPreview(program: Command, world: World): void {
  program
    .command('preview')
    .description('what would happen to these mails and why, rule by rule; writes nothing')
    .argument('[files...]', 'raw mails (.eml)')
    .option('--mailbox <name>', 'look at mails in this configured mailbox instead')
    .option('--uid <number>', 'this one of them', whole)
    .option('--ticket <number>', 'pretend that the subject names this ticket')
    .option('--desk', 'ask the desk whether it knows the ticket')
    .option('--notice', 'print the notice that the sender would get, and nothing else')
    .option('--language <language>', 'the notice in this language')
    .addOption(new Option('--kind <kind>', 'the notice as if the mail had ended so').choices(KINDS))
    .option('--json', 'a JSON row a mail')
    .action(async (files: readonly string[], options: PreviewOptions) => {
      if ((files.length === 0) === (options.mailbox === undefined))
        program.error('name one or more files, or a mailbox with --mailbox', { exitCode: EXIT.usage })
      world.exit(await (await import('./preview-command.ts')).previewCommand(files, options, program, world))
    })
}

/** Care of the ledger. */
function registerCare(program: Command, world: World): void {
  program
    .command('forget')
    .description("erase one sender's personal data from the ledger; stubs stay, so that nothing is sent twice")
    .argument('<address>', 'an e-mail address, in any spelling')
    .option('--json', 'as JSON')
    .action(async (address: string, options: ForgetOptions) =>
      world.exit(await (await import('./forget.ts')).forget(address, options, program, world)),
    )
  const ledger = program.command('ledger').description('care of the ledger itself, beside a running daemon')
  ledger
    .command('backup')
    .description('write the ledger as it is now into a new file')
    .argument('<file>', 'must not be there yet')
    .option('--json', 'as JSON')
    .action(async (file: string, options: LedgerOptions) =>
      world.exit(await (await import('./ledger.ts')).backup(file, options, program, world)),
    )
  ledger
    .command('copy')
    .description('move the ledger from a file into an empty database, checked by counts and hashes')
    .argument('<from>', 'sqlite:FILE; nobody may be working with it')
    .argument(
      '[to]',
      'postgres://USER@HOST/DATABASE, environment and files put in as in the configuration; else ledger.url',
    )
    .option('--json', 'as JSON')
    .action(async (from: string, to: string | undefined, options: LedgerOptions) =>
      world.exit(await (await import('./ledger-copy.ts')).copy(from, to, options, program, world)),
    )
  ledger
    .command('reconcile')
    .description('after an older ledger was restored: compare what is old with its ticket before it is sent')
    .action(async () => world.exit(await (await import('./ledger.ts')).reconcile(program, world)))
  ledger
    .command('erasures')
    .description('when personal data was erased on request, and of how many mails')
    .option('--json', 'JSON Lines')
    .action(async (options: LedgerOptions) =>
      world.exit(await (await import('./ledger.ts')).erasures(options, program, world)),
    )
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('it must be a whole number from 1.')
  return Number(text)
}
