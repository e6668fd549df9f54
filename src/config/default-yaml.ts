/** `config/default.yaml`: every key with its meaning and its default. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own ${…} is meant
import { stringify } from 'yaml'
import { type OutlinedKey, outline } from './outline.ts'

/** Reads as YAML and means the same as a file with the mandatory keys alone. */
export function defaultYaml(): string {
  const sections = outline().map(key => written(key, '').join('\n'))
  return `${[...HEAD, '', sections.join('\n\n')].join('\n')}\n`
}

const HEAD = [
  '# yaml-language-server: $schema=./mailclip.schema.json',
  '#',
  '# Every key of mailclip with its default. Generated from src/config (npm run generate): do not edit, and do not copy as a whole.',
  '# A configuration needs the keys marked mandatory, and of the others those that shall differ; see the examples beside this file.',
  '# Durations: 250ms, 90s, 5m, 1h, 400d. Sizes: 25MB (10⁶), 25MiB (2²⁰). Any value may be ${env:NAME} or ${file:/path}.',
]

/** Optional, and yet nothing goes without: one of two ways to sign in. */
const SHOWN: ReadonlySet<string> = new Set(['mailboxes[].password', 'desk.user', 'desk.password'])

const WIDTH = 110

function written(key: OutlinedKey, indent: string): readonly string[] {
  const comments = wrapped(commentOf(key), WIDTH - indent.length).map(line => `${indent}# ${line}`)
  return [
    ...comments,
    ...(key.keys === undefined ? [`${indent}${valueLine(key)}`] : sectionLines(key, key.keys, indent)),
  ]
}

function sectionLines(key: OutlinedKey, keys: readonly OutlinedKey[], indent: string): readonly string[] {
  if (key.usual === null) return [`${indent}${key.name}: null`]
  if (key.usual === undefined && !key.mandatory) return [`${indent}# ${key.name}: {}`]
  const isList = key.path.endsWith('[]')
  const lines = keys.flatMap(inner => written(inner, `${indent}${isList ? '    ' : '  '}`))
  // The dash belongs to the first line of the element, which is a comment's: it gets a line of its own.
  return [`${indent}${key.name}:`, ...(isList ? [`${indent}  -`] : []), ...lines]
}

function valueLine(key: OutlinedKey): string {
  if (key.override) return `${key.name}: {}`
  const line = `${key.name}: ${yamlOf(key.mandatory || SHOWN.has(key.path) ? key.example : (key.usual ?? key.example))}`
  if (key.usual === null) return `${key.name}: null`
  return key.usual === undefined && !key.mandatory && !SHOWN.has(key.path) ? `# ${line}` : line
}

function commentOf({ description, mandatory, keys, otherwise, choices }: OutlinedKey): string {
  return [
    mandatory && keys === undefined ? 'Mandatory.' : '',
    description,
    otherwise === undefined ? '' : `Default: ${otherwise}.`,
    choices.length > 1 ? `[${choices.join(' | ')}]` : '',
  ]
    .filter(piece => piece !== '')
    .join(' ')
}

export const yamlOf = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', singleQuote: true, lineWidth: 0, flowCollectionPadding: false }).trim()

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
