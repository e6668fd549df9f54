/** A raw mail becomes a parsed one: every leaf accounted for, files in the folder, the body as text. Runs in the child process. */
import { mkdir } from 'node:fs/promises'
import { isFault } from '../mail/fault.ts'
import type { ParsedMail, Part } from '../mail/part.ts'
import { addressesIn } from './addresses.ts'
import { Allowance } from './allowance.ts'
import { charsetOfHtml, textOf } from './charset.ts'
import { citedIds, plainId } from './citations.ts'
import { cutBody } from './cut.ts'
import { holdsDataUri, takeOutDataUris } from './data-uris.ts'
import { Passage } from './doubts.ts'
import { decoded, type Fields, fieldsOf, first } from './fields.ts'
import { type Branch, doubtsBehind, type Leaf, type WholeMail, type Wrapped, walk } from './leaves.ts'
import { look } from './look.ts'
import { keptFile } from './password.ts'
import { Pictures } from './pictures.ts'
import { isAppleDouble, isCalendarAnswer, type LeafRole, roleOf, typeByName } from './roles.ts'
import { signedMail } from './signed.ts'
import { HEAD } from './store.ts'
import { type Body, bodyOf, type TextLeaf } from './text.ts'
import { unpack } from './unpack.ts'
import { mayHold, takeOut } from './uu.ts'
import { unwrap } from './wrapped.ts'

/** Octets of one text part, and of all of them, that are read as text: a description is far shorter. */
const TEXT = 1024 * 1024
const TEXTS = 8 * TEXT

type Known = {
  readonly part: Omit<Part, 'cited'>
  readonly location: string | undefined
  readonly text: TextLeaf | undefined
  /** Its text as a winmail.dat has it, for a mail that has no other. */
  readonly packedText?: TextLeaf | undefined
  /** A calendar file that answers an invitation. */
  readonly isAnswer?: boolean
  /** The resource fork of a file that comes beside it. */
  readonly isFork?: boolean
}

/**
 * Decoded octets go to `folder` as `1`, `2`, …, what a winmail.dat in `2` holds as `2.1`, …, and what is signed in `2` below `2.inside`; 0600.
 * Fault 5.6.0 when the mail is over a limit (leaves.ts); a full disk and other trouble of the machine come up as node's errors.
 */
export async function readMail(raw: string, folder: string): Promise<ParsedMail> {
  const known: Known[] = []
  const remarks: string[] = []
  const doubts: string[] = []
  const reading: Reading = {
    texts: { left: TEXTS },
    allowance: new Allowance(),
    renderings: new Map(),
    pictures: new Map(),
    remarks,
    doubts,
  }
  const whole = await walk(raw, folder, async leaf => {
    known.push(...(await readLeaf(leaf, reading)))
  })
  const shown = await bodyOf(known.flatMap(({ text }) => text ?? []))
  const body = shown.whole.trim() === '' ? await packedBody(known, shown) : shown
  const subject = decoded(first(whole.header, 'subject') ?? '')
  const text = cutBody(body.whole, subject, recipientsOf(whole.header))
  remarks.push(...body.remarks)
  doubts.push(...whole.doubts)
  const parts = partsOf(known, body.shown, body.whole.trim() !== '')
  return { parts, original: originalOf(whole, raw, subject), text, remarks, doubts }
}

/** The text that a winmail.dat alone has. */
async function packedBody(known: readonly Known[], { shown, remarks }: Body): Promise<Body> {
  const packed = await bodyOf(known.flatMap(({ packedText }) => packedText ?? []))
  return { whole: packed.whole, shown, remarks: [...remarks, ...packed.remarks] }
}

const recipientsOf = (header: Fields): readonly string[] =>
  ['to', 'cc'].flatMap(name => header.get(name) ?? []).flatMap(addressesIn)

const originalOf = ({ size, sha256 }: WholeMail, raw: string, subject: string): Part => ({
  ...NOTHING,
  size,
  sha256,
  part: 'mail',
  type: 'message/rfc822',
  role: 'message',
  disposition: undefined,
  contentId: undefined,
  originalName: nameBySubject(subject) ?? 'mail.eml',
  file: raw,
  cited: false,
})

type Reading = {
  /** Octets of text that may still be read. */
  readonly texts: { left: number }
  readonly allowance: Allowance
  /** Types of text that came in each multipart/alternative. */
  readonly renderings: Map<Branch, Set<string>>
  /** Pictures taken out of texts: the reference to each by SHA-256. */
  readonly pictures: Map<string, string>
  readonly remarks: string[]
  /** Where a file may be that was not taken out. */
  readonly doubts: string[]
}

