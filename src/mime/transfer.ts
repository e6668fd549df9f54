/** Content-Transfer-Encodings undone octet by octet, a chunk at a time (RFC 2045 §6); damaged input loses what is damaged, nothing else. */

/** What it answers nobody will change, the chunk itself included. */
export interface Transfer {
  update(chunk: Buffer): Buffer
  end(): Buffer
  /** What the encoding itself says the file is called: uuencode does, in its first line. */
  readonly name?: string | undefined
}

export type Encoding = 'base64' | 'quoted-printable' | 'uuencode' | 'identity'

/** What a Content-Transfer-Encoding field means, spelling mistakes included; anything unknown leaves the octets alone (RFC 2045 §6.4). */
export function encodingOf(field: string | undefined): Encoding {
  const token = (field ?? '').toLowerCase().replace(/\([^()]*\)|["';\s]/g, '')
  if (token.startsWith('base64')) return 'base64'
  if (token === 'quoted-printable' || token === 'quotedprintable') return 'quoted-printable'
  return /^(?:x-)?uu(?:e|encode|code)$/.test(token) ? 'uuencode' : 'identity'
}

/** `bareCr`: the mail was read with CR as its line end, and leaves that are not encoded get their CRs back. */
export function transferOf(encoding: Encoding, bareCr: boolean): Transfer {
  if (encoding === 'base64') return base64()
  if (encoding === 'quoted-printable') return quotedPrintable()
  if (encoding === 'uuencode') return uuencode()
  return identity(bareCr)
}

const EMPTY = Buffer.alloc(0)
const LF = 0x0a
const CR = 0x0d
const EQUALS = 0x3d

function identity(bareCr: boolean): Transfer {
  const update = (chunk: Buffer): Buffer =>
    bareCr ? Buffer.from(chunk.map(octet => (octet === LF ? CR : octet))) : chunk
  return { update, end: () => EMPTY }
}

/**
 * Characters outside the alphabet are passed over (§6.8). Padding ends the file, unless whole lines of sound base64 follow, as from programs
 * that encode piece by piece; a list's footer below it is no part of the file.
 */
function base64(): Transfer {
  let carry = ''
  let state: 'run' | 'padded' | 'done' = 'run'
  /** What ends in the middle of four digits waits. */
  const sound = (piece: Buffer, digits: number): string => {
    const waiting = (carry.length + digits) % 4
    if (waiting > digits) {
      carry += withoutBreaks(piece.toString('latin1'))
      return ''
    }
    const whole = withoutLast(waiting, piece)
    const text = carry + piece.toString('latin1', 0, whole)
    carry = withoutBreaks(piece.toString('latin1', whole))
    return text
  }
  const clean = (text: string): string => {
    const digits = carry + text.replace(/[^A-Za-z0-9+/]+/g, '')
    const whole = digits.length - (digits.length % 4)
    carry = digits.slice(whole)
    return digits.slice(0, whole)
  }
  /** `isLast`: the digits that wait as well. */
  const run = (chunk: Buffer, isLast = false): Buffer => {
    const out = Buffer.allocUnsafe(carry.length + chunk.length)
    let size = 0
    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.subarray(at, at + PIECE)
      const digits = digitsIn(piece)
      size += out.write(digits === undefined ? clean(piece.toString('latin1')) : sound(piece, digits), size, 'base64')
    }
    if (isLast) size += last().copy(out, size)
    return out.subarray(0, size)
  }
  const last = (): Buffer => {
    const rest = Buffer.from(carry, 'base64')
    carry = ''
    return rest
  }
  const line = (padded: string): Buffer => {
    const text = padded.replace(/^=+/, '')
    if (!FOURS.test(text)) state = 'done'
    return state === 'done' ? EMPTY : Buffer.concat((text.match(/[^=]+/g) ?? []).map(one => Buffer.from(one, 'base64')))
  }
  const lines = (text: string): Buffer => {
    const whole = (carry + text)
      .replace(/^=+/, '')
      .split('\n')
      .map(one => one.trim())
    const rest = whole.pop() ?? ''
    const sure = rest.length > LONG_LINE ? rest.length - (rest.length % 4) : 0
    carry = rest.slice(sure)
    return Buffer.concat([...whole, rest.slice(0, sure)].map(line))
  }
  const update = (chunk: Buffer): Buffer => {
    if (state === 'done') return EMPTY
    const padding = state === 'run' ? chunk.indexOf(EQUALS) : 0
    if (padding === -1) return run(chunk)
    if (state === 'padded') return lines(chunk.toString('latin1'))
    const before = run(chunk.subarray(0, padding), true)
    state = 'padded'
    const after = lines(chunk.toString('latin1', padding))
    return after.length === 0 ? before : Buffer.concat([before, after])
  }
  return { update, end: () => (state === 'run' ? last() : line(carry)) }
}

/** Sound base64 of any number of pieces, each with its padding. */
const FOURS = /^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)*$/

