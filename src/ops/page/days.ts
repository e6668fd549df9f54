/** Where the days begin in the configured time zone, and how a visitor's dates are read. */
import { dateIn, instantIn } from '../../mail/wall-clock.ts'

/** Midnights of the last `days` days, today's included, and the end of today: `days` + 1 instants, ascending. */
export function lastDays(days: number, now: Date, timezone: string): readonly Date[] {
  const [year, month, day] = dateIn(now, timezone)
  return Array.from({ length: days + 1 }, (_, n) => instantIn(timezone, year, month, day - days + 1 + n))
}

/** `2026-11-24` as its first instant there; undefined for what is no date. `next`: the day after. */
export function dayNamed(text: string, timezone: string, next = 0): Date | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []
  if (year === undefined || Number.isNaN(Date.parse(`${text}T00:00:00Z`))) return undefined
  return instantIn(timezone, Number(year), Number(month), Number(day) + next)
}
