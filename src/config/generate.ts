/** Writes the files that are made from the schema: `npm run generate`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultYaml } from './default-yaml.ts'
import { jsonSchema } from './json-schema.ts'
import { reference } from './reference.ts'

/** The generated files and what belongs into them; paths are relative to the project. */
export const generated = (): Readonly<Record<string, string>> => ({
  'config/mailclip.schema.json': `${JSON.stringify(jsonSchema(), undefined, 2)}\n`,
  'config/default.yaml': defaultYaml(),
  'docs/configuration.md': reference(),
})

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..')
  for (const [file, text] of Object.entries(generated())) writeFileSync(join(root, file), text)
}