/** Of text that is decoded at once: V8 has a slow place for longer strings. */
const PIECE = 48 * 1024

const withoutBreaks = (text: string): string => text.replace(/[\r\n]+/g, '')

/** By octet: 1 for a digit of base64, 0 for a line break, 2 for what is neither. */
const KINDS = Uint8Array.from({ length: 256 }, (_, octet) => {
  const character = String.fromCharCode(octet)
  if (/[A-Za-z0-9+/]/.test(character)) return 1
  return octet === CR || octet === LF ? 0 : 2
})

/** Digits of a chunk that holds nothing but digits and line breaks, as nearly all do: those Node.js decodes as they stand. */
function digitsIn(chunk: Buffer): number | undefined {
  let digits = 0
  // Asked once: before V8 has compiled the loop as well as it can, each question is a call, and takes as long as the rest. `for of` takes twenty times as long.
  const { length } = chunk
  for (let at = 0; at < length; at += 1) {
    const kind = KINDS[chunk[at] ?? 0] ?? 2
    if (kind === 2) return undefined
    digits += kind
  }
  return digits
}

/** Where the last `count` digits begin. */
function withoutLast(count: number, chunk: Buffer): number {
  let at = chunk.length
  for (let left = count; left > 0 && at > 0; ) {
    at -= 1
    left -= KINDS[chunk[at] ?? 0] ?? 0
  }
  return at
}

/** Works on whole lines; a line longer than this is decoded in pieces. */
const LONG_LINE = 64 * 1024

function quotedPrintable(): Transfer {
  let carry = EMPTY
  const update = (chunk: Buffer): Buffer => {
    const octets = carry.length === 0 ? chunk : Buffer.concat([carry, chunk])
    let end = octets.lastIndexOf(LF) + 1
    if (octets.length - end > LONG_LINE) end = unbroken(octets)
    carry = Buffer.from(octets.subarray(end))
    return unquote(octets.subarray(0, end))
  }
  return { update, end: () => unquote(carry) }
}

/** Not within `=XX`, nor within white space that may turn out to be trailing. */
function unbroken(octets: Buffer): number {
  let end = octets.length
  const floor = end - LONG_LINE
  while (end > floor && (isBlank(octets[end - 1]) || octets[end - 1] === CR)) end -= 1
  const equals = octets.lastIndexOf(0x3d, end - 1)
  return equals >= end - 2 && equals >= 0 ? equals : end
}

function unquote(octets: Buffer): Buffer {
  const out = Buffer.allocUnsafe(octets.length)
  let size = 0
  for (let at = 0; at < octets.length; ) {
    const octet = octets[at] ?? 0
    if (octet === 0x3d) {
      const value = hex(octets[at + 1], octets[at + 2])
      const soft = value === undefined ? lineEndAfter(octets, at + 1) : undefined
      if (value !== undefined) out[size++] = value
      else if (soft === undefined) out[size++] = octet
      at = value !== undefined ? at + 3 : (soft ?? at + 1)
    } else if (isBlank(octet)) {
      const run = blanksFrom(octets, at)
      // White space at the end of a line was added in transport (§6.7 rule 3).
      if (!isLineEnd(octets, run)) size += octets.copy(out, size, at, run)
      at = run
    } else {
      out[size++] = octet
      at += 1
    }
  }
  return out.subarray(0, size)
}

