/** `mailclip desk-simulator`: the stand-in for EasyVista's API, until it is told to stop. */
import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import type { DeskSimulator } from '../simulator/desk/start.ts'
import { readSwitches, type Switches } from '../simulator/desk/switches.ts'

/** What the command needs of the process it runs in. */
export type Surroundings = {
  readonly out: { write(text: string): unknown }
  /** Calls back at SIGTERM or SIGINT. */
  readonly onStop: (callback: () => void) => void
}

/** How a command ends that could not begin (sysexits). */
type Refuse = (message: string, exitCode: number) => never

type Options = {
  readonly host: string
  readonly port: number
  readonly account: string
  readonly user?: string
  readonly password?: string
  readonly token?: string
  readonly tickets: string
  readonly latency: number
  readonly set: Partial<Switches>
  readonly faults?: string
  readonly seed: number
  readonly keep?: string
}

/**
 * Registers the command. Its action resolves after an orderly stop (SIGINT, SIGTERM); otherwise it ends in commander's error with
 * 64 for malformed input, 66 for a file that cannot be read, 69 for an address it cannot listen on.
 */
export const deskSimulator = (program: Command, surroundings: Surroundings): void => {
  program
    .command('desk-simulator')
    .description('stand in for the EasyVista REST API, for demos, tests and staging')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 is a free one', port, 8080)
    .option('--account <id>', 'account in the path', '50004')
    .option('--user <name>', 'user name for Basic (default: mailclip, unless there is a token)')
    .option('--password <password>', 'password for Basic (default: mailclip)')
    .option('--token <token>', 'access token for Bearer')
    .option('--tickets <file>', 'known tickets: a number per line, or JSON; any = whatever looks like one', 'any')
    .option('--latency <duration>', 'time each request takes, such as 150ms', duration, 0)
    .option('--set <key=value>', 'a switch; may be repeated', assignment, {})
    .option('--faults <file>', 'faults to begin with, a JSON array')
    .option('--seed <number>', 'seed of the chance in faults', whole, 1)
    .option('--keep <folder>', 'keep documents in this folder, also afterwards')
    .action(async (options: Options) => {
      await run(options, surroundings, (message, exitCode) => program.error(message, { exitCode }))
    })
}

async function run(options: Options, surroundings: Surroundings, refuse: Refuse): Promise<void> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  surroundings.onStop(stop)
  await using simulator = await started(options, refuse)
  surroundings.out.write(`desk simulator at ${simulator.url}, its page at ${simulator.page}\n`)
  await stopped
}

async function started(options: Options, refuse: Refuse): Promise<DeskSimulator> {
  const { set, tickets, faults, ...plain } = options
  const read = (file: string) => readFile(file, 'utf8').catch((error: Error) => refuse(error.message, 66))
  const texts = {
    tickets: tickets === 'any' ? undefined : await read(tickets),
    faults: faults === undefined ? '[]' : await read(faults),
  }
  const [{ startDeskSimulator }, { readTickets }, { readFaults }] = await Promise.all([
    import('../simulator/desk/start.ts'),
    import('../simulator/desk/tickets.ts'),
    import('../simulator/desk/faults.ts'),
  ])
  try {
    return await startDeskSimulator({
      ...plain,
      mode: set,
      tickets: texts.tickets === undefined ? 'any' : readTickets(texts.tickets),
      faults: readFaults(JSON.parse(texts.faults)),
    })
  } catch (error) {
    const malformed = error instanceof RangeError || error instanceof SyntaxError
    return refuse(`desk-simulator: ${error instanceof Error ? error.message : String(error)}`, malformed ? 64 : 69)
  }
}

const whole = (given: string): number => {
  if (/^\d{1,9}$/.test(given)) return Number(given)
  throw new InvalidArgumentError('A whole number is wanted.')
}

const port = (given: string): number => {
  if (/^\d{1,5}$/.test(given) && Number(given) < 65_536) return Number(given)
  throw new InvalidArgumentError('A port is a number up to 65535.')
}

const duration = (given: string): number => {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(given) ?? []
  if (digits === undefined) throw new InvalidArgumentError('A duration is like 150ms or 2s.')
  return Number(digits) * (unit === 's' ? 1000 : unit === 'm' ? 60_000 : 1)
}

const assignment = (given: string, before: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const at = given.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('A switch is set as key=value.')
  try {
    return { ...before, ...readSwitches({ [given.slice(0, at)]: given.slice(at + 1) }) }
  } catch (error) {
    throw error instanceof RangeError ? new InvalidArgumentError(error.message) : error
  }
}
