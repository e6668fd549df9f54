/** Readers of the plain kinds of values: text, numbers, durations, sizes, choices. */
import type { Read, Reader } from './key.ts'
import { DURATION_PATTERN, durationText, readDuration, readSize, SIZE_PATTERN, sizeText } from './units.ts'

/** Text that passes `valid`. Numbers must be quoted: YAML has made 7 of 007 before anybody could ask. */
export function text(is: string, write: string, valid: (text: string) => boolean = () => true): Reader<string> {
  const reader: Reader<string> = {
    is,
    write,
    json: { type: 'string' },
    read: value => {
      if (typeof value === 'number' || typeof value === 'boolean')
        return { wrong: `is not text but a ${typeof value} to YAML; put it in quotes` }
      return typeof value === 'string' && !/[\0\r\n]/.test(value) && valid(value) ? { value } : wrong(reader)
    },
  }
  return reader
}

/** Text with line ends allowed: a certificate. */
export const pem = (is: string, write: string, begins: RegExp): Reader<string> => {
  const reader: Reader<string> = {
    is,
    write,
    json: { type: 'string' },
    read: value => (typeof value === 'string' && begins.test(value) ? { value } : wrong(reader)),
  }
  return reader
}

/** One of a few words. */
export function choice<const Words extends readonly string[]>(...words: Words): Reader<Words[number]> {
  const reader: Reader<Words[number]> = {
    is: 'a choice here',
    write: words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
    json: { enum: words },
    read: value => {
      const found = words.find(word => word === value)
      return found === undefined ? wrong(reader) : { value: found }
    },
  }
  return reader
}

export const truth: Reader<boolean> = {
  is: 'true or false',
  write: 'true or false',
  json: { type: 'boolean' },
  read: value => {
    if (value === true || value === 'true') return { value: true }
    return value === false || value === 'false' ? { value: false } : wrong(truth)
  },
}

/** A number between two, both allowed. */
export function number(is: string, min: number, max: number, whole = true): Reader<number> {
  const reader: Reader<number> = {
    is,
    write: `a ${whole ? '' : 'decimal '}number from ${min} to ${max}`,
    json: { type: whole ? 'integer' : 'number', minimum: min, maximum: max },
    read: given => {
      const value = typeof given === 'string' && /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : given
      const fits = typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))
      return fits ? { value } : wrong(reader)
    },
  }
  return reader
}

export const port = number('a port', 1, 65_535)

/** Timers of Node end at 2³¹ − 1 ms, 24 days and 20 hours; what is longer would fire at once. */
const LONGEST_TIMER = 24 * 86_400_000

/** Milliseconds, both bounds allowed. */
export function duration({ min = 1, max = LONGEST_TIMER }: { min?: number; max?: number } = {}): Reader<number> {
  const reader: Reader<number> = {
    is: 'a duration',
    write: 'a number and its unit (ms, s, m, h, d), as in 90s',
    json: { type: 'string', pattern: DURATION_PATTERN },
    read: given => {
      const value = typeof given === 'string' ? readDuration(given) : undefined
      return value === undefined ? wrong(reader) : between(value, min, max, durationText)
    },
  }
  return reader
}

/** Octets, both bounds allowed. */
export function size({ min = 1, max = 2 ** 50 }: { min?: number; max?: number } = {}): Reader<number> {
  const reader: Reader<number> = {
    is: 'a size',
    write: 'a number and its unit, as in 25MB (10⁶) or 25MiB (2²⁰)',
    json: { type: 'integer', minimum: 0, pattern: SIZE_PATTERN },
    read: given => {
      const value = typeof given === 'string' || typeof given === 'number' ? readSize(String(given)) : undefined
      return value === undefined ? wrong(reader) : between(value, min, max, sizeText)
    },
  }
  return reader
}

function between(value: number, min: number, max: number, show: (value: number) => string): Read<number> {
  if (value < min) return { wrong: `is too little; write ${show(min)} or more` }
  return value > max ? { wrong: `is too much; write ${show(max)} or less` } : { value }
}

const wrong = ({ is, write }: Pick<Reader<unknown>, 'is' | 'write'>) => ({ wrong: `is not ${is}; write ${write}` })
