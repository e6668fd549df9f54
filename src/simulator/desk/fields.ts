/** Fields of a JSON body, whose names may be written in any case. */

export type Fields = Readonly<Record<string, unknown>>

/** An object's fields under lower-case names; undefined for what is no object. */
export const withLowerKeys = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toLowerCase(), field]))
    : undefined

export const objectIn = (fields: Fields, name: string): Fields | undefined => withLowerKeys(fields[name])

/** Numbers are strings to this desk as often as not; what is absent is `''`. */
export const textIn = (fields: Fields, name: string): string => {
  const value = fields[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
