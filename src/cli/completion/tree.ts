/** The command line as the shells' completions need it, read from commander: nothing is written twice. */
import type { Command } from 'commander'

export type CompletedOption = {
  /** `--state` */
  readonly long: string
  readonly description: string
  /** It is followed by a value. */
  readonly valued: boolean
  /** Values, where there are only a few. */
  readonly choices: readonly string[]
}

export type CompletedCommand = {
  /** `ledger backup`; empty for the program itself. */
  readonly path: string
  readonly description: string
  readonly commands: readonly { readonly name: string; readonly description: string }[]
  readonly options: readonly CompletedOption[]
  /** Arguments that can only be these. */
  readonly choices: readonly string[]
  /** One of its arguments is a file. */
  readonly takesFiles: boolean
}

/** Every command that is shown in the help, the program first. */
export const treeOf = (program: Command, above = ''): readonly CompletedCommand[] => {
  const commands = program.createHelp().visibleCommands(program)
  const own: CompletedCommand = {
    path: above,
    description: program.description(),
    commands: commands.map(one => ({ name: one.name(), description: one.description() })),
    options: optionsOf(program),
    choices: program.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    takesFiles: program.registeredArguments.some(one => /^(files?|from)$/.test(one.name())),
  }
  const below = commands.filter(one => one.name() !== 'help')
  return [own, ...below.flatMap(one => treeOf(one, `${above} ${one.name()}`.trim()))]
}

const optionsOf = (command: Command): readonly CompletedOption[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description, required, optional, argChoices }) =>
      long ? [{ long, description, valued: required || optional, choices: argChoices ?? [] }] : [],
    )
