/** One notice in its two forms, plain text and simple HTML, made of the same paragraphs. */
import type { Fate, Fates } from './fates.ts'
import { fillWord, type Paragraph, type Template } from './template.ts'

/** Wrapped to 72 columns. The place of the files falls away where there are none. */
export function textOf(paragraphs: readonly Paragraph[], fates: Fates | undefined): string {
  const texts = paragraphs.flatMap(paragraph => {
    if (paragraph !== 'files') return [paragraph.some(keepsLines) ? paragraph.join('\n') : wrap(paragraph)]
    if (fates === undefined) return []
    const lines = [...fates.files.map(({ line }) => line), ...(fates.more === undefined ? [] : [fates.more])]
    return [[fates.heading, ...lines.map(line => `- ${line}`)].join('\n')]
  })
  return `${texts.filter(text => text !== '').join('\n\n')}\n`
}

/**
 * The same words without style, picture, link or anything that is fetched: it reads the same in a program that shows bare HTML.
 * Everything is escaped, the operator's words as the sender's.
 */
export function htmlOf(
  title: string,
  paragraphs: readonly Paragraph[],
  fates: Fates | undefined,
  template: Template,
): string {
  const blocks = paragraphs.flatMap(paragraph => {
    if (paragraph !== 'files') return [block(paragraph)]
    return fates === undefined ? [] : [`<p>${escaped(fates.heading)}</p>`, table(fates, template)]
  })
  const head = `<meta charset="utf-8">\n<title>${escaped(title)}</title>`
  const body = blocks.join('\n')
  return `<!doctype html>\n<html lang="${escaped(template.language)}">\n<head>\n${head}\n</head>\n<body>\n${body}\n</body>\n</html>\n`
}

/** Lists and indented lines are left as they were written. */
const keepsLines = (line: string): boolean => /^\s/.test(line) || isPoint(line)

const isPoint = (line: string): boolean => /^[-*•] /.test(line)

const WIDTH = 72

/** Breaks at plain spaces only: a no-break space holds a number and its unit together. */
function wrap(lines: readonly string[]): string {
  const wrapped: string[] = []
  for (const word of lines.join(' ').split(/[ \t]+/)) {
    const last = wrapped.at(-1)
    if (last === undefined || last.length + 1 + word.length > WIDTH) wrapped.push(word)
    else wrapped[wrapped.length - 1] = `${last} ${word}`
  }
  return wrapped.join('\n').trim()
}

function block(lines: readonly string[]): string {
  if (lines.every(isPoint)) return `<ul>\n${lines.map(line => `<li>${escaped(line.slice(2))}</li>`).join('\n')}\n</ul>`
  return `<p>${lines.map(escaped).join(lines.some(keepsLines) ? '<br>\n' : ' ')}</p>`
}

/** The attributes draw the lines that style sheets would, were they not cut out by half of the mail programs. */
function table({ files, more }: Fates, template: Template): string {
  const head = HEADS.map(word => `<th scope="col" align="left">${escaped(fillWord(template, word, {}))}</th>`)
  const rows = files.map(row)
  if (more !== undefined) rows.push(`<tr><td colspan="3">${escaped(more)}</td></tr>`)
  const heads = HEADS.every(word => template.words.has(word)) ? `<tr>${head.join('')}</tr>\n` : ''
  return `<table border="1" cellpadding="4" cellspacing="0">\n${heads}${rows.join('\n')}\n</table>`
}

const HEADS = ['head-name', 'head-size', 'head-fate'] as const

/** A name may be written from right to left in a language that is not. */
const row = ({ name, size, fate }: Fate): string =>
  `<tr><td dir="auto">${escaped(name)}</td><td>${escaped(size ?? '–')}</td><td>${escaped(fate)}</td></tr>`

/** Text as HTML shows it. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, sign => ENTITIES[sign] ?? sign)

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
