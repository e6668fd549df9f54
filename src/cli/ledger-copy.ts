/** `mailclip ledger copy FROM [TO]`: from a file into a database, once. */

import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { interpolate } from '../config/interpolate.ts'
import { ledgerOf } from '../config/parse.ts'
import type { LedgerSettings } from '../config/schema.ts'
import { copyLedger } from '../ledger/copy.ts'
import { holdLedger } from '../ledger/lock.ts'
import { isFault } from '../mail/fault.ts'
import { EXIT } from './exit.ts'
import type { LedgerOptions } from './ledger.ts'
import { engineOf } from './open-ledger.ts'
import { openSettings } from './settings.ts'
import type { World } from './world.ts'

/** Resolves with 0, with 64 for what are no such addresses, with 66 when the target knows mails already. Throws ledger faults (74, 75). */
export async function copy(
  from: string,
  to: string | undefined,
  options: LedgerOptions,
  program: Command,
  world: World,
): Promise<number> {
  const { ledger: configured } = await openSettings(program, world)
  const source = ledgerOf({ ...configured, url: from })
  const target = to === undefined ? configured : targetOf(to, configured, world)
  if (!from.startsWith('sqlite:') || target?.database === undefined) {
    world.err.write(
      'mailclip: from sqlite:FILE to postgres://USER@HOST/DATABASE (or the ledger.url of the configuration)\n',
    )
    return EXIT.usage
  }
  await using stack = new AsyncDisposableStack()
  stack.use(await holdLedger(source.file, { pid: world.pid, host: hostname(), since: world.now() }))
  const [old, fresh] = [await engineOf(source, false), await engineOf(target, true)]
  stack.defer(() => old.close())
  stack.defer(() => fresh.close())
  try {
    const copied = await copyLedger(old, fresh)
    const lines = Object.entries(copied).map(([table, rows]) => `${table}: ${rows}`)
    world.out.write(
      options.json === true
        ? `${JSON.stringify(copied)}\n`
        : `copied and compared, rows by table: ${lines.join(', ')}\n`,
    )
    return EXIT.ok
  } catch (error) {
    if (!isFault(error) || error.status !== '5.3.0') throw error
    world.err.write(`mailclip: ${error.message}\n`)
    return EXIT.input
  }
}

/** Undefined for what is no address. A password that stands in it may come from elsewhere, so that it need not stand on the command line. */
function targetOf(to: string, configured: LedgerSettings, { environment }: World): LedgerSettings | undefined {
  const read = (path: string) => ({ text: readFileSync(path, 'utf8'), open: false })
  const { text, wrong } = interpolate(to, { environment, read })
  if (wrong.length > 0 || !/^postgres(ql)?:\/\/./.test(text) || !URL.canParse(text)) return undefined
  return ledgerOf({ ...configured, url: text })
}
