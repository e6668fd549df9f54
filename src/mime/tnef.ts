/** Finds the files in a winmail.dat (MS-OXTNEF), its text and its message class: where their bytes are. Nothing but the text is copied. */
import { isFault } from '../mail/fault.ts'
import type { Allowance } from './allowance.ts'
import { textOf } from './charset.ts'
import { type Properties, propertiesOf, TYPES, type Value } from './mapi.ts'
import { textOfCompressedRtf } from './rtf.ts'
import { type Span, unreadable } from './span.ts'

export type Inside = {
  /** As the sender's program wrote it; undefined when it wrote none. */
  readonly name: string | undefined
  /** Lower case; `application/octet-stream` when undeclared or nonsense. */
  readonly type: string
  readonly contentId: string | undefined
  readonly octets: Span
}

export type Outline = {
  /** Those of embedded mails included. */
  readonly files: readonly Inside[]
  /** What else is in it and cannot be taken out as a file, in words. */
  readonly rest: ReadonlySet<string>
  /** The text of the mail; undefined where there is none, or it is not readable. */
  readonly text: { readonly type: 'text/plain' | 'text/html'; readonly text: string } | undefined
  /** `IPM.Note` and the like (MS-OXCMSG §2.2.1.3); undefined where it is not told. */
  readonly messageClass: string | undefined
}

const DEPTH = 10

const SIGNATURE = 0x223e9f78
const LEVELS = { message: 1, attachment: 2 } as const
const ATTRIBUTES = {
  title: 0x8010,
  data: 0x800f,
  transportName: 0x9001,
  rendering: 0x9002,
  properties: 0x9005,
  codepage: 0x9007,
  body: 0x800c,
  messageClass: 0x8008,
  messageProperties: 0x9003,
} as const
const PROPERTIES = {
  displayName: 0x3001,
  data: 0x3701,
  name: 0x3704,
  method: 0x3705,
  longName: 0x3707,
  type: 0x370e,
  contentId: 0x3712,
  messageClass: 0x001a,
  body: 0x1000,
  rtf: 0x1009,
  html: 0x1013,
  internetCodepage: 0x3fde,
} as const
/** Values of PidTagAttachMethod: an embedded mail, and an OLE object. */
const METHODS = { mail: 5, object: 6 } as const
/** PidTagAttachMethod (MS-OXCMSG §2.2.2.9): by reference of four kinds. */
const POINTERS = new Set([2, 3, 4, 7])
/** IID_IMessage, as it lies on disk. */
const MAIL = Buffer.from('0703020000000000c000000000000046', 'hex')

/**
 * Reads from the start of a TNEF stream to its end. Fault 5.6.0 of scope `attachment` when it is none, is cut short, claims a length that is
 * not there, or is over the allowance. Mails within mails are opened ten levels deep.
 */
export function outlineOf(stream: Span, allowance: Allowance, depth = 1): Outline {
  if (stream.left < 6 || stream.u32() !== SIGNATURE) throw unreadable('it is no TNEF stream')
  stream.u16()
  const drafts: Draft[] = []
  const rest = new Set<string>()
  let codepage = 0
  const message: Draft = emptyDraft()
  while (stream.left > 0) {
    allowance.step()
    const level = stream.u8()
    if (level !== LEVELS.message && level !== LEVELS.attachment) {
      rest.add('octets after its end')
      break
    }
    const id = stream.u32() & 0xffff
    const data = stream.span(stream.u32())
    const sum = stream.u16()
    if (level === LEVELS.attachment) {
      // An embedded mail lies within an attribute whose sum was taken already.
      if (depth === 1 && sumOf(data) !== sum) rest.add('octets that do not add up')
      note(drafts, id, data, allowance)
    } else if (id === ATTRIBUTES.codepage && data.left >= 4) codepage = data.u32()
    else if (id === ATTRIBUTES.messageProperties) message.properties = messagePropertiesOf(data, allowance)
    else message.attributes.set(id, data)
  }
  const files = drafts.flatMap(draft => filesOf(draft, codepage, rest, allowance, depth))
  const messageClass =
    textOfAttribute(message, ATTRIBUTES.messageClass, codepage) ?? textIn(message, PROPERTIES.messageClass, codepage)
  return { files, rest, text: depth === 1 ? messageText(message, codepage) : undefined, messageClass }
}

