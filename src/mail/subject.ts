/** The ticket number in a subject. */
import { RE2JS } from 're2js'

declare const brand: unique symbol
/** An EasyVista rfc_number, upper case, as the pattern found it. */
export type TicketNumber = string & { readonly [brand]: 'TicketNumber' }

/** A compiled `ticket.pattern`; the engine is linear-time, whatever the subject (docs/configuration.md). */
export type TicketPattern = { readonly source: string; readonly engine: RE2JS }

/** Compiles a pattern. Throws re2js's syntax error for one it cannot read, or that uses look-around or back-references. */
export const ticketPattern = (source: string): TicketPattern => ({
  source,
  engine: RE2JS.compile(source, RE2JS.CASE_INSENSITIVE),
})

/**
 * All ticket numbers in a decoded subject, in order, each once. A number must not touch
 * `[A-Za-z0-9]` on either side, nor a digit behind invisible characters; group `ticket` is taken if
 * the pattern has one. What is written in full-width letters, with invisible characters in it, or
 * escaped (`%5F`, `\_`) is found as well. Subjects are read up to 2,000 characters.
 */
export function ticketsIn(subject: string, pattern: TicketPattern): readonly TicketNumber[] {
  const read = subject.slice(0, LONGEST)
  const plain = asItLooks(read)
  const found = numbersIn(read, pattern)
  return plain === read ? found : [...new Set([...found, ...numbersIn(plain, pattern)])]
}

/** The numbers of the first subject that has one. */
export function ticketsInAny(subjects: readonly string[], pattern: TicketPattern): readonly TicketNumber[] {
  for (const subject of subjects) {
    const found = ticketsIn(subject, pattern)
    if (found.length > 0) return found
  }
  return []
}

/** Characters of a subject that are read. */
const LONGEST = 2000

function numbersIn(subject: string, pattern: TicketPattern): readonly TicketNumber[] {
  const matcher = pattern.engine.matcher(subject)
  const grouped = Object.hasOwn(pattern.engine.namedGroups(), 'ticket')
  const found = new Set<TicketNumber>()
  for (let from = 0; matcher.find(from); ) {
    const [start, end] = [matcher.start(), matcher.end()]
    const alone = !isWordy(subject[start - 1]) && !isWordy(subject[end]) && !isCutOff(subject, start, end)
    const number = grouped ? matcher.group('ticket') : matcher.group()
    // Case folding would let U+017F and U+212A pass for S and K.
    if (alone && number && isAscii(number)) found.add(number.toUpperCase() as TicketNumber)
    from = alone && end > start ? end : start + 1
    if (from > subject.length) break
  }
  return [...found]
}

const INVISIBLE = String.raw`[\p{Cf}\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u3164\uFE00-\uFE0F\uFFA0]`
const HIDDEN = new RegExp(INVISIBLE, 'gu')
const HIDDEN_BEFORE_DIGIT = new RegExp(String.raw`^${INVISIBLE}{1,50}\p{Nd}`, 'u')
const HIDDEN_AFTER_DIGIT = new RegExp(String.raw`\p{Nd}${INVISIBLE}{1,50}$`, 'u')

/**
 * More digits follow or precede, and only something invisible is between: to the reader that is
 * another number.
 */
const isCutOff = (subject: string, start: number, end: number): boolean =>
  HIDDEN_BEFORE_DIGIT.test(subject.slice(end, end + 52)) ||
  HIDDEN_AFTER_DIGIT.test(subject.slice(Math.max(0, start - 52), start))

/**
 * A subject as a person reads it: full-width letters and the digits of other scripts as ASCII,
 * dashes as hyphens, nothing invisible, no escapes of URLs, of quoted-printable, of HTML and of
 * Markdown. Nothing visible is left out, so that no two numbers become one.
 */
const asItLooks = (subject: string): string =>
  subject
    .replace(HIDDEN, '')
    .replace(/[\uFF01-\uFF5E]/g, letter => String.fromCharCode(letter.charCodeAt(0) - 0xfee0))
    .replace(/[^\x00-\x7F\uFF01-\uFF5E]/gu, letter => (/\p{Nd}/u.test(letter) ? digitOf(letter) : letter))
    .replace(/[\u2010-\u2015\u2212\uFE58\uFE63]/g, '-')
    .replace(/%([2-7][\dA-F])/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/=(5F|2D)/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/&#(?:95|x5F);|&lowbar;/gi, '_')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1')

/**
 * The digits of a script are ten neighbours (Unicode §4.6); those of mathematics are five such
 * rows.
 */
function digitOf(letter: string): string {
  const code = letter.codePointAt(0) ?? 0
  if (code >= 0x1d7ce && code <= 0x1d7ff) return String((code - 0x1d7ce) % 10)
  let zero = code
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1
  return String(code - zero)
}

const isAscii = (text: string): boolean => /^[\x20-\x7E]+$/.test(text)

const isWordy = (character: string | undefined): boolean => character !== undefined && /[A-Za-z0-9]/.test(character)
