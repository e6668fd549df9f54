/** The name under which an attachment reaches the desk: safe on any system, recognisable, unique within its mail. */
import { LONGEST_NAME, onlyVisible } from './extensions.ts'
import type { Part } from './part.ts'

/** UTF-8 octets of a name, extension included, and of an extension with its dot. */
const NAME_OCTETS = 150
const EXTENSION_OCTETS = 20

export type Named = Pick<Part, 'originalName' | 'type' | 'sniffed' | 'role'>

/**
 * The sender's name made safe, at most 150 octets of UTF-8 with its extension kept; `attachment-N.ext` (N = `place`, from 1) when nothing is left
 * of it. The order matters: whatever is invisible goes before anything is decided by what the name looks like.
 */
export function safeName(part: Named, place: number): string {
  const visible = onlyVisible((part.originalName ?? '').slice(0, LONGEST_NAME))
  const base = visible.split(/[/\\]/).findLast(piece => trimmed(piece) !== '') ?? ''
  const name = trimmed(base.replace(/[<>:"/\\|?*%]/g, '_'))
  if (name === '' || /^[_.\s]+$/.test(name)) return `attachment-${place}.${extensionFor(part)}`
  const whole = part.role === 'message' && !MAILS.test(name) ? `${name}.eml` : name
  return shortened(RESERVED.test(whole) ? `_${whole}` : whole, '')
}

/**
 * A mail under another name is opened by no program; what looks like an extension is often the end
 * of its subject.
 */
const MAILS = /\.(?:eml|msg|mht|mhtml|mbox|mime|nws|txt)$/i

/** The same names, a second `report.pdf` called `report (2).pdf`; letter case makes no difference. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map(name => {
    let unique = name
    for (let count = 2; taken.has(unique.toLowerCase()); count++) unique = shortened(name, ` (${count})`)
    taken.add(unique.toLowerCase())
    return unique
  })
}

/** A safe name in letters that any database can store: accents taken off, everything else beyond ASCII an underscore. */
export const plainName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^\x20-\x7E]/gu, '_')
    .replace(/[<>:"/\\|?*%]/g, '_')

/** Windows drops dots and spaces at the end, elsewhere a leading dot hides. */
const trimmed = (name: string): string => name.replace(/^[.\s]+/, '').replace(/[.\s]+$/, '')

/** Device names, with or without extension. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)/i

function shortened(name: string, mark: string): string {
  const dot = name.lastIndexOf('.')
  const long = dot <= 0 || Buffer.byteLength(name.slice(dot)) > EXTENSION_OCTETS
  const extension = long ? '' : name.slice(dot)
  const stem = long ? name : name.slice(0, dot)
  const room = NAME_OCTETS - Buffer.byteLength(extension) - Buffer.byteLength(mark)
  return `${fitting(stem, room)}${mark}${extension}`
}

/** As many whole graphemes as fit; of one that alone is too large, as many characters. */
function fitting(text: string, room: number): string {
  if (Buffer.byteLength(text) <= room) return text
  const graphemes = within(graphemesOf(text.slice(0, room + 1)), room)
  const kept = graphemes === '' ? within(Array.from(text), room) : graphemes
  return kept.replace(/[.\s]+$/, '') || kept
}

/** The last one is left out: it may have been cut through. */
const graphemesOf = (text: string): readonly string[] =>
  Array.from(new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment).slice(
    0,
    -1,
  )

function within(pieces: readonly string[], room: number): string {
  let [text, size] = ['', 0]
  for (const piece of pieces) {
    size += Buffer.byteLength(piece)
    if (size > room) break
    text += piece
  }
  return text
}

/** What the octets say goes before what the sender says. */
const extensionFor = ({ type, sniffed, role }: Named): string =>
  ROLES[role] ??
  EXTENSIONS[sniffed ?? ''] ??
  EXTENSIONS[type] ??
  (role === 'encrypted' ? 'asc' : type.startsWith('text/') ? 'txt' : 'bin')

const ROLES: Readonly<Record<string, string>> = { message: 'eml', tnef: 'dat' }

const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/gzip': 'gz',
  'application/ics': 'ics',
  'application/json': 'json',
  'application/msword': 'doc',
  'application/pdf': 'pdf',
  'application/pgp-encrypted': 'asc',
  'application/pgp-keys': 'asc',
  'application/pgp-signature': 'asc',
  'application/pkcs7-mime': 'p7m',
  'application/pkcs7-signature': 'p7s',
  'application/rtf': 'rtf',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.ms-powerpoint': 'ppt',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/x-7z-compressed': '7z',
  'application/x-pkcs7-mime': 'p7m',
  'application/x-pkcs7-signature': 'p7s',
  'application/xml': 'xml',
  'application/zip': 'zip',
  'audio/amr': 'amr',
  'audio/mp4': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'image/bmp': 'bmp',
  'image/gif': 'gif',
  'image/heic': 'heic',
  'image/jpeg': 'jpg',
  'image/jpg': 'jpg',
  'image/png': 'png',
  'image/svg+xml': 'svg',
  'image/tiff': 'tif',
  'image/webp': 'webp',
  'message/rfc822': 'eml',
  'text/calendar': 'ics',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/vcard': 'vcf',
  'text/x-vcard': 'vcf',
  'text/xml': 'xml',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
}
