import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Malformed, type Piece } from '../../src/simulator/desk/body.ts'
import { jsonPieces } from '../../src/simulator/desk/json-upload.ts'
import { multipartPieces } from '../../src/simulator/desk/multipart.ts'

type Told = { readonly description: string | undefined; readonly files: readonly (readonly [string, string])[] }

/** What the pieces say, when the body comes in chunks of this many octets. */
async function told(
  body: Buffer,
  size: number,
  read: (source: AsyncIterable<Buffer>) => AsyncIterable<Piece>,
): Promise<Told> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size)
  }
  const files: [string, string][] = []
  let description: string | undefined
  let [name, octets] = ['', '']
  for await (const piece of read(chunks())) {
    if (piece.kind === 'description') description = piece.text
    else if (piece.kind === 'file') [name, octets] = ['', '']
    else if (piece.kind === 'name') name = piece.name
    else if (piece.kind === 'octets') octets += piece.octets.toString('latin1')
    else files.push([name, octets])
  }
  return { description, files }
}

const TYPE = 'multipart/form-data; boundary=xYzZY'
const form = (body: string, size = 7) =>
  told(Buffer.from(body, 'latin1'), size, source => multipartPieces(source, TYPE))
const json = (body: string | Buffer, size = 7) => told(Buffer.from(body), size, jsonPieces)

describe('an upload as form-data', () => {
  const nasty = '\r\n--xYzZ\r\n\r\n--xYzZYnot\r\n--xYzZY -\r\n-\r'
  const body =
    `preamble\r\n--xYzZY \t\r\nContent-Disposition: form-data; name="description"\r\n\r\nh\u00c3\u00a9llo\r\n` +
    `--xYzZY\r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION: form-data; filename="a \\"b\\" %22.txt"; name="documents"\r\n\r\n` +
    `${nasty}\r\n--xYzZY\r\nContent-Disposition: form-data; name=other\r\n\r\nzzz\r\n` +
    `--xYzZY\r\nContent-Disposition: form-data; name="documents"; filename="empty"\r\n\r\n\r\n--xYzZY--\r\nepilogue --xYzZY`

  test('says the same however it is cut into chunks', async () => {
    const expected = {
      description: 'h\u00e9llo',
      files: [
        ['a "b" ".txt', nasty],
        ['empty', ''],
      ],
    }
    for (let size = 1; size <= body.length; size += 1) expect(await form(body, size)).toEqual(expected)
  })

  test('that ends before its last boundary is malformed, wherever it ends', async () => {
    const end = body.indexOf('--xYzZY--') + '--xYzZY--'.length
    for (let at = 0; at < end; at += 1) await expect(form(body.slice(0, at))).rejects.toThrow(Malformed)
    await expect(form(body.slice(0, end))).resolves.toBeDefined()
  })

  test('without a boundary in its type is malformed', async () => {
    const read = (source: AsyncIterable<Buffer>) => multipartPieces(source, 'multipart/form-data')
    await expect(told(Buffer.from(body), 100, read)).rejects.toThrow(Malformed)
  })

  test('with a head that never ends is malformed', async () => {
    await expect(form(`--xYzZY\r\nX: ${'a'.repeat(100_000)}`, 1000)).rejects.toThrow(Malformed)
  })

  test('of any octets keeps them', async () => {
    const octets = fc.uint8Array({ maxLength: 200 }).map(one => Buffer.from(one).toString('latin1'))
    const near = fc.array(fc.oneof(octets, fc.constantFrom('\r\n', '--', 'xYzZY', '\r\n--xYz')), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(near, fc.integer({ min: 1, max: 50 }), async (content, size) => {
        const file = content.join('')
        fc.pre(!`\r\n${file}\r\n`.includes('\r\n--xYzZY'))
        const part = `--xYzZY\r\nContent-Disposition: form-data; name="documents"; filename="f"\r\n\r\n${file}\r\n--xYzZY--`
        expect((await form(part, size)).files).toEqual([['f', file]])
      }),
    )
  })
})

describe('an upload as JSON', () => {
  const content = randomBytes(40)
  const base64 = content.toString('base64').replace('/', '\\/')
  const body = `\ufeff{ "x": [1, -2.5e+3, {"y": [[]]}, {}, true, null, ""],
    "documents" : [ {"filedata":"${base64.replace('A', '\\u0041')}", "filename":"\\u00e9\\"\u00e8 \ud83d\ude00 \\ud83d\\ude00"},
    {"filename":"e", "filedata":""} ], "description": "two\\nlines" }`.slice(1)

  test('says the same however it is cut into chunks', async () => {
    const octets = content.toString('latin1')
    const files = [
      ['\u00e9"\u00e8 \u{1f600} \u{1f600}', octets],
      ['e', ''],
    ]
    for (let size = 1; size <= body.length; size += 1)
      expect(await json(body, size)).toEqual({ description: 'two\nlines', files })
  })

  test('that ends too early is malformed, wherever it ends', async () => {
    for (let at = 0; at < body.length - 1; at += 1) await expect(json(body.slice(0, at))).rejects.toThrow(Malformed)
  })

  test('reads what JSON.parse reads, and refuses what it refuses', async () => {
    const text = fc.oneof(
      fc.json({ maxDepth: 3 }),
      fc
        .array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', 'true', ' '), { maxLength: 7 })
        .map(one => one.join('')),
    )
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (value, size) => {
        const body = `{"other":${value}}`
        const parses = (() => {
          try {
            return JSON.parse(body) !== undefined
          } catch {
            return false
          }
        })()
        if (parses) await expect(json(body, size)).resolves.toBeDefined()
        else await expect(json(body, size)).rejects.toThrow(Malformed)
      }),
      { numRuns: 300 },
    )
  })

  test.each(['YQ==YQ==', 'YQ=', 'Y', 'YQ==Y', '=', 'YQ=A'])(
    'with %s for base64 is malformed, however it is cut',
    async text => {
      const body = `{"documents":[{"filename":"a","filedata":"${text}"}]}`
      for (let size = 1; size <= body.length; size += 1) await expect(json(body, size)).rejects.toThrow(Malformed)
    },
  )

  test('that is too deep is malformed', async () => {
    await expect(json(`{"a":${'['.repeat(40)}`)).rejects.toThrow(Malformed)
  })

  test.each(['\\x', '\\u12g4', '\n'])('with %j in a string is malformed', async text => {
    await expect(json(`{"description":"${text}"}`)).rejects.toThrow(Malformed)
    await expect(json(`{"documents":[{"filename":"a","filedata":"AAA${text}"}]}`)).rejects.toThrow(Malformed)
  })
})
