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
 * All ticket numbers in a decoded subject, in order, each once. A number must not touch `[A-Za-z0-9]` on either side;
 * group `ticket` is taken if the pattern has one. Subjects are read up to 2,000 characters.
 */
export function ticketsIn(subject: string, pattern: TicketPattern): readonly TicketNumber[] {
  const matcher = pattern.engine.matcher(subject.slice(0, 2000))
  const grouped = Object.hasOwn(pattern.engine.namedGroups(), 'ticket')
  const found = new Set<TicketNumber>()
  for (let from = 0; matcher.find(from); ) {
    const [start, end] = [matcher.start(), matcher.end()]
    const alone = !isWordy(subject[start - 1]) && !isWordy(subject[end])
    const number = grouped ? matcher.group('ticket') : matcher.group()
    // Case folding would let U+017F and U+212A pass for S and K.
    if (alone && number && isAscii(number)) found.add(number.toUpperCase() as TicketNumber)
    from = alone && end > start ? end : start + 1
    if (from > Math.min(subject.length, 2000)) break
  }
  return [...found]
}

const isAscii = (text: string): boolean => /^[\x20-\x7E]+$/.test(text)

const isWordy = (character: string | undefined): boolean => character !== undefined && /[A-Za-z0-9]/.test(character)
