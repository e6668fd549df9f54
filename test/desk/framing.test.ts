/** Whatever a sender calls a file, whatever it holds and whatever the mail says: the body of the POST has two parts, and they are ours. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { upload } from '../../src/desk/upload.ts'
import { safeName } from '../../src/mail/filename.ts'

/** Pieces that have broken framings elsewhere, among any text at all. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\r',
        '\n',
        '\r\n',
        '\r\n\r\n',
        '"',
        '\\',
        '; ',
        '\0',
        '--',
        '\u2028',
        '\u202E',
        '\uD800',
        '%0d%0a',
        '../',
      ),
      fc.constantFrom(
        '\r\nContent-Type: text/html',
        '"; name="x',
        '\r\n----------------------------',
        'filename*=utf-8',
        "''",
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    { maxLength: 8 },
  )
  .map(pieces => pieces.join(''))

async function sent(encoding: 'multipart' | 'json', name: string, type: string, description: string, bytes: Buffer) {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-framing-'))
  try {
    const file = join(folder, 'file')
    await writeFile(file, bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const attachment = { part: '2', name, originalName: name, type, size: bytes.length, sha256 }
    const { headers, body } = await upload(encoding, attachment, file, description)
    const octets = body()
    const whole = Buffer.isBuffer(octets) ? octets : Buffer.concat(await Array.fromAsync(octets))
    expect(String(whole.length)).toBe(headers['content-length'])
    return { headers, whole }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** As a server of no mercy splits it: at every delimiter line, wherever it stands. */
function split(
  contentType: string,
  whole: Buffer,
): readonly { readonly head: readonly string[]; readonly body: Buffer }[] {
  const boundary = /boundary=(\S+)$/.exec(contentType)?.[1] ?? ''
  const text = whole.toString('latin1')
  const [before, ...pieces] = `\r\n${text}`.split(`\r\n--${boundary}`)
  expect([before, pieces.at(-1)]).toEqual(['', '--\r\n'])
  return pieces.slice(0, -1).map(piece => {
    const end = piece.indexOf('\r\n\r\n')
    const head = piece.slice(2, end).split('\r\n')
    return { head, body: Buffer.from(piece.slice(end + 4), 'latin1') }
  })
}

test('by multipart: one description, one file, two lines of header each at most', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, hostile, hostile, fc.uint8Array({ maxLength: 64 }), async (name, type, text, octets) => {
      for (const called of [name, safeName({ originalName: name, type, sniffed: undefined, role: 'file' }, 1)]) {
        const { headers, whole } = await sent('multipart', called, type, text, Buffer.from(octets))
        const parts = split(headers['content-type'] ?? '', whole)
        expect(parts).toHaveLength(text === '' ? 1 : 2)
        const file = parts.at(-1)
        expect(file?.body).toEqual(Buffer.from(octets))
        expect(file?.head).toEqual([
          expect.stringMatching(/^Content-Disposition: form-data; name="documents"; filename="[^"\r\n\0]*"$/),
          expect.stringMatching(/^Content-Type: [\w!#$&^.+*'`|~%-]+\/[\w!#$&^.+*'`|~%-]+$/),
        ])
        if (text === '') continue
        expect(parts[0]?.head[0]).toBe('Content-Disposition: form-data; name="description"')
        expect(parts[0]?.body.toString()).toBe(text.toWellFormed())
      }
    }),
    { numRuns: 150 },
  )
})

test('by JSON: what was meant, and nothing beside it', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, hostile, fc.uint8Array({ maxLength: 64 }), async (name, text, octets) => {
      const { whole } = await sent('json', name, 'a/b', text, Buffer.from(octets))
      expect(JSON.parse(whole.toString())).toEqual({
        ...(text === '' ? {} : { description: text.toWellFormed() }),
        documents: [{ filename: name.toWellFormed(), filedata: Buffer.from(octets).toString('base64') }],
      })
    }),
    { numRuns: 150 },
  )
})
