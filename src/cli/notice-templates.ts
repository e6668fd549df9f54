/** The texts of notices: those that come with the program, and the operator's, which take their place. */
import { fileURLToPath } from 'node:url'
import { ConfigurationMistakes } from '../config/mistakes.ts'
import type { Template } from '../mail/template.ts'
import { loadTemplates } from '../post/templates.ts'

/** By language. Reads `config/notices` of the program and of the working directory. Throws ConfigurationMistakes (78). */
export async function noticeTemplates(): Promise<ReadonlyMap<string, Template>> {
  const folders = [fileURLToPath(new URL('../../config/notices', import.meta.url)), 'config/notices']
  const { byLanguage, mistakes } = await loadTemplates(folders)
  if (mistakes.length > 0)
    throw new ConfigurationMistakes(
      mistakes.map(text => ({ path: [], line: undefined, text })),
      undefined,
    )
  return byLanguage
}
