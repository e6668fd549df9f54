/** What one try came to: an outcome, or the try given back. */
import type { Outcome } from '../mail/outcome.ts'
import { type Because, because } from '../mail/status.ts'
import { backoff, later } from './backoff.ts'
import type { FileFate } from './policy.ts'
import type { Claim, ItemRecord } from './ports.ts'
import type { Road } from './road.ts'

export type Tried = {
  readonly kind: 'concluded'
  readonly outcome: Outcome
  /** Empty when nothing was decided file by file. */
  readonly files: readonly FileFate[]
  readonly trace: readonly string[]
}

/**
 * An orderly stop, a site that rests, a suspect that comes too early: the try is not counted. `due`: not before; `in turn`: at once, and it keeps
 * its place; when undefined at once, behind the others.
 */
export type Returned = { readonly kind: 'returned'; readonly reason: string; readonly due?: Date | 'in turn' }

export const ended = (outcome: Outcome, files: readonly FileFate[] = []): Tried => ({
  kind: 'concluded',
  outcome,
  files,
  trace: [`${outcome.kind}: ${outcome.status} ${outcome.reason}`],
})

/** Tried again at `at`, or after a wait that grows; held when the tries are spent. */
export function deferred(
  claim: Claim,
  why: Because,
  { clock, policy, random }: Pick<Road, 'clock' | 'policy' | 'random'>,
  at?: Date,
  files: readonly FileFate[] = [],
): Tried {
  // What an unclean end of the process spent is not the mail's doing.
  if (claim.attempt - claim.interrupted >= policy.retry.tries) {
    const reason = `given up after ${claim.attempt} tries; the last one: ${why.reason}`
    return ended({ kind: 'held', ...because('tries', reason) }, files)
  }
  const until = at ?? later(clock.now(), backoff(claim.attempt, policy.retry, random))
  return ended({ kind: 'deferred', until, ...why }, files)
}

export const fateOf = ({ name, size, type, state, because: why, ticket }: ItemRecord): FileFate => ({
  name,
  size,
  type,
  state,
  reason: why?.reason,
  code: why?.code,
  ticket,
})
