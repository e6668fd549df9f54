/** The open corpus of real mails through `mailclip preview`: it is used where it lies and never part of the project. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { mailclip, rows } from '../support/process.ts'

const folder = process.env['MAILCLIP_CORPUS'] ?? fileURLToPath(new URL('../../../shared/corpus/open', import.meta.url))
const present = existsSync(join(folder, 'manifest.json'))
if (!present) process.stderr.write(`SKIPPED: the corpus is not at ${folder}; set MAILCLIP_CORPUS\n`)

describe.skipIf(!present)('the mails of fourteen projects', () => {
  test('are all previewed, none of them held for what it does to the parser', async () => {
    const files = readdirSync(folder)
      .filter(name => name.endsWith('.eml'))
      .map(name => join(folder, name))
    const { code, out, err } = await mailclip(['preview', '--json', '--ticket', 'I161026_000005', ...files])
    expect([code, err]).toEqual([0, ''])
    expect(rows(out).map(({ file }) => file)).toEqual(files)
    expect(rows(out).filter(({ code: why }) => why === 'poison' || why === 'unparsable')).toEqual([])
  })
})