/** The leaf, and what was found inside it. */
async function readLeaf(leaf: Leaf, reading: Reading): Promise<readonly Known[]> {
  const { store, part, location } = leaf
  const { remarks, doubts } = reading
  if (leaf.wrapped !== undefined) {
    const inside = await readWrapped(leaf, leaf.wrapped, reading)
    if (inside !== undefined) return inside
  }
  const head = store.start(HEAD)
  const role = roleOf({ ...leaf, size: store.size, head }, renderingsOf(leaf, reading))
  const facts = { part, size: store.size, sha256: store.digest(), ...declaredOf(leaf), contentId: leaf.contentId }
  remarks.push(...leaf.remarks.map(remark => `part ${part}: ${remark}`))
  doubts.push(...leaf.doubts.map(doubt => `part ${part}: ${doubt}`))
  if (leaf.unparted) remarks.push(`part ${part} has no empty line between its header and its content`)
  if (role === 'text' && !isBinary(leaf, head)) {
    renderingsOf(leaf, reading).add(typeOfText(leaf))
    const { text, inside } = await readText(leaf, reading)
    reading.texts.left -= text.text.length
    const own = {
      part: { ...facts, ...NOTHING, role: 'alternative' as const, originalName: leaf.name },
      location,
      text,
    }
    return [own, ...inside]
  }
  if (leaf.strayed || LEFT_OUT.has(role)) doubts.push(...(await doubtsIn(part, store.chunks())))
  if (role === 'message')
    doubts.push(...(await doubtsBehind(store.chunks())).map(doubt => `behind part ${part}: ${doubt}`))
  const seen = await look(head, facts.type)
  const sure: Exclude<LeafRole, 'text'> = role === 'text' ? 'file' : role
  const originalName = leaf.name ?? (role === 'message' ? nameOfMail(head) : undefined)
  const whole = { ...facts, ...seen, role: sure, originalName, ...keptFile(store, head) }
  const isFork = role === 'layout' && isAppleDouble(head)
  return withInside({ part: whole, location, text: undefined, isAnswer: isCalendarAnswer(head), isFork }, reading)
}

function renderingsOf({ parent }: Leaf, { renderings }: Reading): Set<string> {
  if (parent?.subtype !== 'alternative') return new Set()
  const types = renderings.get(parent) ?? new Set()
  renderings.set(parent, types)
  return types
}

/** Roles of parts that no ticket gets and no notice names: a file in them would be lost in silence. */
const LEFT_OUT: ReadonlySet<LeafRole> = new Set(['alternative', 'signature'])

/** Undefined when no part is found in it, encoded or not. */
async function readWrapped(leaf: Leaf, wrapped: Wrapped, reading: Reading): Promise<readonly Known[] | undefined> {
  const unwrapped = await unwrap(leaf, wrapped)
  if (unwrapped === undefined) return undefined
  const { encoding, leaves, doubts } = unwrapped
  const how =
    encoding === 'identity' ? 'declares an encoding that it has not got' : 'is encoded as a whole, and was decoded'
  reading.remarks.push(`part ${leaf.part} is a multipart that ${how}`)
  reading.doubts.push(...doubts)
  leaf.store.drop()
  const inside: Known[] = []
  for (const one of leaves) inside.push(...(await readLeaf(one, reading)))
  return inside
}

/** Envelopes in each other that are opened: lists and gateways sign what was signed already. */
const ENVELOPES = 3

/** A container is followed by what is inside it, whatever the rules will choose: only this process may look into it. */
async function withInside(one: Known, reading: Reading): Promise<readonly Known[]> {
  const { role, part, file } = one.part
  if (file === undefined) return [one]
  if (role === 'encrypted' && /pkcs7-mime$/.test(one.part.type) && part.split('/').length <= ENVELOPES)
    return [one, ...(await insideEnvelope(part, file, reading))]
  if (role !== 'tnef') return [one]
  const unpacked = await unpack(part, file, reading.allowance)
  reading.remarks.push(unpacked.remark)
  const packedText: TextLeaf | undefined =
    unpacked.text === undefined ? undefined : { ...unpacked.text, part, flowed: false, delSp: false, parent: undefined }
  return [{ ...one, part: { ...one.part, role: unpacked.role }, packedText }, ...unpacked.parts.map(foundInside)]
}

