/** Reads JSON that nobody promised us: field names in any case, numbers as strings, pages of HTML where an object was due. */

export type Fields = Readonly<Record<string, unknown>>

/** The object a text holds, undefined for anything else. Never throws. */
export function objectIn(text: string | undefined): Fields | undefined {
  if (text === undefined) return undefined
  try {
    return asObject(JSON.parse(text))
  } catch {
    return undefined
  }
}

export const asObject = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined

/** A field by its name, whatever its case: the desk's names are case-insensitive. */
export function fieldOf(object: Fields | undefined, name: string): unknown {
  if (object === undefined) return undefined
  const wanted = name.toLowerCase()
  return Object.entries(object).find(([key]) => key.toLowerCase() === wanted)?.[1]
}

/** A string or number that says something; the desk writes absent values as `""`. */
export function wordIn(object: Fields | undefined, name: string): string | undefined {
  const value = fieldOf(object, name)
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** Whether a link ends in this ticket. Links in answers are read, never followed. */
export function names(href: unknown, ticket: string, after = ''): boolean {
  if (typeof href !== 'string') return false
  const path = href.replace(/\/+$/, '').toLowerCase()
  return [ticket, encodeURIComponent(ticket)].some(number => path.endsWith(`/${number.toLowerCase()}${after}`))
}
