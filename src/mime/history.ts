/**
 * The text of a mail without the history of the conversation.
 * 1. From a header block, or `Original Message` between dashes, to the end all is history.
 * 2. An attribution above quoted lines goes with them; where none are quoted, all below it goes.
 * 3. Other quoted lines go, unless the sender leads to them.
 * In doubt nothing goes.
 */
import { type Attribution, attributionAt } from './attribution.ts'
import { isForwardMarker } from './forward.ts'
import { findHeaderBlock } from './header-block.ts'
import { hasAddress, hasDate, hasTime, lastAbove, nextBelow, plainLine } from './lines.ts'

export type Divided = {
  /** Lines of the sender, in their order. */
  readonly own: readonly string[]
  /** The mail that is forwarded begins below a line of its own, or nothing stands above it. */
  readonly forwarded: boolean
  /** What the header block of the history says of its sender; `undefined` without a block. */
  readonly sender: string | undefined
}

/** Linear time. */
export function withoutHistory(lines: readonly string[]): Divided {
  const plain = lines.map(plainLine)
  const quoted = quotedLines(plain)
  const { end, sender, marked } = findEnd(plain, quoted)
  const { gone, last } = findAttributed(plain, quoted, end)
  const forwarded = isQuotedForward(plain, quoted, gone)
  markQuotes(plain, quoted, last, gone)
  const own = lines.slice(0, last).filter((_, at) => !gone.has(at))
  if (last < end) return { own, forwarded, sender: undefined }
  const alone = sender !== undefined && lastAbove(plain, end) === -1
  return { own, forwarded: forwarded || marked || alone, sender }
}

/** Apple Mail quotes what it forwards: the first quoted line says so, below no attribution. */
const isQuotedForward = (plain: readonly string[], quoted: readonly boolean[], gone: ReadonlySet<number>): boolean =>
  gone.size === 0 && isForwardMarker(plain[quoted.indexOf(true)] ?? '')

type Attributed = {
  /** Lines of attributions that stand above quoted lines. */
  readonly gone: Set<number>
  /** The line of an attribution above history that is not quoted, or `end`. */
  readonly last: number
}

function findAttributed(plain: readonly string[], quoted: readonly boolean[], end: number): Attributed {
  const tail = tailOf(plain, quoted)
  const gone = new Set<number>()
  for (let at = 0; at < end; at += 1) {
    const found = quoted[at] ? undefined : attributionAt(plain, at)
    if (found === undefined) continue
    if (isQuotedBelow(plain, quoted, found)) for (let line = found.first; line <= at; line += 1) gone.add(line)
    else if (isHistory(found, plain, tail)) return { gone, last: found.first }
  }
  return { gone, last: end }
}

type End = {
  readonly end: number
  readonly sender: string | undefined
  /** The line there is one that only a forward has. */
  readonly marked: boolean
}

/** Where a header block or a line of dashes ends the sender's text. */
function findEnd(plain: readonly string[], quoted: readonly boolean[]): End {
  const block = findHeaderBlock(plain)
  const marker = plain.findIndex((line, at) => !quoted[at] && isForwardMarker(line))
  const original = plain.findIndex(isOriginalMarker)
  const starts = [block?.start ?? -1, marker, original].filter(at => at !== -1)
  const end = starts.length === 0 ? plain.length : Math.min(...starts)
  if (end === plain.length || (end !== marker && isPasted(plain, end)))
    return { end: plain.length, sender: undefined, marked: false }
  // A header block counts its rule as its first line, and that may be the marker.
  return { end, sender: block?.sender ?? '', marked: marker === end }
}

/** The sender leads to it: `I received this mail:`, or cuts it out of paper. */
function isPasted(plain: readonly string[], at: number): boolean {
  const above = plain[lastAbove(plain, at)] ?? ''
  return /[:：]$/.test(above) || [above, plain[at] ?? ''].some(line => /-[ -]?(?:8<|>8|✂)|(?:8<|>8|✂)[ -]?-/.test(line))
}

/**
 * Outlook writes it between dashes; in bold, where HTML was made text. GroupWise writes the author
 * and the time between angles.
 */
