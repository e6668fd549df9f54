/** Which parts of a mail go to the desk: every leaf gets a fate and a line in the trace that says why. */
import type { Attachment, Fate } from './dispatch.ts'
import { extensionOf, isDocumentName, isTextName, isZipName } from './extensions.ts'
import { safeName, uniqueNames } from './filename.ts'
import { containerOf, type Part, SCRIPT } from './part.ts'
import { because } from './status.ts'

/** Attachment settings as the configuration has them; sizes in octets. */
export type AttachmentRules = {
  readonly maxSize: number
  /** Extensions with their dots. An empty list refuses nothing, programs included. */
  readonly refuse: readonly string[]
  readonly inlineImages: 'smart' | 'all' | 'none'
  /** Containers whose files go: in place of a winmail.dat (`tnef`), beside an envelope of signed data (`signed`). */
  readonly unpack: readonly ('tnef' | 'signed')[]
  /** Whether the mail itself goes too. */
  readonly original: 'never' | 'whenNothingElse' | 'always'
}

/**
 * `recurring`: hashes (hex) that are on several other tickets already. `allParts`: an operator wants what is skipped as well. `machine`: nobody
 * wrote this mail.
 */
export type SelectionContext = {
  readonly allParts: boolean
  readonly recurring: ReadonlySet<string>
  readonly machine?: boolean
}

export type Chosen = Attachment & {
  readonly fate: Fate
  /** Where the decoded octets lie. */
  readonly file: string
}

export type Selection = {
  /** All leaves that are files of some kind, in the order of the mail; bodies and their other renderings are in the trace only. */
  readonly items: readonly Chosen[]
  readonly trace: readonly string[]
}

/**
 * Decides part by part; refusal is never lifted by `allParts`.
 * @param original the mail itself, which may go as well
 */
export function select(
  parts: readonly Part[],
  rules: AttachmentRules,
  asked: SelectionContext,
  original?: Part,
): Selection {
  const opened = new Set(parts.flatMap(part => containerOf(part) ?? []))
  const texts = new Set(parts.filter(isText).map(({ part }) => part))
  const envelopes = new Set(parts.filter(({ role }) => role === 'encrypted').map(({ part }) => part))
  const context = { ...asked, opened, texts, envelopes }
  let files = 0
  const weighed = parts.map(part => {
    const name = safeName(part, part.file === undefined ? 0 : ++files)
    return { part, name, fate: fateOf(part, name, rules, context) }
  })
  const leaves = weighed.map(one => (isAllowed(one, weighed) ? one : { ...one, fate: skip(HOLDS_REFUSED) }))
  const whole = original === undefined ? undefined : weighOriginal(original, leaves, rules, asked)
  const all = whole === undefined ? leaves : [...leaves, whole]
  const names = namesFor(all)
  const items = all.flatMap(({ part, fate }, at): Chosen[] => {
    if (part.file === undefined || part.role === 'body') return []
    const { originalName, size, sha256, file } = part
    return [{ part: part.part, name: names[at] ?? '', originalName, type: typeOf(part), size, sha256, fate, file }]
  })
  return { items, trace: all.map(({ part, fate }, at) => line(part, names[at] ?? '', fate, opened)) }
}

/**
 * `opened`: parts whose insides are parts too. `texts`: those that are text; what was written into them goes by itself. `envelopes`: those that
 * were sealed by their sender.
 */
type Context = SelectionContext & {
  readonly opened: ReadonlySet<string>
  readonly texts: ReadonlySet<string>
  readonly envelopes: ReadonlySet<string>
}

const isText = ({ role }: Part): boolean => role === 'body' || role === 'alternative'

type Weighed = { readonly part: Part; readonly name: string; readonly fate: Fate }

const HOLDS_REFUSED = 'a file in it is not accepted here'

const isRefusedType = ({ fate }: Weighed): boolean => fate.kind === 'refuse' && fate.code === 'refused-type'

/** An envelope takes no file past a refusal. */
const isAllowed = ({ part }: Weighed, all: readonly Weighed[]): boolean =>
  part.role !== 'encrypted' || !all.some(one => isInside(one.part, part.part) && isRefusedType(one))

/** Undefined where it was not asked for. It takes no file past a refusal, and what a machine wrote is no reason to write to a ticket. */
function weighOriginal(
  part: Part,
  leaves: readonly Weighed[],
  rules: AttachmentRules,
  { machine = false }: SelectionContext,
): Weighed | undefined {
  const name = safeName(part, 1)
  const alone = !leaves.some(({ fate }) => fate.kind === 'send')
  const refused = leaves.some(isRefusedType)
  if (rules.original === 'never' || (alone && machine)) return undefined
  if (refused) return { part, name, fate: skip(HOLDS_REFUSED) }
  if (rules.original === 'whenNothingElse' && leaves.some(({ fate }) => fate.kind !== 'skip')) return undefined
  const refusing = refusal(part, name, rules)
  // The files in it go: that the whole is too large is nothing the sender has to mend.
  if (refusing?.kind === 'refuse' && !alone) return { part, name, fate: skip(`the mail itself: ${refusing.reason}`) }
  return { part, name, fate: refusing ?? { kind: 'send' } }
}

