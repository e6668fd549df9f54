/** `docs/configuration.md`: every key in a table, section by section. */
import { yamlOf } from './default-yaml.ts'
import { type OutlinedKey, outline } from './outline.ts'

export function reference(): string {
  const keys = outline()
  const values = keys.filter(({ keys: inner }) => inner === undefined)
  const sections = keys.filter(({ keys: inner }) => inner !== undefined)
  const seen = new Set<string>()
  const tables = [
    ['## At the top of the file', '', ...table(values, '', seen)],
    ...sections.map(section => [
      `## \`${section.path}\``,
      '',
      section.description,
      '',
      ...table(section.keys ?? [], section.path, seen),
    ]),
  ]
  return `${[INTRODUCTION, ...tables.map(lines => lines.join('\n'))].join('\n\n')}\n`
}

const INTRODUCTION = `# Configuration

*Generated from \`src/config\` by \`npm run generate\`; a test keeps it true.*

One YAML file: \`--config FILE\`, else \`$MAILCLIP_CONFIG\`, else \`config/mailclip.yaml\`. It is checked as a whole before anything starts:
all mistakes come in one message, each with its line and what would be right, and the exit code is 78.
\`mailclip check --offline\` does only that. An unknown key is a mistake.

- **Durations** carry a unit: \`250ms\`, \`90s\`, \`5m\`, \`1h\`, \`400d\`. **Sizes** too: \`25MB\` is 10⁶ octets each, \`25MiB\` 2²⁰; a plain number counts octets.
- **\`\${env:NAME}\`** and **\`\${file:/path}\`** may stand for any value or inside any text; \`$\${\` stands for the two characters \`\${\`. The last line end
  of a file is dropped. A missing variable or file is a mistake. Values that are put in, and secrets, are never shown in messages.
  A file with secrets that everybody may read gets a warning (give it mode 0600), except below \`/run/secrets\`.
- **Overrides**: \`desk\`, \`ticket\`, \`senders\`, \`attachments\` and \`notices\` may be repeated at a mailbox with the keys that differ there. Maps are
  merged key by key; lists and single values replace. A mailbox with a \`token\` of its own does not use the common \`user\` and \`password\`, nor the other way round.
- **Unencrypted** connections (\`plain\`, \`http://\`) are for this machine only; elsewhere they need \`allowPlain: true\` beside them.
- **Relative paths** are relative to the working directory.
- *Not supported yet* marks what is accepted with its default only; anything else ends with 78 and names the key.

Without a section \`notices\` nobody is written to: mails are only flagged and filed, and a warning says so. \`notices: null\` means it.

The ticket pattern is matched by an engine that takes linear time whatever the subject (RE2): look-around and back-references are not
known to it. They are not needed either: a number that touches a letter or a digit on either side is never taken.`

function table(keys: readonly OutlinedKey[], under: string, seen: Set<string>): readonly string[] {
  return ['| key | default | meaning | example |', '|---|---|---|---|', ...rows(keys, under, seen)]
}

function rows(keys: readonly OutlinedKey[], under: string, seen: Set<string>): readonly string[] {
  return keys.flatMap(key => {
    const name = key.path.slice(under === '' ? 0 : under.length + 1)
    if (key.keys === undefined) return [row(name, defaultText(key), meaningOf(key), exampleOf(key))]
    // TLS and OAuth 2.0 are the same wherever they stand.
    const known = seen.has(key.description)
    if (known) return [row(name, '', `${meaningOf(key)} As for mailboxes.`, '')]
    seen.add(key.description)
    return [row(name, key.usual === null ? '`null`' : '', meaningOf(key), ''), ...rows(key.keys, under, seen)]
  })
}

const row = (...[name, ...cells]: readonly string[]): string =>
  `| ${[`\`${name}\``, ...cells.map(cell => cell.replaceAll('|', '\\|'))].join(' | ')} |`

function defaultText({ usual, otherwise, mandatory, override }: OutlinedKey): string {
  if (mandatory) return '**mandatory**'
  if (override) return '`{}`'
  return otherwise ?? (usual === undefined ? 'none' : code(usual))
}

function meaningOf({ description, choices, nullable, keys }: OutlinedKey): string {
  const words = choices.map(choice => `\`${choice}\``).join(', ')
  const oneOf = choices.length > 1 ? `One of ${words}${nullable && keys === undefined ? ', `null`' : ''}.` : ''
  return [description, oneOf].filter(piece => piece !== '').join(' ')
}

const exampleOf = ({ example }: OutlinedKey): string => (example === undefined ? '' : code(example))

const code = (value: unknown): string => `\`${yamlOf(value)}\``
