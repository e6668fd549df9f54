/** What is wrong with a configuration: where, what, and what would be right; all of it in one message. */

export type Path = readonly (string | number)[]

export type Mistake = {
  /** Empty for the file as a whole. */
  readonly path: Path
  readonly line: number | undefined
  /** What is wrong; what would be right. Never a secret. */
  readonly text: string
}

/** sysexits EX_CONFIG. */
export const EXIT_CONFIGURATION = 78

/** The configuration cannot be used; ends the program with 78. The message has one line a mistake. */
export class ConfigurationMistakes extends Error {
  override readonly name = 'ConfigurationMistakes'
  readonly exitCode = EXIT_CONFIGURATION
  readonly mistakes: readonly Mistake[]

  /** @param file as the operator wrote it; undefined for settings that come from no file */
  constructor(mistakes: readonly Mistake[], file: string | undefined) {
    const sorted = mistakes.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
    super([headline(sorted.length), ...sorted.map(mistake => mistakeText(mistake, file))].join('\n'))
    this.mistakes = sorted
  }
}

/** `config/mailclip.yaml:12  mailboxes[0].port  "99x" is not a port; …` */
export function mistakeText({ path, line, text }: Mistake, file: string | undefined): string {
  const place = line === undefined ? (file ?? 'settings') : `${file ?? 'settings'}:${line}`
  return [place, pathText(path), text].filter(piece => piece !== '').join('  ')
}

/** `mailboxes[0].file.delivered` */
export const pathText = (path: Path): string =>
  path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('')

/** Whether `inner` is `outer` or lies below it. */
export const isWithin = (inner: Path, outer: Path): boolean =>
  outer.length <= inner.length && outer.every((step, i) => inner[i] === step)

const headline = (count: number): string =>
  count === 1 ? 'the configuration has a mistake:' : `the configuration has ${count} mistakes:`
