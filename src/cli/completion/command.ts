/** `mailclip completion SHELL`: what a shell needs to complete our command line. */
import { Argument, type Command } from 'commander'
import { EXIT } from '../exit.ts'
import type { Io } from '../table.ts'
import { bashCompletion, zshCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import { treeOf } from './tree.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

export const registerCompletion = (program: Command, io: Pick<Io, 'out' | 'exit'>): void => {
  program
    .command('completion')
    .description('print what a shell needs to complete this command line')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .action((shell: keyof typeof SHELLS) => {
      io.out.write(SHELLS[shell](treeOf(program)))
      io.exit(EXIT.ok)
    })
}
