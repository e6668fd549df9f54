/** What each leaf is for, by its type, its name, its disposition and its place: rules in their order, the first hit decides. */
import type { PartRole } from '../mail/part.ts'
import type { Branch, Leaf } from './leaves.ts'

/** What a role is decided by: the leaf's header facts, its decoded size and its first bytes. */
export type Seen = Omit<Leaf, 'store'> & { readonly size: number; readonly head: Buffer }

/** Of a leaf: `text` is shown or is another rendering of what is shown; which of the two, text.ts decides once all are known. */
export type LeafRole = Exclude<PartRole, 'body'> | 'text'

/**
 * `renderings`: types of text that came before it in the same multipart/alternative; a second one
 * that has a name of its own is a file.
 */
export function roleOf(leaf: Seen, renderings: ReadonlySet<string> = NONE): LeafRole {
  const type = typeByName(leaf)
  const inside = leaf.parent?.subtype
  if (type === 'message/external-body' || type === 'message/partial') return 'reference'
  if (inside === 'encrypted' || ENCRYPTED.test(type)) return 'encrypted'
  if (isSignature(leaf, type)) return 'signature'
  if (MESSAGE.test(type)) return 'message'
  if (REPORT.test(type) && !isHandedOn(leaf)) return 'report'
  if (isTnef(leaf.name, type) || isTnefByBytes(type, leaf.head)) return 'tnef'
  if (isResourceFork(leaf, type)) return 'layout'
  if (isAnswer(leaf, type)) return 'report'
  if (leaf.unsplit) return leaf.size <= UNSPLIT_TEXT && !isAttached(leaf) ? 'text' : 'file'
  if (isText(leaf, type) || isNamedText(leaf, type, renderings)) return 'text'
  if (isRendering(leaf, type)) return 'alternative'
  if (isLayout(leaf)) return 'layout'
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

const NONE: ReadonlySet<string> = new Set()

/**
 * The type by which a part is read. S/MIME may come as application/octet-stream, and its name tells
 * then what it is (RFC 8551 §3.9).
 */
export function typeByName({ declared, name }: Pick<Leaf, 'declared' | 'name'>): string {
  const type = declared ?? ''
  if (!/^(?:|application\/(?:octet-stream|x-octet-stream|binary|unknown|x-unknown|pkcs7|x-pkcs7))$/.test(type))
    return type
  if (/\.p7m$/i.test(name ?? '')) return 'application/pkcs7-mime'
  return SIGNATURE_NAME.test(name ?? '') && /\.p7s$/i.test(name ?? '') ? 'application/pkcs7-signature' : type
}

/** A multipart without parts that is larger than this is likelier to hide files than to be somebody's text. */
const UNSPLIT_TEXT = 64 * 1024

const ENCRYPTED = /^application\/(?:(?:x-)?pkcs-?7-mime|pgp-encrypted)$/
const SIGNATURE = /^application\/(?:(?:x-)?pkcs-?7-signature|pgp-signature)$/
const MESSAGE = /^message\/(?:rfc822|global|news)$/
const REPORT =
  /^(?:message\/(?:global-)?(?:delivery-status|disposition-notification|feedback-report|tracking-status|headers)|text\/rfc822-headers?)$/

/** Somebody asks why his mail came back, and attaches what came back. */
const isHandedOn = (leaf: Pick<Leaf, 'name' | 'disposition' | 'parent'>): boolean =>
  isAttached(leaf) && !within(leaf.parent, 'report')

/** A detached signature of the mail itself; somebody's `contract.pdf.sig` is a file. */
function isSignature(leaf: Pick<Leaf, 'name' | 'parent' | 'place' | 'disposition'>, type: string): boolean {
  if (leaf.parent?.subtype === 'signed' && leaf.place > 1) {
    const isVague = /^(?:|application\/octet-stream)$/.test(type)
    const byName = leaf.name === undefined ? leaf.place === 2 : /\.(?:p7s|asc|sig|pgp)$/i.test(leaf.name)
    return SIGNATURE.test(type) || type === leaf.parent.protocol || (isVague && byName)
  }
  return SIGNATURE.test(type) && (leaf.name === undefined || SIGNATURE_NAME.test(leaf.name))
}

const SIGNATURE_NAME = /^(?:s-?mime\d{0,2}\.p7s|(?:openpgp_|pgp\.?)?sig(?:nature)?(?:\.(?:asc|pgp|sig|p7s))?)$/i

const isTnef = (name: string | undefined, type: string): boolean =>
  /^application\/(?:vnd\.)?ms-tnef$/.test(type) || /^win(?:mail)?\.dat$/i.test(name ?? '')

/** Gateways rename a winmail.dat; its first bytes stay (MS-OXTNEF §2.1.3.1). */
const isTnefByBytes = (type: string, head: Buffer): boolean =>
  (type === '' || type.startsWith('application/')) && head.length >= 6 && head.readUInt32LE(0) === 0x223e9f78

/** Begins with the number of AppleDouble (RFC 1740 §4); AppleSingle, which holds the file, has another. */
export const isAppleDouble = (head: Buffer): boolean => head.length >= 4 && head.readUInt32BE(0) === 0x00051607

/** The header file of AppleDouble (RFC 1740): Finder data and icons. The file itself comes beside it. */
const isResourceFork = ({ name, parent, head }: Seen, type: string): boolean =>
  isAppleDouble(head) &&
  (type === 'application/applefile' || parent?.subtype === 'appledouble' || /^\._/.test(name ?? ''))

/** An answer to an invitation, which is a message between calendars (RFC 6047 §2.4). */
const isAnswer = ({ parameter }: Seen, type: string): boolean =>
  /^(?:text\/calendar|application\/(?:ics|x-ics))$/.test(type) && ANSWER.test(parameter('method') ?? '')

const ANSWER = /^(?:reply|counter|declinecounter|refresh)$/i

/** Whether a calendar file of any type is an answer to an invitation. */
export const isCalendarAnswer = (head: Buffer): boolean => {
  const text = head.toString('latin1', 0, 16_384)
  return (
    /^\s{0,20}BEGIN:VCALENDAR/i.test(text) &&
    /^METHOD:[ \t]{0,9}(?:REPLY|COUNTER|DECLINECOUNTER|REFRESH)[ \t]{0,9}$/im.test(text)
  )
}

/** Nameless, not attached, and of a kind that mail programs write bodies in; an undeclared type is text/plain (RFC 2045 §5.2). */
const isText = (leaf: Pick<Leaf, 'name' | 'disposition' | 'declared' | 'parent'>, type: string): boolean =>
  !isAttached(leaf) &&
  (leaf.declared === undefined || /^text\/(?:plain|html|enriched|richtext|x-amp-html|watch-html)$/.test(type))

/** Bytes of a text that Exchange made a file of. */
const EXCHANGE_TEXT = 64 * 1024

/** Text that carries a name and that no person attached. */
function isNamedText(leaf: Seen, type: string, renderings: ReadonlySet<string>): boolean {
  const { name, parent, place, disposition, size } = leaf
  if (name === undefined || !/^text\/(?:plain|html)$/.test(type)) return false
  // Exchange gives the text below an attachment a name and makes an attachment of it.
  if (parent !== undefined && size <= EXCHANGE_TEXT && EXCHANGE_NAME.test(name)) return true
  if (disposition !== undefined && disposition !== 'inline') return false
  if (parent === undefined) return BODY_NAME.test(name)
  if (parent.subtype === 'alternative' && BODY_NAME.test(name)) return true
  // A page and its pictures below a text were attached by a person.
  if (!isFirst(parent)) return false
  if (parent.subtype === 'related') return place === 1 && (type === 'text/html' || BODY_NAME.test(name))
  if (parent.subtype === 'alternative') return !renderings.has(type) && (place === 1 || type === 'text/html')
  return place === 1 && type === 'text/html' && BODY_NAME.test(name)
}

const EXCHANGE_NAME = /^ATT\d{3,6}\.{1,2}(?:html?|txt|c)$/i

/** Names that programs give to the text of a mail. */
const BODY_NAME =
  /^(?:(?:e-?mail|mail|message|msg|html|text|plain)?[ _-]?(?:body|text|message|msg|part|html|plain|content|inhalt|nachricht|corps|mensaje|messaggio|bericht)|(?:e-?mail|untitled|noname|sapwebform))[ _-]?\d{0,5}(?:\.(?:txt|html?|plain))?$/i

/** Whether nothing comes before the branch but renderings of the same text. */
function isFirst(branch: Branch): boolean {
  for (let at = branch.parent; at !== undefined; at = at.parent)
    if (at.children > 1 && at.subtype !== 'alternative') return false
  return true
}

/** Another rendering of the text in a format that no mail program shows first. */
const isRendering = ({ name, disposition, parent }: Seen, type: string): boolean =>
  parent?.subtype === 'alternative' && name === undefined && disposition !== 'attachment' && RENDERING.test(type)

const RENDERING =
  /^(?:text\/(?:rtf|markdown|x-markdown|x-web-markdown|xml|vnd\.wap\.wml|x-org|x-textile)|application\/(?:rtf|x-rtf|msrtf|json|ld\+json|xhtml\+xml|vnd\.wap\.xhtml\+xml|x-amp-html))$/

/** Files that Office writes beside HTML, by their fixed names: they hold the layout and nothing a person reads. */
const isLayout = ({ name, disposition, contentId, location, parent }: Seen): boolean =>
  disposition !== 'attachment' &&
  (contentId !== undefined || location !== undefined || within(parent, 'related')) &&
  /^(?:(?:ole|edit)data\.mso|filelist\.xml|themedata\.(?:thmx|xml)|colorschememapping\.xml)$/i.test(name ?? '')

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
