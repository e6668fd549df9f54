/** How one key of the configuration is built: a reader that judges a value, and the facts that documents tell of it. */
import { z } from 'zod'

/** A value, or what is wrong with it after the value has been shown: `is not a port`, and what would be right. */
export type Read<T> = { readonly value: T } | Wrong

/** `discreet` says it without quoting the value, for values that were put in by `${…}` and may be anything. */
export type Wrong = { readonly wrong: string; readonly discreet?: string }

/** Judges values of one kind. YAML's numbers and the same as text (`${env:PORT}`) are alike. */
export type Reader<T> = {
  /** `a port` */
  readonly is: string
  /** What to write: `a number from 1 to 65535`. */
  readonly write: string
  /** The JSON schema of what may be written, for editors. */
  readonly json: JsonScalar
  readonly read: (value: unknown) => Read<T>
}

export type JsonScalar = {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean'
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
}

/** What documents tell of a key beside its description. */
export type KeyFacts = {
  /** Stands for a missing value in documents and while later checks go on. */
  readonly example: unknown
  readonly nullable: boolean
  readonly json: JsonScalar
  /** A default that depends on other keys, in words. */
  readonly otherwise?: string
}

const FACTS = new WeakMap<z.ZodType, KeyFacts>()

/** A key that must be there; `.prefault(…)` gives it a default, `.optional()` none. */
export const key = <T>(reader: Reader<T>, description: string, example: unknown): z.ZodType<T, unknown> =>
  built(description, { example, nullable: false, json: reader.json }, value => judge(reader, value))

/** The same, with null for none. */
export const keyOrNull = <T>(
  reader: Reader<T>,
  description: string,
  example: unknown,
): z.ZodType<T | undefined, unknown> =>
  built<T | undefined>(description, { example, nullable: true, json: reader.json }, value =>
    value === null ? { value: undefined } : judge(reader, value),
  )

/** A key that may be left out and then is worth something that depends on others, said in `otherwise`. */
export const keyOtherwise = <T>(reader: Reader<T>, description: string, example: unknown, otherwise: string) =>
  built<T>(description, { example, nullable: false, json: reader.json, otherwise }, value =>
    judge(reader, value),
  ).optional()

/** A list of values of one kind. */
export const list = <T>(reader: Reader<T>, description: string, example: readonly unknown[]) => {
  const schema = z.array(key(reader, reader.is, undefined)).describe(description)
  FACTS.set(schema, { example, nullable: false, json: {} })
  return schema
}

export const factsOf = (schema: z.ZodType): KeyFacts | undefined => FACTS.get(schema)

function built<T>(description: string, facts: KeyFacts, read: (value: unknown) => Read<T>): z.ZodType<T, unknown> {
  const schema = z
    .unknown()
    .transform((value, context) => {
      const result = read(value)
      if ('value' in result) return result.value
      context.addIssue({ code: 'custom', message: result.wrong, params: { discreet: result.discreet } })
      return z.NEVER
    })
    .meta({ description })
  FACTS.set(schema, facts)
  return schema
}

function judge<T>(reader: Reader<T>, value: unknown): Read<T> {
  if (value === undefined) return { wrong: `is missing; write ${reader.write}` }
  if (value === '' || value === null) return { wrong: `is empty; write ${reader.write}` }
  return reader.read(value)
}
