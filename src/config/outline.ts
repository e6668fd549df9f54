/** The schema as documents see it: one tree of keys, each with its default, its choices and its meaning. */
import type { z } from 'zod'
import { factsOf, type JsonScalar } from './key.ts'
import { configuration, OVERRIDABLE } from './schema.ts'
import { allowsNull, bare, defaultOf, elementOf, keysOf, unwrapped } from './shape.ts'

export type OutlinedKey = {
  readonly name: string
  /** `mailboxes[].tls.ca` */
  readonly path: string
  readonly description: string
  readonly mandatory: boolean
  readonly nullable: boolean
  /** As it is written; undefined when there is none. */
  readonly usual: unknown
  /** A default that depends on other keys, in words. */
  readonly otherwise: string | undefined
  readonly example: unknown
  readonly choices: readonly string[]
  /** Keys of a section; undefined for a value. */
  readonly keys: readonly OutlinedKey[] | undefined
  /** A section again, as what is different for a mailbox. */
  readonly override: boolean
}

/** All keys, in the order of the schema. */
export const outline = (): readonly OutlinedKey[] =>
  Object.entries(shapeOf(configuration)).map(([name, schema]) => outlined(name, strict(name, schema), ''))

/** At the top the overridable sections stand as they are, with what is mandatory in them. */
function strict(name: string, schema: z.ZodType): z.ZodType {
  const section = Object.hasOwn(OVERRIDABLE, name) ? OVERRIDABLE[name as keyof typeof OVERRIDABLE] : undefined
  return section ?? schema
}

function outlined(name: string, schema: z.ZodType, under: string): OutlinedKey {
  const element = elementOf(schema)
  const isList = element !== undefined && keysOf(element) !== undefined
  const path = `${under}${under === '' ? '' : '.'}${name}${isList ? '[]' : ''}`
  const facts = factsOf(bare(schema))
  const shape = keysOf(isList ? element : schema)
  const override = under === 'mailboxes[]' && Object.hasOwn(OVERRIDABLE, name)
  return {
    name,
    path,
    description: descriptionOf(schema),
    mandatory: schema.safeParse(undefined).success === false,
    nullable: facts?.nullable ?? allowsNull(schema),
    usual: defaultOf(schema),
    otherwise: facts?.otherwise,
    example: facts?.example,
    choices: choicesOf(schema, facts?.json),
    keys: override || shape === undefined ? undefined : below(shape, path),
    override,
  }
}

const below = (shape: Readonly<Record<string, z.ZodType>>, path: string): readonly OutlinedKey[] =>
  Object.entries(shape).map(([name, schema]) => outlined(name, schema, path))

const shapeOf = (schema: z.ZodType): Readonly<Record<string, z.ZodType>> => keysOf(schema) ?? {}

/** The outermost description: that of a wrapper says more than that of what it wraps. */
function descriptionOf(schema: z.ZodType): string {
  const within = unwrapped(schema)
  return schema.description ?? (within === undefined ? '' : descriptionOf(within))
}

function choicesOf(schema: z.ZodType, json: JsonScalar | undefined): readonly string[] {
  const element = elementOf(schema)
  return json?.enum ?? (element === undefined ? [] : (factsOf(element)?.json.enum ?? []))
}