function isOriginalMarker(plain: string): boolean {
  const author = /^>>> ?([^>].{2,150}) ?>>>$/.exec(plain.slice(0, 160))?.[1]
  if (author !== undefined) return hasAddress(author) && hasDate(author) && hasTime(author)
  const words = /^\*?-{3,20} ?([^-]{4,40}?) ?-{0,20}\*?$/.exec(plain.slice(0, 120))?.[1] ?? ''
  return ORIGINAL.has(words.toLowerCase().replaceAll('\u2019', "'"))
}

const ORIGINAL: ReadonlySet<string> = new Set(
  `original message|original appointment|message d'origine|message original|message initial|mail original|ursprüngliche nachricht|
   originalnachricht|ursprüngliche mail|mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original|
   ursprungligt meddelande|originalmeddelande|ursprungligt mail|oprindelig meddelelse|oprindelig besked|opprinnelig melding|
   alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|původní zpráva|původní e|pôvodná správa|исходное сообщение|
   вихідне повідомлення|оригінальне повідомлення|eredeti üzenet|orijinal mesaj|özgün ileti|原始邮件|原始郵件|原始信件|邮件原件|
   元のメッセージ|원본 메시지|원본 메일|mesaj original|mesajul original|αρχικό μήνυμα|izvirno sporočilo|izvorna poruka|
   originalna poruka|оригинално съобщение|algne sõnum|הודעה מקורית|הודעה מקורית|الرسالة الأصلية|thư gốc|missatge original`.split(
    /\s*\|\s*/,
  ),
)

/** `>From` at the start of a line is how mailboxes of Unix keep a `From` of the sender. */
const quotedLines = (plain: readonly string[]): readonly boolean[] =>
  plain.map(line => line.startsWith('>') && !/^>From \S/.test(line))

/** Right below, over two empty lines. Old Gmail and Emacs quote with `|`, as tables are drawn. */
function isQuotedBelow(plain: readonly string[], quoted: readonly boolean[], { last, dated }: Attribution): boolean {
  const below = nextBelow(plain, last + 1, 2)
  return below !== undefined && (quoted[below] === true || (dated && plain[below]?.startsWith('|') === true))
}

/** The line from which on no text of the sender follows a quoted line. */
function tailOf(plain: readonly string[], quoted: readonly boolean[]): number {
  let answered = false
  for (let at = plain.length - 1; at >= 0; at -= 1) {
    if (quoted[at] && answered) return at + 1
    if (!quoted[at] && plain[at] !== '') answered = true
  }
  return 0
}

/**
 * An attribution above lines that are not quoted. Not at the top, nor below a greeting alone, nor
 * where the sender leads to it: the answer may stand below. Not where text follows quoted lines.
 */
function isHistory(found: Attribution, plain: readonly string[], tail: number): boolean {
  if (!found.certain || found.first < tail) return false
  if (found.spaced && plain[found.last + 1] !== '') return false
  const above = lastAbove(plain, found.first)
  if (above === -1 || /[:：]$/.test(plain[above] ?? '')) return false
  return lastAbove(plain, above) !== -1 || !/[,，]$/.test(plain[above] ?? '')
}

/**
 * Marks quoted lines as gone. Below an attribution and below a quote at the top all of them are
 * history; elsewhere those that the sender leads to stay.
 */
function markQuotes(plain: readonly string[], quoted: readonly boolean[], end: number, gone: Set<number>): void {
  let reply = false
  let stays = false
  for (let at = 0; at < end; at += 1) {
    if (gone.has(at)) reply = true
    if (plain[at]?.startsWith('|') && gone.has(lastAbove(plain, at))) gone.add(at)
    if (!quoted[at]) continue
    const above = lastAbove(plain, at)
    reply ||= above === -1
    if (quoted[above] !== true) stays = !reply && isLed(plain, at)
    if (!stays) gone.add(at)
  }
}

/** With a colon, in the middle of a sentence, or to what Python printed. */
function isLed(plain: readonly string[], at: number): boolean {
  const above = plain[lastAbove(plain, at)] ?? ''
  return (
    /[:：]$/.test(above) ||
    (plain[at - 1] !== '' && !/[.!?…。！？)]$/.test(above)) ||
    /^>>> ?[^>\s]/.test(plain[at] ?? '')
  )
}
