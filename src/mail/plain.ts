/** A stranger's text made fit for one line of ours. */

/** One line without control, bidirectional or invisible characters, at most `longest` graphemes: nobody's subject may write our notice. */
export function plain(text: string, longest: number): string {
  const line = text
    .slice(0, 4_000)
    .toWellFormed()
    .replace(/[\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g, ' ')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  const graphemes = [...new Intl.Segmenter('en').segment(line)]
  if (graphemes.length <= longest) return line
  const cut = graphemes.slice(0, longest - 1).map(({ segment }) => segment)
  return `${cut.join('')}…`
}
