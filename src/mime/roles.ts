/** What each leaf is for, by its type, its name, its disposition and its place: rules in their order, the first hit decides. */
import type { PartRole } from '../mail/part.ts'
import type { Branch, Leaf } from './leaves.ts'

/** Of a leaf: `text` is shown or is another rendering of what is shown; which of the two, text.ts decides once all are known. */
export type LeafRole = Exclude<PartRole, 'body'> | 'text'

export function roleOf(leaf: Omit<Leaf, 'store'> & { readonly size: number }): LeafRole {
  const type = leaf.declared ?? ''
  const inside = leaf.parent?.subtype
  if (type === 'message/external-body' || type === 'message/partial') return 'reference'
  if (inside === 'encrypted' || ENCRYPTED.test(type)) return 'encrypted'
  if (isSignature(leaf, type)) return 'signature'
  if (MESSAGE.test(type)) return 'message'
  if (REPORT.test(type) && !isHandedOn(leaf)) return 'report'
  if (isTnef(leaf.name, type)) return 'tnef'
  if (leaf.unsplit) return leaf.size <= UNSPLIT_TEXT && !isAttached(leaf) ? 'text' : 'file'
  if (isText(leaf, type)) return 'text'
  if (
    type === 'text/calendar' &&
    leaf.name === undefined &&
    leaf.disposition !== 'attachment' &&
    inside === 'alternative'
  )
    return 'alternative'
  if (type.startsWith('image/') && isShown(leaf)) return 'inline-image'
  return 'file'
}

/** A multipart without parts that is larger than this is likelier to hide files than to be somebody's text. */
const UNSPLIT_TEXT = 64 * 1024

const ENCRYPTED = /^application\/(?:(?:x-)?pkcs7-mime|pgp-encrypted)$/
const SIGNATURE = /^application\/(?:(?:x-)?pkcs7-signature|pgp-signature)$/
const MESSAGE = /^message\/(?:rfc822|global|news)$/
const REPORT =
  /^(?:message\/(?:global-)?(?:delivery-status|disposition-notification|feedback-report|tracking-status|headers)|text\/rfc822-headers?)$/

/** Somebody asks why his mail came back, and attaches what came back. */
const isHandedOn = (leaf: Pick<Leaf, 'name' | 'disposition' | 'parent'>): boolean =>
  isAttached(leaf) && !within(leaf.parent, 'report')

/** A detached signature of the mail itself; somebody's `contract.pdf.sig` is a file. */
function isSignature(leaf: Pick<Leaf, 'name' | 'parent' | 'place' | 'disposition'>, type: string): boolean {
  if (leaf.parent?.subtype === 'signed' && leaf.place > 1) return SIGNATURE.test(type) || type === leaf.parent.protocol
  const usual =
    leaf.name === undefined ||
    /^(?:smime\.p7s|(?:openpgp_|pgp\.?)?sig(?:nature)?(?:\.(?:asc|pgp|sig))?)$/i.test(leaf.name)
  return SIGNATURE.test(type) && usual
}

const isTnef = (name: string | undefined, type: string): boolean =>
  /^application\/(?:vnd\.)?ms-tnef$/.test(type) || /^win(?:mail)?\.dat$/i.test(name ?? '')

/** Nameless, not attached, and of a kind that mail programs write bodies in; an undeclared type is text/plain (RFC 2045 §5.2). */
const isText = (leaf: Pick<Leaf, 'name' | 'disposition' | 'declared' | 'parent'>, type: string): boolean =>
  !isAttached(leaf) &&
  (leaf.declared === undefined || /^text\/(?:plain|html|enriched|richtext|x-amp-html|watch-html)$/.test(type))

/** A disposition nobody knows is an attachment (RFC 2183 §2.8), but not to itself. */
const isAttached = ({ name, disposition, parent }: Pick<Leaf, 'name' | 'disposition' | 'parent'>): boolean =>
  name !== undefined ||
  disposition === 'attachment' ||
  (disposition !== undefined && disposition !== 'inline' && parent !== undefined)

const isShown = (leaf: Pick<Leaf, 'disposition' | 'contentId' | 'parent'>): boolean =>
  leaf.disposition === 'inline' ||
  (leaf.disposition !== 'attachment' && (leaf.contentId !== undefined || within(leaf.parent, 'related')))

export function within(branch: Branch | undefined, subtype: string): boolean {
  for (let at = branch; at !== undefined; at = at.parent) if (at.subtype === subtype) return true
  return false
}
