/** A log line for people: time of day, level, event, then the fields in their order; stacks on lines of their own. */
import type { Plain } from './plain.ts'

const COLOURS: Readonly<Record<string, number>> = { error: 31, warn: 33, info: 36, debug: 90 }

/** @param line with `time` (ISO 8601), `level` and `event`, as for JSON */
export function pretty(line: Readonly<Record<string, Plain>>, colour: boolean): string {
  const { time, level, event, ...fields } = line
  const paint = (text: string, code: number): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const told = Object.entries(fields).map(([key, value]) => `${paint(`${visible(key)}=`, 90)}${word(value)}`)
  const head = [
    paint(String(time).slice(11, 19), 90),
    paint(String(level).padEnd(5), COLOURS[String(level)] ?? 0),
    visible(String(event)).padEnd(9),
  ]
  return [[...head, ...told].join(' ').trimEnd(), ...stacks(fields)].join('\n')
}

function word(value: Plain): string {
  if (Array.isArray(value)) return value.map(word).join(',')
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .filter(([key]) => key !== 'stack')
      .map(([key, one]) => `${visible(key)}=${word(one)}`)
      .join(' ')}}`
  const text = visible(String(value))
  return /^[^\s"={}]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`
}

/** Frames of an error and of what caused it. */
function stacks(value: Plain): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([key, one]) =>
    key === 'stack' && Array.isArray(one) ? one.map(frame => `         ${visible(String(frame))}`) : stacks(one),
  )
}

/** Nothing in a field moves the cursor, starts a line or turns the reading direction. */
const visible = (text: string): string =>
  text.replace(
    /[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
