/** How long to wait before the next try. */
import type { Random } from './ports.ts'

/** Milliseconds; `factor` ≥ 1. */
export type Backoff = { readonly first: number; readonly max: number; readonly factor: number }

/**
 * Full jitter: anything between a tenth of the ceiling and the ceiling, which grows with every try up to `max`.
 * The tenth keeps an unlucky draw from hammering a site that has just failed.
 */
export function backoff(times: number, { first, max, factor }: Backoff, random: Random): number {
  const ceiling = Math.min(max, first * factor ** Math.max(0, times - 1))
  return Math.ceil(ceiling * (0.1 + 0.9 * random()))
}

export const later = (now: Date, ms: number): Date => new Date(now.getTime() + ms)
