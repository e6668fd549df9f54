/** Findings for people: a heading per subject, a line per finding, its remedy below it. For programs: a JSON line each. */
import { type Io, tame, wantsColour } from '../table.ts'
import type { Finding } from './finding.ts'

const WORDS = { ok: 'OK', warn: 'warn', failed: 'FAILED' } as const
const COLOURS = { ok: 32, warn: 33, failed: 31 } as const

export const jsonOf = ({ exit: _, ...finding }: Finding): string =>
  JSON.stringify({ ...finding, remedy: finding.remedy ?? null })

/** Lines of the table; on a terminal as wide as it is, elsewhere one line each, to be searched. */
export function* lines(findings: readonly Finding[], io: Pick<Io, 'out' | 'environment'>): Generator<string> {
  const colour = wantsColour(io)
  const width = io.out.isTTY === true ? Math.max(io.out.columns ?? 100, 60) : Number.POSITIVE_INFINITY
  const first = Math.min(36, Math.max(...findings.map(({ check }) => check.length)))
  const indent = ' '.repeat(first + 12)
  let subject = ''
  for (const { subject: about, check, state, detail, remedy } of findings) {
    if (about !== subject) yield `${subject === '' ? '' : '\n'}${tame(about)}`
    subject = about
    const word = WORDS[state].padEnd(6)
    const painted = colour ? `\u001b[${COLOURS[state]}m${word}\u001b[0m` : word
    const [head = '', ...more] = wrapped(detail, width - indent.length)
    yield `  ${tame(check).padEnd(first)}  ${painted}  ${head}`
    const below = remedy === undefined ? [] : wrapped(`→ ${remedy}`, width - indent.length)
    for (const line of [...more, ...below]) yield indent + line
  }
}

/** `9 OK, 1 warning, 2 FAILED`. */
export function verdict(findings: readonly Finding[]): string {
  const count = (state: Finding['state']): number => findings.filter(one => one.state === state).length
  const [warnings, failed] = [count('warn'), count('failed')]
  return `${count('ok')} OK, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}, ${failed} FAILED`
}

function wrapped(text: string, width: number): readonly string[] {
  const found: string[] = []
  let line = ''
  for (const word of tame(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      found.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...found, line]
}
