/** Opening the ledger: alone, for the one worker, or beside it, for the commands that read and correct. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { LedgerSettings, Settings } from '../config/schema.ts'
import { calming, SUSPECTED } from '../gateway/calm.ts'
import type { Engine } from '../ledger/engine.ts'
import { SqlLedger } from '../ledger/ledger.ts'
import { holdLedger } from '../ledger/lock.ts'
import { openSqlite } from '../ledger/sqlite.ts'
import { tlsOf } from './tls.ts'
import type { World } from './world.ts'

/**
 * Takes the worker's lock where the ledger is a file; made when it is not there. Fault 4.3.0 when another worker holds it, 4.3.1 when it cannot
 * be opened. Any number of replicas may work with a database.
 */
export async function openForWork(settings: Settings, world: World, stack: AsyncDisposableStack): Promise<SqlLedger> {
  const { file, database } = settings.ledger
  if (database === undefined)
    stack.use(await holdLedger(file, { pid: world.pid, host: hostname(), since: world.now() }))
  return stack.use(await open(settings, world, true))
}

/** Works beside a running worker. Fault 4.3.1 when there is none yet. */
export const openBeside = (settings: Settings, world: World): Promise<SqlLedger> => open(settings, world, false)

async function open(settings: Settings, world: World, create: boolean): Promise<SqlLedger> {
  return new SqlLedger(await engineOf(settings.ledger, create), {
    clock: world,
    boot: randomUUID(),
    token: randomUUID,
    lease: settings.ledger.lease,
    horizon: horizonOf(settings),
    caps: capsOf(settings),
    suspects: { after: SUSPECTED, calmIn: calming(world.uptime) },
    machine: world.machine,
  })
}

const MINUTE = 60_000

/** Twice the longest wait there is: the clocks of replicas need not agree. */
const horizonOf = ({ retry, ledger, mailboxes }: Settings): number =>
  2 * Math.max(MINUTE, retry.max, ledger.lease, ...mailboxes.flatMap(({ desk }) => [desk.quiet, desk.recheck]))

/** The engine for the ledger's address; its packages are loaded only where they are needed. */
export async function engineOf({ file, database, password, tls }: LedgerSettings, create: boolean): Promise<Engine> {
  if (database === undefined) return openSqlite(file, { create })
  const { openPostgres } = await import('../ledger/postgres.ts')
  const { url, encrypted } = database
  return openPostgres({ url, password, tls: encrypted ? tlsOf(tls) : undefined, create })
}

/** The caps hold for all mailboxes together, so the strictest of them does. */
function capsOf({ mailboxes }: Settings): { readonly perSenderPerDay: number; readonly perHour: number } {
  const rules = mailboxes.flatMap(({ notices }) => (notices === null ? [] : [notices]))
  return {
    perSenderPerDay: Math.min(...rules.map(({ perSenderPerDay }) => perSenderPerDay), Number.MAX_SAFE_INTEGER),
    perHour: Math.min(...rules.map(({ perHour }) => perHour), Number.MAX_SAFE_INTEGER),
  }
}
