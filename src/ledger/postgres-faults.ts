/** PostgreSQL's troubles in words (https://www.postgresql.org/docs/current/errcodes-appendix.html): what happened, and whether it can pass. */
import { Fault } from '../mail/fault.ts'

/** By SQLSTATE, the longest beginning first. What is missing here is no trouble of the database but a bug of ours. */
const MEANINGS: readonly (readonly [start: string, what: string, lasting?: true])[] = [
  ['08', 'cannot be reached: the connection broke'],
  ['25006', 'takes no writes: it is read-only (a standby?)'],
  ['28', 'refuses our credentials: check user and password (ledger.url, ledger.password)'],
  ['3D000', 'is not there: create the database first'],
  ['3F000', 'has no schema to keep the tables in'],
  ['40', 'is busy: a transaction was given up for another'],
  ['42501', 'denies us a right: its user must own the tables'],
  ['53100', 'cannot grow: its disk is full'],
  ['53', 'is short of memory, disk or connections'],
  ['55P03', 'is busy: a lock was waited for too long'],
  ['57', 'is starting, stopping, or has ended our session'],
  ['58', 'meets an error of its system or disk'],
  ['XX001', 'is damaged: restore it from a backup, then say so with mailclip ledger reconcile', true],
  ['XX002', 'has a damaged index: rebuild it (REINDEX)', true],
  ['25P0', 'has ended our transaction: it was idle for too long'],
]

/** Of the network; what the driver says by itself has no code. */
const NETWORK = /^E(CONN|HOST|NET|TIMEDOUT|PIPE|AI_AGAIN)/
const DRIVER =
  /Connection terminated|connection timeout|timeout exceeded|Query read timeout|not queryable|server does not support SSL|self.signed|certificate|Client was closed/i

/** 4.3.1 scope `ledger` for what may pass, 5.3.1 for damage; undefined when it is none of the database's own troubles. */
export function postgresFault(error: unknown, where: string): Fault | undefined {
  if (error instanceof Fault) return error.scope === 'ledger' && error.status.endsWith('.3.1') ? error : undefined
  if (!(error instanceof Error)) return undefined
  const code = codeOf(error)
  const [, what, lasting] = MEANINGS.find(([start]) => code.startsWith(start)) ?? []
  if (/password must be a/.test(error.message))
    return postgresFault(Object.assign(new Error(), { code: '28P01' }), where)
  const said = what ?? (isOfNetwork(error, code) ? `cannot be reached: ${error.message || code}` : undefined)
  if (said === undefined) return undefined
  const status = lasting === true ? '5.3.1' : '4.3.1'
  return new Fault(status, `the ledger ${where} ${said}`, { scope: 'ledger', cause: error })
}

/** Deadlocks and failed serialisations: the same again may well succeed. */
export const isTransient = (error: unknown): boolean => error instanceof Error && /^40/.test(codeOf(error))

/** Another row has this value already. */
export const isTaken = (error: unknown): boolean => error instanceof Error && codeOf(error) === '23505'

const isOfNetwork = (error: Error, code: string): boolean =>
  NETWORK.test(code) ||
  code === 'ENOTFOUND' ||
  /^(CERT_|ERR_TLS|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED)/.test(code) ||
  DRIVER.test(error.message)

/** Connecting to a name with several addresses fails with all their failures together. */
function codeOf(error: Error): string {
  const [first] = error instanceof AggregateError ? error.errors : [error]
  return first instanceof Error && 'code' in first ? String(first.code) : ''
}
