/** The texts of notices: those that come with the program, and the operator's, which take their place. */
import { join, resolve } from 'node:path'
import { ConfigurationMistakes, type Mistake } from '../config/mistakes.ts'
import type { Settings } from '../config/schema.ts'
import type { Template } from '../mail/template.ts'
import { loadTemplates } from '../post/templates.ts'
import { ours } from './package.ts'

const NOTICES = 'config/notices'

/**
 * By language. Reads `config/notices` of the program and of the working directory. Throws ConfigurationMistakes (78) for a broken text, and
 * for a language of the settings that has none.
 */
export async function noticeTemplates({
  mailboxes,
}: Pick<Settings, 'mailboxes'>): Promise<ReadonlyMap<string, Template>> {
  const { byLanguage, mistakes } = await loadTemplates([ours(NOTICES), NOTICES])
  const broken = mistakes.map((text): Mistake => ({ path: [], line: undefined, text }))
  const wanted = new Set(mailboxes.map(({ notices }) => notices?.language ?? 'auto'))
  const missing = [...wanted].filter(language => language !== 'auto' && !byLanguage.has(language))
  const known = [...byLanguage.keys()].join(', ')
  const silent = missing.map(
    (language): Mistake => ({
      path: ['notices', 'language'],
      line: undefined,
      text: `"${language}" has no text: there is no ${join(resolve(NOTICES), `${language}.txt`)}; put one there (docs/notices.md), or write one of ${known}, auto`,
    }),
  )
  if (broken.length + silent.length > 0) throw new ConfigurationMistakes([...broken, ...silent], undefined)
  return byLanguage
}
