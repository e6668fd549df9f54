/** `report --deep`: the ledger against the folders of every mailbox, over connections that only look. */
import type { Command } from 'commander'
import type { Settings } from '../config/schema.ts'
import { type Compared, compare } from '../gateway/compare.ts'
import { ImapFolders } from '../imap/folders.ts'
import { openBeside } from './open-ledger.ts'
import { openSettings } from './settings.ts'
import { SignIns } from './sign-in.ts'
import type { World } from './world.ts'

export const deepReport = async (program: Command, world: World): Promise<readonly Compared[]> =>
  compareAll(await openSettings(program, world), world)

/** Works beside a running worker. Throws ledger faults (74) and those of a mailbox that cannot be looked into (69, 77). */
export async function compareAll(settings: Settings, world: World): Promise<readonly Compared[]> {
  await using ledger = await openBeside(settings, world)
  const signIns = new SignIns(world, ledger)
  const compared: Compared[] = []
  for (const box of settings.mailboxes) {
    await using folders = new ImapFolders(signIns.imap(box))
    compared.push(await compare(ledger, folders, new AbortController().signal))
  }
  return compared
}
