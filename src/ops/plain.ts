/** Turns anything into plain JSON data fit for a log: bounded in every direction, redacted, errors told whole; never throws. */
import { isTelling } from './redact.ts'

export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain }

/** Characters a field may have; the last one is an ellipsis when there were more. */
export const FIELD_LIMIT = 500
/** Longer texts are cut before they are searched for secrets. */
const READ_LIMIT = 20_000
const DEPTH_LIMIT = 6
const WIDTH_LIMIT = 40
const CAUSE_LIMIT = 5
const FRAME_LIMIT = 12

/** @param redact masks secrets in a text; it sees texts before they are cut, so that no half secret is left over */
export function plain(value: unknown, redact: (text: string) => string, depth = 0): Plain {
  try {
    return told(value, redact, depth)
  } catch {
    return '[unreadable]'
  }
}

/** At most `FIELD_LIMIT` characters, no lone surrogates. */
export const capped = (text: string): string =>
  (text.length > FIELD_LIMIT ? `${text.slice(0, FIELD_LIMIT - 1)}…` : text).toWellFormed()

function told(value: unknown, redact: (text: string) => string, depth: number): Plain {
  switch (typeof value) {
    case 'string':
      return capped(redact(value.slice(0, READ_LIMIT)))
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'boolean':
      return value
    case 'bigint':
      return value.toString()
    case 'object':
      return value === null ? null : thing(value, redact, depth)
    default:
      return typeof value === 'undefined' ? null : `[${typeof value}]`
  }
}

function thing(value: object, redact: (text: string) => string, depth: number): Plain {
  if (value instanceof Error) return failure(value, redact, 0)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no valid date' : value.toISOString()
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} octets]`
  if (depth >= DEPTH_LIMIT) return '[too deep]'
  if (Array.isArray(value)) return value.slice(0, WIDTH_LIMIT).map(one => plain(one, redact, depth + 1))
  const entries = value instanceof Map ? [...value] : Object.keys(value).map(key => [key, read(value, key)] as const)
  return fields(entries, redact, depth)
}

function fields(entries: readonly (readonly [unknown, unknown])[], redact: (text: string) => string, depth: number) {
  const kept = entries.filter(([, one]) => one !== undefined && typeof one !== 'function').slice(0, WIDTH_LIMIT)
  return Object.fromEntries(
    kept.map(([key, one]) => {
      const name = redact(String(key)).slice(0, 60).toWellFormed()
      return [name, isTelling(name) ? '[redacted]' : plain(one, redact, depth + 1)]
    }),
  )
}

/** A getter may throw: what it would have said is lost, what stands beside it is not. */
function read(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key)
  } catch {
    return '[unreadable]'
  }
}

/** A whitelist: libraries hang whole requests, credentials included, on their errors. */
function failure(error: Error, redact: (text: string) => string, nth: number): Plain {
  const cause = read(error, 'cause')
  const facts = ['name', 'message', 'code', 'status', 'scope', 'applied', 'syscall', 'errno'].map(
    key => [key, read(error, key)] as const,
  )
  const stack = String(read(error, 'stack') ?? '')
    .slice(0, READ_LIMIT)
    .split('\n')
    .filter(line => /^\s+at /.test(line))
    .slice(0, FRAME_LIMIT)
    .map(line => capped(redact(line.trim())))
  return {
    ...Object.fromEntries(facts.filter(([, one]) => one !== undefined).map(([key, one]) => [key, scalar(one, redact)])),
    ...(stack.length > 0 ? { stack } : {}),
    ...(cause === undefined ? {} : { cause: nth < CAUSE_LIMIT ? causeOf(cause, redact, nth) : '[and further causes]' }),
  }
}

const causeOf = (cause: unknown, redact: (text: string) => string, nth: number): Plain =>
  cause instanceof Error ? failure(cause, redact, nth + 1) : scalar(cause, redact)

const scalar = (value: unknown, redact: (text: string) => string): Plain =>
  typeof value === 'object' && value !== null ? '[object]' : told(value, redact, 0)
