/** Files that older programs (Lotus Notes, Outlook for news) write into the text itself, by POSIX uuencode: taken out of it, each a part of its own. */
import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { isFault } from '../mail/fault.ts'
import type { Part } from '../mail/part.ts'
import type { Allowance } from './allowance.ts'
import { rawText } from './charset.ts'
import { look } from './look.ts'
import { keptFile } from './password.ts'
import { Span } from './span.ts'
import { HEAD, Store } from './store.ts'
import { PIECE, type Piece, TextLines } from './text-lines.ts'
import { uuLine } from './transfer.ts'

export type TakenOut = {
  /** `1/1`, `1/2`, … */
  readonly parts: readonly Omit<Part, 'cited'>[]
  /** What is left of the text, at most `limit` octets of it. */
  readonly text: Buffer
}

/** Whether a text may hold such a file; cheap. */
export const mayHold = (start: Buffer): boolean => BEGIN.test(start.toString('latin1'))

const BEGIN = /^begin [0-7]{3,6} \S/m

/**
 * Takes out what is whole: from a line `begin MODE NAME` through sound lines to `end`. Anything else stays in the text. The file of the text is
 * removed. Faults are those of the machine only; what is over the allowance stays text.
 */
export async function takeOut(part: string, file: string, limit: number, allowance: Allowance): Promise<TakenOut> {
  await using opened = await open(file)
  const { size } = await opened.stat()
  const reader = new Lines(file, limit, allowance)
  for (const chunk of Span.of(opened.fd, size).chunks()) reader.take(chunk)
  reader.end()
  rmSync(file, { force: true })
  const parts: TakenOut['parts'][number][] = []
  for (const [n, { name, store }] of reader.files.entries()) parts.push(await partOf(`${part}/${n + 1}`, name, store))
  return { parts, text: Buffer.from(reader.text, 'latin1') }
}

async function partOf(part: string, originalName: string, store: Store): Promise<TakenOut['parts'][number]> {
  const type = 'application/octet-stream'
  const facts = { part, type, contentId: undefined, originalName, size: store.size, sha256: store.digest() }
  const head = store.start(HEAD)
  const seen = await look(head, type)
  return { ...facts, ...seen, role: 'file', disposition: 'attachment', ...keptFile(store, head) }
}

type Open = { readonly name: string; readonly store: Store; raw: string }

class Lines {
  readonly files: Open[] = []
  text = ''
  readonly #path: string
  readonly #limit: number
  readonly #allowance: Allowance
  readonly #lines = new TextLines()
  #open: Open | undefined

  constructor(path: string, limit: number, allowance: Allowance) {
    this.#path = path
    this.#limit = limit
    this.#allowance = allowance
  }

  take(chunk: Buffer): void {
    for (const piece of this.#lines.take(chunk)) this.#line(piece)
  }

  /** What was begun and never ended is text. */
  end(): void {
    this.#line(this.#lines.end())
    this.#giveBack()
  }

  #line({ text, begins }: Piece): void {
    const bare = text.replace(/\r?\n$/, '')
    // No line of uuencode is as long as a piece.
    const isWhole = begins && text.length < PIECE
    if (this.#open === undefined) {
      if (isWhole) this.#outside(text, bare)
      else this.#keep(text)
      return
    }
    this.#open.raw += text.slice(0, Math.max(0, this.#limit - this.#open.raw.length))
    if (isWhole && bare.trimEnd() === 'end' && this.#open.store.size > 0) {
      this.files.push({ ...this.#open, raw: '' })
      this.#open = undefined
    } else if (isWhole && isSound(bare)) this.#open.store.write(uuLine(bare))
    else this.#giveBack()
  }

  #outside(line: string, bare: string): void {
    const name = /^begin [0-7]{3,6} (\S.{0,500})$/.exec(bare)?.[1]
    if (name === undefined || !this.#mayTake()) this.#keep(line)
    else {
      const store = new Store(`${this.#path}.${this.files.length + 1}`)
      this.#open = { name: rawText(Buffer.from(name.trim(), 'latin1')), store, raw: line }
    }
  }

  #mayTake(): boolean {
    try {
      this.#allowance.file()
      return true
    } catch (error) {
      if (isFault(error)) return false
      throw error
    }
  }

  #giveBack(): void {
    this.#open?.store.drop()
    this.#keep(this.#open?.raw ?? '')
    this.#open = undefined
  }

  #keep(text: string): void {
    this.text += text.slice(0, Math.max(0, this.#limit - this.text.length))
  }
}

/** Of the alphabet, and as long as its first character says, give or take trailing blanks that were lost and a checksum. */
function isSound(line: string): boolean {
  if (line === '' || /[^\x20-\x60]/.test(line)) return line === ''
  const needed = Math.ceil(((line.charCodeAt(0) - 32) & 63) / 3) * 4
  return line.length - 1 <= needed + 2
}
