/** Content-Transfer-Encodings undone octet by octet, a chunk at a time (RFC 2045 §6); damaged input loses what is damaged, nothing else. */

import { type Piece, TextLines } from './text-lines.ts'

/** What it answers nobody will change, the chunk itself included. */
export interface Transfer {
  update(chunk: Buffer): Buffer
  end(): Buffer
  /** What the encoding itself says the file is called: uuencode does, in its first line. */
  readonly name?: string | undefined
  /** A sentence when the content contradicts the declared encoding; known after `end`. */
  readonly remark?: string | undefined
  /**
   * After `end`: digits of base64 beyond the last whole group of four, where no padding was seen;
   * undefined for everything else.
   */
  readonly digitsLeft?: number | undefined
}

export type Encoding = 'base64' | 'quoted-printable' | 'uuencode' | 'identity'

/**
 * What the Content-Transfer-Encoding fields of a part mean, misspelt ones included. The first that
 * names an encoding counts; anything unknown leaves the bytes alone (RFC 2045 §6.4).
 */
export function encodingOf(fields: readonly string[] | undefined): Encoding {
  for (const field of fields ?? []) {
    const text = field
      .slice(0, 1000)
      .toLowerCase()
      .replace(/\([^()]{0,1000}\)/g, '')
    const found = ENCODING.exec(text)?.[0] ?? ''
    if (found.includes('64')) return 'base64'
    if (found.startsWith('q')) return 'quoted-printable'
    if (found !== '') return 'uuencode'
  }
  return 'identity'
}

const ENCODING = /\bb(?:ase)?[\s_-]?64(?!\d)|\bquoted[\s_-]?printable|\bqp\b|\buu(?:encode|code|e)\b/

/**
 * `bareCr`: the mail was read with CR as its line end, and leaves that are not encoded get their CRs
 * back. `type`, `name`: what the part declares; they decide where content and encoding disagree.
 */
export type TransferHints = {
  readonly bareCr: boolean
  readonly type?: string | undefined
  readonly name?: string | undefined
  /** Takes what the encoding passes over: bytes behind the end of the file. */
  readonly ignored?: (bytes: Buffer) => void
}

/** Undoes `encoding` where the content is encoded so; plain content stays as it stands. */
export function transferOf(encoding: Encoding, hints: TransferHints): Transfer {
  if (encoding === 'uuencode') return uuencode()
  if (encoding === 'base64')
    return probed(start => (isBase64(start) ? base64(hints.ignored) : identity(hints.bareCr, NOT_BASE64)))
  if (encoding === 'quoted-printable')
    return probed(start => (isQuotedPrintable(start, hints) ? quotedPrintable() : identity(hints.bareCr, NOT_QUOTED)))
  if (!mayBeUndeclared(hints)) return identity(hints.bareCr)
  return probed(start =>
    isUndeclaredBase64(start, hints) ? base64(hints.ignored, UNDECLARED) : identity(hints.bareCr),
  )
}

const NOT_BASE64 = 'it is declared as base64 and is not encoded: its bytes are taken as they stand'
const NOT_QUOTED = 'it is declared as quoted-printable and is not encoded: its bytes are taken as they stand'
const UNDECLARED = 'it is base64 that no header declares, and was decoded'

/** Bytes that decide whether content is encoded as its header says. */
const SAMPLE = 4096

/** Waits for the first bytes of the content before it chooses how to read them. */
function probed(choose: (start: Buffer) => Transfer): Transfer {
  let chosen: Transfer | undefined
  let waiting: Buffer = EMPTY
  const update = (chunk: Buffer): Buffer => {
    if (chosen !== undefined) return chosen.update(chunk)
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
    if (waiting.length < SAMPLE) return EMPTY
    chosen = choose(waiting.subarray(0, SAMPLE))
    return chosen.update(waiting)
  }
  const end = (): Buffer => {
    if (chosen !== undefined) return chosen.end()
    chosen = choose(waiting)
    return Buffer.concat([chosen.update(waiting), chosen.end()])
  }
  return {
    update,
    end,
    get name() {
      return chosen?.name
    },
    get remark() {
      return chosen?.remark
    },
    get digitsLeft() {
      return chosen?.digitsLeft
    },
  }
}

/** Shorter content is what it is declared to be: there is too little of it to contradict. */
const FEW = 32

/** Share of a text that is no base64 beyond which it is not encoded: line noise stays below it. */
const NOISE = 0.05

function isBase64(start: Buffer): boolean {
  const text = start.toString('latin1')
  const [first = '', second = ''] = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  if (text.length < FEW || (isDigits(first) && (first.length >= 40 || first.endsWith('=') || isDigits(second))))
    return true
  const foreign = text.replace(/[A-Za-z0-9+/=\r\n]/g, '').length
  return foreign <= text.length * NOISE
}