/** What was signed is a mail's body with all its parts, and is read as such; nothing, when it cannot be. */
async function insideEnvelope(part: string, file: string, reading: Reading): Promise<readonly Known[]> {
  const { allowance, remarks, doubts } = reading
  const inside: Known[] = []
  try {
    const mail = await signedMail(file, allowance)
    if (mail === undefined) return []
    const folder = `${file}.inside`
    await mkdir(folder, { mode: 0o700, recursive: true })
    const signed = await walk(mail, folder, async leaf => {
      try {
        allowance.file()
        inside.push(...(await readLeaf({ ...leaf, part: `${part}/${leaf.part}` }, reading)))
      } catch (error) {
        leaf.store.drop()
        throw error
      }
    })
    doubts.push(...signed.doubts.map(doubt => `part ${part}, ${doubt}`))
  } catch (error) {
    if (!isFault(error)) throw error
    remarks.push(`part ${part} could not be opened: ${error.message}`)
    return []
  }
  remarks.push(`part ${part} is signed data and was opened; its signature was not checked`)
  return inside
}

const foundInside = (part: Known['part']): Known => ({ part, location: undefined, text: undefined })

const NOTHING = { file: undefined, sniffed: undefined, executable: false, image: undefined }

const declaredOf = ({ declared, name, disposition, unsplit }: Leaf): Pick<Part, 'type' | 'disposition'> => ({
  type: (unsplit ? '' : typeByName({ declared, name })) || 'application/octet-stream',
  disposition: disposition === 'inline' ? 'inline' : disposition === undefined ? undefined : 'attachment',
})

/** Undeclared octets are only text if they look it. */
const isBinary = ({ declared, unsplit }: Leaf, head: Buffer): boolean =>
  declared === undefined && !unsplit && head.subarray(0, 4096).includes(0)

/** The text of a leaf, and the files that were written into it. */
async function readText(
  leaf: Leaf,
  reading: Reading,
): Promise<{ readonly text: TextLeaf; readonly inside: readonly Known[] }> {
  const { texts, allowance, remarks, doubts } = reading
  const { part, store } = leaf
  const limit = Math.min(TEXT, texts.left)
  if (typeOfText(leaf) === 'text/plain' && mayHold(store.start(limit))) {
    doubts.push(...(await doubtsIn(part, store.chunks())))
    const isCut = store.size > limit
    if (isCut) remarks.push(capped(part, limit))
    const taken = await takeOut(part, store.keep(), limit, allowance)
    const { length } = taken.parts
    if (length > 0) remarks.push(takenOut(part, length, 'the text'))
    const lean = await withoutDataUris(leaf, taken.text, length + 1, reading)
    const inside = [...taken.parts, ...lean.inside].map(foundInside)
    return { text: textLeaf(leaf, lean.text, isCut, remarks), inside }
  }
  const whole = store.start(SEARCHED)
  const lean = await withoutDataUris(leaf, whole, 1, reading)
  // Beyond what was searched for URIs the text is read as well.
  const isSame = lean.text === whole
  doubts.push(...(await doubtsIn(part, isSame ? store.chunks() : [lean.text])))
  const isCut = lean.text.length > limit || store.size > whole.length
  if (isCut) remarks.push(capped(part, limit))
  const text = textLeaf(leaf, lean.text.subarray(0, limit), isCut, remarks)
  store.drop()
  return { text, inside: lean.inside.map(foundInside) }
}

const capped = (part: string, limit: number): string =>
  `part ${part}: only the first ${limit} octets of its text were read`

const takenOut = (part: string, count: number, from: string): string =>
  `part ${part}: ${count} ${count === 1 ? 'file was' : 'files were'} taken out of ${from}`

/** Bytes of a text that are searched for `data:` URIs, before it is capped: long HTML is mostly pictures. */
const SEARCHED = 64 * 1024 * 1024

/** The text without its `data:` URIs, which become parts; the same buffer where it has none. `start`: the number of the first part. */
async function withoutDataUris(
  leaf: Leaf,
  whole: Buffer,
  start: number,
  reading: Reading,
): Promise<{ readonly text: Buffer; readonly inside: readonly Known['part'][] }> {
  if (!holdsDataUri(whole)) return { text: whole, inside: [] }
  const { part, store } = leaf
  const { doubts, remarks } = reading
  const pictures = new Pictures(part, store.path, reading, start)
  const isHtml = typeOfText(leaf) === 'text/html'
  const { html, left } = takeOutDataUris(whole, { isHtml, cidOf: file => pictures.add(file) })
  const isSearched = store.size <= SEARCHED
  if (left > 0 || !isSearched) doubts.push(`part ${part}: a file in a data: URI of its text could not be taken out`)
  const inside = await pictures.parts()
  if (inside.length > 0) remarks.push(takenOut(part, inside.length, 'data: URIs'))
  return { text: html, inside }
}

