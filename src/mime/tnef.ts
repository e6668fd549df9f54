/** Finds the files in a winmail.dat (MS-OXTNEF): their names, and where their octets lie. Nothing is copied; the body it may hold stays where it is. */
import { isFault } from '../mail/fault.ts'
import type { Allowance } from './allowance.ts'
import { textOf } from './charset.ts'
import { type Properties, propertiesOf, TYPES } from './mapi.ts'
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
} as const
const PROPERTIES = {
  displayName: 0x3001,
  data: 0x3701,
  name: 0x3704,
  method: 0x3705,
  longName: 0x3707,
  type: 0x370e,
  contentId: 0x3712,
} as const
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
  }
  const files = drafts.flatMap(draft => filesOf(draft, codepage, rest, allowance, depth))
  return { files, rest }
}

type Draft = { readonly attributes: Map<number, Span>; properties: Properties }

/** attAttachRenddata comes first in every attachment; where a program left it out, an attribute that comes again begins the next one. */
function note(drafts: Draft[], id: number, data: Span, allowance: Allowance): void {
  let draft = drafts.at(-1)
  if (draft === undefined || id === ATTRIBUTES.rendering || draft.attributes.has(id)) {
    allowance.file()
    draft = { attributes: new Map(), properties: { values: new Map(), whole: true } }
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
  if (content === undefined) {
    rest.add(pointsOnly(draft) ? 'a pointer to a file that did not come with it' : 'an attachment without content')
    return []
  }
  if (content.kind === 'mail') return filesOfMail(content.octets, rest, allowance, depth)
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

type Content = { readonly kind: 'file' | 'mail'; readonly octets: Span }

/** attAttachData, or PidTagAttachDataBinary, or PidTagAttachDataObject without the interface id that it begins with. */
function contentOf(draft: Draft): Content | undefined {
  const data = draft.attributes.get(ATTRIBUTES.data)
  const property = draft.properties.values.get(PROPERTIES.data)
  if (data !== undefined && (data.left > 0 || (property === undefined && !pointsOnly(draft))))
    return { kind: 'file', octets: data }
  if (property === undefined) return undefined
  if (property.type !== TYPES.object) return { kind: 'file', octets: property.octets }
  const kind = property.octets.start(MAIL.length).equals(MAIL) ? 'mail' : 'file'
  property.octets.skip(MAIL.length)
  return { kind, octets: property.octets }
}

const pointsOnly = ({ properties: { values } }: Draft): boolean =>
  POINTERS.has(values.get(PROPERTIES.method)?.octets.start(4)[0] ?? 0)

function nameOf(draft: Draft, codepage: number): string | undefined {
  const titleOf = (id: number): string | undefined => {
    const octets = draft.attributes.get(id)?.start(LONGEST)
    return octets === undefined ? undefined : terminated(eightBit(octets, codepage))
  }
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
