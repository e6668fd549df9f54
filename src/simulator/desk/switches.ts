/** How this desk behaves: one table of switches, each with its default, what it may be, and how it is read from text. */

/** Everything about the desk that differs between builds, profiles and web servers, or that nobody knows. */
export type Switches = {
  /** Bodies an upload may have. */
  readonly encodings: 'both' | 'multipart' | 'json'
  /** The answer to a body that is not taken. */
  readonly wrongEncoding: 400 | 415 | 590
  /** The shape of a 590 body; `trailing` and `unescaped` are not valid JSON all the way in. */
  readonly shape590: 'plain' | 'nested' | 'trailing' | 'unescaped'
  /** How an unknown ticket or document is answered, always with the text `Resource not found`. */
  readonly notFound: 404 | 500 | 200
  /** Numbers that are unknown even where any ticket is known. */
  readonly unknown: readonly string[]
  /** What an upload to a closed ticket gets. */
  readonly closed: 201 | 590 | 403
  /** What becomes of several files in one upload: `first` keeps one and says 201, `partial` keeps all but the last and says 590. */
  readonly several: 'all' | 'first' | 'partial'
  /** What is done to document names. */
  readonly names: 'kept' | 'nfc' | 'nfd' | 'bar'
  /** Largest request body in octets; 0 is no limit. */
  readonly maxBytes: number
  /** The answer to a larger one: an HTML page, or a broken connection. */
  readonly tooLarge: '413' | 'reset'
  /** The profile may use the REST API at all. */
  readonly restApi: boolean
  /** `METHOD /route` pairs the profile may not use; `*` for any method. */
  readonly denied: readonly string[]
  /** Nested GET and DELETE of a document (2023.1 and later). */
  readonly nested: boolean
  /** The list has DOCUMENT (2020.2 and later). */
  readonly listNames: boolean
  /** The list has DDL_HREF (2023.1 and later). */
  readonly listLinks: boolean
  /** Keys of the list. */
  readonly listCase: 'upper' | 'lower'
  /** Scheme of DDL_HREF. */
  readonly listScheme: 'own' | 'HTTPS'
  /** A new ticket is answered 590, and is there all the same. */
  readonly createFails: boolean
  /** Number of a new ticket: `{yymmdd}`, `{yymm}`, `{n:6}` are filled in. */
  readonly format: string
  /** Everything is answered by the front server. */
  readonly maintenance: 'off' | '503' | '302' | '200'
  /** Everything is answered 429: without Retry-After (`bare`), or with that many seconds. */
  readonly throttled: 'off' | 'bare' | number
  readonly swagger: 201 | 403
}

export const DEFAULTS: Switches = {
  encodings: 'both',
  wrongEncoding: 415,
  shape590: 'plain',
  notFound: 404,
  unknown: [],
  closed: 201,
  several: 'all',
  names: 'kept',
  maxBytes: 0,
  tooLarge: '413',
  restApi: true,
  denied: [],
  nested: true,
  listNames: true,
  listLinks: true,
  listCase: 'upper',
  listScheme: 'own',
  createFails: false,
  format: 'I{yymmdd}_{n:6}',
  maintenance: 'off',
  throttled: 'off',
  swagger: 201,
}

/** Reads switches given as text (`key=value`) or as JSON values. Throws RangeError saying what would be right. */
export function readSwitches(given: Readonly<Record<string, unknown>>): Partial<Switches> {
  const entries = Object.entries(given).map(([key, value]) => {
    if (!isSwitch(key)) throw new RangeError(`no switch ${key}; there are ${Object.keys(READERS).join(', ')}`)
    return [key, READERS[key](asText(value), key)] as const
  })
  return Object.fromEntries(entries) as Partial<Switches>
}

type Reader<T> = (text: string, key: string) => T

const choice =
  <const T extends string | number>(...values: readonly T[]): Reader<T> =>
  (text, key) => {
    const value = values.find(one => String(one) === text)
    if (value === undefined) throw new RangeError(`${key} is one of ${values.join(', ')}, not ${text}`)
    return value
  }

const flag: Reader<boolean> = (text, key) => choice('true', 'false')(text, key) === 'true'

const list: Reader<readonly string[]> = text =>
  text
    .split(',')
    .map(one => one.trim())
    .filter(one => one !== '')

const octets: Reader<number> = (text, key) => {
  const [, digits, unit] = /^(\d+)\s*(B|kB|MB|KiB|MiB)?$/.exec(text) ?? []
  if (digits === undefined) throw new RangeError(`${key} is a size such as 500000, 25MB or 25MiB, not ${text}`)
  return Number(digits) * (UNITS[unit ?? 'B'] ?? 1)
}

const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, KiB: 2 ** 10, MiB: 2 ** 20 }

const throttled: Reader<'off' | 'bare' | number> = (text, key) => {
  if (/^\d+$/.test(text)) return Number(text)
  return choice('off', 'bare')(text, key)
}

const format: Reader<string> = (text, key) => {
  if (!/^[\w{}:-]+$/.test(text)) throw new RangeError(`${key} is like I{yymmdd}_{n:6}, not ${text}`)
  return text
}

const READERS: { readonly [K in keyof Switches]: Reader<Switches[K]> } = {
  encodings: choice('both', 'multipart', 'json'),
  wrongEncoding: choice(400, 415, 590),
  shape590: choice('plain', 'nested', 'trailing', 'unescaped'),
  notFound: choice(404, 500, 200),
  unknown: list,
  closed: choice(201, 590, 403),
  several: choice('all', 'first', 'partial'),
  names: choice('kept', 'nfc', 'nfd', 'bar'),
  maxBytes: octets,
  tooLarge: choice('413', 'reset'),
  restApi: flag,
  denied: list,
  nested: flag,
  listNames: flag,
  listLinks: flag,
  listCase: choice('upper', 'lower'),
  listScheme: choice('own', 'HTTPS'),
  createFails: flag,
  format,
  maintenance: choice('off', '503', '302', '200'),
  throttled,
  swagger: choice(201, 403),
}

const isSwitch = (key: string): key is keyof Switches => Object.hasOwn(READERS, key)

const asText = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value))
