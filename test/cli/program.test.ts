import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { examplesOf } from '../../src/cli/examples.ts'
import { programOf } from '../../src/cli/program.ts'
import { worldOf } from '../support/road.ts'

/** Every command with its path, the groups too. */
const all = (command: Command, path = ''): readonly (readonly [string, Command])[] => [
  [path, command],
  ...command.commands.flatMap(one => all(one, `${path} ${one.name()}`.trim())),
]

const program = () => programOf(worldOf({ now: 0 }), '1.2.3')

/** The command line as commander reads it, without doing anything. */
async function read(line: string): Promise<string> {
  const whole = program()
  let did = ''
  for (const [path, command] of all(whole).filter(([, one]) => one.commands.length === 0))
    command.action(() => {
      did = path
    })
  for (const [, command] of all(whole)) command.configureOutput({ writeErr: () => {} })
  const words = line.replace(/ > .*/, '').split(' ').slice(1)
  return whole.parseAsync(words, { from: 'user' }).then(
    () => did,
    (error: Error) => error.message,
  )
}

test.each(all(program()).map(([path]) => path))(
  'the help of "mailclip %s" has examples, and each is one',
  async path => {
    expect(examplesOf(path).length).toBeGreaterThan(0)
    for (const line of examplesOf(path)) {
      const did = await read(line)
      if (path === '' || path === 'ledger') expect(all(program()).map(([name]) => name)).toContain(did)
      else expect([line, did]).toEqual([line, path])
    }
  },
)

test.each([
  ['lst', "error: unknown command 'lst'\n(Did you mean list?)"],
  ['retri 7', "error: unknown command 'retri'\n(Did you mean retry?)"],
  ['list --sate held', "error: unknown option '--sate'\n(Did you mean --state?)"],
  ['list --state hold', "error: option '--state <state>' argument 'hold' is invalid. Allowed choices are queued"],
  ['retry', 'error: name one or more ids, as mailclip list prints them, or --all'],
  ['retry 7 --state held', 'error: filters go with --all'],
  ['retry 7 --all', 'error: name ids or --all, not both'],
  ['retry --all --ticket I161026_000005', 'error: mails go to one ticket by their ids only'],
  ['discard --all', 'error: discard --all needs --state'],
])('"mailclip %s" is refused, and told what would be right', async (typed, told) => {
  const whole = program()
  let said = ''
  for (const [, command] of all(whole))
    command.configureOutput({
      writeErr: text => {
        said += text
      },
    })
  const error = await whole.parseAsync(typed.split(' '), { from: 'user' }).catch((one: unknown) => one)
  expect(said).toContain(told)
  expect(said).toContain('mailclip help COMMAND')
  expect(error).toBeInstanceOf(Error)
})