const isDigits = (line: string): boolean => /^[A-Za-z0-9+/]+={0,2}$/.test(line)

/** RFC 2046 §5.2.1 allows no quoted-printable around a mail; what some programs declare, few of them do. */
function isQuotedPrintable(start: Buffer, { type = '' }: TransferHints): boolean {
  if (type.startsWith('message/')) return isQuotedMail(start.toString('latin1'))
  if (type === '' || type.startsWith('text/')) return true
  const escapes = start.toString('latin1').match(/=[\da-f]{2}/gi)?.length ?? 0
  const isRaw = start.includes(0) || (magicOf(start) !== undefined && start.some(byte => byte >= 0x80))
  return !isRaw || escapes > start.length / 100
}

function isQuotedMail(text: string): boolean {
  const header = text.slice(0, text.search(/\r?\n\r?\n/) + 1) || text
  if (/=(?![0-9a-f]{2}|[ \t]{0,80}\r?\n|$)/i.test(text)) return false
  return /=3d/i.test(header) || !/^content-transfer-encoding:[ \t]*quoted-printable/im.test(text)
}

/** Types whose files never are base64 by themselves. */
const mayBeUndeclared = ({ type, name }: TransferHints): boolean =>
  name !== undefined || (type !== undefined && !/^(?:text|message|multipart)\//.test(type))

/** Whole lines of base64 of a file whose first bytes are those of its name or type. */
function isUndeclaredBase64(start: Buffer, { type = '', name = '' }: TransferHints): boolean {
  const [line = '', ...more] = start.toString('latin1', 0, 1024).split(/\r?\n/)
  if (line.length < 16 || !isDigits(line) || !more.slice(0, -1).every(one => one === '' || isDigits(one))) return false
  const magic = magicOf(Buffer.from(line, 'base64'))
  return magic !== undefined && (magic.types.test(type) || magic.names.test(name))
}

type Magic = { readonly start: string; readonly types: RegExp; readonly names: RegExp }

/** First bytes in hex of the kinds of file that are mailed most. */
const MAGIC: readonly Magic[] = [
  { start: '255044462d', types: /pdf/, names: /\.pdf$/i },
  { start: '89504e470d0a1a0a', types: /png/, names: /\.png$/i },
  { start: '474946383', types: /gif/, names: /\.gif$/i },
  { start: 'ffd8ff', types: /jpe?g/, names: /\.jpe?g$/i },
  { start: '504b0304', types: /zip|officedocument|opendocument/, names: /\.(?:zip|docx|xlsx|pptx|od[tsp]|jar)$/i },
  { start: 'd0cf11e0a1b11ae1', types: /msword|ms-excel|ms-powerpoint|outlook/, names: /\.(?:doc|xls|ppt|msg)$/i },
  { start: '526172211a07', types: /rar/, names: /\.rar$/i },
  { start: '377abcaf271c', types: /7z/, names: /\.7z$/i },
  { start: '1f8b08', types: /gzip/, names: /\.t?gz$/i },
  { start: '49492a00', types: /tiff/, names: /\.tiff?$/i },
  { start: '4d4d002a', types: /tiff/, names: /\.tiff?$/i },
]

function magicOf(start: Buffer): Magic | undefined {
  const hex = start.toString('hex', 0, 8)
  return MAGIC.find(({ start: magic }) => hex.startsWith(magic))
}

const EMPTY = Buffer.alloc(0)
const LF = 0x0a
const CR = 0x0d
const EQUALS = 0x3d

function identity(bareCr: boolean, remark?: string): Transfer {
  const update = (chunk: Buffer): Buffer =>
    bareCr ? Buffer.from(chunk.map(octet => (octet === LF ? CR : octet))) : chunk
  return { update, end: () => EMPTY, remark }
}

/**
 * Characters outside the alphabet are passed over (§6.8). Padding ends the file, unless whole lines of sound base64 follow, as from programs
 * that encode piece by piece; a list's footer below it is no part of the file, nor is the checksum line
 * of ASCII armor (RFC 9580 §6.1).
 */
function base64(ignored: TransferHints['ignored'], remark?: string): Transfer {
  let carry = ''
  let state: 'run' | 'padded' | 'done' = 'run'
  let digitsLeft: number | undefined
  /** Nothing but padding has come since the file ended. */
  let isPadding = true
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
  const run = (chunk: Buffer): Buffer => {
    const out = Buffer.allocUnsafe(carry.length + chunk.length)
    let size = 0
    for (let at = 0; at < chunk.length; at += PIECE) {
      const piece = chunk.subarray(at, at + PIECE)
      const digits = digitsIn(piece)
      size += out.write(digits === undefined ? clean(piece.toString('latin1')) : sound(piece, digits), size, 'base64')
    }
    return out.subarray(0, size)
  }
  const last = (): Buffer => {
    const rest = Buffer.from(carry, 'base64')
    carry = ''
    return rest
  }
  const line = (padded: string): Buffer => {
    if (CHECKSUM.test(padded)) state = 'done'
    const text = padded.replace(/^=+/, '')
    if (!FOURS.test(text)) state = 'done'
    if (state === 'done') ignored?.(Buffer.from(`${padded}\n`, 'latin1'))
    return state === 'done' ? EMPTY : Buffer.concat((text.match(/[^=]+/g) ?? []).map(one => Buffer.from(one, 'base64')))
  }
  const lines = (text: string): Buffer => {
    // The checksum of armor begins with the same sign as padding, and may come in a piece of its own.
    const unpadded = isPadding ? text.replace(/^=+/, '') : text
    if (unpadded !== '') isPadding = false
    const whole = (carry + unpadded).split('\n').map(one => one.trim())
    const rest = whole.pop() ?? ''
    const sure = rest.length > LONG_LINE ? rest.length - (rest.length % 4) : 0
    carry = rest.slice(sure)
    return Buffer.concat([...whole, rest.slice(0, sure)].map(line))
  }
  const update = (chunk: Buffer): Buffer => {
    if (state === 'done') {
      ignored?.(Buffer.concat([Buffer.from(carry, 'latin1'), chunk]))
      carry = ''
      return EMPTY
    }
    const padding = state === 'run' ? chunk.indexOf(EQUALS) : 0
    if (padding === -1) return run(chunk)
    if (state === 'padded') return lines(chunk.toString('latin1'))
    const whole = run(chunk.subarray(0, padding))
    // Padding fills a group of four: behind whole groups the sign begins something else.
    if (carry === '') {
      state = 'done'
      ignored?.(chunk.subarray(padding))
      return whole
    }
    const before = Buffer.concat([whole, last()])
    state = 'padded'
    const after = lines(chunk.toString('latin1', padding))
    return after.length === 0 ? before : Buffer.concat([before, after])
  }
  const end = (): Buffer => {
    if (state !== 'run') return line(carry)
    digitsLeft = carry.length
    return last()
  }
  return {
    update,
    end,
    remark,
    get digitsLeft() {
      return digitsLeft
    },
  }
}

const CHECKSUM = /^=[A-Za-z0-9+/]{4}$/

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
  const lines = new TextLines()
  let before = ''
  let state: 'before' | 'within' | 'base64' | 'after' | 'none' = 'before'
  let name: string | undefined
  const first = ({ text, begins }: Piece): void => {
    before += text
    const begin = begins ? /^begin(-base64)? [0-7]{3,6} (.{1,1000})\r?\n?$/.exec(text) : null
    if (begin) state = begin[1] === undefined ? 'within' : 'base64'
    name = begin?.[2]?.trim()
  }
  const line = (piece: Piece): Buffer => {
    const { text, begins } = piece
    if (state === 'before') first(piece)
    else if (state === 'within' && begins && text.trimEnd() === 'end') state = 'after'
    else if (state === 'within' && begins) return uuLine(text.replace(/\r?\n$/, ''))
    else if (state === 'base64' && begins && text.startsWith('====')) state = 'after'
    else if (state === 'base64') return Buffer.from(text, 'base64')
    return EMPTY
  }
  const alone = (): Buffer => {
    const all = Buffer.from(before + lines.end().text, 'latin1')
    state = 'none'
    before = ''
    return all
  }
  const update = (chunk: Buffer): Buffer => {
    if (state === 'none') return chunk
    const octets = Buffer.concat(Array.from(lines.take(chunk), line))
    return state === 'before' && before.length + lines.waiting > LONG_LINE ? alone() : octets
  }
  const end = (): Buffer => {
    if (state === 'none') return EMPTY
    const octets = line(lines.end())
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
  const digits = Math.ceil(size / 3) * 4
  const six = Array.from(text.slice(1, 1 + digits).padEnd(digits, ' '), one => (one.charCodeAt(0) - 32) & 63)
  const out = Buffer.alloc(Math.ceil(size / 3) * 3)
  for (let at = 0; at < out.length / 3; at++) {
    const [a = 0, b = 0, c = 0, d = 0] = six.slice(at * 4, at * 4 + 4)
    out.writeUIntBE((a << 18) | (b << 12) | (c << 6) | d, at * 3, 3)
  }
  return out.subarray(0, size)
}
