/** The books for a command that reads: beside a running worker, without its lock. */
import type { Command } from 'commander'
import type { SqlLedger } from '../ledger/ledger.ts'
import { openBeside } from './open-ledger.ts'
import { openSettings } from './settings.ts'
import type { World } from './world.ts'

/** Throws ConfigurationMistakes (78) and ledger faults (74), also when there is no ledger yet. */
export const openBooks = async (program: Command, world: World): Promise<SqlLedger> =>
  openBeside(await openSettings(program, world), world)