const isBlank = (octet: number | undefined): boolean => octet === 0x20 || octet === 0x09

function blanksFrom(octets: Buffer, from: number): number {
  let at = from
  while (isBlank(octets[at])) at += 1
  return at
}

const isLineEnd = (octets: Buffer, at: number): boolean =>
  at >= octets.length || octets[at] === LF || (octets[at] === CR && octets[at + 1] === LF)

/** Where the next line begins, when nothing but white space is left on this one. */
function lineEndAfter(octets: Buffer, from: number): number | undefined {
  const at = blanksFrom(octets, from)
  if (at >= octets.length) return at
  if (octets[at] === LF) return at + 1
  return octets[at] === CR && octets[at + 1] === LF ? at + 2 : undefined
}

function hex(high: number | undefined, low: number | undefined): number | undefined {
  const text = String.fromCharCode(high ?? 0, low ?? 0)
  return /^[0-9A-Fa-f]{2}$/.test(text) ? Number.parseInt(text, 16) : undefined
}

/**
 * POSIX uuencode: `begin MODE NAME`, lines of up to 45 octets, `end`; or `begin-base64 MODE NAME`, lines of base64, `====`. What stands around it is no
 * part of the file. Octets without such a beginning are left alone.
 */
function uuencode(): Transfer {
  let carry = ''
  let before = ''
  let state: 'before' | 'within' | 'base64' | 'after' | 'none' = 'before'
  let name: string | undefined
  const line = (raw: string): Buffer => {
    const text = raw.replace(/\r?\n$/, '')
    if (state === 'before') {
      const begin = /^begin(-base64)? [0-7]{3,6} (.+)$/.exec(text)
      before += raw
      if (begin) state = begin[1] === undefined ? 'within' : 'base64'
      name = begin?.[2]?.trim()
    } else if (state === 'within' && text.trimEnd() === 'end') state = 'after'
    else if (state === 'within') return uuLine(text)
    else if (state === 'base64' && text.startsWith('====')) state = 'after'
    else if (state === 'base64') return Buffer.from(text, 'base64')
    return EMPTY
  }
  const alone = (): Buffer => {
    const all = Buffer.from(before + carry, 'latin1')
    state = 'none'
    before = ''
    carry = ''
    return all
  }
  const update = (chunk: Buffer): Buffer => {
    if (state === 'none') return chunk
    const lines = (carry + chunk.toString('latin1')).split(/(?<=\n)/)
    carry = lines.at(-1)?.endsWith('\n') ? '' : (lines.pop() ?? '')
    const octets = Buffer.concat(lines.map(line))
    if (state === 'before') return before.length + carry.length > LONG_LINE ? alone() : EMPTY
    carry = carry.slice(-1024)
    return octets
  }
  const end = (): Buffer => {
    const octets = line(carry)
    carry = ''
    return state === 'before' ? alone() : octets
  }
  return {
    update,
    end,
    get name() {
      return name
    },
  }
}

/** One line of uuencode; blanks lost at its end count as zeros. */
export function uuLine(text: string): Buffer {
  const size = (text.charCodeAt(0) - 32) & 63
  if (text.length < 2 || size === 0) return EMPTY
  const six = Array.from(text.slice(1).padEnd(Math.ceil(size / 3) * 4, ' '), one => (one.charCodeAt(0) - 32) & 63)
  const out = Buffer.alloc(Math.ceil(size / 3) * 3)
  for (let at = 0; at < out.length / 3; at++) {
    const [a = 0, b = 0, c = 0, d = 0] = six.slice(at * 4, at * 4 + 4)
    out.writeUIntBE((a << 18) | (b << 12) | (c << 6) | d, at * 3, 3)
  }
  return out.subarray(0, size)
}
