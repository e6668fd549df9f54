/** Mails with files in them, built from parts, of which one structural thing is then broken (fast-check). */
import { createHash } from 'node:crypto'
import fc from 'fast-check'

/** A line of a mail; only structure is broken. `header`, `blank`, `delimiter` are structure; `content` is what people wrote. */
type Line = { readonly kind: 'header' | 'blank' | 'delimiter' | 'content'; readonly text: string }

type Part = { readonly lines: readonly Line[]; readonly files: readonly Buffer[] }

export type BrokenMail = {
  readonly raw: Buffer
  /** SHA-256 (hex) of each file of the unbroken mail. */
  readonly files: readonly string[]
  readonly how: string
}

const header = (text: string): Line => ({ kind: 'header', text })
const content = (text: string): Line => ({ kind: 'content', text })
const BLANK: Line = { kind: 'blank', text: '' }

const KINDS = [
  { magic: '%PDF-1.7\n', type: 'application/pdf', name: 'scan.pdf' },
  { magic: '\x89PNG\r\n\x1A\n\0\0\0\rIHDR', type: 'image/png', name: 'screen.png' },
  { magic: 'PK\x03\x04\x14\0\0\0', type: 'application/zip', name: 'logs.zip' },
  { magic: '\xFF\xD8\xFF\xE0\0\x10JFIF\0', type: 'image/jpeg', name: 'photo.jpg' },
  { magic: '\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1', type: 'application/msword', name: 'letter.doc' },
] as const

/** Enough for eight lines of base64: a shorter one is no sign of a file where its part was lost. */
const bytes = fc
  .integer({ min: 1100, max: 3000 })
  .chain(length => fc.uint8Array({ minLength: length, maxLength: length }))

const wrapped = (octets: Buffer): readonly Line[] => (octets.toString('base64').match(/.{1,76}/g) ?? []).map(content)

const file = fc
  .tuple(fc.constantFrom(...KINDS), bytes, fc.boolean(), fc.boolean())
  .map(([kind, tail, inline, dispositionFirst]): Part => {
    const octets = Buffer.concat([Buffer.from(kind.magic, 'latin1'), tail])
    const type = header(`Content-Type: ${kind.type}; name="${kind.name}"`)
    const disposition = header(`Content-Disposition: ${inline ? 'inline' : 'attachment'}; filename="${kind.name}"`)
    const encoding = header('Content-Transfer-Encoding: base64')
    const fields = dispositionFirst ? [disposition, encoding, type] : [type, disposition, encoding]
    return { lines: [...fields, BLANK, ...wrapped(octets)], files: [octets] }
  })

const words = fc.array(
  fc.constantFrom('Please', 'see', 'the file.', 'Thank you', 'The printer', 'is broken', '-- ', ''),
  {
    minLength: 1,
    maxLength: 6,
  },
)

const text = fc
  .tuple(words, fc.constantFrom('text/plain; charset=utf-8', 'text/html; charset=utf-8'))
  .map(([all, type]): Part => ({ lines: [header(`Content-Type: ${type}`), BLANK, ...all.map(content)], files: [] }))

const boundary = fc.constantFrom('=_', '----=_Part_', 'Apple-Mail-', '0000000000')

/** No two multiparts share a boundary: its digits come from what is in them. */
function multipart(subtype: string, start: string, parts: readonly Part[], preamble: boolean): Part {
  const texts = parts.flatMap(({ lines }) => lines.map(({ text }) => text)).join()
  const mark = `${start}${sha256(Buffer.from(texts, 'latin1')).slice(0, 10)}`
  const delimiter = (end: string): Line => ({ kind: 'delimiter', text: `--${mark}${end}` })
  const all = parts.flatMap(({ lines }) => [delimiter(''), ...lines])
  const before = preamble ? [content('This is a multi-part message in MIME format.')] : []
  const lines = [
    header(`Content-Type: multipart/${subtype}; boundary="${mark}"`),
    BLANK,
    ...before,
    ...all,
    delimiter('--'),
    BLANK,
  ]
  return { lines, files: parts.flatMap(({ files }) => files) }
}

const alternative = fc
  .tuple(boundary, text, text, fc.boolean())
  .map(([mark, ...[one, two, preamble]]) => multipart('alternative', mark, [one, two], preamble))

