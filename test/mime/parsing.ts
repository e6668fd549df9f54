/** A parser and a private folder for each test; mails are written line by line. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ParsedMail } from '../../src/mail/part.ts'
import { MimeParser, type ParserOptions } from '../../src/mime/parse.ts'

const USUAL: ParserOptions = { deadline: 20_000, memory: 512 * 2 ** 20, children: 1 }

/** Tests that only parse share a child process, as mails do: 200 ms each would be most of their time. */
let common: MimeParser | undefined

/** With options: a parser of its own. */
export async function setup(options?: Partial<ParserOptions>) {
  const top = await mkdtemp(join(tmpdir(), 'mailclip-mime-'))
  common ??= new MimeParser(USUAL)
  const own = options === undefined ? undefined : new MimeParser({ ...USUAL, ...options })
  const parser = own ?? common
  onTestFinished(async () => {
    await own?.[Symbol.asyncDispose]()
    await rm(top, { recursive: true, force: true })
  })
  let count = 0
  const folder = () => mkdtemp(join(top, `${++count}-`))
  const parseFile = async (
    raw: string,
    signal = new AbortController().signal,
    sender: string | undefined = undefined,
  ): Promise<ParsedMail> => parser.parse({ raw, folder: await folder(), sender }, signal)
  const parse = async (mail: string | Buffer): Promise<ParsedMail> => {
    const raw = join(await folder(), 'raw.eml')
    await writeFile(raw, typeof mail === 'string' ? Buffer.from(mail, 'latin1') : mail)
    return parseFile(raw)
  }
  return { parser, parse, parseFile, folder }
}

export const lines = (...all: readonly string[]): string => all.join('\r\n')

/** A multipart with a boundary of its own; children are whole parts, header and all. */
export function multipart(subtype: string, ...children: readonly string[]): string {
  const boundary = `=_${subtype}_${children.length}_${children.join('').length}`
  const parts = children.map(child => `--${boundary}\r\n${child}\r\n`)
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n${parts.join('')}--${boundary}--\r\n`
}

export const plain = (text: string): string => lines('Content-Type: text/plain; charset=utf-8', '', text)
export const html = (text: string): string => lines('Content-Type: text/html; charset=utf-8', '', text)

export const file = (
  name: string,
  octets: Buffer | string,
  type = 'application/pdf',
  disposition = 'attachment',
): string =>
  lines(
    `Content-Type: ${type}; name="${name}"`,
    `Content-Disposition: ${disposition}; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    ...(Buffer.from(octets)
      .toString('base64')
      .match(/.{1,76}/g) ?? []),
  )

/** What became of a mail, a line per leaf: `2.1 file a.pdf`. */
export const outline = ({ parts }: ParsedMail): readonly string[] =>
  parts.map(({ part, role, originalName }) => [part, role, originalName].filter(Boolean).join(' '))

export const octetsOf = ({ parts }: ParsedMail, part: string): Buffer =>
  readFileSync(parts.find(one => one.part === part)?.file ?? 'no such part')
