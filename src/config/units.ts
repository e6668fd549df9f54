/** Durations and sizes as people write them, and back. */

const DURATIONS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const SIZES = {
  B: 1,
  kB: 10 ** 3,
  MB: 10 ** 6,
  GB: 10 ** 9,
  TB: 10 ** 12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const

/** What a duration looks like, for editors; `readDuration` is the judge. */
export const DURATION_PATTERN = '^\\d+(\\.\\d+)? ?(ms|s|m|h|d)$'

/** What a size looks like, for editors; `readSize` is the judge. */
export const SIZE_PATTERN = '^\\d+(\\.\\d+)? ?([kKMGT]i?)?B?$'

/** Milliseconds of `250ms`, `90s`, `5m`, `1h`, `400d`, `1.5h`; undefined for anything else, a number without a unit included. */
export function readDuration(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/.exec(text) ?? []
  return whole(number, unit === undefined ? undefined : DURATIONS[unit as keyof typeof DURATIONS])
}

/** Octets of `25MB` (10⁶), `25MiB` (2²⁰) or a plain number; letters in either case; undefined for anything else. */
export function readSize(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? []
  if (unit === undefined || unit === '') return whole(number, 1)
  const [, octets] = Object.entries(SIZES).find(([name]) => name.toLowerCase() === unit.toLowerCase()) ?? []
  return whole(number, octets)
}

/** The shortest text that reads as these milliseconds again: `90s`, `400d`. */
export const durationText = (ms: number): string => shortest(ms, DURATIONS)

/** The shortest text that reads as these octets again: `25MB`, `512MiB`. */
export const sizeText = (octets: number): string => shortest(octets, SIZES)

/** Binary fractions stay exact this way: 1.1 × 10⁶ is 1,100,000.0000000001 otherwise. */
function whole(number: string | undefined, unit: number | undefined): number | undefined {
  if (number === undefined || unit === undefined) return undefined
  const value = Math.round(Number(number) * unit)
  return Number.isSafeInteger(value) ? value : undefined
}

/** Of equally short texts the one with the larger unit, so that 60,000 ms is `1m` and 1,000,000 octets are `1MB`. */
function shortest(value: number, units: Readonly<Record<string, number>>): string {
  if (value === 0) return `0${Object.keys(units)[units === DURATIONS ? 1 : 0]}`
  const texts = Object.entries(units)
    .filter(([, unit]) => value % unit === 0)
    .map(([name, unit]) => ({ text: `${value / unit}${name}`, number: value / unit }))
  return texts.reduce((best, one) => (one.number <= best.number ? one : best)).text
}
