/** Lines of a body, as the rules that look for quoted history and signatures read them. */

/** Characters of a line that are looked at; longer lines are paragraphs. */
const LOOKED_AT = 2000

/**
 * The line without what cannot be seen: all kinds of blanks become one space, marks of writing
 * direction and zero-width characters go. Of a longer line 2,000 characters and an ellipsis.
 */
export const plainLine = (line: string): string =>
  line
    .slice(0, LOOKED_AT)
    .replace(/[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g, '')
    .replace(/\s+/g, ' ')
    .trim() + (line.length > LOOKED_AT ? '…' : '')

/** The index of the last line above `at` that is not empty; -1 when there is none. */
export function lastAbove(plain: readonly string[], at: number): number {
  for (let above = at - 1; above >= 0; above -= 1) if (plain[above] !== '') return above
  return -1
}

/** The index of the first line from `at` on that is not empty, over at most `blanks` empty ones. */
export function nextBelow(plain: readonly string[], at: number, blanks: number): number | undefined {
  for (let below = at; below <= at + blanks && below < plain.length; below += 1) if (plain[below] !== '') return below
  return undefined
}

/** A row of one or two kinds of drawing characters, five at least, and nothing else. */
export const isRule = (plain: string): boolean => plain.length >= 5 && DRAWN.test(plain)

const DRAWN = /^[-_=*~+#\u2014\u2015\u2500-\u257F\uFF1D\uFF0A\uFF3F\uFF5E ]+$/

/** A day with its year, or in digits. */
export const hasDate = (plain: string): boolean =>
  /(?<!\d)(?:19|20)\d{2}(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\d)/.test(plain)

/** A time of day: `10:00`, `10.00`, `10h00`; not the day and month of `12.11.2026`. */
export const hasTime = (plain: string): boolean => /(?<![\d.])\d{1,2}(?:[:h]\d{2}(?!\d)|\.[0-5]\d(?![\d.]))/.test(plain)

/** An address of mail, or of Notes: `Jo Doe/Acme@Acme`. */
export const hasAddress = (plain: string): boolean => /[^\s@<>]@[^\s@<>]/.test(plain)
