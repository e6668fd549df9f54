/** Keys whose feature is still to come: accepted with their default only. One table; building a feature deletes its line. */
import type { Path } from './mistakes.ts'
import { OVERRIDABLE } from './schema.ts'
import { isMap } from './shape.ts'

export type Unbuilt = {
  /** `[]` is every element of a list. */
  readonly key: string
  /** Whether a value asks for nothing that is missing. */
  readonly kept: (value: unknown) => boolean
  /** What to write in its place. */
  readonly remedy: string
  /** What is missing, where the rest of the key works. */
  readonly part?: string
}

const nothing = (value: unknown): boolean => value === null || (isMap(value) && Object.keys(value).length === 0)
const LEAVE_OUT = 'leave it out'

export const UNBUILT: readonly Unbuilt[] = [{ key: 'summary', kept: nothing, remedy: LEAVE_OUT }]

/** Where a configuration asks for something that is still to come; at the mailboxes' overrides too. */
export function unbuiltIn(configuration: unknown): readonly { readonly path: Path; readonly remedy: string }[] {
  return UNBUILT.flatMap(({ key, kept, remedy }) =>
    places(key)
      .flatMap(place => found(configuration, place.split('.'), []))
      .filter(({ value }) => value !== undefined && !kept(value))
      .map(({ path }) => ({ path, remedy })),
  )
}

/** The line of the table that a key of the documents falls under. */
export const unbuiltKey = (key: string): Unbuilt | undefined => UNBUILT.find(one => one.key === key)

function places(key: string): readonly string[] {
  const [section = ''] = key.split('.')
  return Object.hasOwn(OVERRIDABLE, section) ? [key, `mailboxes[].${key}`] : [key]
}

type Found = { readonly path: Path; readonly value: unknown }

function found(value: unknown, steps: readonly string[], path: Path): readonly Found[] {
  const [step, ...rest] = steps
  if (step === undefined) return [{ path, value }]
  const name = step.replace('[]', '')
  if (!isMap(value) || !Object.hasOwn(value, name)) return []
  const inner = value[name]
  if (name === step) return found(inner, rest, [...path, name])
  return Array.isArray(inner) ? inner.flatMap((one, i) => found(one, rest, [...path, name, i])) : []
}