type Draft = { readonly attributes: Map<number, Span>; properties: Properties }

const emptyDraft = (): Draft => ({ attributes: new Map(), properties: { values: new Map(), whole: true } })

/** The files do not depend on the properties of the mail: what cannot be read of these is left out. */
function messagePropertiesOf(data: Span, allowance: Allowance): Properties {
  try {
    return propertiesOf(data, allowance.step)
  } catch (error) {
    if (isFault(error)) return { values: new Map(), whole: false }
    throw error
  }
}

/** Bytes of the text that are read. */
const LONGEST_TEXT = 256 * 1024

/** PidTagBody or attBody, else PidTagBodyHtml, else PidTagRtfCompressed (MS-OXCMSG §2.2.1.58). */
function messageText(message: Draft, codepage: number): Outline['text'] {
  const { values } = message.properties
  const internet = values.get(PROPERTIES.internetCodepage)?.octets.start(4)
  const own = internet === undefined || internet.length < 4 ? codepage : internet.readUInt32LE()
  const plain = plainBody(values.get(PROPERTIES.body), own) ?? plainAttribute(message, codepage)
  if (plain !== undefined) return { type: 'text/plain', text: plain }
  const html = values.get(PROPERTIES.html)
  if (html !== undefined) return { type: 'text/html', text: eightBit(bytesOf(html.octets, LONGEST_TEXT), own) }
  const rtf = values.get(PROPERTIES.rtf)
  const text = rtf === undefined ? undefined : textOfCompressedRtf(bytesOf(rtf.octets, LONGEST_TEXT))
  return text === undefined || text.text.trim() === '' ? undefined : text
}

function plainBody(value: Value | undefined, codepage: number): string | undefined {
  if (value?.type === TYPES.unicode) return terminated(bytesOf(value.octets, LONGEST_TEXT).toString('utf16le'))
  return value?.type === TYPES.string8 ? terminated(eightBit(bytesOf(value.octets, LONGEST_TEXT), codepage)) : undefined
}

function plainAttribute({ attributes }: Draft, codepage: number): string | undefined {
  const body = attributes.get(ATTRIBUTES.body)
  return body === undefined ? undefined : terminated(eightBit(bytesOf(body, LONGEST_TEXT), codepage))
}

function bytesOf(octets: Span, limit: number): Buffer {
  const chunks: Buffer[] = []
  let size = 0
  for (const chunk of octets.chunks()) {
    if (size >= limit) break
    chunks.push(Buffer.from(chunk))
    size += chunk.length
  }
  return Buffer.concat(chunks).subarray(0, limit)
}

/** attAttachRenddata comes first in every attachment; where a program left it out, an attribute that comes again begins the next one. */
function note(drafts: Draft[], id: number, data: Span, allowance: Allowance): void {
  let draft = drafts.at(-1)
  if (draft === undefined || id === ATTRIBUTES.rendering || draft.attributes.has(id)) {
    allowance.file()
    draft = emptyDraft()
    drafts.push(draft)
  }
  draft.attributes.set(id, data)
  if (id === ATTRIBUTES.properties) draft.properties = propertiesOf(data, allowance.step)
}

function filesOf(
  draft: Draft,
  codepage: number,
  rest: Set<string>,
  allowance: Allowance,
  depth: number,
): readonly Inside[] {
  if (!draft.properties.whole) rest.add('a property of a kind nobody knows')
  const content = contentOf(draft)
  if (content === 'stub') {
    rest.add('an embedded mail')
    return []
  }
  if (content === undefined) {
    rest.add(pointsOnly(draft) ? 'a pointer to a file that did not come with it' : 'an attachment without content')
    return []
  }
  if (content.kind === 'mail') return filesOfMail(content.octets, rest, allowance, depth)
  if (content.isPartial) rest.add('an object of another program')
  const type = textIn(draft, PROPERTIES.type, codepage)?.toLowerCase() ?? ''
  return [
    {
      name: nameOf(draft, codepage),
      type: TYPE.test(type) ? type : 'application/octet-stream',
      contentId: textIn(draft, PROPERTIES.contentId, codepage)
        ?.slice(0, 998)
        .replace(/^[\s<]+|[\s>]+$/g, ''),
      octets: content.octets,
    },
  ]
}

