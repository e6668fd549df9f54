/** The command line of `retry`, `hold`, `release` and `discard`: by id, or all mails that a filter names. */
import { type Command, Option } from 'commander'
import type { Correction } from '../gateway/operator.ts'
import type { EntryState } from '../mail/outcome.ts'
import type { CorrectOptions } from './correct.ts'
import { EXIT } from './exit.ts'
import { dateSince } from './list.ts'
import type { World } from './world.ts'

/** In which states a mail can be corrected so; `--all` without `--state` means these. */
const STATES: Readonly<
  Record<Correction, { readonly can: readonly EntryState[]; readonly all: readonly EntryState[] }>
> = {
  retry: {
    can: ['queued', 'deferred', 'delivered', 'bounced', 'discarded', 'held', 'ignored'],
    all: ['deferred', 'held'],
  },
  hold: { can: ['queued', 'deferred'], all: ['queued', 'deferred'] },
  release: { can: ['held'], all: ['held'] },
  // What is thrown away is named.
  discard: { can: ['queued', 'deferred', 'held'], all: [] },
}

export function registerCorrections(program: Command, world: World): void {
  const register = (correction: Correction, description: string): Command => {
    const { can, all } = STATES[correction]
    const usual = all.length > 0 ? `; else ${all.join(' and ')}` : ''
    return program
      .command(correction)
      .description(description)
      .argument('[ids...]', 'as list prints them')
      .option('--all', 'all mails that the following filters leave')
      .addOption(new Option('--state <state>', `with --all: in this state${usual}`).choices(can))
      .option('--of-ticket <number>', 'with --all: only mails for this ticket')
      .option('--since <date>', 'with --all: only mails seen since: 2026-11-20, 90m, 12h, 2d', dateSince(world.now))
      .option('--dry-run', 'say which mails it would be, and do nothing')
      .option('--json', 'JSON Lines')
      .action(async (ids: readonly string[], options: CorrectOptions) => {
        const wrong = whyNot(correction, ids, options)
        if (wrong !== undefined) program.error(`error: ${wrong}`, { exitCode: EXIT.usage })
        const states = options.state === undefined ? all : [options.state]
        world.exit(await (await import('./correct.ts')).correct(correction, { ids, states }, options, program, world))
      })
  }
  register('retry', 'try mails again; what is on its ticket already is not sent again')
    .option('--ticket <number>', 'for this ticket, whatever the subject says')
    .option('--all-parts', 'with the parts that were left out')
  register('hold', 'set waiting mails aside until they are released')
  register('release', 'let held mails go as they were dispatched')
  register('discard', 'end mails without telling anybody')
}

/** What contradicts itself is refused before anything is done. */
function whyNot(correction: Correction, ids: readonly string[], options: CorrectOptions): string | undefined {
  const { all, state, since, ofTicket, ticket } = options
  const filtered = state !== undefined || since !== undefined || ofTicket !== undefined
  if (all !== true && filtered) return 'filters go with --all; name ids, or add --all'
  if (all !== true && ids.length === 0) return 'name one or more ids, as mailclip list prints them, or --all'
  if (all === true && ids.length > 0) return 'name ids or --all, not both'
  if (all === true && ticket !== undefined)
    return 'mails go to one ticket by their ids only; with --all, --of-ticket chooses the mails of a ticket'
  if (all === true && correction === 'discard' && state === undefined)
    return 'discard --all needs --state: write which mails are to be thrown away'
  return undefined
}
