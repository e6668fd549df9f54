/** A preview for a person to read. */
import type { PreviewRow } from './preview-row.ts'

const SIGNS = { delivered: '+', refused: '!', skipped: '-' } as const

/** Ends with an empty line. */
export function story(row: PreviewRow): string {
  const lines = [
    row.file,
    `  subject   ${row.subject}`,
    `  ticket    ${row.ticket ?? '(none)'}`,
    `  outcome   ${row.outcome} ${row.status} ${row.code}: ${row.reason}`,
    ...row.attachments.map(fate),
    ...(row.description === '' ? [] : ['  description', ...indented(row.description)]),
    '  rules',
    ...row.trace.map(line => `    ${line}`),
    ...(row.notice === null
      ? []
      : [`  notice to ${row.notice.to}: ${row.notice.subject}`, ...indented(row.notice.text)]),
  ]
  return `${lines.map(visible).join('\n')}\n\n`
}

/** The notice alone, as its reader would have it (`--notice`). Ends with an empty line. */
export function noticeStory({ file, notice, silence }: PreviewRow): string {
  const lines =
    notice === null
      ? [`${file}: no notice (${silence})`]
      : [`${file}:`, `To: ${notice.to}`, `Subject: ${notice.subject}`, '', ...notice.text.trimEnd().split('\n')]
  return `${lines.map(visible).join('\n')}\n\n`
}

const fate = ({ state, name, type, size, reason }: PreviewRow['attachments'][number]): string =>
  `  ${SIGNS[state]} ${name} (${type}, ${size} octets)${reason === null ? '' : `: ${reason}`}`

const indented = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .map(line => `    ${line}`)

/** What a sender wrote must not move the cursor of whoever reads it. */
const visible = (line: string): string => line.replaceAll(/[\u0000-\u001F\u007F-\u009F\u2028\u2029]/g, '\uFFFD')
