/** What a mail's sender would be told, as `mailclip preview --notice` shows it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { KINDS } from '../../src/cli/preview-notice.ts'
import { programOf } from '../../src/cli/program.ts'
import { ROOT } from '../support/bench.ts'
import { letter } from '../support/letters.ts'
import { configured, start } from '../support/process.ts'
import { worldOf } from '../support/road.ts'

const LANGUAGES = ['en', 'fr', 'de', 'es', 'it', 'nl', 'pt']

/** A mail in a file, and the command line in this process. */
async function written() {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-preview-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'mail.eml')
  await writeFile(file, letter({ attachments: { 'plan.pdf': '%PDF-1.7' } }))
  const preview = async (...words: readonly string[]) => {
    const [out, err] = [new PassThrough(), new PassThrough()]
    const codes: number[] = []
    const world = {
      ...worldOf({ now: 0 }),
      out: out as unknown as NodeJS.WriteStream,
      err: err as unknown as NodeJS.WriteStream,
      exit: (code: number) => void codes.push(code),
    }
    await programOf(world, '1.2.3').parseAsync(['preview', '--notice', ...words, file], { from: 'user' })
    out.end()
    err.end()
    return { code: codes[0], out: (await text(out)).replace(file, 'FILE'), err: await text(err) }
  }
  return { folder, file, preview }
}

test('a notice of each kind is seen in each language, with the file in it', async () => {
  const { preview } = await written()
  const seen = new Set<string>()
  // Each kind in English; the others take turns: their texts are looked at one by one in test/mail/golden.
  for (const [n, language] of LANGUAGES.entries())
    for (const kind of language === 'en' ? KINDS : KINDS.slice(n % KINDS.length, (n % KINDS.length) + 1)) {
      const { code, out, err } = await preview('--language', language, '--kind', kind)
      expect([code, err]).toEqual([0, ''])
      expect(out).toMatch(/^FILE:\nTo: ada@example\.org\nSubject: Re: Screenshot for I161026_000005\n\n/)
      expect(out).toContain('plan.pdf')
      expect(out).not.toMatch(/[{}]|undefined/)
      seen.add(out)
    }
  expect(seen.size).toBe(LANGUAGES.length - 1 + KINDS.length)
})

test('a language without texts is refused, and told what there is', async () => {
  const { preview } = await written()
  for (const language of ['sv', 'auto', '../en', 'no language'])
    expect(await preview('--language', language)).toEqual({
      code: 64,
      out: '',
      err: `mailclip: there are no texts in ${language}; there are de, en, es, fr, it, nl, pt\n`,
    })
})

test('a language that somebody added as a file is previewed, configured, and missed when the file is gone', async () => {
  const { folder, file } = await written()
  const texts = join(folder, 'config/notices')
  const settings = await configured(folder, {
    mailboxes: [{ host: 'localhost', user: 'support@example.com', password: 'x' }],
    desk: { url: 'https://localhost/api/v1/1', user: 'mailclip', password: 'x' },
    notices: { from: 'support@example.com', language: 'pt-br', smtp: { host: 'localhost' } },
  })
  const there = (...words: readonly string[]) =>
    start([...words, '--config', settings], {}, ['env', '-C', folder]).ended
  const missing = await there('check', '--offline')
  expect([missing.code, missing.err]).toEqual([78, expect.stringContaining('notices.language  "pt-BR" has no text')])
  expect(missing.err).toContain(`there is no ${join(texts, 'pt-BR.txt')}; put one there (docs/notices.md)`)
  await mkdir(texts, { recursive: true })
  const words = await readFile(join(ROOT, 'config/notices/pt.txt'), 'utf8')
  await writeFile(join(texts, 'pt-BR.txt'), words.replace(/^\[end\]$/m, '[end]\nUm abraço do Brasil.\n'))
  expect(await there('check', '--offline')).toMatchObject({ code: 0, err: '' })
  expect((await there('preview', '--notice', '--kind', 'held', file)).out).toContain('Um abraço do Brasil.')
})
