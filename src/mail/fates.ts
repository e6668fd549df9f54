/** What became of each file, in the words of a language. */
import type { ItemState, Outcome } from './outcome.ts'
import { plain } from './plain.ts'
import type { Code } from './status.ts'
import { fillWord, type Template, type Values, WORDS, type Word } from './template.ts'

export type NoticeFile = {
  readonly name: string
  /** Octets. */
  readonly size: number | undefined
  readonly state: ItemState
  /** As the trace has it, in English. */
  readonly reason: string | undefined
  readonly ticket: string | undefined
  /** As it is posted; some types say that the desk's people may not be able to open it. */
  readonly type?: string | undefined
  /** Why it was refused, for languages that have their own words for it. */
  readonly code?: Code | undefined
}

/** More are counted only: a mail of a thousand parts needs no notice of a thousand lines. */
const MOST_FILES = 50
const LONGEST_NAME = 120

/** A file in the words of a language. `size` undefined = not known; `line` says all three in one. */
export type Fate = {
  readonly name: string
  readonly size: string | undefined
  readonly fate: string
  readonly line: string
}

/** The files of a notice: `more` counts those that are not named. */
export type Fates = { readonly heading: string; readonly files: readonly Fate[]; readonly more: string | undefined }

/** Undefined when there are no files. `values`: those of the whole notice. */
export function fatesOf(
  files: readonly NoticeFile[],
  outcome: Outcome,
  template: Template,
  values: Values,
): Fates | undefined {
  if (files.length === 0) return undefined
  const named = files.slice(0, MOST_FILES).map((file): Fate => {
    const fate = fateOf(file, outcome, template, values)
    const name = plain(file.name, LONGEST_NAME)
    if (file.size === undefined)
      return { name, size: undefined, fate, line: fillWord(template, 'file-without-size', { name, fate }) }
    const size = sizeIn(template.language, file.size)
    return { name, size, fate, line: fillWord(template, 'file', { name, size, fate }) }
  })
  const more = files.length - named.length
  const count = new Intl.NumberFormat(template.language).format(more)
  return {
    heading: fillWord(template, 'files', {}),
    files: named,
    more: more > 0 ? fillWord(template, 'more-files', { count }) : undefined,
  }
}

/** 1 MB = 10⁶ octets, as mail programs and shops count; at most one decimal. A no-break space before the unit. */
export function sizeIn(language: string, octets: number): string {
  const exponent = octets < 1_000 ? 0 : Math.min(Math.floor(Math.log10(octets) / 3), UNITS.length - 1)
  const amount = octets / 1_000 ** exponent
  const style = {
    style: 'unit',
    unit: UNITS[exponent] ?? 'byte',
    unitDisplay: exponent === 0 ? 'long' : 'short',
  } as const
  const number = new Intl.NumberFormat(language, { ...style, maximumFractionDigits: amount < 10 ? 1 : 0 }).format(
    amount,
  )
  return number.replace(/[ \u202F]/g, '\u00A0')
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

function fateOf(file: NoticeFile, outcome: Outcome, template: Template, values: Values): string {
  const ticket = plain(file.ticket ?? values['tickets'] ?? '', 50)
  const reason = plain(file.reason ?? '', 200)
  // A file that shares its mail's fate: the text above has said why.
  const shared = file.reason === undefined || file.reason === outcome.reason
  switch (file.state) {
    case 'delivered':
      return fillWord(template, isSealed(file) && template.words.has(SEALED) ? SEALED : 'attached', { ticket })
    case 'refused': {
      const code = file.code ?? (shared ? outcome.code : undefined)
      const word = whyOf(code, template) ?? (shared ? undefined : 'why-other')
      if (word === undefined) return fillWord(template, 'not-attached', {})
      return fillWord(template, 'refused', { why: fillWord(template, word, { ...values, ticket, reason }) })
    }
    case 'skipped':
      return shared ? fillWord(template, 'not-attached', {}) : fillWord(template, 'left-out', { reason })
    case 'uncertain':
    case 'begun':
      return fillWord(template, 'not-known', {})
    case 'pending':
      return fillWord(template, 'not-yet', {})
    default:
      return file.state satisfies never
  }
}

const SEALED = 'attached-sealed'

/** Encrypted, or signed in an envelope. */
const isSealed = ({ type = '' }: NoticeFile): boolean => /^application\/(?:(?:x-)?pkcs7-mime|pgp-encrypted)$/.test(type)

/** The language's own words for a code, where it has some. */
function whyOf(code: Code | undefined, template: Template): Word | undefined {
  const word = `why-${code}`
  return Object.hasOwn(WORDS, word) && template.words.has(word) ? (word as Word) : undefined
}
