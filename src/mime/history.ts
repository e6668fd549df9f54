/** Where the history of a reply begins that has no `>` before its lines: Outlook's ways, and a name with an address that `wrote`. */

/** The index of the first line of history, `undefined` where there is none for sure. Linear time. */
export function historyIn(text: string): number | undefined {
  const all = [headerBlock(text), rule(text), introduction(text)].filter(at => at !== undefined)
  return all.length === 0 ? undefined : Math.min(...all)
}

/**
 * A rule or `Original Message`, or else a block of at least three header lines of which one tells the sender and one the time or the recipient.
 * Languages of the product, and of its neighbours.
 */
function headerBlock(text: string): number | undefined {
  const lines = text.split('\n')
  let [at, block] = [0, 0]
  let kinds = new Set<string>()
  let start = 0
  for (const line of lines) {
    const kind = headerKind(line)
    if (kind === undefined && block > 0 && OTHER.test(line)) block += 1
    else if (kind === undefined) [block, kinds] = [0, new Set()]
    else {
      if (block++ === 0) start = at
      kinds.add(kind)
    }
    if (kinds.has('from') && kinds.size >= 3) return ruleAbove(text, start)
    at += line.length + 1
  }
  return undefined
}

const kindOf = (...words: readonly string[]): RegExp => new RegExp(`^\\*?(?:${words.join('|')}) ?:\\*? ?\\S`, 'u')

const KINDS: Readonly<Record<string, RegExp>> = {
  from: kindOf('From', 'De', 'Von', 'Da', 'Van', 'Från', 'Fra', 'Lähettäjä', 'Od', 'От', 'Від'),
  sent: kindOf(
    ...['Sent', 'Date', 'Envoyé(?: le)?', 'Gesendet', 'Datum', 'Enviado(?: el| em)?', 'Fecha', 'Inviato', 'Data'],
    ...['Verzonden', 'Skickat', 'Sendt', 'Dato', 'Lähetetty', 'Wysłano', 'Odesláno', 'Отправлено', 'Дата', 'Надіслано'],
  ),
  to: kindOf('To', 'À', 'A', 'An', 'Para', 'Aan', 'Till', 'Til', 'Vastaanottaja', 'Do', 'Komu', 'Кому'),
  subject: /^\*?(?:Subject|Objet|Betreff|Asunto|Oggetto|Onderwerp|Assunto|Ämne|Emne|Aihe|Temat|Předmět|Тема) ?:\*?/u,
}

/** A header line of another kind does not end the block. */
const OTHER = /^\*?\p{Lu}[\p{L} -]{1,20} ?:\*? ?\S/u

const headerKind = (line: string): string | undefined =>
  line.length > 2000 ? undefined : Object.keys(KINDS).find(kind => KINDS[kind]?.test(line.trim()))

/** The line of dashes that belongs to the block, where there is one. */
function ruleAbove(text: string, start: number): number {
  const above = /\n?[ \t]*(?:_{5,60}|-{2,20} ?[^\n]{0,60}-{2,20})[ \t]*\n\s{0,20}$/.exec(
    text.slice(Math.max(0, start - 160), start),
  )
  return above === null ? start : start - above[0].length
}

/** `Original Message` between dashes is written by programs alone; in bold, where HTML was made text. */
const rule = (text: string): number | undefined => /^\*-{4,20} ?Original Message ?-{4,20}\*$/im.exec(text)?.index

/**
 * `Jo Doe <jo@x.org> wrote:` on a line of its own, below text of the sender's. Not where a quote follows, for what stands between quotes is the
 * sender's; nor where the sender leads to it with a comma or a colon (`Hi Al,`): that may well be an answer below the question.
 */
function introduction(text: string): number | undefined {
  const found = INTRODUCTION.exec(text)
  if (found === null) return undefined
  const above = text.slice(0, found.index).trim()
  const led = above === '' || /[,:，：]$/u.test(above)
  return led || /^>/m.test(text) ? undefined : found.index
}

const INTRODUCTION =
  /(?<=\n\n)(?:\p{Lu}[\p{L}.'-]{0,40} ){1,4}<[^\s<>@]{1,64}@[^\s<>@]{1,190}> (?:wrote|a écrit|schrieb|escribió|ha scritto|schreef|escreveu|skrev|написала?) ?:(?=\n)/u
