/**
 * The text of compressed RTF, as Outlook keeps a body (MS-OXRTFCP): decompressed, then plain text,
 * or the HTML that was put into RTF (MS-OXRTFEX). Linear; at most 1 MiB is made of it.
 */
import { textOf } from './charset.ts'

/** Bytes of RTF that are made of compressed ones. */
const MOST = 1024 * 1024

const COMPRESSED = 0x75465a4c
const UNCOMPRESSED = 0x414c454d

/** What the dictionary holds at the beginning (MS-OXRTFCP §2.1.2.1). */
const DICTIONARY =
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx'

export type RtfText = { readonly type: 'text/plain' | 'text/html'; readonly text: string }

/** Undefined for what is no compressed RTF. */
export function textOfCompressedRtf(bytes: Buffer): RtfText | undefined {
  const rtf = decompressed(bytes)
  return rtf === undefined ? undefined : textOfRtf(rtf)
}

function decompressed(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 16) return undefined
  const kind = bytes.readUInt32LE(8)
  if (kind === UNCOMPRESSED) return bytes.subarray(16)
  if (kind !== COMPRESSED) return undefined
  const window = Buffer.alloc(4096, 0x20)
  let write = window.write(DICTIONARY, 'latin1')
  const out = Buffer.alloc(Math.min(MOST, bytes.readUInt32LE(4)))
  let [at, made] = [16, 0]
  const put = (byte: number): void => {
    out[made++] = byte
    window[write] = byte
    write = (write + 1) & 0xfff
  }
  while (at < bytes.length && made < out.length) {
    const control = bytes[at++] ?? 0
    for (let bit = 0; bit < 8 && at < bytes.length && made < out.length; bit += 1) {
      if ((control & (1 << bit)) === 0) {
        put(bytes[at++] ?? 0)
        continue
      }
      const token = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
      at += 2
      const offset = token >> 4
      // A reference to the place that is written next is the end.
      if (offset === write) return out.subarray(0, made)
      for (let n = 0; n < (token & 0xf) + 2 && made < out.length; n += 1) put(window[(offset + n) & 0xfff] ?? 0)
    }
  }
  return out.subarray(0, made)
}

/**
 * Groups that hold no text. `htmltag` and the text itself are read, other groups that begin with
 * `\*` are not.
 */
const SKIPPED = new Set(
  'fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl footerr ftnsep ftnsepc'.split(
    ' ',
  ),
)

const LETTERS: Readonly<Record<string, string>> = {
  par: '\n',
  line: '\n',
  row: '\n',
  sect: '\n',
  page: '\n',
  tab: '\t',
  cell: '\t',
  bullet: '•',
  emdash: '—',
  endash: '–',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
}

type Group = { readonly isSkipped: boolean; readonly isHtmlRtf: boolean; readonly fallback: number }

const TOKEN = /\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([\da-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)/giy

/** HTML where the RTF says that it was made of HTML, and its plain text otherwise. */
function textOfRtf(rtf: Buffer): RtfText | undefined {
  const source = rtf.toString('latin1')
  if (!source.startsWith('{\\rtf')) return undefined
  const isHtml = source.slice(0, 2000).includes('\\fromhtml1')
  const reader = new RtfReader(isHtml)
  const token = new RegExp(TOKEN)
  for (let found = token.exec(source); found !== null; found = token.exec(source)) reader.take(found)
  return { type: isHtml ? 'text/html' : 'text/plain', text: reader.text() }
}

class RtfReader {
  readonly #isHtml: boolean
  readonly #stack: Group[] = []
  readonly #pieces: string[] = []
  #group: Group = { isSkipped: false, isHtmlRtf: false, fallback: 1 }
  #bytes: number[] = []
  #charset: string | undefined
  /** The group has just begun, and `\*` in it. */
  #isStarred = false
  /** Characters that stand for a `\u` where a program does not know it. */
  #skip = 0

  constructor(isHtml: boolean) {
    this.#isHtml = isHtml
  }

  take([, word, number, hex, symbol, brace, text]: RegExpExecArray): void {
    if (brace === '{') this.#stack.push(this.#group)
    else if (brace === '}') this.#group = this.#stack.pop() ?? this.#group
    if (brace !== undefined) this.#skip = 0
    if (brace === undefined && symbol === '*') this.#isStarred = true
    else {
      if (word !== undefined) this.#word(word.toLowerCase(), number)
      else if (hex !== undefined) this.#byte(Number.parseInt(hex, 16))
      else if (symbol !== undefined) this.#symbol(symbol)
      else if (text !== undefined) this.#put(text)
      this.#isStarred = false
    }
  }

  text(): string {
    this.#flush()
    return this.#pieces.join('').replaceAll('\0', '')
  }

  #word(word: string, number: string | undefined): void {
    if (word === 'ansicpg' && number !== undefined) this.#charset = `cp${number}`
    else if (word === 'htmlrtf') this.#set({ isHtmlRtf: number !== '0' })
    else if (word === 'uc') this.#set({ fallback: Math.min(10, Number(number ?? 1)) })
    else if (word === 'bin' || SKIPPED.has(word)) this.#set({ isSkipped: true })
    else if (word === 'u' && number !== undefined) {
      this.#write(String.fromCharCode(Number(number) & 0xffff))
      this.#skip = this.#group.fallback
    } else if (this.#isStarred && !(word === 'htmltag' && this.#isHtml)) this.#set({ isSkipped: true })
    else if (Object.hasOwn(LETTERS, word)) this.#write(LETTERS[word] ?? '')
  }

  #set(change: Partial<Group>): void {
    this.#group = { ...this.#group, ...change }
  }

  #symbol(symbol: string): void {
    if (symbol === '~') this.#write('\u00A0')
    else if (symbol === '_') this.#write('-')
    else if (symbol === '\r' || symbol === '\n') this.#write('\n')
    else if ('\\{}'.includes(symbol)) this.#put(symbol)
  }

  #byte(byte: number): void {
    if (this.#skip > 0) this.#skip -= 1
    else if (this.#isShown()) this.#bytes.push(byte)
  }

  #put(text: string): void {
    const shown = text.slice(this.#skip)
    this.#skip = Math.max(0, this.#skip - text.length)
    this.#write(shown)
  }

  #write(text: string): void {
    if (text === '' || !this.#isShown()) return
    this.#flush()
    this.#pieces.push(text)
  }

  #flush(): void {
    if (this.#bytes.length === 0) return
    this.#pieces.push(textOf(Buffer.from(this.#bytes), this.#charset, false).text)
    this.#bytes = []
  }

  #isShown(): boolean {
    return !this.#group.isSkipped && !(this.#isHtml && this.#group.isHtmlRtf)
  }
}
