/** Reading the texts of the notices: the ones that come with the program, and the operator's own beside or instead of them. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { languageTag } from '../mail/language.ts'
import { parseTemplates, type Template } from '../mail/template.ts'

export type Templates = {
  /** By language tag (BCP 47), however the file writes it: `en`, `pt-BR`. */
  readonly byLanguage: ReadonlyMap<string, Template>
  /** Configuration mistakes, one sentence each, with file and line. */
  readonly mistakes: readonly string[]
}

/**
 * Reads `<language>.txt` of each folder; a later folder's file takes the place of an earlier one's. A folder that is not there holds
 * nothing; a file that cannot be read is a mistake.
 */
export async function loadTemplates(folders: readonly string[]): Promise<Templates> {
  const byLanguage = new Map<string, Template>()
  const mistakes: string[] = []
  for (const file of (await Promise.all(distinct(folders).map(filesIn))).flat()) {
    const language = languageTag(basename(file, '.txt'))
    if (language === undefined) {
      mistakes.push(`${file}: the name of this file is no language; it should be like en.txt or pt-BR.txt`)
      continue
    }
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      mistakes.push(`${file}: cannot be read (${error.code})`)
      return undefined
    })
    if (text === undefined) continue
    const parsed = parseTemplates(text, file, language)
    if ('mistakes' in parsed) mistakes.push(...parsed.mistakes)
    else byLanguage.set(language, parsed.template)
  }
  return { byLanguage, mistakes }
}

/** Run where it is installed, both folders are the same. */
const distinct = (folders: readonly string[]): readonly string[] => [
  ...new Map(folders.map(folder => [resolve(folder), folder])).values(),
]

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .filter(name => name.endsWith('.txt'))
    .sort()
    .map(name => join(folder, name))
}
