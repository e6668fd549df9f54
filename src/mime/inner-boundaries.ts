/** Boundaries that the content of a leaf declares: a mail within the mail has delimiters of its own. */

/** Bytes of a declaration that are read. */
const DECLARATION = 300

/** Boundaries that are kept: a mail has no more multiparts than it may have parts. */
const MOST = 1000

const NAMES = ['oundary', 'OUNDARY']

/** Reads content piece by piece, in linear time; at most the last declaration waits for more. */
export class InnerBoundaries {
  readonly #known = new Set<string>()
  #tail: Buffer = Buffer.alloc(0)

  write(bytes: Buffer): void {
    const all = this.#tail.length === 0 ? bytes : Buffer.concat([this.#tail, bytes])
    for (const name of NAMES) {
      for (let at = all.indexOf(name); at !== -1; at = all.indexOf(name, at + name.length)) {
        this.#keep(all.toString('latin1', at + name.length, at + DECLARATION))
      }
    }
    this.#tail = Buffer.from(all.subarray(Math.max(0, all.length - DECLARATION)))
  }

  /** Whether the line is a delimiter of one of them, or closes it. */
  delimits(line: string): boolean {
    return (
      line.startsWith('--') && (this.#known.has(line.slice(2)) || this.#known.has(line.slice(2).replace(/--$/, '')))
    )
  }

  #keep(declaration: string): void {
    const found = /^\s{0,20}=(?:3D)?\s{0,20}(?:"([^"\r\n]+)|([^"\s;]+))/i.exec(declaration)
    const boundary = found?.[1] ?? found?.[2]
    if (boundary !== undefined && this.#known.size < MOST) this.#known.add(boundary.trimEnd())
  }
}
