/** What a check found about one thing, and what to do about it. */
import { Fault } from '../../mail/fault.ts'
import { EXIT, exitOf } from '../exit.ts'

export type Finding = {
  /** The site, as the ledger names it (`mailbox support`), or `ledger`, `spool`. */
  readonly subject: string
  /** `sign-in`, `folder`, … */
  readonly check: string
  readonly state: 'ok' | 'warn' | 'failed'
  readonly detail: string
  readonly remedy: string | undefined
  /** How the command ends by this one: 0 unless it failed. */
  readonly exit: number
}

export type Report = {
  readonly subject: string
  /** In the order in which they were made. */
  readonly findings: readonly Finding[]
  ok(check: string, detail: string): void
  warn(check: string, detail: string, remedy: string): void
  fail(check: string, detail: string, remedy: string, exit: number): void
}

export function report(subject: string): Report {
  const findings: Finding[] = []
  const add = (check: string, state: Finding['state'], detail: string, remedy: string | undefined, exit: number) => {
    findings.push({ subject, check, state, detail, remedy, exit })
  }
  return {
    subject,
    findings,
    ok: (check, detail) => add(check, 'ok', detail, undefined, EXIT.ok),
    warn: (check, detail, remedy) => add(check, 'warn', detail, remedy, EXIT.ok),
    fail: (check, detail, remedy, exit) => add(check, 'failed', detail, remedy, exit),
  }
}

export const hasFailed = ({ findings }: Report): boolean => findings.some(({ state }) => state === 'failed')

/** A fault as a finding; anything else is a bug and thrown on. */
export function failBy(to: Report, check: string, error: unknown, remedy: (fault: Fault) => string): void {
  const fault = isTimeout(error) ? new Fault('4.4.1', `no answer within ${PATIENCE / 1000} s`, SITE) : error
  if (!(fault instanceof Fault)) throw error
  const { cause } = fault
  const more = typeof cause === 'string' && !fault.message.includes('(') ? ` (${cause})` : ''
  to.fail(check, `${fault.message}${more}`, remedy(fault), exitOf(fault))
}

/** Milliseconds that one site may take in all. */
export const PATIENCE = 60_000

const SITE = { scope: 'mailbox' } as const

const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError'
