/**
 * The sender's lines without the signature below them.
 * A signature is short, stands last, and has nothing of the sender's in it or below it:
 * 1. what a mobile program adds (`Sent from my iPhone`, `Get Outlook for iOS`), see footer.ts;
 * 2. a block below `-- ` (RFC 3676 §4.3), or in a box of drawn lines as in Japan;
 * 3. a closing (`Best regards`) with the address of a company; a closing with a name was typed.
 * In doubt it stays.
 */
import { withoutFooters } from './footer.ts'
import { hasAddress, plainLine } from './lines.ts'

/** Lines and characters of the longest signature. */
const LINES = 15
const LENGTH = 1200

/** Looks at the last lines alone. */
export function withoutSignature(lines: readonly string[]): readonly string[] {
  let left = trimmed(lines)
  for (const one of [withoutFooters, withoutDelimited, withoutBox, withoutClosing, withoutFooters])
    left = trimmed(one(left))
  return left
}

/** Without empty lines at the end, and without rows there that belong to nothing above them. */
function trimmed(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex(line => line.length > 200 || !/^[-_=*~+#\u1427\s]*$/.test(line))
  const row = lines.slice(last + 1).findIndex(line => line.trim() !== '')
  if (/[:：]\s*$/.test((lines[last] ?? '').slice(-4))) return row === -1 ? lines.slice(0, last + 1) : lines
  const closing = row !== -1 && lines.slice(Math.max(0, last - 40), last + 1).includes(lines[last + 1 + row] ?? '')
  return lines.slice(0, closing ? last + 2 + row : last + 1)
}

type End = { readonly start: number; readonly plain: readonly string[] }

/** The last lines as plain ones, and the number of lines above them. */
const endOf = (lines: readonly string[], count: number): End => {
  const start = Math.max(0, lines.length - count)
  return { start, plain: lines.slice(start).map(plainLine) }
}

/** Lists and virus scanners put signatures of their own below the sender's. */
const DELIMITED = 3

function withoutDelimited(lines: readonly string[]): readonly string[] {
  let left = lines
  for (let count = 0; count < DELIMITED; count += 1) {
    const start = delimiterOf(left)
    if (start === undefined) return left
    left = trimmed(left.slice(0, start))
  }
  return left
}

/**
 * The last `-- ` above a signature. Where its blank is lost, an empty line must stand above it and
 * a name, a closing or an address below it: people write `--` between the parts of a text.
 */
function delimiterOf(lines: readonly string[]): number | undefined {
  const { start, plain } = endOf(lines, LINES + 8)
  const at = plain.findLastIndex((line, i) => line === '--' && !/^\s/.test(lines[start + i] ?? ''))
  const below = plain.slice(at + 1).filter(line => line !== '')
  if (
    at === -1 ||
    !isShort(below) ||
    below.some(line => /^(?:-{2,4}|[=*]{2,}|-{5}BEGIN .*)$/.test(line) || isRequest(line))
  )
    return undefined
  const first = plain[at + 1] ?? ''
  const named = isCapitalised(first) || isContact(first) || isClosing(first)
  const spaced = start + at === 0 || plain[at - 1] === ''
  const told = below.some(isSentence)
  const company = below.some(isContact) && !isSentence(below[0] ?? '')
  const sure = lines[start + at] === '-- ' ? !told || company : named && spaced && !told
  return sure ? start + at : undefined
}

const isShort = (lines: readonly string[]): boolean => lines.length <= LINES && lines.join('\n').length <= LENGTH

/**
 * Between two equal rows, with a telephone or an address inside. Rows of ASCII count in Chinese
 * and Japanese alone: elsewhere people draw them around what they paste.
 */
function withoutBox(lines: readonly string[]): readonly string[] {
  const { start, plain } = endOf(lines, LINES)
  const row = plain.at(-1) ?? ''
  if (
    row.length < 6 ||
    !/^[-=*_+#~\u2014\u2015\u2500-\u257F\u25A0-\u25FF\u2605\u2606\uFF0A-\uFF0D\uFF1D\uFF3F\uFF5E\u301C\u30FB/:]+$/.test(
      row,
    )
  )
    return lines
  const at = plain.lastIndexOf(row, plain.length - 2)
  const inside = plain.slice(at + 1, -1)
  if (at === -1 || !inside.some(isContact) || inside.some(isSentence)) return lines
  return /^[^\x20-\x7e]/.test(row) || inside.some(line => /\p{Script=Han}/u.test(line))
    ? lines.slice(0, start + at)
    : lines
}

/** From the last closing on, where a company's address stands below the name. */
function withoutClosing(lines: readonly string[]): readonly string[] {
  const { start, plain } = endOf(lines, LINES + 8)
  const at = plain.findLastIndex(line => isClosing(line))
  if (at === -1) return lines
  const below = plain.slice(at + 1)
  const filled = below.filter(line => line !== '')
  if (filled.length < 2 || !isShort(filled) || filled.some(line => isSentence(line) || isRequest(line))) return lines
  return paragraphsOf(below).every(isSignatureParagraph) ? lines.slice(0, start + at) : lines
}

function paragraphsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const all: string[][] = [[]]
  for (const line of lines) {
    if (line === '') all.push([])
    else all.at(-1)?.push(line)
  }
  return all.filter(paragraph => paragraph.length > 0)
}

/** Names and titles, or lines of up to five words beside a telephone or an address. */
const isSignatureParagraph = (lines: readonly string[]): boolean =>
  lines.every(line => (isCapitalised(line) && !/\d/.test(line)) || isContact(line)) ||
  (lines.some(isContact) && lines.every(line => isContact(line) || /^\P{Ll}(?:\S* ){0,4}\S*$/u.test(line)))

/** The whole line is a closing, or its first part where it is in two languages. */
function isClosing(plain: string): boolean {
  const words = (plain.slice(0, 60).split(' / ')[0] ?? '').replace(/[,.!！，]+$/, '').toLowerCase()
  return CLOSINGS.has(words) || /^(?:\p{L}{1,20} ){0,2}(?:regards|cordialement|grüßen?|grüssen?|gruß)$/u.test(words)
}

const CLOSINGS: ReadonlySet<string> = new Set(
  `cheers|best wishes|sincerely|yours sincerely|yours faithfully|bien à vous|bien a vous|bonne journée|bonne journee|bonne soirée|
   salutations|sincères salutations|mit freundlichen grüßen|mit freundlichen grüssen|freundliche grüße|viele grüße|beste grüße|mfg|
   saludos|un saludo|saludos cordiales|atentamente|cordiali saluti|distinti saluti|met vriendelijke groet|met vriendelijke groeten|
   atenciosamente|cumprimentos|com os melhores cumprimentos|med vänliga hälsningar|med venlig hilsen|med vennlig hilsen|
   ystävällisin terveisin|pozdrawiam|z poważaniem|s pozdravem|с уважением|з повагою|üdvözlettel|saygılarımla|cu stimă|με εκτίμηση`.split(
    /\s*\|\s*/,
  ),
)

/** Every word of four letters or more begins with a capital. */
const isCapitalised = (line: string): boolean =>
  line.length <= 60 &&
  !/[:：?!？！]/.test(line) &&
  /\p{Lu}/u.test(line) &&
  line.split(/[\s/|,-]+/).every(word => /^(?:@|\P{L}*(?:\p{Lu}|$))/u.test(word) || word.length <= 3)

/** A telephone or an address of mail or of the web, with nothing else but the word for it. */
function isContact(line: string): boolean {
  if (line.length > 120) return false
  const bare = line.replace(
    /^(?:[\p{L}-]{1,12}[.:：]{1,2}|[\p{L}./-]{1,3}|tel|t[ée]l[ée]phone|phone|mobile?|mob|fax|handy|web|e-?mail)(?: ?[:：])? /iu,
    '',
  )
  return (
    /^[+(\d][\d\s()+./-]{6,40}$/.test(bare) ||
    /^(?:TEL|FAX|〒)/i.test(line) ||
    (hasAddress(bare) && (!bare.includes(' ') || isCapitalised(/^([^<>@]{1,60}) <\S+@\S+>$/.exec(bare)?.[1] ?? ''))) ||
    /^(?:https?:\/\/|www\.)\S+$/i.test(bare) ||
    / - .*(?:@|https?:\/\/|www\.)/.test(line)
  )
}

/** Four words or more with a full stop, a question or a colon behind them; or a long line. */
const isSentence = (line: string): boolean =>
  line.length > 120 ||
  /[?？]/.test(line.slice(-2)) ||
  /^(?:\S+ ){3,}\S*[\p{L}\p{N})"'»”][.!。！]$/u.test(line) ||
  /。$/.test(line)

/** What is said to the desk is no signature: a postscript, and what asks for something. */
const isRequest = (line: string): boolean =>
  /^P\.? ?S\b|\b(?:please|pls|thanks|thank you|call me|merci de|rappel|svp|s'il vous|bitte|por favor|gracias|per favore|grazie|graag|alstublieft|obrigad|proszę|prosím|пожалуйста)/iu.test(
    line.slice(0, 300),
  )
