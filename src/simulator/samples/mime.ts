/** Builds mails octet by octet (RFC 5322, RFC 2045), so that samples and tests can say exactly what a mail program would have sent. */
import { createHash } from 'node:crypto'

/** A body part with its own header: the unit mails are built of. */
export type Entity = { readonly headers: readonly Field[]; readonly body: Buffer }

/** A header field; the value is ASCII, already encoded and folded. */
export type Field = readonly [name: string, value: string]

export type LeafOptions = {
  readonly disposition?: 'attachment' | 'inline'
  /** Unencoded. */
  readonly name?: string
  /** How a name that is not ASCII travels: RFC 2231 parameters, RFC 2047 words in quotes (common, though forbidden), or raw UTF-8. */
  readonly nameAs?: 'rfc2231' | 'rfc2047' | 'raw'
  /** Content-ID without angle brackets. */
  readonly contentId?: string
  readonly encoding?: 'base64' | 'quoted-printable' | '7bit' | '8bit'
  readonly headers?: readonly Field[]
}

/** A part without parts. Text is given with LF or CRLF and leaves as UTF-8 with CRLF; a Buffer leaves octet by octet. */
export function leaf(type: string, content: string | Buffer, options: LeafOptions = {}): Entity {
  const text = typeof content === 'string'
  const octets = text ? Buffer.from(content.replace(/\r?\n/g, '\r\n')) : content
  const encoding = options.encoding ?? (text ? 'quoted-printable' : 'base64')
  const { name, nameAs = 'rfc2231', disposition, contentId } = options
  const typed = text && !/;\s*charset=/i.test(type) ? `${type}; charset=utf-8` : type
  const headers: Field[] = [
    [
      'Content-Type',
      typed + (name === undefined ? '' : parameter('name', name, nameAs === 'rfc2231' ? 'rfc2047' : nameAs)),
    ],
    ['Content-Transfer-Encoding', encoding],
  ]
  if (disposition !== undefined)
    headers.push(['Content-Disposition', disposition + (name === undefined ? '' : parameter('filename', name, nameAs))])
  if (contentId !== undefined) headers.push(['Content-ID', `<${contentId}>`])
  return { headers: [...headers, ...(options.headers ?? [])], body: transfer(octets, encoding) }
}

/** `subtype` without `multipart/`; the boundary is made from what it separates, so that the same mail is the same octets. */
export function multipart(subtype: string, parts: readonly Entity[], parameters = ''): Entity {
  const digest = createHash('sha256').update(subtype)
  for (const part of parts) digest.update(part.body)
  const boundary = `=_${digest.digest('hex').slice(0, 24)}`
  const pieces = parts.flatMap(part => [Buffer.from(`--${boundary}\r\n`), print(part), Buffer.from('\r\n')])
  return {
    headers: [['Content-Type', `multipart/${subtype}; boundary="${boundary}"${parameters}`]],
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  }
}

/** The whole mail: its own fields, then those of its only or outermost part. */
export const compose = (fields: readonly Field[], entity: Entity): Buffer =>
  print({ headers: [...fields, ['MIME-Version', '1.0'], ...entity.headers], body: entity.body })

/** Text of a header field as RFC 2047 words where it is not ASCII, folded; ASCII stays as it is. */
export function words(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  const chunks: string[] = []
  let chunk = ''
  for (const character of text) {
    // 75 characters are the most a word may have (RFC 2047 §2), 12 of them are its frame.
    if (Buffer.byteLength(chunk + character) > 45) {
      chunks.push(chunk)
      chunk = ''
    }
    chunk += character
  }
  return [...chunks, chunk].map(one => `=?UTF-8?B?${Buffer.from(one).toString('base64')}?=`).join('\r\n ')
}

/** A mailbox as in From and To: `name` may be empty. */
export const mailbox = (name: string, address: string): string =>
  name === '' ? address : `${/^[\w ]*$/.test(name) ? name : quoted(words(name))} <${address}>`

const quoted = (text: string): string => (text.startsWith('=?') ? text : `"${text.replace(/["\\]/g, '\\$&')}"`)

function parameter(key: string, value: string, as: 'rfc2231' | 'rfc2047' | 'raw'): string {
  if (/^[\x20-\x7e]*$/.test(value) || as === 'raw') return `;\r\n ${key}="${value.replace(/["\\]/g, '\\$&')}"`
  if (as === 'rfc2047') return `;\r\n ${key}="${words(value)}"`
  const escaped = encodeURIComponent(value).replace(/['()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `;\r\n ${key}*=UTF-8''${escaped}`
}

function transfer(octets: Buffer, encoding: NonNullable<LeafOptions['encoding']>): Buffer {
  if (encoding === 'base64') return Buffer.from(octets.toString('base64').replace(/.{76}(?=.)/g, '$&\r\n'))
  return encoding === 'quoted-printable' ? quotedPrintable(octets) : octets
}

/** RFC 2045 §6.7: lines of at most 76 characters, line ends kept, blanks before them escaped. */
function quotedPrintable(octets: Buffer): Buffer {
  const lines = octets
    .toString('latin1')
    .split('\r\n')
    .map(line => broken(line.replace(/[^\t\x20-\x3c\x3e-\x7e]|[\t ]$/g, escapeOctet)))
  return Buffer.from(lines.join('\r\n'))
}

/** With soft line breaks, never inside an escape. */
function broken(line: string): string {
  let out = ''
  let width = 0
  for (const token of line.match(/=[0-9A-F]{2}|[^=]/g) ?? []) {
    if (width + token.length > 75) {
      out += '=\r\n'
      width = 0
    }
    out += token
    width += token.length
  }
  return out
}

const escapeOctet = (c: string): string => `=${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

function print({ headers, body }: Entity): Buffer {
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([Buffer.from(`${head}\r\n`), body])
}
