/** The disks under ledger and spool: may we write there, is there room? What is written to find out is removed again. */
import { existsSync, statfsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Settings } from '../../config/schema.ts'
import type { SqlLedger } from '../../ledger/ledger.ts'
import { workerOf } from '../../ledger/lock.ts'
import { isFault } from '../../mail/fault.ts'
import { EXIT } from '../exit.ts'
import { openBeside } from '../open-ledger.ts'
import type { World } from '../world.ts'
import type { Report } from './finding.ts'

/** A ledger of a million mails takes about a gigabyte. */
const ROOM = 200_000_000

/** Looks at the ledger and opens it beside its worker, if it has one; undefined when it is not there yet or cannot be used. */
export async function checkLedger(
  settings: Settings,
  world: World,
  to: Report,
  stack: AsyncDisposableStack,
): Promise<SqlLedger | undefined> {
  const { file, database } = settings.ledger
  if (database !== undefined) return checkDatabase(database.url, settings, world, to, stack)
  const there = existsSync(file)
  if (!there && !(await mayWrite(file, to, 'ledger.url'))) return undefined
  let ledger: SqlLedger | undefined
  try {
    ledger = there ? stack.use(await openBeside(settings, world)) : undefined
    await ledger?.remember('checked', world.now().toISOString())
  } catch (error) {
    if (!isFault(error)) throw error
    to.fail(
      'file',
      `${error.message}; ${sized(freeAt(file))} free on its disk`,
      'make its disk writable and give it room, or give this user the right to write there',
      EXIT.ledger,
    )
    return undefined
  }
  to.ok('file', there ? `${file} can be written` : `${file} is not there yet; the first sweep makes it`)
  const worker = workerOf(file)
  to.ok('worker', worker === undefined ? 'nobody works on it now' : `${worker} works on it; check works beside it`)
  reportRoom(file, ROOM, 'give the disk of ledger.url more room: when it is full nothing is begun any more', to)
  return ledger
}

/** `check` makes no tables: the first sweep does. */
async function checkDatabase(
  url: string,
  settings: Settings,
  world: World,
  to: Report,
  stack: AsyncDisposableStack,
): Promise<SqlLedger | undefined> {
  try {
    const ledger = stack.use(await openBeside(settings, world))
    await ledger.remember('checked', world.now().toISOString())
    to.ok('database', `${url} can be written`)
    return ledger
  } catch (error) {
    if (!isFault(error)) throw error
    if (error.message.includes('there is no ledger yet'))
      to.ok('database', `${url} answers; the first sweep makes the tables`)
    else
      to.fail(
        'database',
        error.message,
        'check ledger.url, ledger.password and ledger.tls, and that the server takes connections from here',
        EXIT.ledger,
      )
    return undefined
  }
}

export async function checkSpool({ spool, mailboxes }: Settings, to: Report): Promise<void> {
  if (!(await mayWrite(join(spool.folder, 'mail'), to, 'spool.folder'))) return
  to.ok(
    'folder',
    existsSync(spool.folder) ? `${spool.folder} can be written` : `${spool.folder} is made when it is needed`,
  )
  const largest = Math.max(...mailboxes.map(({ attachments }) => attachments.maxMailSize))
  reportRoom(
    spool.folder,
    Math.max(spool.maxBytes, 3 * largest),
    'give its disk as much room as spool.maxBytes allows, or lower spool.maxBytes',
    to,
  )
}

/** By writing a file, for root may write everywhere but on a disk that is full or read-only. */
async function mayWrite(file: string, to: Report, key: string): Promise<boolean> {
  const folder = standing(dirname(resolve(file)))
  const trial = join(folder, `.mailclip-check-${process.pid}`)
  try {
    await writeFile(trial, 'x'.repeat(4096), { mode: 0o600 })
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const remedy = `${TROUBLES[code] ?? 'mend it'}, or set ${key} elsewhere`
    to.fail(key === 'ledger.url' ? 'file' : 'folder', `${folder} cannot be written (${code})`, remedy, EXIT.ledger)
    return false
  } finally {
    await rm(trial, { force: true }).catch(() => undefined)
  }
}

const TROUBLES: Readonly<Record<string, string>> = {
  EROFS: 'mount its disk writable',
  ENOSPC: 'make room on its disk',
  EDQUOT: 'raise the quota of this user',
  EACCES: 'give this user the right to write there',
  EPERM: 'give this user the right to write there',
}

/** The folder itself, or the nearest one above it that is there. */
function standing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : standing(dirname(folder))
}

function reportRoom(path: string, wanted: number, remedy: string, to: Report): void {
  const free = freeAt(path)
  if (free >= wanted) to.ok('room', `${sized(free)} free`)
  else to.warn('room', `only ${sized(free)} free`, remedy)
}

function freeAt(path: string): number {
  const { bavail, bsize } = statfsSync(standing(resolve(path)))
  return bavail * bsize
}

export const sized = (octets: number): string =>
  octets >= 1e9 ? `${(octets / 1e9).toFixed(1)} GB` : `${Math.floor(octets / 1e6)} MB`