const inner = fc
  .tuple(boundary, fc.array(fc.oneof(file, text), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([mark, parts, preamble]) => multipart('mixed', mark, parts, preamble))

const withFile = fc.tuple(boundary, text, file).map(([mark, ...parts]) => multipart('mixed', mark, parts, false))

/** With a file in it: a forwarded mail without one is not missed as a file. */
const forwarded = fc.tuple(withFile, fc.integer({ min: 1, max: 1e9 })).map(([{ lines }, id]): Part => {
  const own = [`Message-ID: <${id}@example.com>`, 'Subject: forwarded', 'MIME-Version: 1.0']
  const mail = [...own, ...lines.map(({ text }) => text)]
  return {
    lines: [header('Content-Type: message/rfc822'), BLANK, ...mail.map(content)],
    files: [Buffer.from(mail.join('\r\n'), 'latin1')],
  }
})

const mail = fc
  .tuple(
    boundary,
    fc.oneof(text, alternative),
    fc.array(fc.oneof({ weight: 5, arbitrary: file }, { weight: 2, arbitrary: inner }, forwarded), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.boolean(),
  )
  .map(([mark, body, parts, preamble]) => multipart('mixed', mark, [body, ...parts], preamble))
  .map(
    ({ lines, files }): Part => ({
      lines: [
        content('From: Ann <ann@example.com>'),
        content('Subject: I161026_000005 the files'),
        header('MIME-Version: 1.0'),
        ...lines,
      ],
      files,
    }),
  )

/** The ways to break a mail. Each gets the lines, and the place of one line of structure. */
const BREAKS: Readonly<Record<string, (lines: readonly Line[], at: number, n: number) => readonly Line[] | undefined>> =
  {
    'a line is lost': (lines, at) => lines.toSpliced(at, 1),
    'a line comes twice': (lines, at) => lines.toSpliced(at, 0, lines[at] ?? BLANK),
    'a line end is lost': (lines, at) => {
      const [one, two] = [lines[at], lines[at + 1]]
      return one === undefined || two === undefined
        ? undefined
        : lines.toSpliced(at, 2, { ...one, text: one.text + two.text })
    },
    'the line end before is lost': (lines, at) => {
      const [one, two] = [lines[at - 1], lines[at]]
      return one === undefined || two === undefined
        ? undefined
        : lines.toSpliced(at - 1, 2, { ...two, text: one.text + two.text })
    },
    'an empty line comes before': (lines, at) => (at === 0 ? undefined : lines.toSpliced(at, 0, BLANK)),
    'a line of a blank comes before': (lines, at) =>
      at === 0 ? undefined : lines.toSpliced(at, 0, { kind: 'blank', text: ' ' }),
    'a blank comes behind': (lines, at) =>
      lines.toSpliced(at, 1, { ...(lines[at] ?? BLANK), text: `${lines[at]?.text} ` }),
    'a character of a delimiter changes': (lines, at, n) => {
      const line = lines[at]
      if (line?.kind !== 'delimiter') return undefined
      const place = 2 + (n % (line.text.length - 2))
      return lines.toSpliced(at, 1, { ...line, text: `${line.text.slice(0, place)}x${line.text.slice(place + 1)}` })
    },
    'a character of a boundary changes': (lines, at, n) =>
      changed(
        lines,
        at,
        /(?<=boundary=")[^"]+/,
        mark => `${mark.slice(0, n % mark.length)}x${mark.slice((n % mark.length) + 1)}`,
      ),
    'a boundary is not declared': (lines, at) => changed(lines, at, /; boundary=.*/, () => ''),
    'a boundary is in single quotes': (lines, at) => changed(lines, at, /boundary=.*/, all => all.replaceAll('"', "'")),
    'a semicolon is lost': (lines, at) => changed(lines, at, /;/, () => ''),
    'a semicolon became a comma': (lines, at) => changed(lines, at, /;/, () => ','),
    'a fold lost its indent': (lines, at) => changed(lines, at, /; /, () => ';\r\n'),
    'a fold begins with a question mark': (lines, at) => changed(lines, at, /; /, () => ';\r\n?'),
    'an encoding is misspelt': (lines, at, n) =>
      changed(
        lines,
        at,
        /(?<=Encoding: )base64/,
        () => ['base-64', 'b64', 'x-base64', '8bit, base64', '"base64"', 'BASE64;'][n % 6] ?? '',
      ),
    'an encoding comes twice': (lines, at) =>
      lines[at]?.text.includes('Encoding:')
        ? lines.toSpliced(at, 0, header('Content-Transfer-Encoding: 7bit'))
        : undefined,
  }

function changed(
  lines: readonly Line[],
  at: number,
  what: RegExp,
  how: (found: string) => string,
): readonly Line[] | undefined {
  const line = lines[at]
  if (line === undefined || !what.test(line.text)) return undefined
  return lines.toSpliced(at, 1, { ...line, text: line.text.replace(what, how) })
}

const sha256 = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex')
const assembled = (lines: readonly Line[], end: string): Buffer =>
  Buffer.from(lines.map(({ text }) => text).join(end), 'latin1')

/** A mail of which one thing is broken; line ends are CRLF, as a server hands them out, or LF, as some keep them. */
export const brokenMail: fc.Arbitrary<BrokenMail> = fc
  .tuple(
    mail,
    fc.constantFrom(...Object.keys(BREAKS), 'the mail is cut off within base64', 'a multipart is encoded as a whole'),
    fc.nat(),
    fc.nat(),
    fc.constantFrom('\r\n', '\n'),
  )
  .map(([{ lines, files }, how, place, n, end]) => {
    const { raw, how: what } = broken(lines, how, place, n)
    // Line ends inside of base64 stay what they are.
    const isWhole = how === 'a multipart is encoded as a whole' && n % 2 === 0
    const all = isWhole ? files : files.map(one => (one.includes('Message-ID:') ? withEnds(one, end) : one))
    return { raw: withEnds(raw, end), files: all.map(sha256), how: end === '\n' ? `${what} (LF)` : what }
  })
  .map(mail => Object.assign(mail, { [fc.toStringMethod]: () => mail.how }))

const withEnds = (octets: Buffer, end: string): Buffer =>
  Buffer.from(octets.toString('latin1').replaceAll('\r\n', end), 'latin1')

function broken(
  lines: readonly Line[],
  how: string,
  place: number,
  n: number,
): { readonly raw: Buffer; readonly how: string } {
  if (how === 'the mail is cut off within base64') return { raw: cutWithin(lines, place, n), how }
  if (how === 'a multipart is encoded as a whole') return { raw: encodedWhole(lines, n % 2 === 0), how }
  const places = lines.flatMap(({ kind }, at) => (kind === 'content' ? [] : [at]))
  const hasMail = lines.some(({ text }) => text.includes('message/rfc822'))
  // From the chosen place on, the first line that can be broken this way.
  for (let step = 0; step < places.length; step += 1) {
    const at = places[(place + step) % places.length] ?? 0
    // An empty line too many would be one of the forwarded mail itself.
    const isInMail = lines[at - 1]?.text.includes('message/rfc822') || (lines[at]?.kind === 'delimiter' && hasMail)
    if (/^(?:.*line.* comes|the line end before)/.test(how) && isInMail) continue
    const result = BREAKS[how]?.(lines, at, n)
    if (result !== undefined) return { raw: assembled(result, '\r\n'), how: `${how}: line ${at + 1}` }
  }
  return { raw: assembled(lines, '\r\n'), how: 'nothing' }
}

/** A forwarded mail has no encoding whose end could be missed: one that holds some is not cut. */
function cutWithin(lines: readonly Line[], place: number, n: number): Buffer {
  const isCuttable = !lines.some(({ text }) => text.includes('message/rfc822'))
  const places = lines.flatMap(({ text }, at) => (isCuttable && /^[A-Za-z0-9+/]{76}$/.test(text) ? [at] : []))
  const at = places[place % Math.max(1, places.length)]
  if (at === undefined) return assembled(lines, '\r\n')
  return Buffer.concat([
    assembled(lines.slice(0, at), '\r\n'),
    Buffer.from(`\r\n${lines[at]?.text.slice(0, n % 76)}`, 'latin1'),
  ])
}

function encodedWhole(lines: readonly Line[], base64: boolean): Buffer {
  const blank = lines.findIndex(({ kind }) => kind === 'blank')
  const head = [
    ...lines.slice(0, blank),
    header(`Content-Transfer-Encoding: ${base64 ? 'base64' : 'quoted-printable'}`),
    BLANK,
  ]
  const body = assembled(lines.slice(blank + 1), '\r\n')
  const text = base64 ? (body.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n') : quoted(body)
  return Buffer.concat([assembled(head, '\r\n'), Buffer.from(`\r\n${text}\r\n`, 'latin1')])
}

/** Quoted-printable, with soft breaks where lines are long (RFC 2045 §6.7). */
const quoted = (body: Buffer): string =>
  body
    .toString('latin1')
    .split('\r\n')
    .map(line => line.replace(/[=\x00-\x1F\x7F-\xFF]|[ \t]$/g, escaped).replace(/(?:=..|[^=]){60}(?=.)/g, '$&=\r\n'))
    .join('\r\n')

const escaped = (one: string): string => `=${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