/** Those that go have the first choice of a name: a skipped logo must not cost a screenshot its own. */
function namesFor(weighed: readonly Weighed[]): readonly string[] {
  const order = weighed.map((_one, at) => at).sort((a, b) => rank(weighed[a]) - rank(weighed[b]) || a - b)
  const unique = uniqueNames(order.map(at => weighed[at]?.name ?? ''))
  const names: string[] = []
  order.forEach((at, place) => {
    names[at] = unique[place] ?? ''
  })
  return names
}

const rank = (one: Weighed | undefined): number => (one?.part.file === undefined ? 2 : one.fate.kind === 'skip' ? 1 : 0)

function fateOf(part: Part, name: string, rules: AttachmentRules, context: Context): Fate {
  if (part.file === undefined)
    return skip(part.role === 'body' ? 'the text of the mail' : 'another rendering of the text')
  return omission(part, rules, context) ?? refusal(part, name, rules) ?? { kind: 'send' }
}

const skip = (reason: string): Fate => ({ kind: 'skip', reason })

/** Asked before refusal, so that no sender is told off for a signature that nobody wanted to send on. */
function omission(part: Part, rules: AttachmentRules, context: Context): Fate | undefined {
  const { allParts, recurring } = context
  if (part.type === 'message/external-body') return skip('it only points to a file that did not come with the mail')
  if (allParts) return undefined
  const reason =
    containerReason(part, rules.unpack, context) ??
    ROLES[part.role]?.(part) ??
    imageReason(part, rules.inlineImages, recurring)
  return reason === undefined ? undefined : skip(reason)
}

/** The files inside, or the container that holds them; never neither. The outermost envelope goes in any case: it alone has the signature. */
function containerReason(
  part: Part,
  unpack: AttachmentRules['unpack'],
  { opened, texts, envelopes }: Context,
): string | undefined {
  const isEnclosed = [...envelopes].some(one => isInside(part, one))
  if (isEnclosed && !unpack.includes('signed')) return 'inside an envelope of signed data, which goes as it is'
  const unpacks = unpack.includes('tnef')
  const container = containerOf(part)
  const isPacked = container !== undefined && !texts.has(container) && !envelopes.has(container)
  if (isPacked && !unpacks) return 'inside winmail.dat, which goes as it is'
  const isEmptied = part.role === 'tnef' ? unpacks : part.role === 'encrypted' && isEnclosed
  return isEmptied && opened.has(part.part) ? OPENED : undefined
}

const isInside = ({ part }: Part, container: string): boolean => part.startsWith(`${container}/`)

const OPENED = 'it was opened, and the files inside go in its place'

const ROLES: Readonly<Partial<Record<Part['role'], (part: Part) => string | undefined>>> = {
  signature: () => 'a signature of the mail',
  report: ({ type }) => (CALENDAR.test(type) ? 'an answer to an invitation' : 'a report for machines'),
  layout: () => 'a piece of another file, or of the layout of the text, and of no use alone',
  reference: () => 'a piece of a mail that was sent in several, and of no use alone',
  alternative: ({ type }) =>
    type === 'text/calendar' ? 'an invitation that comes with the text, not attached' : 'another rendering of the text',
  encrypted: part => (isMarker(part) ? 'only says that the mail is encrypted' : undefined),
}

const CALENDAR = /^(?:text\/calendar|application\/(?:x-)?ics)$/

/** `Version: 1` (RFC 3156 §4). Files that end in .gpg or .pgp are sent under the same type, and are larger. */
const isMarker = ({ type, size }: Part): boolean => type === 'application/pgp-encrypted' && size <= 32

function imageReason(
  part: Part,
  rule: AttachmentRules['inlineImages'],
  recurring: ReadonlySet<string>,
): string | undefined {
  if (part.role !== 'inline-image' || rule === 'all') return undefined
  if (rule === 'none') return 'an inline image'
  if (!part.cited) return undefined
  if (recurring.has(part.sha256)) return 'an image of the text that is on several other tickets too'
  return isSmall(part) ? 'a small image of the text, such as a logo' : undefined
}

/** An icon (≤ 2 KB and ≤ 64 × 64) or a banner (height ≤ 100 and area ≤ 40,000); of unknown size it is neither. */
function isSmall({ image, size }: Part): boolean {
  if (image === undefined) return false
  const { width, height } = image
  return (size <= 2000 && width <= 64 && height <= 64) || (height <= 100 && width * height <= 40_000)
}

