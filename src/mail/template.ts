/** The words of a language: a text file of sections with placeholders, read once, checked as a whole, filled without ever being read again. */
import { MORE_SECTIONS } from './outcome.ts'
import { CODES } from './status.ts'

/** Texts a file may have; the four kinds are the fallback of codes without a text of their own. `start` and `end` frame every notice. */
export const SECTIONS = ['start', 'end', 'bounced', 'held', 'delayed', ...Object.keys(CODES), ...MORE_SECTIONS] as const

const REQUIRED_SECTIONS = ['bounced', 'held', 'delayed', 'delivered']

/** What may stand between `{{` and `}}` in a text. `files` stands alone on its line: it becomes a line per file. */
export const TEXT_PLACEHOLDERS = ['subject', 'date', 'tickets', 'example', 'files', 'max-file', 'max-mail'] as const

/** Short texts and what may stand in each; those that begin with `why-` say why a file was refused and may be left out, as may `attached-sealed` and the headings of the table (`head-…`). */
export const WORDS = {
  'no-subject': [],
  files: [],
  'head-name': [],
  'head-size': [],
  'head-fate': [],
  file: ['name', 'size', 'fate'],
  'file-without-size': ['name', 'fate'],
  'more-files': ['count'],
  attached: ['ticket'],
  'attached-sealed': ['ticket'],
  refused: ['why'],
  'left-out': ['reason'],
  'not-attached': [],
  'not-yet': [],
  'not-known': [],
  'why-other': ['reason'],
  'why-too-large': ['max-file'],
  'why-refused-type': [],
  'why-virus': [],
  'why-unknown-ticket': ['ticket'],
  'why-closed': ['ticket'],
  'why-desk-refused': [],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type Word = keyof typeof WORDS
export type Values = Readonly<Record<string, string>>

/** A run of text, or the name of a value to be put there. */
type Token = { readonly text: string } | { readonly value: string }
type Line = readonly Token[]

export type Template = {
  /** `fr`; numbers and dates are written as this language does (BCP 47). */
  readonly language: string
  readonly sections: ReadonlyMap<string, readonly Line[]>
  readonly words: ReadonlyMap<string, Line>
}

export type Parsed = { readonly template: Template } | { readonly mistakes: readonly string[] }

/** Reads a file of texts. Every mistake names the file and, where there is one, the line. */
export function parseTemplates(text: string, file: string, language: string): Parsed {
  const mistakes: string[] = []
  const sections = new Map<string, Line[]>()
  const words = new Map<string, Line>()
  let section: string | undefined
  for (const [n, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const wrong = (what: string): void => void mistakes.push(`${file}:${n + 1}: ${what}`)
    if (line.startsWith('#')) continue
    const [, opened] = /^\[(.*)\]\s*$/.exec(line) ?? []
    if (opened !== undefined) {
      section = opened
      openSection(opened, sections, wrong)
    } else if (section === undefined) {
      if (line.trim() !== '') wrong('text before the first [section]')
    } else if (section === 'words') readWord(line, words, wrong)
    else sections.get(section)?.push(readLine(line.replace(/^\\(?=[#[\\])/, ''), TEXT_PLACEHOLDERS, wrong))
  }
  mistakes.push(...missing(sections, words).map(what => `${file}: ${what}`))
  return mistakes.length > 0 ? { mistakes } : { template: { language, sections, words } }
}

/** The lines of one paragraph, or the place of the files. */
export type Paragraph = readonly string[] | 'files'

/** A text with its values put in, paragraph by paragraph; values stand as they are, whatever they look like. */
export function paragraphsOf(lines: readonly Line[], values: Values): readonly Paragraph[] {
  const paragraphs: (string[] | 'files')[] = [[]]
  for (const line of lines) {
    const [only] = line
    const last = paragraphs.at(-1)
    if (only !== undefined && 'value' in only && only.value === 'files') paragraphs.push('files', [])
    else if (line.every(token => 'text' in token && token.text.trim() === '')) paragraphs.push([])
    else if (Array.isArray(last)) last.push(fillLine(line, values))
  }
  return paragraphs.filter(({ length }) => length > 0)
}

export const fillWord = (template: Template, word: Word, values: Values): string =>
  fillLine(template.words.get(word) ?? [], values)

function openSection(name: string, sections: Map<string, Line[]>, wrong: (what: string) => void): void {
  if (name === 'words') return
  if (!SECTIONS.includes(name)) wrong(`unknown section [${name}]; known are words, ${SECTIONS.join(', ')}`)
  else if (sections.has(name)) wrong(`section [${name}] a second time`)
  sections.set(name, [])
}

function readWord(line: string, words: Map<string, Line>, wrong: (what: string) => void): void {
  if (line.trim() === '') return
  const [, name = '', text = ''] = /^([a-z-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
  if (name === '') wrong('a line of [words] is written: name = text')
  else if (!isWord(name)) wrong(`unknown word ${name}; known are ${Object.keys(WORDS).join(', ')}`)
  else words.set(name, readLine(text, WORDS[name], wrong))
}

function readLine(line: string, known: readonly string[], wrong: (what: string) => void): Line {
  const tokens = line.split(/(\{\{.*?\}\})/).flatMap((piece): Token[] => {
    const [, inside] = /^\{\{\s*(.*?)\s*\}\}$/.exec(piece) ?? []
    if (inside === undefined) return piece === '' ? [] : [{ text: piece }]
    if (!known.includes(inside)) wrong(`unknown placeholder {{${inside}}}; ${oneOf(known)}`)
    return [{ value: inside }]
  })
  if (tokens.some(token => 'text' in token && token.text.includes('{{'))) wrong('{{ without }}')
  const files = tokens.some(token => 'value' in token && token.value === 'files')
  const alone = tokens.every(token => 'value' in token || token.text.trim() === '')
  if (!files) return tokens
  if (!alone || tokens.filter(token => 'value' in token).length > 1) wrong('{{files}} stands alone on its line')
  return [{ value: 'files' }]
}

const oneOf = (known: readonly string[]): string =>
  known.length === 0 ? 'none may stand here' : `here may stand ${known.map(name => `{{${name}}}`).join(', ')}`

function missing(sections: ReadonlyMap<string, readonly Line[]>, words: ReadonlyMap<string, Line>): string[] {
  const required = Object.keys(WORDS).filter(
    word => word === 'why-other' || !/^why-|^head-|^attached-sealed$/.test(word),
  )
  return [
    ...REQUIRED_SECTIONS.filter(name => !sections.has(name)).map(name => `section [${name}] is missing`),
    ...required.filter(name => !words.has(name)).map(name => `${name} = … is missing in [words]`),
  ]
}

const isWord = (name: string): name is Word => Object.hasOwn(WORDS, name)

const fillLine = (line: Line, values: Values): string =>
  line.map(token => ('text' in token ? token.text : (values[token.value] ?? ''))).join('')
