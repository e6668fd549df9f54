/** A list of MAPI properties as TNEF carries it (MS-OXTNEF §2.1.3.4): values are told apart, not interpreted. */
import type { Span } from './span.ts'

/** A property's first value. `type` without the flag for several values (MS-OXCDATA §2.11.1). */
export type Value = { readonly type: number; readonly octets: Span }

export type Properties = {
  /** By property id; of an id that comes twice the first. Named properties are left out. */
  readonly values: ReadonlyMap<number, Value>
  /** False when a type nobody knows stood in the way: what comes after it cannot be found. */
  readonly whole: boolean
}

export const TYPES = { integer32: 0x0003, object: 0x000d, string8: 0x001e, unicode: 0x001f, binary: 0x0102 } as const

/** Octets of one value, padding included. */
const FIXED: Readonly<Record<number, number>> = {
  2: 4,
  3: 4,
  4: 4,
  5: 8,
  6: 8,
  7: 8,
  10: 4,
  11: 4,
  20: 8,
  64: 8,
  72: 16,
}
const VARIABLE = new Set<number>([0x0000, TYPES.object, TYPES.string8, TYPES.unicode, TYPES.binary])
const SEVERAL = 0x1000
const NAMED = 0x8000

/** `step` is called for every property and value, and may throw when it has had enough. Faults as `Span` does. */
export function propertiesOf(list: Span, step: () => void): Properties {
  const values = new Map<number, Value>()
  for (let count = list.u32(); count > 0; count--) {
    step()
    const [kind, id] = [list.u16(), list.u16()]
    const type = kind & ~SEVERAL
    if (id >= NAMED) skipName(list)
    if (FIXED[type] === undefined && !VARIABLE.has(type)) return { values, whole: false }
    const octets = valueIn(list, type, kind !== type, step)
    if (id < NAMED && octets !== undefined && !values.has(id)) values.set(id, { type, octets })
  }
  return { values, whole: true }
}

/** A GUID, then a number, or a length and UTF-16. */
function skipName(list: Span): void {
  list.skip(16)
  const numbered = list.u32() === 0
  if (numbered) list.skip(4)
  else padded(list, list.u32())
}

function valueIn(list: Span, type: number, several: boolean, step: () => void): Span | undefined {
  const size = FIXED[type]
  if (size !== undefined) return list.span(size * (several ? list.u32() : 1))
  let first: Span | undefined
  // Of these even a single value is counted.
  for (let count = list.u32(); count > 0; count--) {
    step()
    const one = padded(list, list.u32())
    first ??= one
  }
  return first
}

/** Values fill up to four octets; after the last one programs have left that out. */
function padded(list: Span, length: number): Span {
  const value = list.span(length)
  list.skip(Math.min((4 - (length % 4)) % 4, list.left))
  return value
}
