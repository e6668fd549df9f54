/** YAML's own complaints in our words: the library's quote the text, and the text holds passwords. */
import type { ErrorCode, YAMLError } from 'yaml'
import type { Mistake } from './mistakes.ts'

/** One mistake a line: after the first, YAML mostly complains of what follows from it. */
export function syntaxMistakes(
  errors: readonly YAMLError[],
  text: string,
  lineAt: (offset: number) => number,
): readonly Mistake[] {
  const byLine = new Map<number, Mistake>()
  for (const { code, pos } of errors) {
    const line = lineAt(pos[0])
    if (!byLine.has(line)) byLine.set(line, { path: [], line, text: wordsFor(code, text.slice(pos[0])) })
  }
  return [...byLine.values()]
}

const WORDS: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: 'a value that begins with * or & is an alias or an anchor; put the value in quotes',
  BAD_DIRECTIVE: 'a line that begins with % is a directive; put the value in quotes',
  BAD_DQ_ESCAPE: "has a \\ that means nothing in double quotes; use single quotes, as in '\\Flagged'",
  BAD_INDENT: 'is indented in a way that fits nothing above it; align it with its neighbours',
  BAD_SCALAR_START: 'begins with a character that YAML keeps for itself (@ or `); put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'has a colon inside a plain value, or the line below it is indented too far; put the value in quotes, or align the line',
  BLOCK_IN_FLOW: 'has a block inside { } or [ ]; write it in one way or the other',
  MISSING_CHAR: 'a character is missing: a quote, a bracket, a comma, or the space after a colon',
  MULTILINE_IMPLICIT_KEY: 'is no key: the colon, or the space after it, is missing',
  MULTIPLE_DOCS: 'a second document begins here (---); one file holds one configuration',
  NON_STRING_KEY: 'is no plain key; write a word and a colon',
  TAB_AS_INDENT: 'is indented with a tab; use spaces',
}

/** A key's name is shown only where it is a plain word: `password:secret` without its space is a key to YAML. */
function wordsFor(code: ErrorCode, rest: string): string {
  if (code !== 'DUPLICATE_KEY') return WORDS[code] ?? 'is no YAML; check quotes, colons and indentation around here'
  const [, key] = /^["']?([A-Za-z0-9_-]{1,40})["']?\s*:(\s|$)/.exec(rest) ?? []
  return `${key === undefined ? 'a key' : `the key ${key}`} is written twice in the same place; keep one of the two`
}
