/** What the desk says of a ticket, out of its record: is it closed, and whose is it. */
import type { TicketFacts } from '../gateway/ports.ts'
import { asObject, type Fields, fieldOf, names, objectIn, wordIn } from './json.ts'

/**
 * Undefined when the answer is no record of this ticket. Closed: it has an end date, or its status (number, GUID or label in any language)
 * is one of `closedStatuses`. People: e-mail addresses of requestor and recipient, lower case.
 */
export function factsIn(
  text: string | undefined,
  ticket: string,
  closedStatuses: readonly string[],
): TicketFacts | undefined {
  const record = objectIn(text)
  if (record === undefined || !isOf(record, ticket)) return undefined
  const state = asObject(fieldOf(record, 'STATUS'))
  const closing = new Set(closedStatuses.map(plain))
  const said = [wordIn(record, 'STATUS_ID'), ...Object.keys(state ?? {}).map(key => wordIn(state, key))]
  return {
    closed:
      wordIn(record, 'END_DATE_UT') !== undefined || said.some(word => word !== undefined && closing.has(plain(word))),
    status: labelOf(state) ?? wordIn(record, 'STATUS_ID'),
    people: peopleOf(record),
  }
}

const isOf = (record: Fields, ticket: string): boolean => {
  const number = wordIn(record, 'RFC_NUMBER')
  return number === undefined ? names(fieldOf(record, 'HREF'), ticket) : number.toLowerCase() === ticket.toLowerCase()
}

/** GUIDs come with and without braces. */
const plain = (word: string): string =>
  word
    .trim()
    .replace(/^\{|\}$/g, '')
    .toLowerCase()

/** Labels come per language, an untranslated one as `[text]`. */
function labelOf(state: Fields | undefined): string | undefined {
  const labels = Object.keys(state ?? {})
    .filter(key => /^status_(?!id$|guid$)/i.test(key))
    .map(key => wordIn(state, key))
    .filter(label => label !== undefined)
  return labels.find(label => !label.startsWith('[')) ?? labels[0] ?? wordIn(state, 'STATUS_ID')
}

function peopleOf(record: Fields): readonly string[] {
  const addresses = ['REQUESTOR', 'RECIPIENT'].map(role => wordIn(asObject(fieldOf(record, role)), 'E_MAIL'))
  return [...new Set(addresses.filter(address => address !== undefined).map(address => address.trim().toLowerCase()))]
}