/** Why a file may be in these bytes that was not taken out; each doubt names the part. */
async function doubtsIn(part: string, chunks: Iterable<Buffer>): Promise<readonly string[]> {
  const passage = new Passage()
  for (const chunk of chunks) passage.write(chunk)
  return (await passage.doubts()).map(doubt => `part ${part}: ${doubt}`)
}

const typeOfText = ({ unsplit, declared }: Leaf): string =>
  unsplit || declared === undefined ? 'text/plain' : declared

function textLeaf(leaf: Leaf, octets: Buffer, truncated: boolean, remarks: string[]): TextLeaf {
  const { part, parent, parameter } = leaf
  const declared = parameter('charset')
  const charset = typeOfText(leaf) === 'text/html' ? charsetOfHtml(octets, declared) : declared
  const { text, doubt } = textOf(octets, charset, truncated)
  if (doubt !== undefined) remarks.push(`part ${part}: ${doubt}`)
  return {
    part,
    parent,
    text,
    type: typeOfText(leaf),
    flowed: parameter('format')?.toLowerCase() === 'flowed',
    delSp: parameter('delsp')?.toLowerCase() === 'yes',
  }
}

/** A forwarded mail without a name of its own goes by its subject. */
function nameOfMail(head: Buffer): string | undefined {
  return nameBySubject(decoded(first(fieldsOf(head), 'subject') ?? ''))
}

/** A subject may have slashes in it, and they are no folders; people write of setup.exe in it, and send none. */
const nameBySubject = (subject: string): string | undefined =>
  subject === '' ? undefined : `${subject.replace(/[/\\]|\.(?=[a-z]\w{0,4}(?!\w))/gi, '_')}.eml`

/** `hasText`: the mail has a text, so that what only renders it again may be left out. */
function partsOf(known: readonly Known[], shown: ReadonlySet<string>, hasText: boolean): readonly Part[] {
  const html = known.flatMap(({ text }) => (text?.type === 'text/html' ? [text.text] : [])).join('\n')
  const ids = citedIds(html)
  const isAnswered = known.some(({ part }) => part.role === 'report' && isCalendar(part))
  return known.map(({ part, location, text, isAnswer = false, isFork = false }) => {
    const cited =
      (part.contentId !== undefined && ids.has(plainId(part.contentId))) ||
      (part.contentId === undefined && part.originalName !== undefined && ids.has(plainId(part.originalName))) ||
      (location !== undefined && location.length > 3 && html.includes(location))
    if (text !== undefined) return { ...part, cited, role: shown.has(part.part) ? 'body' : 'alternative' }
    if (isFork && !hasDataFork(part, known)) return { ...part, cited, role: 'file' }
    return { ...part, cited, role: finalRole(part, { cited, hasText, isAnswer: isAnswer && isAnswered }) }
  })
}

/** The file of a resource fork is beside it under the same name, and not empty, as it is of some old programs. */
const hasDataFork = (fork: Known['part'], known: readonly Known[]): boolean =>
  known.some(
    ({ part: one }) =>
      one.part !== fork.part &&
      one.size > 0 &&
      above(one.part) === above(fork.part) &&
      plainFork(one.originalName) === plainFork(fork.originalName),
  )

const above = (part: string): string => part.slice(0, part.lastIndexOf('.') + 1)
const plainFork = (name: string | undefined): string => (name ?? '').replace(/^(?:\._|[_%])/, '')

/** What the whole mail makes of a part; in doubt it is a file. */
function finalRole(
  part: Known['part'],
  { cited, hasText, isAnswer }: { readonly cited: boolean; readonly hasText: boolean; readonly isAnswer: boolean },
): Part['role'] {
  const isOnlyText = part.role === 'alternative' && !hasText && part.type !== 'text/calendar'
  if (isOnlyText) return /tnef$/.test(part.type) ? 'tnef' : 'file'
  if (part.role !== 'file') return part.role
  if (isAnswer) return 'report'
  const isImage = part.sniffed === undefined ? part.type.startsWith('image/') : part.sniffed.startsWith('image/')
  return cited && (isImage || part.type.startsWith('image/')) ? 'inline-image' : 'file'
}

const isCalendar = ({ type }: Known['part']): boolean => /^(?:text\/calendar|application\/(?:x-)?ics)$/.test(type)
