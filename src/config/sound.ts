/** Checks a value against its schema, and puts stand-ins where it is wrong, so that every later check can go on. */
import type { z } from 'zod'
import type { Findings } from './findings.ts'
import { factsOf } from './key.ts'
import type { Path } from './mistakes.ts'
import { bare, elementOf, keysOf, replacing, schemaAt } from './shape.ts'

/** Stand-ins may bring new mistakes to light, one level deeper each time. */
const ROUNDS = 5

/** The value as the schema reads it; what was wrong is in `findings`. */
export function sound<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
  findings: Findings,
  at: (path: Path) => Path = path => path,
): z.output<Schema> {
  let candidate = value
  for (let round = 0; round < ROUNDS; round++) {
    const result = schema.safeParse(candidate)
    if (result.success) return result.data
    // A mistyped key first: that another is missing follows from it.
    for (const issue of result.error.issues.toSorted((a, b) => Number(isUnknown(b)) - Number(isUnknown(a)))) {
      findings.addIssue(issue, schema, at)
      candidate = mended(candidate, issue, schema)
    }
  }
  throw new Error('the stand-ins for wrong values do not satisfy the schema')
}

const isUnknown = ({ code }: z.core.$ZodIssue): boolean => code === 'unrecognized_keys'

function mended(value: unknown, issue: z.core.$ZodIssue, schema: z.ZodType): unknown {
  const path = issue.path.filter(step => typeof step !== 'symbol')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.reduce((rest, key) => replacing(rest, [...path, key], undefined), value)
  const own = standIn(schemaAt(schema, path))
  // An element of a list of plain values has no stand-in of its own: the list has.
  return own === undefined && typeof path.at(-1) === 'number'
    ? replacing(value, path.slice(0, -1), standIn(schemaAt(schema, path.slice(0, -1))))
    : replacing(value, path, own)
}

/** Undefined takes the value away, where the schema can do without. */
function standIn(schema: z.ZodType | undefined): unknown {
  if (schema === undefined || schema.safeParse(undefined).success) return undefined
  const inner = bare(schema)
  const facts = factsOf(inner)
  if (facts !== undefined) return facts.example
  if (keysOf(inner) !== undefined) return {}
  return elementOf(inner) === undefined ? undefined : []
}
