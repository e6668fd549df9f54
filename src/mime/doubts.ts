/**
 * Signs that a passage of text holds a file that was not taken out: the one place that decides it.
 *
 * 1. Lines of base64 that decode to a known kind of file, or to 1 KiB and more that is not text.
 *    PEM, ASCII armor, hexadecimal and the folded values of header fields are no such lines.
 * 2. A line that begins with `--`, and within ten lines below it the header field of a named part.
 * Lines behind `>` are quoted, and are no sign.
 */
import { sniff } from './look.ts'

/** Consecutive lines of base64 that make a sign, and the characters of one. */
const LINES = 8
const BASE64_LINE = /^[A-Za-z0-9+/]{60,76}$/
const LAST_LINE = /^[A-Za-z0-9+/]{1,76}={0,2}$/

/** Decoded bytes that are looked at, and that make a sign when they are not text. */
const HEAD = 48 * 1024
const UNKNOWN_BYTES = 1024

/** Characters of a line that are read, and lines below `--` in which a named part counts. */
const LINE_LENGTH = 2048
const BELOW = 10

/** Signs that are told apart: a mail with one of them is held already. */
const MOST = 5

type Run = { lines: number; digits: number; head: string }

/** Reads text piece by piece, in linear time and flat memory. */
export class Passage {
  readonly #heads: { readonly head: Buffer; readonly size: number }[] = []
  #named = false
  #carry = ''
  #run: Run | undefined
  /** Inside of PEM or ASCII armor. */
  #armored = false
  /** The line above belongs to a header field, and lines of base64 may be its value. */
  #inField = false
  #below = 0
  #inPart = false

  write(chunk: Buffer): void {
    const lines = (this.#carry + chunk.toString('latin1')).split('\n')
    const last = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
    // What goes on beyond the limit is neither base64 of a mail nor a header field.
    this.#carry = last.slice(0, LINE_LENGTH)
  }

  /** The next bytes belong to another passage: no run goes on there. */
  pause(): void {
    this.#line(this.#carry)
    this.#carry = ''
    this.#endRun()
    this.#below = 0
    this.#armored = false
  }

  /** Sentences about what was found; empty when the passage holds no sign of a file. */
  async doubts(): Promise<readonly string[]> {
    this.pause()
    const doubts: string[] = []
    for (const { head, size } of this.#heads) {
      const type = await sniff(head.subarray(0, 4100))
      if (type !== undefined) doubts.push(`its text holds ${size} bytes of base64 that are a file (${type})`)
      else if (size >= UNKNOWN_BYTES && isBinary(head))
        doubts.push(`its text holds ${size} bytes of base64 that are no text`)
    }
    if (this.#named) doubts.push('its text holds the header of a part with a file name')
    return doubts
  }

  #line(raw: string): void {
    const line = raw.trim()
    this.#partHeader(raw, line)
    if (/^-----BEGIN [A-Z0-9 ]{1,60}-----/.test(line)) this.#armored = true
    else if (/^-----END [A-Z0-9 ]{1,60}-----/.test(line)) this.#armored = false
    else if (!this.#armored) this.#base64(raw, line)
  }

  #base64(raw: string, line: string): void {
    const run = this.#run
    if (BASE64_LINE.test(line) && !HEXADECIMAL.test(line) && !this.#inField) {
      this.#run ??= { lines: 0, digits: 0, head: '' }
      this.#run.lines += 1
      this.#add(this.#run, line)
      return
    }
    if (run !== undefined && LAST_LINE.test(line)) this.#add(run, line)
    this.#endRun()
    this.#inField = FIELD.test(raw) || (this.#inField && line !== '' && (BASE64_LINE.test(line) || /^[ \t]/.test(raw)))
  }

  #add(run: Run, line: string): void {
    run.digits += line.replace(/=+$/, '').length
    if (run.head.length < (HEAD / 3) * 4) run.head += line
  }

  #endRun(): void {
    const run = this.#run
    this.#run = undefined
    if (run === undefined || run.lines < LINES || this.#heads.length >= MOST) return
    this.#heads.push({ head: Buffer.from(run.head, 'base64'), size: Math.floor((run.digits * 3) / 4) })
  }

  #partHeader(raw: string, line: string): void {
    if (/^--+[^\s-]/.test(raw) && !/^-----(?:BEGIN|END) /.test(raw)) {
      this.#below = BELOW
      this.#inPart = false
    } else if (this.#below > 0) {
      this.#below -= 1
      if (/^content-(?:type|disposition)[ \t]*:/i.test(raw)) this.#inPart = true
      else if (this.#inPart && !/^[ \t]|^[^\s:=]{1,30}=/.test(raw)) this.#inPart = false
      if (this.#inPart && /(?:^|[\s;"'])(?:file)?name\*?\d{0,3}\*?[ \t]*=/i.test(line)) this.#named = true
    }
  }
}

const HEXADECIMAL = /^[\da-f]+$|^[\dA-F]+$/

/** Header fields whose folded values are base64. */
const FIELD =
  /^(?:x-[a-z\d-]{1,60}|dkim-signature|domainkey-signature|arc-[a-z-]{1,40}|autocrypt[a-z-]{0,20}|face)[ \t]*:/i

/** Bytes that no text has, or as many different bytes as only encrypted or compressed ones have. */
function isBinary(head: Buffer): boolean {
  if (!isMixed(head.toString('base64', 0, 3072))) return false
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head.subarray(0, 3072), { stream: true })
    return /[\x00-\x08\x0E-\x1A\x1C-\x1F]/.test(text)
  } catch {
    return true
  }
}

/**
 * Base64 of bytes has capitals, small letters and digits; a sequence of names or of genes has not.
 */
function isMixed(digits: string): boolean {
  const share = (kind: RegExp): number => digits.replace(kind, '').length / Math.max(1, digits.length)
  return [/[^A-Z]/g, /[^a-z]/g, /[^\d]/g].every(kind => share(kind) >= 0.05)
}