function refusal(part: Part, name: string, { maxSize, refuse }: AttachmentRules): Fate | undefined {
  const dangerous = forbidden(part, name, refuse)
  if (dangerous !== undefined) return { kind: 'refuse', ...because('refused-type', dangerous) }
  if (part.size <= maxSize) return undefined
  return { kind: 'refuse', ...because('too-large', `the file is larger than ${megabytes(maxSize)}`) }
}

const megabytes = (octets: number): string =>
  octets < 100_000 ? `${octets} octets` : `${(octets / 1e6).toFixed(1).replace(/\.0$/, '')} MB`

/**
 * The last extension of the name decides, as it came and as it goes; then the content; then the
 * declared type, where neither of them is known.
 */
function forbidden(part: Part, name: string, refuse: readonly string[]): string | undefined {
  if (refuse.length === 0) return undefined
  const extension = extensionOf(name)
  // What a mail is called is often its subject: only the name under which it goes counts.
  const own = part.role === 'message' ? extension : extensionOf(part.originalName ?? '')
  const banned = new Set(refuse.map(one => one.toLowerCase()))
  const found = [extension, own, ...extensionsByContent(part, own)].find(one => banned.has(one))
  if (found !== undefined) return `files of type ${found} are not accepted here`
  if (!part.executable || PROGRAMS.has(extension) || isScriptText(part, extension)) return undefined
  return 'the file is a program under another name'
}

/** A script that is called a text is shown as a text. */
const isScriptText = ({ sniffed }: Part, extension: string): boolean => sniffed === SCRIPT && isTextName(extension)

/**
 * The content goes before the declared type: a broken registry declares every PDF as a program.
 */
function extensionsByContent({ type, sniffed, role }: Part, extension: string): readonly string[] {
  // Its own bytes decide about a mail; a ZIP file may have the first entry of a JAR.
  if (role === 'message') return []
  const seen = TYPES[sniffed ?? '']
  if (seen !== undefined) return seen === '.jar' && isZipName(extension) ? [] : [seen]
  const isKnown = sniffed !== undefined && !CONTAINERS.has(sniffed)
  const declared = isKnown || isDocumentName(extension) ? undefined : TYPES[type]
  return declared === undefined ? [] : [declared]
}

/** Formats that programs and installers have as well as documents. */
const CONTAINERS = new Set(['application/zip', 'application/x-cfb', 'application/xml', SCRIPT])

/** The usual extension of each type; the file's own name may have another one. */
const TYPES: Readonly<Record<string, string>> = {
  'application/x-msdownload': '.exe',
  'application/x-msdos-program': '.exe',
  'application/x-dosexec': '.exe',
  'application/x-exe': '.exe',
  'application/exe': '.exe',
  'application/vnd.microsoft.portable-executable': '.exe',
  'application/x-com': '.com',
  'application/x-msi': '.msi',
  'application/x-ms-installer': '.msi',
  'application/x-bat': '.bat',
  'application/bat': '.bat',
  'application/hta': '.hta',
  'application/x-hta': '.hta',
  'application/javascript': '.js',
  'application/x-javascript': '.js',
  'text/javascript': '.js',
  'text/vbscript': '.vbs',
  'application/x-vbs': '.vbs',
  'application/java-archive': '.jar',
  'application/x-java-archive': '.jar',
  'application/x-ms-shortcut': '.lnk',
  'application/x.ms.shortcut': '.lnk',
  'application/x-iso9660-image': '.iso',
  'application/x-raw-disk-image': '.img',
}

/** Under these names a program or script hides nothing; whether it may pass is for the list to say. */
const PROGRAMS = new Set(
  '.exe .com .scr .pif .cpl .msi .dll .sys .ocx .drv .efi .elf .so .o .dylib .class .sh .bash .zsh .ksh .csh .py .pl .rb .php .lnk'.split(
    ' ',
  ),
)

function typeOf({ type, sniffed, role }: Part): string {
  if (type !== 'application/octet-stream') return type
  return role === 'encrypted' ? 'application/pgp-encrypted' : (sniffed ?? type)
}

const SEALED = 'it is encrypted, or signed in an envelope (S/MIME, PGP), and is not opened here'
const SIGNED = 'it has the signature, which is not checked here; what is inside was taken out'

const LOCKED = 'cannot be opened without a password'

function line(part: Part, name: string, fate: Fate, opened: ReadonlySet<string>): string {
  const what = part.file === undefined ? `${part.role}, ${part.type}` : `${name}, ${part.role}, ${part.type}`
  const verdict =
    fate.kind === 'send'
      ? part.role === 'encrypted'
        ? `goes as it came: ${opened.has(part.part) ? SIGNED : SEALED}`
        : 'goes'
      : fate.kind === 'skip'
        ? `skipped: ${fate.reason}`
        : `refused: ${fate.reason}`
  const locked = part.locked === true ? `, ${LOCKED}` : ''
  return `part ${part.part} (${what}, ${part.size} octets) ${verdict}${locked}`
}
