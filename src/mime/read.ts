/** A raw mail becomes a parsed one: every leaf accounted for, files in the folder, the body as text. Runs in the child process. */
import { mkdir } from 'node:fs/promises'
import { isFault } from '../mail/fault.ts'
import type { ParsedMail, Part } from '../mail/part.ts'
import { addressesIn } from './addresses.ts'
import { Allowance } from './allowance.ts'
import { charsetOfHtml, textOf } from './charset.ts'
import { cutBody } from './cut.ts'
import { Passage } from './doubts.ts'
import { decoded, type Fields, fieldsOf, first } from './fields.ts'
import { doubtsBehind, type Leaf, type WholeMail, type Wrapped, walk } from './leaves.ts'
import { look } from './look.ts'
import { type LeafRole, roleOf } from './roles.ts'
import { signedMail } from './signed.ts'
import { HEAD, type Store } from './store.ts'
import { bodyOf, type TextLeaf } from './text.ts'
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
}

/**
 * Decoded octets go to `folder` as `1`, `2`, …, what a winmail.dat in `2` holds as `2.1`, …, and what is signed in `2` below `2.inside`; 0600.
 * Fault 5.6.0 when the mail is over a limit (leaves.ts); a full disk and other trouble of the machine come up as node's errors.
 */
export async function readMail(raw: string, folder: string): Promise<ParsedMail> {
  const known: Known[] = []
  const remarks: string[] = []
  const doubts: string[] = []
  const reading: Reading = { texts: { left: TEXTS }, allowance: new Allowance(), remarks, doubts }
  const whole = await walk(raw, folder, async leaf => {
    known.push(...(await readLeaf(leaf, reading)))
  })
  const body = await bodyOf(known.flatMap(({ text }) => text ?? []))
  const subject = decoded(first(whole.header, 'subject') ?? '')
  const text = cutBody(body.whole, subject, recipientsOf(whole.header))
  remarks.push(...body.remarks)
  doubts.push(...whole.doubts)
  return { parts: partsOf(known, body.shown), original: originalOf(whole, raw, subject), text, remarks, doubts }
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
  const role = roleOf({ ...leaf, size: store.size })
  const facts = { part, size: store.size, sha256: store.digest(), ...declaredOf(leaf), contentId: leaf.contentId }
  remarks.push(...leaf.remarks.map(remark => `part ${part}: ${remark}`))
  doubts.push(...leaf.doubts.map(doubt => `part ${part}: ${doubt}`))
  if (leaf.unparted) remarks.push(`part ${part} has no empty line between its header and its content`)
  if (role === 'text' && !isBinary(leaf, head)) {
    const { text, inside } = await readText(leaf, reading)
    reading.texts.left -= text.text.length
    const own = {
      part: { ...facts, ...NOTHING, role: 'alternative' as const, originalName: leaf.name },
      location,
      text,
    }
    return [own, ...inside]
  }
  if (leaf.strayed) doubts.push(...(await doubtsIn(store)).map(doubt => `part ${part}: ${doubt}`))
  if (role === 'message')
    doubts.push(...(await doubtsBehind(store.chunks())).map(doubt => `behind part ${part}: ${doubt}`))
  const seen = await look(head, facts.type)
  const sure: Exclude<LeafRole, 'text'> = role === 'text' ? 'file' : role
  const originalName = leaf.name ?? (role === 'message' ? nameOfMail(head) : undefined)
  const whole = { ...facts, ...seen, role: sure, originalName, file: store.keep() }
  return withInside({ part: whole, location, text: undefined }, reading)
}

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
  return [{ ...one, part: { ...one.part, role: unpacked.role } }, ...unpacked.parts.map(foundInside)]
}

/** What was signed is a mail's body with all its parts, and is read as such; nothing, when it cannot be. */
async function insideEnvelope(part: string, file: string, reading: Reading): Promise<readonly Known[]> {
  const { allowance, remarks } = reading
  const inside: Known[] = []
  try {
    const mail = await signedMail(file, allowance)
    if (mail === undefined) return []
    const folder = `${file}.inside`
    await mkdir(folder, { mode: 0o700, recursive: true })
    await walk(mail, folder, async leaf => {
      try {
        allowance.file()
        inside.push(...(await readLeaf({ ...leaf, part: `${part}/${leaf.part}` }, reading)))
      } catch (error) {
        leaf.store.drop()
        throw error
      }
    })
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

const declaredOf = ({ declared, disposition, unsplit }: Leaf): Pick<Part, 'type' | 'disposition'> => ({
  type: unsplit || declared === undefined ? 'application/octet-stream' : declared,
  disposition: disposition === 'inline' ? 'inline' : disposition === undefined ? undefined : 'attachment',
})

/** Undeclared octets are only text if they look it. */
const isBinary = ({ declared, unsplit }: Leaf, head: Buffer): boolean =>
  declared === undefined && !unsplit && head.subarray(0, 4096).includes(0)

/** The text of a leaf, and the files that were written into it. */
async function readText(
  leaf: Leaf,
  { texts, allowance, remarks, doubts }: Reading,
): Promise<{ readonly text: TextLeaf; readonly inside: readonly Known[] }> {
  const { part, store } = leaf
  doubts.push(...(await doubtsIn(store)).map(doubt => `part ${part}: ${doubt}`))
  const limit = Math.min(TEXT, texts.left)
  const start = store.start(limit)
  if (store.size > limit) remarks.push(`part ${part}: only the first ${limit} octets of its text were read`)
  if (typeOfText(leaf) !== 'text/plain' || !mayHold(start)) {
    const text = textLeaf(leaf, start, store.size > limit, remarks)
    store.drop()
    return { text, inside: [] }
  }
  const taken = await takeOut(part, store.keep(), limit, allowance)
  const { length } = taken.parts
  if (length > 0)
    remarks.push(`part ${part}: ${length} ${length === 1 ? 'file was' : 'files were'} taken out of the text`)
  return { text: textLeaf(leaf, taken.text, store.size > limit, remarks), inside: taken.parts.map(foundInside) }
}

async function doubtsIn(store: Store): Promise<readonly string[]> {
  const passage = new Passage()
  for (const chunk of store.chunks()) passage.write(chunk)
  return passage.doubts()
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

function partsOf(known: readonly Known[], shown: ReadonlySet<string>): readonly Part[] {
  const html = known.flatMap(({ text }) => (text?.type === 'text/html' ? [text.text] : [])).join('\n')
  const ids = new Set(Array.from(html.matchAll(/\bcid:([^"'<>()\s]{1,500})/gi), ([, id]) => plainId(id ?? '')))
  return known.map(({ part, location, text }) => {
    const cited =
      (part.contentId !== undefined && ids.has(plainId(part.contentId))) ||
      (location !== undefined && location.length > 3 && html.includes(location))
    if (text !== undefined) return { ...part, cited, role: shown.has(part.part) ? 'body' : 'alternative' }
    return {
      ...part,
      cited,
      role: cited && part.role === 'file' && part.type.startsWith('image/') ? 'inline-image' : part.role,
    }
  })
}

/** As a cid URL writes it: percent-encoded (RFC 2392 §2), and escaped as HTML. */
function plainId(id: string): string {
  const text = id.replaceAll('&amp;', '&')
  try {
    return decodeURIComponent(text).toLowerCase()
  } catch {
    return text.toLowerCase()
  }
}
