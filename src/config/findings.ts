/** What was found wrong so far. One wrong value is told once: what merely follows from it is left out. */
import type { z } from 'zod'
import { isWithin, type Mistake, type Path, pathText } from './mistakes.ts'
import { isMap, keysOf, schemaAt, valueAt } from './shape.ts'
import type { Source } from './source.ts'
import { suggest } from './suggest.ts'

/** Keys whose value is never shown, whatever is wrong with it. */
export const SECRET_KEYS: ReadonlySet<string> = new Set([
  'password',
  'token',
  'clientSecret',
  'clientCertificate',
  'refreshToken',
  'sealingKey',
  'key',
  'serviceAccount',
])

export class Findings {
  readonly #source: Source
  readonly #mistakes: Mistake[]
  /** Keys that are missing because their name was mistyped. */
  readonly #mistyped: Path[] = []

  constructor(source: Source) {
    this.#source = source
    this.#mistakes = [...source.mistakes]
  }

  get mistakes(): readonly Mistake[] {
    return this.#mistakes
  }

  /** Left out when one of the values it speaks of is wrong already. The first of `paths` is where it is told. */
  add(paths: readonly [Path, ...Path[]], text: string): void {
    if (paths.some(path => this.#isWrong(path))) return
    this.#mistakes.push({ path: paths[0], line: this.#source.lineOf(paths[0]), text })
  }

  /** A complaint of the schema. `at` tells where in the file a path of the schema was written. */
  addIssue(issue: z.core.$ZodIssue, schema: z.ZodType, at: (path: Path) => Path): void {
    const path = issue.path.filter(step => typeof step !== 'symbol')
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) this.#addUnknown(key, path, schema, at)
    else if (issue.code === 'invalid_type') this.#addMisplaced(issue.expected, at(path))
    else this.#addWrong(issue, at(path))
  }

  #addWrong({ message, ...issue }: z.core.$ZodIssue, path: Path): void {
    const discreet = 'params' in issue && isMap(issue.params) ? issue.params['discreet'] : undefined
    const interpolated = this.#source.templateOf(path) !== undefined
    const text = interpolated && typeof discreet === 'string' ? discreet : message
    // About the value itself: `"99x" is …`.
    this.add([path], `${this.#shown(path)}${text}`)
  }

  #addMisplaced(expected: string, path: Path): void {
    const value = valueAt(this.#source.value, path)
    const [is, write] =
      expected === 'array'
        ? ['a list', 'its entries below it, each after a dash']
        : ['a section', 'its keys below it, indented']
    this.add(
      [path],
      value === undefined ? `is missing; write ${write}` : `is ${kindOf(value)}, not ${is}; write ${write}`,
    )
  }

  #addUnknown(key: string, path: Path, schema: z.ZodType, at: (path: Path) => Path): void {
    // `{ password:secret }` without the space is one long key to YAML.
    if (!/^[\w.-]{1,40}$/.test(key)) {
      this.add([at(path)], 'has a key that is no plain word; is the space after its colon missing?')
      return
    }
    const known = Object.keys(keysOf(schemaAt(schema, path) ?? schema) ?? {})
    const meant = suggest(key, known)
    if (meant !== undefined) this.#mistyped.push(at([...path, meant]))
    const remedy = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`
    this.add([at([...path, key])], `is not a key of this section; ${remedy}`)
  }

  #isWrong(path: Path): boolean {
    const mistyped = this.#mistyped.some(meant => pathText(meant) === pathText(path))
    if (mistyped && valueAt(this.#source.value, path) === undefined) return true
    return this.#mistakes.some(({ path: wrong }) => wrong.length > 0 && isWithin(path, wrong))
  }

  #shown(path: Path): string {
    const value = valueAt(this.#source.value, path)
    if (value === undefined || value === null || value === '') return ''
    if (typeof value === 'object') return `${kindOf(value)} `
    if (SECRET_KEYS.has(path.findLast(step => typeof step === 'string') ?? '')) return 'the value (not shown) '
    const text = this.#source.templateOf(path) ?? (typeof value === 'string' ? JSON.stringify(value) : String(value))
    // An address may carry credentials before its @.
    const masked = text.replace(/\/\/.*@/, '//…@')
    return `${masked.length > 80 ? `${masked.slice(0, 79)}…` : masked} `
  }
}

const kindOf = (value: unknown): string =>
  Array.isArray(value)
    ? 'a list'
    : isMap(value)
      ? 'a section'
      : typeof value === 'string'
        ? 'text'
        : `a ${typeof value}`
