/**
 * The line or lines above quoted history that name its author: `On 1 Jan 2024, Jo Doe wrote:`.
 * 1. A line that ends in a colon is joined with at most three lines above it.
 * 2. The text is split at the verb; addresses, dates and helping words go; a name must be left.
 * 3. The more of date, time, address and name there is, the surer it is: see `Attribution`.
 * `The display wrote:` has no name and `Le client nous a écrit :` has none: both are prose.
 */
import { isName, wordsOf } from './author-name.ts'
import { hasDate, hasTime } from './lines.ts'

export type Attribution = {
  /** The first and the last line. */
  readonly first: number
  readonly last: number
  /** It stands for history also where no quoted lines follow. */
  readonly certain: boolean
  /** An empty line must follow where no quoted lines do: it has no address. */
  readonly spaced: boolean
  /** It has a day in it. */
  readonly dated: boolean
}

/** Characters of an attribution, and the lines of the longest one. */
const SHORTEST = 8
const LONGEST = 300
const LINES = 4

/** The attribution that ends with this line, `undefined` for prose. */
export function attributionAt(plain: readonly string[], last: number): Attribution | undefined {
  const line = plain[last] ?? ''
  if (!ENDED.test(line.slice(-8).replaceAll('*', '')) && !/^\d{4}[/-]\d{1,2}[/-]\d.*>$/.test(line.slice(0, LONGEST)))
    return undefined
  let best: Attribution | undefined
  for (let first = last; first > last - LINES && first >= 0 && plain[first] !== ''; first -= 1) {
    const text = plain
      .slice(first, last + 1)
      .join(' ')
      .replaceAll('*', '')
    const read = text.length < SHORTEST || text.length > LONGEST ? undefined : readAttribution(text, first < last)
    if (read !== undefined && (best === undefined || read.dated)) best = { first, last, ...read }
    if (read?.dated) return best
  }
  return best
}

/** A colon; Zoho has dashes around the line and no colon. */
const ENDED = /[:：]$|\p{L} ?-{2,}$/u

type Read = Pick<Attribution, 'certain' | 'spaced' | 'dated'>

