/** What is one address, and when two are the same: addresses come from strangers and end up in RCPT TO. */
import { domainToASCII } from 'node:url'
import type { Address } from './header.ts'

/** RFC 5322 §3.2.3 atext and RFC 6531 letters, without `%` and `!`: relays have read routes out of those. */
const LOCAL = /^[\p{L}\p{N}\p{M}#$&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}\p{M}#$&'*+/=?^_`{|}~-]+)*$/u

const DOMAIN = /^(?:[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i

/** RFC 5321 §4.5.3.1, in octets. */
const LONGEST = 254
const LONGEST_LOCAL = 64

/**
 * The address as it may stand in RCPT TO, its domain in ASCII (RFC 5890); undefined unless it is exactly one plain dot-atom address.
 * Quoted local parts and address literals are refused: hardly a person has one, and they are where parsers disagree.
 */
export function mailable(address: string): string | undefined {
  const { local, domain } = split(address)
  const ascii = /^[\x21-\x7E]*$/.test(domain) ? domain : domainToASCII(domain)
  const whole = `${local}@${ascii}`
  if (!LOCAL.test(local) || !DOMAIN.test(ascii)) return undefined
  return Buffer.byteLength(local) > LONGEST_LOCAL || Buffer.byteLength(whole) > LONGEST ? undefined : whole
}

/**
 * One spelling for each address, to compare by: lower case, the domain in ASCII. RFC 5321 §2.4 allows local parts that differ
 * in case alone; no server in use gives them to two people. Undefined without a local part or a domain.
 */
export function canonical(address: string): string | undefined {
  const { local, domain } = split(address)
  const ascii = domainOf(domain)
  return local === '' || ascii === undefined ? undefined : `${local.normalize('NFC').toLowerCase()}@${ascii}`
}

/** A domain in lower case ASCII (RFC 5890); undefined when it is none. */
export function domainOf(domain: string): string | undefined {
  const ascii = domainToASCII(domain.replace(/\.$/, '')).toLowerCase()
  return DOMAIN.test(ascii) ? ascii : undefined
}

/** `Support <support@example.com>`, `"Support, 2nd line" <…>` or a bare address, as an operator writes it; undefined for anything else. */
export function parseMailbox(text: string): Address | undefined {
  const [, quoted, plain, inside, bare] =
    /^\s*(?:(?:"((?:[^"\\]|\\.)*)"|([^"<>]*?))\s*<([^<>\s]+)>|(\S+))\s*$/.exec(text) ?? []
  const address = mailable(inside ?? bare ?? '')
  const name = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? ''
  return address === undefined || /\p{Cc}/u.test(name) ? undefined : { name, address }
}

function split(address: string): { readonly local: string; readonly domain: string } {
  const at = address.lastIndexOf('@')
  return at < 1 ? { local: '', domain: '' } : { local: address.slice(0, at), domain: address.slice(at + 1) }
}
