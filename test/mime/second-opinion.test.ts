import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { file, lines, multipart, outline, plain, setup } from './parsing.ts'

const NEVER = new AbortController().signal
const sha256 = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex')

/** The hash of a text as it stands, and with each line end behind it. */
function withEnds(text: string): readonly string[] {
  const [bare = '', end = ''] = /^([\s\S]*?)(\r?\n|)$/.exec(text)?.slice(1) ?? []
  return Array.from(new Set([end, '', '\n', '\r\n']), one => sha256(bare + one))
}

/** Asks for the second opinion on a mail. */
async function asking(options?: Parameters<typeof setup>[0]) {
  const { parser, parse, folder } = await setup(options)
  const opinion = async (mail: string) => {
    const raw = join(await folder(), 'raw.eml')
    await writeFile(raw, mail, 'latin1')
    return parser.secondOpinion({ raw, sender: 'a@x.org' }, NEVER)
  }
  return { opinion, parse, parser, folder }
}

describe('a second parser says which attachments a mail has', () => {
  test('every attachment has its name, type, size and SHA-256, a text has none', async () => {
    const { opinion } = await asking()
    const log = 'a line\n'.repeat(100_000)
    expect(
      await opinion(multipart('mixed', plain('text'), file('a.pdf', 'one'), file('b.log', log, 'text/plain'))),
    ).toEqual({
      kind: 'read',
      files: [
        { name: 'a.pdf', type: 'application/pdf', size: 3, hashes: withEnds('one') },
        { name: 'b.log', type: 'text/plain', size: log.length, hashes: withEnds(log) },
      ],
    })
  })

  test('its files are those that were parsed here, by their bytes', async () => {
    const { opinion, parse } = await asking()
    const mail = multipart('mixed', plain('text'), multipart('mixed', file('a.pdf', 'one'), file('b.pdf', 'two')))
    const ours = (await parse(mail)).parts.filter(({ role }) => role === 'file').map(one => one.sha256)
    const theirs = await opinion(mail)
    expect(theirs.kind === 'read' && theirs.files.map(one => one.hashes[0])).toEqual(ours)
  })

  test('a forwarded mail is one attachment with the bytes that it has here', async () => {
    const { opinion, parse } = await asking()
    const inner = lines('Subject: inner', 'Content-Type: application/pdf; name=in.pdf', '', 'x')
    const mail = multipart('mixed', plain('text'), lines('Content-Type: message/rfc822', '', inner))
    const [, message] = (await parse(mail)).parts
    expect(await opinion(mail)).toMatchObject({
      files: [{ type: 'message/rfc822', size: message?.size, hashes: expect.arrayContaining([message?.sha256]) }],
    })
  })

  test('a mail without attachments has none', async () => {
    const { opinion } = await asking()
    expect(await opinion(plain('text'))).toEqual({ kind: 'read', files: [] })
    expect(await opinion('')).toEqual({ kind: 'read', files: [] })
  })
})

describe('a second parser without an answer says why, and the next mail is parsed', () => {
  test.each([
    ['1,100 parts', () => multipart('mixed', ...Array.from({ length: 1_100 }, () => plain('x')))],
    ['a header over a megabyte', () => `X: ${'y'.repeat(2_000_000)}\r\n\r\nx`],
  ])('%s', async (_what, mail) => {
    const { opinion, parse } = await asking({})
    expect(await opinion(mail())).toEqual({ kind: 'failed', reason: 'the mail cannot be parsed' })
    expect((await parse(plain('good'))).text.whole).toBe('good')
  })

  test('a mail that is not there', async () => {
    const { parser } = await asking()
    expect(await parser.secondOpinion({ raw: '/no/such/mail', sender: undefined }, NEVER)).toMatchObject({
      kind: 'failed',
    })
  })

  test('a mail that takes too much memory', async () => {
    const { parser, folder } = await asking({ memory: 2 ** 20 })
    const end = await parser.secondOpinion({ raw: await endless(await folder()), sender: undefined }, NEVER)
    expect(end).toEqual({ kind: 'failed', reason: 'the mail takes more memory than the parser may have' })
  })

  test('a mail that outlasts the deadline', async () => {
    const { parser, parse, folder } = await asking({ deadline: 700 })
    const end = await parser.secondOpinion({ raw: await endless(await folder()), sender: undefined }, NEVER)
    expect(end).toEqual({ kind: 'failed', reason: 'the parser was not done in time' })
    expect(outline(await parse(plain('good')))).toEqual(['1 body'])
  })

  test('an operator who stops the daemon stops it with that reason', async () => {
    const { parser, parse, folder } = await asking({})
    const stop = new AbortController()
    const asked = parser.secondOpinion({ raw: await endless(await folder()), sender: undefined }, stop.signal)
    stop.abort(new Error('stopping'))
    await expect(asked).rejects.toThrow('stopping')
    expect(outline(await parse(plain('good')))).toEqual(['1 body'])
  })
})

/** A pipe that is held open. */
async function endless(folder: string): Promise<string> {
  const path = join(folder, 'raw.eml')
  execFileSync('mkfifo', [path])
  const held = await open(path, 'r+')
  onTestFinished(() => held.close())
  return path
}