/** Joined lines must begin as attributions do: the line above may be the sender's. */
function readAttribution(line: string, joined: boolean): Read | undefined {
  const dashed = /^-{2,40} ?(.*[^ -]) ?-{2,40}$/.exec(line)
  const text = (dashed?.[1] ?? line.replace(/^-+ ?/, '')).replace(/ ?[:：]$/, '')
  const colon = dashed !== null || text !== line.replace(/^-+ ?/, '')
  const bare = text.replace(ADDRESS, ' \u0001 ')
  const address = bare.includes('\u0001')
  const [dated, timed] = [hasDate(bare), hasTime(bare)]
  const verb = verbIn(bare)
  const start = startOf(bare)
  if (joined && !start.asDate && !(address && isName(wordsOf(bare.slice(0, bare.indexOf('\u0001'))), false)))
    return undefined
  if (verb === undefined && colon && address && QUOTING.test(text)) return { certain: false, spaced: true, dated }
  if (verb === undefined) {
    const whole = dated && address && (start.digits || isName(wordsOf(behindDate(bare)), true))
    if (!whole || !/^[\s'")]*(?:\p{Lo}[\p{Lo}\p{Lm} ]{0,12})?$/u.test(bare.slice(bare.lastIndexOf('\u0001') + 1)))
      return undefined
    return { certain: colon && timed && start.asDate, spaced: true, dated }
  }
  if (!colon) return undefined
  const full = dated && timed && start.asDate
  const [before, behind] = [bare.slice(0, verb.start), bare.slice(verb.end)]
  const named = isNamed(before, behind, address, dated && start.asDate)
  if (!named && !address && !full) return undefined
  const signed = full && /\u0001[\s\p{Ll}]{0,20}$/u.test(before)
  const unsigned = full && isNamed(before, behind, false, false) && isSetOff(before, behind)
  return { certain: (named && address) || signed || unsigned, spaced: !address, dated }
}

/** Horde names the author alone. */
const QUOTING = /^(?:quoting|zitat von|citando a?|citerar|citát od|quotando) /i

/** Angle brackets, parentheses and `mailto:` around it included. */
const ADDRESS = /[<([]{0,3}(?:mailto:)?[^\s<>()[\]"@:,;\u0001]{1,64}@[^\s<>()[\]"@,;\u0001]{1,190}[>)\]]{0,3}/g

type Span = { readonly start: number; readonly end: number }

/** The last verb in the text. */
function verbIn(text: string): Span | undefined {
  let found: Span | undefined
  for (const { index, 0: verb } of text.matchAll(VERB)) found = { start: index, end: index + verb.length }
  return found
}

/** `wrote` as mail programs have it, in the languages of the product and of its neighbours. */
const WROTE = `wrote|writes|écrit|ecrit|schrieb|geschrieben|escribió|escribio|scritto|schreef|geschreven|escreveu|skrev|
  kirjoitti|napisał\\(a\\)|napisała?|pisze|napsal\\(a\\)|napsala?|napísal\\(a\\)|napísala?|написал\\(а\\)|написала?|пишет|
  пише|написав|написа|yazdı|yazmış|írta|έγραψε|scris|napisal[ao]?|napisao|kirjutas|كتب|كتبت|كتابة|כתב|כתבה|viết|escriure|
  menulis|rašė|rakstīja|shkroi`.replaceAll(/\s+/g, '')

/** Chinese, Japanese, Korean and Thai have no blanks between words. */
const WROTE_UNSPACED = '写道|寫道|写到|님이 작성|작성|のメッセージ|さんは書きました|เขียนว่า'

const VERB = new RegExp(`(?<![\\p{L}\\p{M}])(?:${WROTE})(?![\\p{L}\\p{M}(])|${WROTE_UNSPACED}`, 'giu')

/** What stands before the first figure: how an attribution begins, or how it does not. */
function startOf(text: string): { readonly asDate: boolean; readonly digits: boolean } {
  const digit = text.search(/\d/)
  if (digit === -1) return { asDate: false, digits: false }
  const words = text
    .slice(0, digit)
    .split(' ')
    .filter(word => word !== '')
  const [first = ''] = words
  const opened = OPENERS.has(first.toLowerCase()) || /[,.]$/.test(first) || /^\p{Lo}/u.test(first)
  return {
    asDate:
      words.length === 0 ||
      (words.length <= 4 && opened && words.every((word, at) => isOfDate(word, at) || /^\p{Lo}/u.test(word))),
    digits: digit === 0,
  }
}

/** Words before the figures of a date are a preposition, a day or a month. */
const isOfDate = (word: string, at: number): boolean => (at === 0 && OPENERS.has(word.toLowerCase())) || DAY.test(word)

const OPENERS: ReadonlySet<string> = new Set(
  `on at in le no am a il el em op den på dnia w dne dňa ve v у в на kl ti ma ke to pe la su lør søn man tir ons tor fre
   lun mar mer gio ven sab dom data 在 於 (időpont: στις`.split(/\s+/),
)

/** The first letters of days and months. */
const DAYS = `mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|
  lun|mer|jeu|ven|sam|dim|févr?|avr|mai|juin|juil|août|déc|mo|di|mi|do|fr|sa|so|märz?|okt|dez|
  mié|jue|vie|sáb|sab|dom|ene|abr|ago|dic|gio|gen|mag|giu|lug|set|ott|ma|wo|vr|zo|za|mei|maa|
  tors?|ons|tis|tirs|man|fre|lør|søn|lör|sön|maj|seg|ter|qua|qui|sex|fev|out|
  pon|wt|śr|czw|pt|sob|niedz|dniu|út|st|čt|pá|ne|po|δευ|τρί|τετ|πέμ|παρ|σάβ|κυρ|
  пн|вт|ср|чт|пт|сб|вс|нд|понед|втор|сред|четв|пятн|субб|воскр`.replaceAll(/\s+/g, '')

const DAY = new RegExp(`^(?:(?:${DAYS})[\\p{L}-]{0,12}|de|data|dia|le)[.,]{0,2}$`, 'iu')

/** What stands behind the last figure. */
function behindDate(text: string): string {
  const last = /^.*\d[^\s]*/u.exec(text)?.[0].length ?? 0
  return text.slice(last)
}

/** German and its neighbours have the name behind the verb, the others before it. */
function isNamed(before: string, behind: string, address: boolean, dated: boolean): boolean {
  const tail = wordsOf(behind)
  if (/\d/.test(behind)) return startOf(behind.trim()).asDate && isName(wordsOf(before), dated)
  if (tail.length > 0) return isName(tail, dated || address)
  const rest = wordsOf(withoutDay(behindDate(before)))
  if (rest.length > 0) return isName(rest, dated || address)
  const words = wordsOf(withoutDay(before.slice(0, Math.max(before.search(/\d/), 0))))
  return words.length === 0 ? address : isName(words, dated || address)
}

/** Without the preposition and the day that it begins with. */
function withoutDay(text: string): string {
  const words = text.split(' ').filter(word => word !== '')
  if (!OPENERS.has(words[0]?.toLowerCase() ?? '')) return text
  const name = words.findIndex((word, at) => !isOfDate(word, at))
  return name === -1 ? '' : words.slice(name).join(' ')
}

/** `…, Jo Doe wrote`: programs put a comma before the name, or write it behind the verb. */
const isSetOff = (before: string, behind: string): boolean =>
  wordsOf(behind).length > 0 || /,[^,\d]{1,60}$/.test(before)
