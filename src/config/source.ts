/** A YAML text as plain values with everything interpolated, and for each value the line it came from. */
import { Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { interpolate, type Sources } from './interpolate.ts'
import { type Mistake, type Path, pathText } from './mistakes.ts'
import { syntaxMistakes } from './syntax.ts'

export type Source = {
  readonly value: unknown
  readonly mistakes: readonly Mistake[]
  /** The text is no YAML: what `value` holds is worth nothing. */
  readonly unreadable: boolean
  readonly warnings: readonly string[]
  /** The line of a value, or of the nearest thing around it. */
  readonly lineOf: (path: Path) => number | undefined
  /** The text as written, for a value that was interpolated. */
  readonly templateOf: (path: Path) => string | undefined
}

/** Reads YAML text, or values that are there already (tests, the demo). */
export function readSource(input: string | object, sources: Sources): Source {
  const counter = new LineCounter()
  const document =
    typeof input === 'string'
      ? parseDocument(input, { prettyErrors: false, lineCounter: counter, stringKeys: true })
      : new Document(input, { aliasDuplicateObjects: false })
  const lineAt = (offset: number): number => counter.linePos(offset).line
  const walk = new Walk(document, sources, typeof input === 'string' ? lineAt : () => undefined)
  const syntax = typeof input === 'string' ? syntaxMistakes(document.errors, input, lineAt) : []
  const unreadable = document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')
  const value = unreadable ? undefined : walk.value(document.contents, [])
  return {
    value,
    unreadable,
    mistakes: [...syntax, ...walk.mistakes],
    warnings: [...walk.warnings],
    lineOf: path => walk.lineOf(path),
    templateOf: path => walk.templates.get(pathText(path)),
  }
}

/** More than any configuration needs; aliases of aliases grow beyond all bounds. */
const MOST_VALUES = 20_000

/** PEM contents are what the adapters need; a path is what people write. */
const HOLDS_PEM = /(^|\.)(tls\.(ca|cert|key)|oauth2\.(ca|clientCertificate|serviceAccount))$/

class Walk {
  readonly mistakes: Mistake[] = []
  readonly warnings = new Set<string>()
  readonly templates = new Map<string, string>()
  readonly #lines = new Map<string, number>()
  readonly #document: Document
  readonly #sources: Sources
  readonly #lineAt: (offset: number) => number | undefined
  #count = 0

  constructor(document: Document, sources: Sources, lineAt: (offset: number) => number | undefined) {
    this.#document = document
    this.#sources = sources
    this.#lineAt = lineAt
  }

  value(node: unknown, path: Path): unknown {
    this.#remember(node, path)
    if (++this.#count > MOST_VALUES) {
      if (this.#count === MOST_VALUES + 1)
        this.#mistake([], `holds more than ${MOST_VALUES} values; use fewer aliases (*name)`)
      return undefined
    }
    if (isAlias(node)) return this.value(node.resolve(this.#document), path)
    if (isMap(node)) return this.#map(node.items, path)
    if (isSeq(node)) return node.items.map((item, i) => this.value(item, [...path, i]))
    if (!isScalar(node)) return undefined
    return typeof node.value === 'string' ? this.#text(node.value, path) : node.value
  }

  lineOf(path: Path): number | undefined {
    for (let length = path.length; length >= 0; length--) {
      const line = this.#lines.get(pathText(path.slice(0, length)))
      if (line !== undefined && length > 0) return line
    }
    return undefined
  }

  /** A null prototype, for `__proto__` is a key like any other here. */
  #map(pairs: readonly { readonly key: unknown; readonly value: unknown }[], path: Path): unknown {
    const map: Record<string, unknown> = Object.create(null)
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.value) : String(key)
      this.#remember(key, [...path, name])
      map[name] = value === null ? null : this.value(value, [...path, name])
    }
    return map
  }

  #text(template: string, path: Path): unknown {
    const { text, changed, wrong, open } = interpolate(this.#asFile(template, path), this.#sources)
    if (changed) this.templates.set(pathText(path), template)
    for (const file of open) this.warnings.add(`everybody on this machine may read ${file}; give it mode 0600`)
    for (const what of wrong) this.#mistake(path, what)
    return wrong.length > 0 ? undefined : text
  }

  #asFile(template: string, path: Path): string {
    const isPath = HOLDS_PEM.test(pathText(path)) && !/\$\{|-----BEGIN|^\s*\{/.test(template) && template !== ''
    return isPath ? `\${file:${template}}` : template
  }

  #remember(node: unknown, path: Path): void {
    const offset = (node as Partial<Node> | null)?.range?.[0] // a Node has a range only when it was parsed
    const line = offset === undefined ? undefined : this.#lineAt(offset)
    const name = pathText(path)
    // The key was remembered first, and it is where people look.
    if (line !== undefined && !this.#lines.has(name)) this.#lines.set(name, line)
  }

  #mistake(path: Path, text: string): void {
    this.mistakes.push({ path, line: this.lineOf(path), text })
  }
}
