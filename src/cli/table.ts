/** What listing commands print: aligned tables for people, JSON Lines for programs; colours only on a terminal. */
/** The part of the process that a listing command needs; `World` is one. */
export type Io = {
  readonly out: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly err: NodeJS.WritableStream
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
  /** Sets the exit code. */
  readonly exit: (code: number) => void
}

export type Colour = 'red' | 'yellow' | 'green' | 'grey'

export type Cell = string | { readonly text: string; readonly colour: Colour | undefined }

export type Column = {
  readonly title: string
  /** In columns of a terminal; longer cells end in an ellipsis. */
  readonly most?: number
  readonly right?: boolean
}

const CODES: Readonly<Record<Colour, number>> = { red: 31, yellow: 33, green: 32, grey: 90 }
/** Of a long list, so many rows decide how wide the columns are. */
const MEASURED = 200

/** https://no-color.org: any value but the empty one turns colours off. */
export const wantsColour = ({ out, environment }: Pick<Io, 'out' | 'environment'>): boolean =>
  out.isTTY === true && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb'

/** The colour of a state of a mail or an attachment. */
export function colourOf(state: string): Colour | undefined {
  if (['held', 'uncertain'].includes(state)) return 'red'
  if (['deferred', 'bounced', 'refused', 'begun'].includes(state)) return 'yellow'
  if (state === 'delivered') return 'green'
  return ['discarded', 'skipped', 'ignored'].includes(state) ? 'grey' : undefined
}

export const stateCell = (state: string): Cell => ({ text: state, colour: colourOf(state) })

/** Lines of a table, the title line first; the titles wait for the first row, so that nothing is printed for no rows. */
export async function* tableLines(
  columns: readonly Column[],
  rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>,
  colour: boolean,
): AsyncIterable<string> {
  const first: (readonly Cell[])[] = []
  let widths: readonly number[] | undefined
  for await (const row of rows) {
    if (widths !== undefined) yield line(columns, widths, row, colour)
    else if (first.push(row) === MEASURED) {
      widths = measure(columns, first)
      yield* head(columns, widths, first, colour)
    }
  }
  if (widths === undefined && first.length > 0) yield* head(columns, measure(columns, first), first, colour)
}

/** Waits for a slow reader, and stops when there is none any more (a closed pipe is how `head` says thanks). */
export async function print(
  out: NodeJS.WritableStream,
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  let gone = false
  const onError = (): void => {
    gone = true
  }
  out.on('error', onError)
  try {
    for await (const one of lines) {
      if (gone) break
      if (!out.write(`${one}\n`) && !gone) await drained(out)
    }
  } finally {
    // A last write may still fail after we are gone.
    if (!gone) out.once('error', () => {})
    out.off('error', onError)
  }
}

const drained = (out: NodeJS.WritableStream): Promise<void> =>
  new Promise(resolve => {
    const events = ['drain', 'close', 'error'] as const
    const wake = (): void => {
      for (const event of events) out.off(event, wake)
      resolve()
    }
    for (const event of events) out.on(event, wake)
  })

/** How many columns of a terminal a text takes: two for East Asian and emoji, none for marks (a simple rule, not UAX 11). */
export const widthOf = (text: string): number => clusters(text).reduce((sum, one) => sum + clusterWidth(one), 0)

/** Nothing that a sender wrote moves the cursor, starts a line or turns the reading direction. */
export const tame = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\t\r\n]+/g, ' ')
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')

function* head(
  columns: readonly Column[],
  widths: readonly number[],
  rows: Iterable<readonly Cell[]>,
  colour: boolean,
) {
  const titles = columns.map(({ title }): Cell => ({ text: title, colour: 'grey' }))
  yield line(columns, widths, titles, colour)
  for (const row of rows) yield line(columns, widths, row, colour)
}

const measure = (columns: readonly Column[], rows: readonly (readonly Cell[])[]): readonly number[] =>
  columns.map(({ title, most = Number.POSITIVE_INFINITY }, n) =>
    Math.min(most, Math.max(widthOf(title), ...rows.map(row => widthOf(tame(textOf(row[n] ?? '')))))),
  )

function line(columns: readonly Column[], widths: readonly number[], row: readonly Cell[], colour: boolean): string {
  const cells = columns.map(({ right }, n) => {
    const cell = row[n] ?? ''
    const width = widths[n] ?? 0
    const text = shortened(tame(textOf(cell)), width)
    const gap = ' '.repeat(width - widthOf(text))
    const tint = typeof cell === 'string' ? undefined : cell.colour
    const painted = colour && tint !== undefined ? `\u001b[${CODES[tint]}m${text}\u001b[0m` : text
    return right ? gap + painted : painted + gap
  })
  return cells.join('  ').trimEnd()
}

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text)

function shortened(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let used = 1
  for (const cluster of clusters(text)) {
    used += clusterWidth(cluster)
    if (used > width) break
    kept += cluster
  }
  return `${kept}…`
}

const clusters = (text: string): readonly string[] =>
  /^[\x20-\x7e]*$/.test(text)
    ? [...text]
    : [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(({ segment }) => segment)

function clusterWidth(cluster: string): number {
  if (/^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u.test(cluster)) return 0
  return WIDE.test(cluster) ? 2 : 1
}

const WIDE =
  /^(?:\p{Emoji_Presentation}|.\ufe0f|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6])/u
