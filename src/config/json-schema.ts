/** The JSON schema of the configuration, for completion and checks in editors. */
import { z } from 'zod'
import { factsOf, type KeyFacts } from './key.ts'
import { configuration } from './schema.ts'
import { isMap } from './shape.ts'

type Json = Record<string, unknown>

/** Draft 7, which every editor knows; `${…}` may stand for any value. */
export function jsonSchema(): Json {
  const made = z.toJSONSchema(configuration, {
    io: 'input',
    target: 'draft-07',
    override: ({ zodSchema, jsonSchema }) => {
      const facts = zodSchema instanceof z.ZodType ? factsOf(zodSchema) : undefined
      if (facts !== undefined && !(zodSchema instanceof z.ZodArray)) Object.assign(jsonSchema, scalar(facts))
    },
  })
  const { $schema, ...rest } = made
  return { $schema, title: 'mailclip configuration', ...withoutEmptyDefaults(rest) }
}

const TEMPLATE = '\\$\\{'

/** Numbers and truths may come as text too, when `${…}` brings them. */
function scalar({ json, nullable }: KeyFacts): Json {
  const also = nullable ? ['null'] : []
  if (json.enum !== undefined)
    return { anyOf: [{ enum: [...json.enum, ...(nullable ? [null] : [])] }, { type: 'string', pattern: TEMPLATE }] }
  const { type = 'string', pattern, ...bounds } = json
  const types = [...new Set([type, 'string', ...also])]
  const text =
    pattern ?? ({ integer: '^\\d+$', number: '^\\d+(\\.\\d+)?$', boolean: '^(true|false)$', string: '' } as const)[type]
  return {
    ...bounds,
    type: types.length === 1 ? types[0] : types,
    ...(text === '' ? {} : { pattern: `${text}|${TEMPLATE}` }),
  }
}

/** An empty default of a section says nothing that its keys do not say. */
function withoutEmptyDefaults(value: Json): Json {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => !(name === 'default' && isMap(inner)))
      .map(([name, inner]) => [name, cleaned(inner)]),
  )
}

const cleaned = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(cleaned) : isMap(value) ? withoutEmptyDefaults(value) : value
