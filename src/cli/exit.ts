/** How a command ends: sysexits, and which of several is the worst. */
import type { Fault } from '../mail/fault.ts'

export const EXIT = {
  ok: 0,
  /** `report` only: the account does not add up. */
  account: 1,
  /** `health` only: the daemon is not well, or not there. */
  unwell: 1,
  usage: 64,
  /** An unknown id, an unreadable file. */
  input: 66,
  suspended: 69,
  /** What a command needs is not installed. */
  unavailable: 69,
  bug: 70,
  ledger: 74,
  /** Something waits, or another worker holds the ledger. */
  deferred: 75,
  credentials: 77,
  configuration: 78,
} as const

/** From bad to good; what is not in it is as bad as can be. */
const ORDER: readonly number[] = [
  EXIT.configuration,
  EXIT.credentials,
  EXIT.bug,
  EXIT.ledger,
  EXIT.suspended,
  EXIT.deferred,
  EXIT.ok,
]

/** How a command ends that met this: a fault of its own surroundings, and no bug. */
export function exitOf({ scope, status }: Pick<Fault, 'scope' | 'status'>): number {
  if (scope === 'ledger') return status === '4.3.0' ? EXIT.deferred : EXIT.ledger
  return status === '4.7.8' ? EXIT.credentials : EXIT.suspended
}

/** The worst of what was met; 0 when nothing was. */
export const worst = (codes: Iterable<number>): number =>
  [...codes].reduce((a, b) => (ORDER.indexOf(a) <= ORDER.indexOf(b) ? a : b), EXIT.ok)
