/** What is wrong with a cron expression, told before node-cron sees it: five fields, or six with seconds first. */

type Field = { readonly name: string; readonly min: number; readonly max: number; readonly words?: readonly string[] }

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const FIELDS: readonly Field[] = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: MONTHS },
  { name: 'day of the week', min: 0, max: 7, words: DAYS },
]

/** Undefined when the expression is one that comes about some day; else what is wrong and what would be right. */
export function scheduleFault(expression: string): string | undefined {
  const pieces = expression.trim().split(/\s+/)
  if (pieces.length !== 5 && pieces.length !== 6)
    return `has ${pieces.length} ${pieces.length === 1 ? 'field' : 'fields'}; write five, as in '*/5 * * * *', or six with seconds first`
  const fields = FIELDS.slice(FIELDS.length - pieces.length)
  for (const [i, field] of fields.entries()) {
    const values = valuesOf(pieces[i] ?? '', field)
    if (typeof values === 'string') return values
  }
  return neverFault(pieces)
}

/** The values a field stands for, or what is wrong with it. */
function valuesOf(piece: string, field: Field): ReadonlySet<number> | string {
  const values = new Set<number>()
  for (const part of piece.split(',')) {
    const [, from, to, step] = /^(\*|[a-z]+|\d{1,2})(?:-([a-z]+|\d{1,2}))?(?:\/(\d{1,2}))?$/i.exec(part) ?? []
    if (from === undefined || (from === '*' && to !== undefined)) return wrongIn(field, part)
    const low = from === '*' ? field.min : numberOf(from, field)
    const high = from === '*' ? field.max : numberOf(to ?? from, field)
    const by = step === undefined ? 1 : Number(step)
    if (low === undefined || high === undefined || low > high || by < 1) return wrongIn(field, part)
    // A single value with a step means something else to every cron.
    if (step !== undefined && from !== '*' && to === undefined) return wrongIn(field, part)
    for (let value = low; value <= high; value += by) values.add(value)
  }
  return values
}

function numberOf(word: string, { min, max, words }: Field): number | undefined {
  const named = words?.indexOf(word.toLowerCase()) ?? -1
  const value = named >= 0 ? named + min : Number(word)
  return Number.isInteger(value) && value >= min && value <= max ? value : undefined
}

const wrongIn = ({ name, min, max, words }: Field, part: string): string =>
  `has "${part}" for the ${name}; write *, */n, or numbers from ${min} to ${max}${words === undefined ? '' : ` or ${words[0]}…`}, as in 1,5 or 1-5`

/** The 31st of February is a schedule that nobody would ever notice to be silent. */
function neverFault(pieces: readonly string[]): string | undefined {
  const [day, month] = pieces.slice(-3)
  const [days, months] = [valuesOf(day ?? '*', dayField), valuesOf(month ?? '*', monthField)]
  if (typeof days === 'string' || typeof months === 'string') return undefined
  const longest = Math.max(...[...months].map(value => new Date(Date.UTC(2024, value, 0)).getUTCDate()))
  return Math.min(...days) <= longest ? undefined : 'never comes about; no such month has such a day'
}

const dayField: Field = { name: 'day of the month', min: 1, max: 31 }
const monthField: Field = { name: 'month', min: 1, max: 12, words: MONTHS }
