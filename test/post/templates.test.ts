import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadTemplates } from '../../src/post/templates.ts'

const shipped = join(import.meta.dirname, '../../config/notices')

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-notices-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

test('the languages that come with the program are whole', async () => {
  const { byLanguage, mistakes } = await loadTemplates([shipped])
  expect(mistakes).toEqual([])
  expect([...byLanguage.keys()]).toEqual(['de', 'en', 'es', 'fr', 'it', 'nl', 'pt'])
})

test('a folder that is not there holds nothing', async () => {
  expect(await loadTemplates([join(shipped, 'nowhere')])).toEqual({ byLanguage: new Map(), mistakes: [] })
})

test('an operator’s own text takes the place of the shipped one', async () => {
  const [held, words] = ['[bounced]\nx\n[held]\nOurs\n[delayed]\nx\n[delivered]\nx\n', '[words]\n']
  const names = ['no-subject', 'files', 'file', 'file-without-size', 'more-files', 'attached', 'refused', 'left-out']
  const more = ['not-attached', 'not-yet', 'not-known', 'why-other']
  const own = await folderWith({
    'en.txt': held + words + [...names, ...more].map(name => `${name} = x\n`).join(''),
    'README.md': 'no text of ours',
  })
  const { byLanguage, mistakes } = await loadTemplates([shipped, own])
  expect(mistakes).toEqual([])
  expect(byLanguage.get('en')?.sections.get('held')).toEqual([[{ text: 'Ours' }]])
  expect(byLanguage.get('fr')).toBeDefined()
})

test('every mistake of every file is told, with its file', async () => {
  const own = await folderWith({ 'de.txt': '[held]\n{{nonsense}}\n', 'not a language.txt': '' })
  const { mistakes } = await loadTemplates([own])
  expect(mistakes).toContain(
    `${join(own, 'not a language.txt')}: the name of this file is no language; it should be like en.txt or pt-BR.txt`,
  )
  expect(mistakes).toContainEqual(expect.stringContaining(`${join(own, 'de.txt')}:2: unknown placeholder {{nonsense}}`))
  expect(mistakes).toContain(`${join(own, 'de.txt')}: section [bounced] is missing`)
})
