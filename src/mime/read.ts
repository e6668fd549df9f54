/** A raw mail becomes a parsed one: every leaf accounted for, files in the folder, the body as text. Runs in the child process. */
import type { ParsedMail, Part } from '../mail/part.ts'
import { Allowance } from './allowance.ts'
import { textOf } from './charset.ts'
import { cutBody } from './cut.ts'
import { decoded, fieldsOf, first } from './fields.ts'
import { type Leaf, type Whole, walk } from './leaves.ts'
import { look } from './look.ts'
import { type LeafRole, roleOf } from './roles.ts'
import { HEAD } from './store.ts'
import { bodyOf, type TextLeaf } from './text.ts'
import { unpack } from './unpack.ts'
import { mayHold, takeOut } from './uu.ts'

/** Octets of one text part, and of all of them, that are read as text: a description is far shorter. */
const TEXT = 1024 * 1024
const TEXTS = 8 * TEXT

type Known = {
  readonly part: Omit<Part, 'cited'>
  readonly location: string | undefined
  readonly text: TextLeaf | undefined
}

/**
 * Decoded octets go to `folder` as `1`, `2`, …, and what a winmail.dat in `2` holds as `2.1`, …, 0600. Fault 5.6.0 when the mail is over a limit (leaves.ts); a full disk and other trouble of
 * the machine come up as node's errors.
 */
export async function readMail(raw: string, folder: string): Promise<ParsedMail> {
  const known: Known[] = []
  const remarks: string[] = []
  const allowance = new Allowance()
  let budget = TEXTS
  const whole = await walk(raw, folder, async leaf => {
    const all = await readLeaf(leaf, { limit: Math.min(TEXT, budget), allowance, remarks })
    for (const { text } of all) budget -= text?.text.length ?? 0
    known.push(...all)
  })
  const body = await bodyOf(known.flatMap(({ text }) => text ?? []))
  const subject = decoded(first(whole.header, 'subject') ?? '')
  const { text, remark } = await cutBody(body.whole, subject)
  remarks.push(...body.remarks, ...(remark === undefined ? [] : [remark]))
  return { parts: partsOf(known, body.shown), original: originalOf(whole, raw, subject), text, remarks }
}

const originalOf = ({ size, sha256 }: Whole, raw: string, subject: string): Part => ({
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

type Reading = { readonly limit: number; readonly allowance: Allowance; readonly remarks: string[] }

/** The leaf, and what was found inside it. */
async function readLeaf(leaf: Leaf, reading: Reading): Promise<readonly Known[]> {
  const { store, part, location } = leaf
  const { remarks, allowance } = reading
  const head = store.start(HEAD)
  const role = roleOf({ ...leaf, size: store.size })
  const facts = { part, size: store.size, sha256: store.digest(), ...declaredOf(leaf), contentId: leaf.contentId }
  if (leaf.unsplit && store.size > 0) remarks.push(`part ${part} is a multipart in which no part was found`)
  if (role === 'text' && !isBinary(leaf, head)) {
    const { text, inside } = await readText(leaf, reading)
    const own = {
      part: { ...facts, ...NOTHING, role: 'alternative' as const, originalName: leaf.name },
      location,
      text,
    }
    return [own, ...inside]
  }
  const seen = await look(head, facts.type)
  const sure: Exclude<LeafRole, 'text'> = role === 'text' ? 'file' : role
  const originalName = leaf.name ?? (role === 'message' ? nameOfMail(head) : undefined)
  const whole = { ...facts, ...seen, role: sure, originalName, file: store.keep() }
  return withInside({ part: whole, location, text: undefined }, allowance, remarks)
}

/** A winmail.dat is followed by the files inside it, whatever the rules will choose: only this process may look into it. */
async function withInside(one: Known, allowance: Allowance, remarks: string[]): Promise<readonly Known[]> {
  const { role, part, file } = one.part
  if (role !== 'tnef' || file === undefined) return [one]
  const unpacked = await unpack(part, file, allowance)
  remarks.push(unpacked.remark)
  return [{ ...one, part: { ...one.part, role: unpacked.role } }, ...unpacked.parts.map(foundInside)]
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
  { limit, allowance, remarks }: Reading,
): Promise<{ readonly text: TextLeaf; readonly inside: readonly Known[] }> {
  const { part, store } = leaf
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

const typeOfText = ({ unsplit, declared }: Leaf): string =>
  unsplit || declared === undefined ? 'text/plain' : declared

function textLeaf(leaf: Leaf, octets: Buffer, truncated: boolean, remarks: string[]): TextLeaf {
  const { part, parent, parameter } = leaf
  const { text, doubt } = textOf(octets, parameter('charset'), truncated)
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
