/** Where a proof plays: a real Dovecot, the desk simulator, an SMTP sink, and mailclip as processes of its own between them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import type { MailRow } from '../../src/gateway/books.ts'
import type { DeskFault } from '../../src/simulator/desk/faults.ts'
import { type DeskSimulator, startDeskSimulator } from '../../src/simulator/desk/start.ts'
import { type SmtpSink, startSmtpSink } from '../../src/simulator/smtp.ts'
import { type Dovecot, type DovecotOptions, dovecot } from '../support/dovecot.ts'
import { leashed } from '../support/leash.ts'
import { type Mode, stormSettings } from './storm.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Which mailclip: as it is written, or as it is installed (`npm run build` first). */
export const PROGRAMS = { source: here('../../src/bin.ts'), compiled: here('../../dist/bin.js') }

export type StageOptions = {
  readonly faults: readonly DeskFault[]
  /** Of the faults' chance. */
  readonly seed: number
  /** Default `list`. */
  readonly mode?: Mode
  /** Default: as it is written. */
  readonly program?: string
  /** What an operator would add to `ledger`. */
  readonly ledger?: object
  readonly dovecot?: DovecotOptions
}

export type Stage = AsyncDisposable & {
  readonly imap: Dovecot
  readonly desk: DeskSimulator
  readonly relay: SmtpSink
  /** Gone with the stage; the ledger lies in it as `mailclip.db`. */
  readonly folder: string
  /** Killed with the stage. Somebody has to read what it says. */
  start(words: readonly string[], environment?: Readonly<Record<string, string>>): ChildProcess
  /** To its end. */
  output(
    words: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<readonly [said: string, code: number | null]>
  /** Every mail as the command line tells it. */
  listed(): Promise<readonly MailRow[]>
}

export async function stage({
  faults,
  seed,
  mode = 'list',
  program = PROGRAMS.source,
  ...more
}: StageOptions): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-proof-'))
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const imap = stack.use(await dovecot(more.dovecot))
  const desk = stack.use(await startDeskSimulator({ tickets: 'any', seed, faults }))
  const relay = stack.use(await startSmtpSink())
  const config = join(folder, 'mailclip.yaml')
  const { ledger, ...settings } = stormSettings({ imap, desk, relay, folder }, mode)
  await writeFile(config, stringify({ ...settings, ledger: { ...ledger, ...more.ledger } }), { mode: 0o600 })
  const children = new Set<ChildProcess>()
  stack.defer(() => {
    for (const child of children) child.kill('SIGKILL')
  })
  const start: Stage['start'] = (words, environment = {}) => {
    const child = leashed(
      spawn(process.execPath, [program, ...words, '--config', config], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...environment },
      }),
    )
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }
  const output: Stage['output'] = async (words, environment) => {
    const child = start(words, environment)
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', chunk => {
      said += chunk
    })
    const [code] = (await once(child, 'close')) as [number | null]
    return [said, code]
  }
  const listed = async (): Promise<readonly MailRow[]> => {
    const [said] = await output(['list', '--json', '--all'])
    return said
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as MailRow)
  }
  const kept = stack.move()
  return { imap, desk, relay, folder, start, output, listed, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
