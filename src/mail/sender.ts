/** Who wrote a mail: a person, who is answered, or a machine, which never is; and whether this sender may write here. */
import { canonical, domainOf, mailable } from './address.ts'
import type { Header, Machine } from './header.ts'
import { autoReplyOf, bulkOf, daemonOf, loopOf, noReplyOf, reportOf, subjectSign } from './signs.ts'

/** Addresses that are ours: the users of the mailboxes, and the one notices come from. */
export type OwnAddresses = readonly string[]

/**
 * Why no person wrote this mail; undefined when nothing says so. Only signs that a person's mail does not carry count here,
 * for a machine's mail without ticket number is discarded (RFC 3834 §2, RFC 5230 §4.6).
 */
export function machineOf(header: Header, own: OwnAddresses): Machine | undefined {
  const report = reportOf(header)
  if (report !== undefined) return { kind: 'report', why: report }
  const why = automaticOf(header, own)
  return why === undefined ? undefined : { kind: 'automatic', why }
}

/**
 * Why a mail must not be answered; undefined when it may. Everything a machine wrote, and eager beyond that: an answer that is
 * missing costs a courtesy, one too many may feed a loop (RFC 3834 §2).
 */
export function silenceOf(header: Header, own: OwnAddresses): string | undefined {
  const machine = machineOf(header, own)
  if (machine !== undefined) return machine.why
  const { from } = header
  if (from === undefined || mailable(from.address) === undefined) return 'no usable From address'
  if ((header.fields.get('from')?.length ?? 1) > 1) return 'several From fields'
  if (isOwn(from.address, own)) return 'it comes from an address of ours'
  const senders = [from.address, header.returnPath, ...(header.fields.get('sender') ?? [])]
  return daemonOf(senders) ?? noReplyOf(from.address) ?? loopOf(header) ?? subjectSign(header)
}

/**
 * Whether `senders.allow` lets this address write: `*`, an address, or `*@domain` (not its subdomains). Case does not matter,
 * and a domain matches in either spelling (RFC 5890). Without an address only `*` does.
 */
export function mayWrite(from: string | undefined, allow: readonly string[]): boolean {
  const address = from === undefined ? undefined : canonical(from)
  return allow.some(entry => {
    if (entry === '*') return true
    if (address === undefined) return false
    if (!entry.startsWith('*@')) return canonical(entry) === address
    const domain = domainOf(entry.slice(2))
    return domain !== undefined && address.slice(address.lastIndexOf('@') + 1) === domain
  })
}

function automaticOf(header: Header, own: OwnAddresses): string | undefined {
  // RFC 3834 §2: nothing with a null return path may be answered; RFC 5321 §4.5.5: persons do not send so.
  if (header.returnPath === '') return 'its return path is empty'
  const loops = header.fields.get('x-loop') ?? []
  if (loops.some(loop => isOwn(loop.trim(), own))) return 'it has been here before (X-Loop)'
  return autoReplyOf(header) ?? bulkOf(header)
}

/** Sub-addresses (`support+tag@`) are the same mailbox (RFC 5233). */
function isOwn(address: string, own: OwnAddresses): boolean {
  const whole = canonical(address)
  const plain = whole?.replace(/\+[^@]*@/, '@')
  return own.some(ours => {
    const mine = canonical(ours)
    return mine !== undefined && (mine === whole || mine === plain)
  })
}
