/**
 * The lines of a header block put together to fields (RFC 5322 §2.2.3), also where a program folded
 * them without an indent.
 */
import { WORD_START } from './encoded-words.ts'

/**
 * The fields of a header block, up to the first empty line. Of a fold the line break goes and the
 * white space stays, but for a fold inside an encoded word, where no white space may be (RFC 2047
 * §2).
 */
export function* logicalLines(block: Uint8Array): Generator<string> {
  const lines = rawLines(block)
  let pieces: string[] = []
  let field: Field | undefined
  let word: string | undefined
  for (const [at, line] of lines.entries()) {
    const isFold = /^[ \t]/.test(line)
    if (pieces.length > 0 && (isFold || continues(field, line))) {
      if (isFold) pieces.push(isCutWord(word, lines, at) ? line.trimStart() : line)
      else pieces.push(` ${line.replace(ODD_INDENT, '')}`)
      field = longer(field, line)
      word = tailOfWord(line, word)
      continue
    }
    if (pieces.length > 0) yield pieces.join('')
    if (line === '') return
    pieces = [line]
    field = begun(line)
    word = tailOfWord(line, undefined)
  }
  if (pieces.length > 0) yield pieces.join('')
}

/**
 * The place of the first line that is no field of its own, as `isField` has it, and continues none;
 * -1 when there is none. Lines with their ends.
 */
export function firstStrayLine(lines: readonly string[], isField: (line: string) => boolean): number {
  let field: Field | undefined
  return lines.findIndex(line => {
    const text = withoutCrs(line.endsWith('\n') ? line.slice(0, -1) : line)
    const isContinued = /^[ \t]/.test(text) || continues(field, text)
    if (!isContinued && !isField(line)) return true
    field = isContinued ? longer(field, text) : begun(text)
    return false
  })
}

/**
 * The lines of the block, a character for each byte. A run of CR at the end of a line goes;
 * `withoutCrs` counts it from the end, so that a flood of CR takes linear time.
 */
function rawLines(block: Uint8Array): readonly string[] {
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1')
  const lines = text.includes('\n') ? text.split('\n') : text.split('\r')
  return lines.map(line => withoutCrs(line))
}

function withoutCrs(line: string): string {
  let end = line.length
  while (line.charAt(end - 1) === '\r') end -= 1
  return line.slice(0, end)
}

/** Lines of one encoded word that are looked at for its end. */
const WORD_LINES = 8

/**
 * The line before ends inside an encoded word without blanks (`open`: what it has of the word), and
 * the word is closed further on.
 */
function isCutWord(open: string | undefined, lines: readonly string[], at: number): boolean {
  if (open === undefined || /[ \t]/.test(open.trim())) return false
  for (const line of lines.slice(at, at + WORD_LINES)) {
    if (!/^[ \t]/.test(line)) return false
    const end = line.indexOf('?=')
    const content = line.slice(0, end < 0 ? line.length : end).trim()
    if (/[ \t]/.test(content) || content.includes('=?')) return false
    if (end >= 0) return true
  }
  return false
}

/**
 * What a line has of an encoded word that it does not close; `before`: of the word that was open at
 * its beginning.
 */
function tailOfWord(line: string, before: string | undefined): string | undefined {
  const start = line.includes('=?') ? Array.from(line.matchAll(WORD_START)).at(-1) : undefined
  if (start === undefined && before === undefined) return undefined
  const tail = start === undefined ? line : line.slice(start.index + start[0].length)
  return tail.includes('?=') ? undefined : tail
}

/**
 * How far a field with parameters has come. `isOpen`: it ends within quotes. `isEmpty`: it has no
 * value so far.
 */
type Field = { readonly last: string; readonly isOpen: boolean; readonly isEmpty: boolean }

/** Undefined for a field without parameters: its next line must be indented. */
function begun(line: string): Field | undefined {
  const name = /^content-(?:type|disposition)[ \t]*:/i.exec(line)?.[0]
  return name === undefined
    ? undefined
    : { last: line, isOpen: isOdd(line), isEmpty: line.slice(name.length).trim() === '' }
}

const longer = (field: Field | undefined, line: string): Field | undefined =>
  field && { last: line, isOpen: field.isOpen !== isOdd(line), isEmpty: field.isEmpty && line.trim() === '' }

const isOdd = (line: string): boolean => line.split('"').length % 2 === 0

/**
 * Instead of white space: a no-break space, an ideographic one, or what became of it on the way.
 */
const ODD_INDENT = /^(?:\?|\xA0|\xC2\xA0|\xE3\x80\x80){1,20}[ \t]{0,20}/

/** Behind a semicolon any parameter; behind none those that no text begins with. */
const ANY_PARAMETER = /^[a-z][a-z\d-]{0,30}(?:\*\d{0,4}){0,2}[ \t]*=(?!=|$)/i
const KNOWN_PARAMETER = /^(?:boundary|charset|(?:file)?name)(?:\*\d{0,4}){0,2}[ \t]*=(?!=|$)/i

/** A line that is not indented and belongs to the field before it all the same. */
function continues(field: Field | undefined, line: string): boolean {
  if (field === undefined) return false
  const text = line.replace(ODD_INDENT, '')
  if (KNOWN_PARAMETER.test(text)) return true
  if (/[;,][ \t]{0,20}$/.test(field.last) && ANY_PARAMETER.test(text)) return true
  if (field.isEmpty && /^(?:[a-z]{1,20}\/[a-z\d.+-]{1,100}|attachment|inline)[ \t]*(?:;|$)/i.test(text)) return true
  return field.isOpen && line.includes('"') && !/^[!-9;-~]+[ \t]*:/.test(line)
}
