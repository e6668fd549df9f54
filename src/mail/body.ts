/** The mail's text as the desk shows it beside a file. */
import type { BodyText } from './part.ts'

export type DescriptionRules = {
  readonly quoted: 'cut' | 'keep'
  /** In characters as JavaScript counts them (UTF-16), `…` included. */
  readonly maxLength: number
}

/** `''` when there is no text. Nothing is cut from a forward, nor where cutting leaves nothing. Linear time. */
export function describe(text: BodyText, rules: DescriptionRules): string {
  const cut = rules.quoted === 'cut' && !text.forwarded ? tidy(text.cut) : ''
  return capped(cut === '' ? tidy(text.whole) : cut, rules.maxLength)
}

/** LF line ends, no control characters, no white space at the end of a line or around the whole. */
const tidy = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029\v\f]/g, '\n')
    .replace(/[\x00-\x08\x0E-\x1F\x7F-\x9F\uFEFF]/g, '')
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
    .replace(/^\n+/, '')
    .trimEnd()

/** Graphemes are whole or absent; more than this is looked at, so that none is taken for whole that is not. */
const LOOK_AHEAD = 64

function capped(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  if (maxLength < 1) return ''
  let end = 0
  const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
  for (const { index, segment } of segmenter.segment(text.slice(0, maxLength + LOOK_AHEAD))) {
    if (index + segment.length > maxLength - 1) break
    end = index + segment.length
  }
  return `${text.slice(0, end).trimEnd()}…`
}
