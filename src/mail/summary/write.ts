/** A summary or an alarm in its two forms, plain text and simple HTML, made of the same lines. */
import { escaped } from '../letter.ts'
import { plain } from '../plain.ts'
import { en, type SummaryWords } from './en.ts'
import type { OperatorFacts, WaitingMail } from './facts.ts'
import { fr } from './fr.ts'

export type SummaryLanguage = 'en' | 'fr'

export type Written = { readonly subject: string; readonly text: string; readonly html: string }

const WORDS: Readonly<Record<SummaryLanguage, SummaryWords>> = { en, fr }

/** Reasons are what servers said, which may be a whole page. */
const LONGEST_LINE = 400

type Section = { readonly heading: string; readonly lines: readonly string[]; readonly remedy?: string }

/** With `period` a summary, which names every part; without one an alarm, which names only what is wrong. */
export function writeSummary(facts: OperatorFacts, language: SummaryLanguage, timeZone: string): Written {
  const words = WORDS[language]
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone })
  const time = (at: Date): string => format.format(at).replace(/[\u202F\u00A0]/g, ' ')
  const sections = sectionsOf(facts, words, time)
  const { period } = facts
  const start = period === undefined ? [] : [`${words.period(time(period.from), time(period.to))} (${timeZone})`]
  const end = period === undefined ? words.endOfAlarm : words.end
  return {
    subject: `mailclip: ${subjectOf(facts, words)}`,
    text: textOf(start, sections, end),
    html: htmlOf(language, start, sections, end),
  }
}

function subjectOf({ period, held, suspended }: OperatorFacts, words: SummaryWords): string {
  const wrong = [
    ...(held.count > 0 ? [words.areHeld(held.count)] : []),
    ...(suspended.length > 0 ? [words.areSuspended(suspended.length)] : []),
  ]
  const seen = period?.mailboxes.reduce((sum, one) => sum + one.seen, 0) ?? 0
  return wrong.length > 0 ? wrong.join(', ') : words.nothingToDo(seen)
}

function sectionsOf(facts: OperatorFacts, words: SummaryWords, time: (at: Date) => string): readonly Section[] {
  const { period, held, waiting, suspended } = facts
  const line = ({ id, ticket, since, why }: WaitingMail): string =>
    words.mail(id, ticket, time(since), why ?? words.notTriedYet)
  const more = held.count - held.mails.length
  const heldLines = [...held.mails.map(line), ...(more > 0 ? [words.more(more)] : [])]
  const sites = suspended.map(({ site, since, until, why }) => words.site(site, time(since), time(until), why))
  const all: readonly Section[] = [
    ...(period === undefined
      ? []
      : [
          {
            heading: words.came,
            lines: period.mailboxes.map(one => `${one.mailbox}: ${words.figures(one)}`),
          },
        ]),
    held.count > 0
      ? { heading: words.held, lines: heldLines, remedy: words.heldRemedy }
      : { heading: words.nothingHeld, lines: [] },
    suspended.length > 0
      ? { heading: words.suspended, lines: sites, remedy: words.suspendedRemedy }
      : { heading: words.nothingSuspended, lines: [] },
    waiting.oldest === undefined
      ? { heading: words.nothingWaits, lines: [] }
      : { heading: words.waiting, lines: [`${words.waits(waiting.count)} ${line(waiting.oldest)}`] },
  ]
  return period === undefined ? all.filter(({ remedy }) => remedy !== undefined) : all
}

/** Lines are not wrapped: a mail program does that, and ids and commands are copied whole. */
function textOf(start: readonly string[], sections: readonly Section[], end: string): string {
  const blocks = sections.map(({ heading, lines, remedy }) =>
    [
      lines.length > 0 ? `${heading}:` : heading,
      ...lines.map(one => `- ${plain(one, LONGEST_LINE)}`),
      ...(remedy === undefined ? [] : [remedy]),
    ].join('\n'),
  )
  return `${[...start, ...blocks, end].join('\n\n')}\n`
}

function htmlOf(language: string, start: readonly string[], sections: readonly Section[], end: string): string {
  const paragraph = (text: string): string => `<p>${escaped(text)}</p>`
  const blocks = sections.flatMap(({ heading, lines, remedy }) => [
    lines.length > 0 ? `<h2>${escaped(heading)}</h2>` : paragraph(heading),
    ...(lines.length > 0
      ? [`<ul>\n${lines.map(one => `<li>${escaped(plain(one, LONGEST_LINE))}</li>`).join('\n')}\n</ul>`]
      : []),
    ...(remedy === undefined ? [] : [paragraph(remedy)]),
  ])
  const body = [...start.map(paragraph), ...blocks, paragraph(end)].join('\n')
  return `<!doctype html>\n<html lang="${language}">\n<head>\n<meta charset="utf-8">\n<title>mailclip</title>\n</head>\n<body>\n${body}\n</body>\n</html>\n`
}
