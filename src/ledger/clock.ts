/**
 * A clock that was set while no process lived, or while one lived and kept its own time (gateway/steady.ts): the machine's uptime tells, for it
 * cannot be set. What was begun before has no length that anybody knows, so its quiet time begins anew.
 */
import { recall, remember } from './suspensions.ts'
import type { Db } from './tables.ts'

/** One boot of a machine: its name, and milliseconds since, sleep included. */
export type Machine = { readonly boot: string; readonly up: number }

/** Milliseconds; corrections as small as this go unnoticed, as while a process lives. */
const STEP = 2_000

/** Once at each start. A boot that the ledger does not know, and a machine that has no name for it, tell nothing: the wall is believed. */
export async function heedClock(db: Db, machine: Machine | undefined, now: Date): Promise<void> {
  if (machine === undefined) return
  const key = `clock of boot ${machine.boot}`
  const booted = Math.round(now.getTime() - machine.up)
  const before = await recall(db, key)
  if (before !== undefined && Math.abs(booted - Number(before)) <= STEP) return
  if (before !== undefined) await waitAnew(db, now)
  await remember(db, key, String(booted))
}

async function waitAnew(db: Db, now: Date): Promise<void> {
  await db
    .updateTable('item')
    .set({ begun_at: now.getTime(), absent_at: null })
    .where('state', 'in', ['begun', 'uncertain'])
    .execute()
}
