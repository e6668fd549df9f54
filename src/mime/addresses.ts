/** One mailbox out of an address list (RFC 5322 §3.4), read so that no display name can smuggle in a second. */
import type { Address } from '../mail/envelope.ts'
import { decoded } from './fields.ts'

/**
 * The first mailbox with a valid addr-spec in an undecoded From value; undefined when there is none. Reads at most 10,000 characters.
 * Encoded words are decoded only after the list was cut up: RFC 2047 §5 (3) allows none of its syntax inside them.
 */
export function firstMailbox(value: string): Address | undefined {
  for (const mailbox of mailboxes(value.slice(0, LONGEST))) {
    const address = addrSpec(mailbox.address)
    if (address !== undefined) return { name: decoded(mailbox.name), address }
  }
  return undefined
}

/** All valid addr-specs in an undecoded address list, in order. Reads at most 10,000 characters. */
export const addressesIn = (value: string): readonly string[] =>
  Array.from(mailboxes(value.slice(0, LONGEST)), ({ address }) => addrSpec(address)).filter(one => one !== undefined)

/** How many mailboxes an undecoded From value names, as far as it is read; a group, and one that is longer, count for more than one. */
export function countMailboxes(value: string): number {
  const read = value.slice(0, LONGEST)
  const named = Array.from(mailboxes(read)).filter(({ name, address }) => `${name}${address}`.trim() !== '').length
  const group = Array.from(tokens(read)).some(({ kind }) => kind === 'group')
  return named + (group || value.length > LONGEST ? 1 : 0)
}

/** Characters of a From value that are read. */
const LONGEST = 10_000

/** A plain addr-spec, or undefined: no quotes that need quoting again, no comments, no white space, at most 254 octets (RFC 5321 §4.5.3.1). */
export function addrSpec(text: string): string | undefined {
  const bare = text.trim().replace(/^"([^"\\\s@]+)"@/, '$1@')
  return bare.length <= 254 && ADDR_SPEC.test(bare) ? bare : undefined
}

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u00A1-\\uD7FF\\uF900-\\uFFEF-]"
const LABEL = '[A-Za-z0-9_\\u00A1-\\uD7FF\\uF900-\\uFFEF](?:[A-Za-z0-9_\\u00A1-\\uD7FF\\uF900-\\uFFEF-]*)'
const ADDR_SPEC = new RegExp(
  `^(?!.{65,}@)${ATOM}+(?:\\.+${ATOM}+)*\\.?@(?:${LABEL}(?:\\.${LABEL})*|\\[[A-Za-z0-9:.]+\\])$`,
)

type Candidate = { readonly name: string; readonly address: string }

/** Cuts at commas, semicolons and group colons outside quotes, comments and angle brackets. */
function* mailboxes(value: string): Generator<Candidate> {
  let [plain, angle, comment] = ['', '', '']
  let bracketed = false
  const take = (): Candidate => {
    const one = bracketed
      ? { name: plain.trim() || comment.trim(), address: angle }
      : { name: comment.trim(), address: plain }
    ;[plain, angle, comment, bracketed] = ['', '', '', false]
    return one
  }
  for (const token of tokens(value)) {
    if (token.kind === 'end') yield take()
    else if (token.kind === 'group') take()
    else if (token.kind === 'comment') comment = token.text
    else if (token.kind === 'angle') [angle, bracketed] = [token.text, true]
    else if (!bracketed) plain += token.text
  }
  yield take()
}

type Token = { readonly kind: 'text' | 'quoted' | 'comment' | 'angle' | 'end' | 'group'; readonly text: string }

function* tokens(value: string): Generator<Token> {
  for (let at = 0; at < value.length; ) {
    const character = value.charAt(at)
    if (character === '"') {
      const { text, next } = until(value, at + 1, '"')
      // A quoted local part stays quoted, so that addrSpec can see what it is; a quoted name loses its quotes.
      yield { kind: 'quoted', text: value.charAt(next) === '@' ? `"${text}"` : text }
      at = next
    } else if (character === '(') {
      const { text, next } = until(value, at + 1, ')')
      yield { kind: 'comment', text }
      at = next
    } else if (character === '<') {
      const { text, next } = until(value, at + 1, '>')
      yield { kind: 'angle', text }
      at = next
    } else {
      yield {
        kind: character === ',' || character === ';' ? 'end' : character === ':' ? 'group' : 'text',
        text: character,
      }
      at += 1
    }
  }
}

/** The text up to an unescaped closing mark, or the rest when it never closes. */
function until(value: string, from: number, mark: string): { readonly text: string; readonly next: number } {
  let text = ''
  for (let at = from; at < value.length; at++) {
    const character = value.charAt(at)
    if (character === mark) return { text, next: at + 1 }
    if (character === '\\' && mark !== '>') at += 1
    text += value.charAt(at)
  }
  return { text, next: value.length }
}
