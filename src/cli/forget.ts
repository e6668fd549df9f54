/** `mailclip forget ADDRESS`: one sender's personal data leaves the ledger; works beside a running daemon. */
import type { Command } from 'commander'
import { canonical } from '../mail/address.ts'
import { EXIT } from './exit.ts'
import { openBeside } from './open-ledger.ts'
import { openSettings } from './settings.ts'
import { tame } from './table.ts'
import type { World } from './world.ts'

export type ForgetOptions = { readonly json?: true }

/**
 * Resolves with 0 when all of this sender's mails are stubs now, with 66 when some are not over yet (they are named and left alone) or the
 * ledger knows no mail of this sender, with 64 for what is no address.
 */
export async function forget(address: string, options: ForgetOptions, program: Command, world: World): Promise<number> {
  if (canonical(address) === undefined) {
    world.err.write(`mailclip: ${tame(address)} is not an address\n`)
    return EXIT.usage
  }
  await using ledger = await openBeside(await openSettings(program, world), world)
  const { at, erased, left } = await ledger.forget(address)
  if (options.json === true) world.out.write(`${JSON.stringify({ at: at.toISOString(), erased, left })}\n`)
  else world.out.write(`${erased.length === 1 ? '1 mail was' : `${erased.length} mails were`} reduced to a stub\n`)
  for (const { id, why } of left) world.err.write(`mailclip: mail ${id}: ${why}\n`)
  if (erased.length + left.length === 0) world.err.write('mailclip: the ledger knows no mail of this sender\n')
  return erased.length > 0 && left.length === 0 ? EXIT.ok : EXIT.input
}
