/** mailclip as a process of its own, as an operator starts it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { stringify } from 'yaml'

const MAIN = fileURLToPath(new URL('../../src/bin.ts', import.meta.url))

/** Most of the time of a short command goes into compiling; once is enough for all of them. */
const COMPILED = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] }

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

export type Started = {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves with the first match in what was written so far or is written later; rejects when the process ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>
}

/** Ended with the test, by SIGKILL if need be. `under`: a command that runs it, such as strace. */
export function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  under: readonly string[] = [],
): Started {
  const [command = process.execPath, ...words] = [...under, process.execPath, MAIN, ...args]
  const child = spawn(command, words, { env: { PATH: process.env['PATH'], ...COMPILED, ...environment } })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let out = ''
  let err = ''
  const listeners = new Set<() => void>()
  const heard = (): void => {
    for (const listener of listeners) listener()
  }
  child.stdout.setEncoding('utf8').on('data', chunk => {
    out += chunk
    heard()
  })
  child.stderr.setEncoding('utf8').on('data', chunk => {
    err += chunk
    heard()
  })
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, out, err }))
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(`${out}\n${err}`)
        if (match === null) return
        listeners.delete(look)
        resolve(match)
      }
      listeners.add(look)
      ended.then(() => reject(new Error(`it ended without saying ${pattern}:\n${out}\n${err}`)))
      look()
    })
  return { child, ended, says }
}

export const mailclip = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  start(args, environment).ended

/** Writes settings as a YAML file and answers its path. */
export async function configured(folder: string, settings: object): Promise<string> {
  const file = join(folder, 'mailclip.yaml')
  await writeFile(file, stringify(settings), { mode: 0o600 })
  return file
}

/** Rows of `--json`. */
export const rows = (out: string): readonly Readonly<Record<string, unknown>>[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
