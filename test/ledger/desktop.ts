/** A ledger in a folder of its own, with a clock to move, that can crash and be started again. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Machine } from '../../src/ledger/clock.ts'
import type { Engine } from '../../src/ledger/engine.ts'
import { SqlLedger } from '../../src/ledger/ledger.ts'
import { openSqlite } from '../../src/ledger/sqlite.ts'
import type { Desktop } from './exercise.ts'
import { CALM, DAY, MINUTE, START } from './samples.ts'

export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'mailclip-ledger-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** A start of the process on the ledger in this file. */
export async function start(file: string, now: () => Date = () => START, create = true): Promise<SqlLedger> {
  return ledgerOn(await openSqlite(file, { create }), now)
}

/** A start of the process on this engine. */
export const ledgerOn = (engine: Engine, now: () => Date, machine?: () => Machine): SqlLedger =>
  new SqlLedger(engine, {
    clock: { now },
    boot: randomUUID(),
    token: randomUUID,
    lease: MINUTE,
    horizon: 30 * DAY,
    caps: { perSenderPerDay: 5, perHour: 8 },
    suspects: { after: 2, calmIn: () => CALM },
    machine: machine ?? (() => undefined),
  })

/** In-process an unclean end is another boot beside connections that nobody uses any more; sqlite.test.ts ends real processes. */
export async function desktop(): Promise<Desktop> {
  const file = join(folder(), 'ledger.db')
  let time = START.getTime()
  const now = () => new Date(time)
  const another = async () => {
    const ledger = await start(file, now)
    onTestFinished(() => ledger[Symbol.asyncDispose]())
    return ledger
  }
  return {
    ledger: await another(),
    now,
    pass: ms => {
      time += ms
    },
    crash: another,
    beside: another,
  }
}