const TYPE = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/

/** Its text is nowhere else, so a mail is always something that stays; its files are taken out all the same. */
function filesOfMail(octets: Span, rest: Set<string>, allowance: Allowance, depth: number): readonly Inside[] {
  rest.add('an embedded mail')
  if (depth >= DEPTH) return []
  try {
    const inner = outlineOf(octets, allowance, depth + 1)
    for (const one of inner.rest) rest.add(one)
    return inner.files
  } catch (error) {
    // It stays where it is in any case, and the files beside it are none the worse.
    if (isFault(error)) return []
    throw error
  }
}

/** `isPartial`: the object is more than these bytes. */
type Content = { readonly kind: 'file' | 'mail'; readonly octets: Span; readonly isPartial?: boolean }

/**
 * attAttachData, or PidTagAttachDataBinary, or PidTagAttachDataObject without the interface id that
 * it begins with. For an embedded mail Outlook writes a sentence into attAttachData that says that
 * it is one (`stub`): the mail is in the property.
 */
function contentOf(draft: Draft): Content | 'stub' | undefined {
  const data = draft.attributes.get(ATTRIBUTES.data)
  const property = draft.properties.values.get(PROPERTIES.data)
  const method = methodOf(draft)
  if (method === METHODS.mail || (property?.type === TYPES.object && isMail(property.octets))) {
    if (property?.type !== TYPES.object) return 'stub'
    property.octets.skip(Math.min(MAIL.length, property.octets.left))
    return { kind: 'mail', octets: property.octets }
  }
  if (method === METHODS.object && data !== undefined && data.left > 0 && property?.type === TYPES.object)
    return { kind: 'file', octets: data, isPartial: true }
  if (data !== undefined && (data.left > 0 || (property === undefined && !pointsOnly(draft))))
    return { kind: 'file', octets: data }
  if (property === undefined) return undefined
  if (property.type !== TYPES.object) return { kind: 'file', octets: property.octets }
  property.octets.skip(MAIL.length)
  return { kind: 'file', octets: property.octets }
}

const isMail = (octets: Span): boolean => octets.start(MAIL.length).equals(MAIL)

const methodOf = ({ properties: { values } }: Draft): number => values.get(PROPERTIES.method)?.octets.start(4)[0] ?? 0

const pointsOnly = (draft: Draft): boolean => POINTERS.has(methodOf(draft))

function nameOf(draft: Draft, codepage: number): string | undefined {
  const titleOf = (id: number): string | undefined => textOfAttribute(draft, id, codepage)
  return (
    textIn(draft, PROPERTIES.longName, codepage) ??
    titleOf(ATTRIBUTES.title) ??
    textIn(draft, PROPERTIES.name, codepage) ??
    titleOf(ATTRIBUTES.transportName) ??
    textIn(draft, PROPERTIES.displayName, codepage)
  )
}

/** Octets of a text that are read. */
const LONGEST = 4096

function textOfAttribute({ attributes }: Draft, id: number, codepage: number): string | undefined {
  const octets = attributes.get(id)?.start(LONGEST)
  return octets === undefined ? undefined : terminated(eightBit(octets, codepage))
}

function textIn(draft: Draft, id: number, codepage: number): string | undefined {
  const value = draft.properties.values.get(id)
  if (value?.type === TYPES.unicode) return terminated(value.octets.start(LONGEST).toString('utf16le'))
  return value?.type === TYPES.string8 ? terminated(eightBit(value.octets.start(LONGEST), codepage)) : undefined
}

/** In the code page that attOemCodepage names; 65001 is UTF-8, and where none is named UTF-8 or windows-1252, whichever it is. */
const eightBit = (octets: Buffer, codepage: number): string =>
  textOf(octets, codepage === 65001 ? 'utf-8' : codepage === 0 ? undefined : `cp${codepage}`, true).text

const terminated = (text: string): string | undefined => {
  const end = text.indexOf('\0')
  const all = end === -1 ? text : text.slice(0, end)
  return all.trim() === '' ? undefined : all
}

/** The sum of all octets, in sixteen bits. */
function sumOf(data: Span): number {
  let sum = 0
  for (const chunk of data.chunks()) for (const octet of chunk) sum += octet
  return sum & 0xffff
}
