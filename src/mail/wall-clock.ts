/** Clocks on the wall of a time zone: which date they show, and when they show a time of a day. */

/** Year, month (1 to 12) and day there. */
export const dateIn = (at: Date, timezone: string): readonly [number, number, number] => {
  const [year, month, day] = partsIn(at, timezone)
  return [year, month, day]
}

/** Days may run over the ends of a month. A time that the zone's clocks leave out in spring is one an hour beside it. */
export function instantIn(timezone: string, year: number, month: number, day: number, minutes = 0): Date {
  const wanted = Date.UTC(year, month - 1, day, 0, minutes)
  let at = wanted
  // Offsets change with the season, so the guess is corrected by the offset that holds there.
  for (let n = 0; n < 2; n += 1) at = wanted - offset(new Date(at), timezone)
  return new Date(at)
}

/** Milliseconds that the zone's clocks are ahead of UTC. */
function offset(at: Date, timezone: string): number {
  const [year, month, day, hour, minute, second] = partsIn(at, timezone)
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at.getTime() / 1000) * 1000
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
