/**
 * Suspects: mails in the midst of which the process has ended more than once. Whoever kills it again and again hits good mails there too, so a
 * suspect is tried again only by a process that has lived undisturbed for a while: a storm of kills never lets it, and the mail waits until the
 * storm is over; a mail that really kills the process kills a quiet one (docs/states.md).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { later } from './backoff.ts'
import type { Claim } from './ports.ts'
import type { Road } from './road.ts'
import type { Returned } from './tried.ts'

/** Parses that were begun and not ended, or unclean ends while the mail was alone, after which it is suspected. */
export const SUSPECTED = 2

/** Milliseconds a process has to work before it tries a suspect. */
const CALM = 10_000

/** Timers and the clock need not agree to the millisecond. */
const SLACK = 50

/** From now on: how many milliseconds are left until the process is calm. Starting it does not count, a busy machine takes its time for that. */
export function calming(uptime: () => number): () => number {
  const began = uptime()
  return () => Math.max(0, Math.ceil(CALM - (uptime() - began)))
}

/** Thrown by an attempt that has come upon a suspect too early; the try is given back. */
export class Suspected extends Error {}

/** Given back until the process has proven that it lives: behind the others, and no try spent. */
export function setAside({ id }: Claim, { message }: Suspected, road: Road): Returned {
  road.aside.add(id)
  return { kind: 'returned', reason: message, due: later(road.clock.now(), road.calmIn()) }
}

/**
 * For a sweep that has nothing else left to do: waits until the suspects may be tried, for the next sweep would be as young as this one.
 * Resolves false at once when there are none, or they have had their turn.
 */
export async function untilCalm(road: Road, over: AbortSignal): Promise<boolean> {
  const wait = road.calmIn()
  if (wait === 0 || over.aborted) return false
  if (road.aside.size === 0 && !(await road.ledger.suspects(road.mailbox.name))) return false
  await pause(wait + SLACK, undefined, { signal: over }).catch(() => undefined)
  return !over.aborted
}
