/**
 * The text of an HTML table. HTML does not say whether a table holds data or only places blocks on
 * a page, so the rule looks at each row:
 * 1. A row is a line of its own; a row without text is dropped.
 * 2. A row with one cell that has text is that text.
 * 3. Cells of one line each are joined by ` | `; a label that ends in a colon and a bullet are
 *    followed by a blank.
 * 4. A cell of several lines stands on lines of its own, unless it is a short one in a table of
 *    data.
 */
import type { DomNode, FormatCallback } from 'html-to-text'
import { isVisible } from './visible.ts'

export type Cell = { readonly text: string; readonly colspan: number; readonly rowspan: number }

/** Longest text of several lines, in characters, that is put on one line within a row of data. */
const SHORT = 200
const SHORT_LINES = 4
/** Two cells longer than this in one row are columns of prose. */
const PROSE = 160
/** Columns and rows that a spanning cell may take. */
const SPAN = 50

/** Formatter of html-to-text for `table`. `isHidden` tells which rows and cells are left out. */
export const tableFormatter =
  (isHidden: (element: DomNode) => boolean): FormatCallback =>
  (table, walk, builder) => {
    const rows = rowsIn(table, isHidden)
    builder.openTable()
    for (const cells of rows) {
      builder.openTableRow()
      for (const { nodes, colspan, rowspan } of cells) {
        builder.openTableCell()
        walk(nodes, builder)
        builder.closeTableCell({ colspan, rowspan })
      }
      builder.closeTableRow()
    }
    const lineBreaks = rows.some(cells => cells.length > 1) ? 2 : 1
    const isDeclared = isDeclaredData(table)
    builder.closeTable({
      tableToString: (all: readonly (readonly Cell[])[]) => textOfRows(all, isDeclared),
      leadingLineBreaks: lineBreaks,
      trailingLineBreaks: lineBreaks,
    })
  }

type Source = { readonly nodes: DomNode[]; readonly colspan: number; readonly rowspan: number }

const SECTIONS = new Set(['thead', 'tbody', 'tfoot', 'center', 'form'])

/**
 * Rows as they stand in the source; what a table may not hold is a row of one cell, so that no word
 * is lost.
 */
function rowsIn(parent: DomNode, isHidden: (element: DomNode) => boolean): readonly (readonly Source[])[] {
  const rows: (readonly Source[])[] = []
  let loose: Source[] = []
  const endLoose = (): void => {
    if (loose.length > 0) rows.push(loose)
    loose = []
  }
  for (const child of parent.children ?? []) {
    if (isBlank(child) || isHidden(child)) continue
    if (isCell(child)) {
      loose.push(sourceOf(child))
      continue
    }
    endLoose()
    if (child.name === 'tr') rows.push(cellsIn(child, isHidden))
    else if (SECTIONS.has(child.name ?? '')) for (const row of rowsIn(child, isHidden)) rows.push(row)
    else rows.push([{ nodes: [child], colspan: 1, rowspan: 1 }])
  }
  endLoose()
  return rows
}

function cellsIn(row: DomNode, isHidden: (element: DomNode) => boolean): readonly Source[] {
  return (row.children ?? []).flatMap(child => {
    if (isBlank(child) || isHidden(child)) return []
    if (isCell(child)) return [sourceOf(child)]
    if ((child.children ?? []).some(isCell)) return cellsIn(child, isHidden)
    return [{ nodes: [child], colspan: 1, rowspan: 1 }]
  })
}

const isBlank = ({ type, data, name }: DomNode): boolean =>
  type === 'text' ? (data ?? '').trim() === '' : type !== 'tag' || name === 'colgroup' || name === 'col'

const isCell = ({ name }: DomNode): boolean => name === 'td' || name === 'th'

const sourceOf = (cell: DomNode): Source => ({
  nodes: cell.children ?? [],
  colspan: spanOf(cell.attribs?.colspan),
  rowspan: spanOf(cell.attribs?.rowspan),
})

