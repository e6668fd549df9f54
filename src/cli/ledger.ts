/** `mailclip ledger …`: care of the ledger itself, beside a running daemon. */
import type { Command } from 'commander'
import { backUp } from '../ledger/backup.ts'
import { isFault } from '../mail/fault.ts'
import { EXIT } from './exit.ts'
import { moment } from './list.ts'
import { restored } from './look-back.ts'
import { openBeside } from './open-ledger.ts'
import { openSettings } from './settings.ts'
import type { World } from './world.ts'

export type LedgerOptions = { readonly json?: true }

/** Resolves with 0, or 66 when the file is there already. Throws ledger faults (74). */
export async function backup(file: string, options: LedgerOptions, program: Command, world: World): Promise<number> {
  const settings = await openSettings(program, world)
  if (settings.ledger.database !== undefined) {
    world.err.write('mailclip: the ledger is in a database: back it up with pg_dump\n')
    return EXIT.usage
  }
  const at = world.now()
  try {
    await backUp(settings.ledger.file, file, at)
  } catch (error) {
    if (!isFault(error) || error.status !== '5.3.0') throw error
    world.err.write(`mailclip: ${error.message}\n`)
    return EXIT.input
  }
  const row = JSON.stringify({ file, at: at.toISOString() })
  world.out.write(options.json === true ? `${row}\n` : `the ledger as of ${moment(at.toISOString())} is in ${file}\n`)
  return EXIT.ok
}

/** After an older ledger was restored by other means than our backup, which says so by itself. */
export async function reconcile(program: Command, world: World): Promise<number> {
  await using ledger = await openBeside(await openSettings(program, world), world)
  await restored(ledger, world.now())
  world.out.write('what arrived up to now is compared with its ticket before it is sent\n')
  return EXIT.ok
}

/** When personal data was erased on request, and of how many mails; not whose. */
export async function erasures(options: LedgerOptions, program: Command, world: World): Promise<number> {
  await using ledger = await openBeside(await openSettings(program, world), world)
  for (const { at, mails } of await ledger.erasures()) {
    const row = JSON.stringify({ at: at.toISOString(), mails })
    world.out.write(options.json === true ? `${row}\n` : `${moment(at.toISOString())}  ${mails} mails\n`)
  }
  return EXIT.ok
}
