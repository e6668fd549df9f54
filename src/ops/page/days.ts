/** Where the days begin in the configured time zone, and how a visitor's dates are read. */

/** Midnights of the last `days` days, today's included, and the end of today: `days` + 1 instants, ascending. */
export function lastDays(days: number, now: Date, timezone: string): readonly Date[] {
  const [year, month, day] = dateIn(now, timezone)
  return Array.from({ length: days + 1 }, (_, n) => midnight(year, month, day - days + 1 + n, timezone))
}

/** `2026-11-24` as its first instant there; undefined for what is no date. `next`: the day after. */
export function dayNamed(text: string, timezone: string, next = 0): Date | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []
  if (year === undefined || Number.isNaN(Date.parse(`${text}T00:00:00Z`))) return undefined
  return midnight(Number(year), Number(month), Number(day) + next, timezone)
}

/** Offsets change with the season, so the guess is corrected by the offset that holds there. */
function midnight(year: number, month: number, day: number, timezone: string): Date {
  const wanted = Date.UTC(year, month - 1, day)
  let at = wanted
  for (let n = 0; n < 2; n += 1) at = wanted - offset(new Date(at), timezone)
  return new Date(at)
}

/** Milliseconds that the zone's clocks are ahead of UTC. */
function offset(at: Date, timezone: string): number {
  const [year, month, day, hour, minute, second] = partsIn(at, timezone)
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at.getTime() / 1000) * 1000
}

const dateIn = (at: Date, timezone: string): readonly [number, number, number] => {
  const [year, month, day] = partsIn(at, timezone)
  return [year, month, day]
}

const formats = new Map<string, Intl.DateTimeFormat>()

function partsIn(at: Date, timezone: string): readonly [number, number, number, number, number, number] {
  const known =
    formats.get(timezone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  formats.set(timezone, known)
  const parts = known.formatToParts(at)
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find(one => one.type === type)?.value)
  return [of('year'), of('month'), of('day'), of('hour'), of('minute'), of('second')]
}