const spanOf = (value: unknown): number => {
  const span = Number.parseInt(String(value ?? '1').slice(0, 8), 10)
  return span >= 1 ? Math.min(span, SPAN) : 1
}

/** Header cells or a border say that a table holds data. */
function isDeclaredData(table: DomNode): boolean {
  const border = Number.parseInt(String(table.attribs?.border ?? '0').slice(0, 8), 10)
  return border > 0 || hasHeaderCell(table)
}

const hasHeaderCell = ({ children }: DomNode): boolean =>
  (children ?? []).some(
    child => child.name === 'th' || ((child.name === 'tr' || SECTIONS.has(child.name ?? '')) && hasHeaderCell(child)),
  )

type Placed = { readonly column: number; readonly text: string }

/** The text of rows whose cells are text already. */
function textOfRows(rows: readonly (readonly Cell[])[], isDeclared: boolean): string {
  const grid = placed(rows)
  const full = grid.filter(row => row.filter(({ text }) => text !== '').length > 1)
  const isData = isDeclared || full.length > 1
  const used = new Set(full.flatMap(row => row.filter(({ text }) => text !== '').map(({ column }) => column)))
  const lines = grid.map(row => lineOf(row, isData, used))
  return lines.filter(line => line !== '').join('\n')
}

/** Cells with their columns; below a cell that spans rows an empty one stands. */
function placed(rows: readonly (readonly Cell[])[]): readonly (readonly Placed[])[] {
  const taken: number[] = []
  return rows.map(row => {
    const cells: Placed[] = []
    let column = 0
    const skipTaken = (): void => {
      for (; (taken[column] ?? 0) > 0; column += 1) {
        taken[column] = (taken[column] ?? 0) - 1
        cells.push({ column, text: '' })
      }
    }
    for (const { text, colspan, rowspan } of row) {
      skipTaken()
      cells.push({ column, text: trimmed(text) })
      for (let span = 0; span < colspan && rowspan > 1 && column + span < SPAN; span += 1)
        taken[column + span] = rowspan - 1
      column += colspan
    }
    skipTaken()
    return cells
  })
}

const trimmed = (text: string): string => (isVisible(text) ? text.replace(/\u00A0/g, ' ').trim() : '')

function lineOf(row: readonly Placed[], isData: boolean, used: ReadonlySet<number>): string {
  const withText = row.filter(({ text }) => text !== '')
  if (withText.length < 2) return withText[0]?.text ?? ''
  const last = withText.at(-1)?.column ?? 0
  const kept = isData ? row.filter(({ text, column }) => column <= last && (text !== '' || used.has(column))) : withText
  const texts = kept.map(({ text }) => (isData ? onOneLine(text) : text))
  if (texts.filter(text => text.length > PROSE).length > 1) return texts.filter(text => text !== '').join('\n')
  return joined(texts)
}

function onOneLine(text: string): string {
  if (!text.includes('\n') || text.length > SHORT) return text
  const lines = text.split('\n').filter(line => line.trim() !== '')
  return lines.length > SHORT_LINES ? text : lines.map(line => line.trim()).join(' ')
}

/** Runs of cells of one line; the others stand between them. */
function joined(texts: readonly string[]): string {
  const pieces: string[] = []
  for (const [at, text] of texts.entries()) {
    const above = texts[at - 1]
    if (above !== undefined) pieces.push(separator(above, text, at === 1))
    pieces.push(text)
  }
  return pieces.join('').trim()
}

function separator(above: string, text: string, isFirst: boolean): string {
  if (above.includes('\n') || text.includes('\n')) return '\n'
  if (above.endsWith(':') || above.endsWith('：')) return ' '
  return isFirst && BULLET.test(above) ? ' ' : ' | '
}

/** A bullet or an ordinal in a cell of its own. */
const BULLET = /^(?:[^\p{L}\p{N}\s]{1,2}|\d{1,3}[.)])$/u
