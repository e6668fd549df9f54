/** The shape of the schema, for whoever walks it: documents, suggestions, stand-ins for wrong values. */
import { z } from 'zod'
import type { Path } from './mistakes.ts'

/** What is below null, default and optional. */
export function bare(schema: z.ZodType): z.ZodType {
  const within = unwrapped(schema)
  return within === undefined ? schema : bare(within)
}

/** One wrapper less; undefined where there is none. */
export function unwrapped(schema: z.ZodType): z.ZodType | undefined {
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable
  const within = isWrapper ? schema.unwrap() : undefined
  return within instanceof z.ZodType ? within : undefined
}

/** The keys of a section; undefined for anything else. */
export function keysOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const section = bare(schema)
  return section instanceof z.ZodObject ? section.shape : undefined
}

/** What the elements of a list must be; undefined for anything else. */
export function elementOf(schema: z.ZodType): z.ZodType | undefined {
  const list = bare(schema)
  return list instanceof z.ZodArray && list.element instanceof z.ZodType ? list.element : undefined
}

export function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  const [step, ...rest] = path
  if (step === undefined) return schema
  const below = typeof step === 'number' ? elementOf(schema) : keysOf(schema)?.[step]
  return below === undefined ? undefined : schemaAt(below, rest)
}

export function allowsNull(schema: z.ZodType): boolean {
  const within = unwrapped(schema)
  return schema instanceof z.ZodNullable || (within !== undefined && allowsNull(within))
}

export const defaultOf = (schema: z.ZodType): unknown =>
  schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined

/** A section as an override of itself: the same keys and rules, none of them mandatory. */
export function loose(schema: z.ZodType): z.ZodType {
  const keys = keysOf(schema)
  if (keys === undefined)
    return schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional ? schema : schema.optional()
  const shape = Object.fromEntries(Object.entries(keys).map(([name, inner]) => [name, loose(inner)]))
  const section = z.strictObject(shape).describe(bare(schema).description ?? '')
  return allowsNull(schema) ? section.nullable().optional() : section.optional()
}

/** An empty section (`attachments:` with every line below it commented out) is an empty map, unless null says something there. */
export function tidied(value: unknown, schema: z.ZodType): unknown {
  const [keys, element] = [keysOf(schema), elementOf(schema)]
  if (keys !== undefined && value === null && !allowsNull(schema)) return {}
  if (element !== undefined && Array.isArray(value)) return value.map(one => tidied(one, element))
  if (keys === undefined || !isMap(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const known = Object.hasOwn(keys, name) ? keys[name] : undefined
      return [name, known === undefined ? inner : tidied(inner, known)]
    }),
  )
}

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, step) => {
    if (Array.isArray(at)) return typeof step === 'number' ? at[step] : undefined
    return isMap(at) && Object.hasOwn(at, step) ? at[step] : undefined
  }, value)

/** A copy with another value at the path; undefined takes it away. */
export function replacing(value: unknown, path: Path, replacement: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return replacement
  if (Array.isArray(value)) return value.map((one, i) => (i === step ? replacing(one, rest, replacement) : one))
  const map = isMap(value) ? value : {}
  const inner = replacing(Object.hasOwn(map, step) ? map[step] : undefined, rest, replacement)
  const others = Object.entries(map).filter(([name]) => name !== step)
  return Object.fromEntries(inner === undefined ? others : [...others, [step, inner]])
}
