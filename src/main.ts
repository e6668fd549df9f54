/** Composition: the command line, and the only place that ends the process. */
import { existsSync, readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { CommanderError } from 'commander'
import { EXIT, exitOf } from './cli/exit.ts'
import { keepLean } from './cli/heap.ts'
import { manifest } from './cli/package.ts'
import { programOf } from './cli/program.ts'
import type { World } from './cli/world.ts'
import { ConfigurationMistakes } from './config/mistakes.ts'
import { steady } from './gateway/steady.ts'
import { isFault } from './mail/fault.ts'

/** Linux names each of its boots. */
const BOOT = '/proc/sys/kernel/random/boot_id'
const boot = existsSync(BOOT) ? readFileSync(BOOT, 'utf8').trim() : undefined

const world: World = {
  environment: process.env,
  out: process.stdout,
  err: process.stderr,
  now: steady(
    () => new Date(),
    { awake: () => performance.now(), uptime: () => uptime() * 1_000 },
    ms => told(`mailclip: the clock was set by ${Math.round(ms / 1_000)} s; a restart goes by it`, EXIT.ok),
  ),
  machine: () => (boot === undefined ? undefined : { boot, up: uptime() * 1_000 }),
  random: Math.random,
  uptime: () => process.uptime() * 1_000,
  pid: process.pid,
  onStop: callback => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, callback)
  },
  exit: code => {
    process.exitCode = code
  },
  abandon: code => process.exit(code),
}

keepLean()
// A reader that went away (EPIPE) is no reason to end, whatever is told next: a clock that was set, in the midst of an upload.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

// By itself Node.js would print all that a library hung on the error, credentials included, and end with 1.
process.on('uncaughtException', error => process.exit(codeOf(error)))

const program = programOf(world, manifest().version)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = codeOf(error)
}

/** Every way to end that is not a command's own answer; the sentence goes to standard error. */
function codeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 1 ? EXIT.usage : error.exitCode
  if (error instanceof ConfigurationMistakes) return told(error.message, error.exitCode)
  if (isFault(error)) return told(`mailclip: ${error.message}`, exitOf(error))
  return told(`mailclip: a bug: ${error instanceof Error ? error.stack : String(error)}`, EXIT.bug)
}

function told(text: string, code: number): number {
  process.stderr.write(`${text}\n`)
  return code
}
