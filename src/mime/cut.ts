/** The body without quoted history and signature, and whether it is a forward, of which nothing is cut. */
import type Parser from 'email-reply-parser'
import type { BodyText } from '../mail/part.ts'
import { historyIn } from './history.ts'
import { timed, unlessThrown } from './timed.ts'

/** Characters of a body that are searched for quotes, and milliseconds it may take: the expressions in use can backtrack. */
const SEARCHED = 200_000
const TIME = 2000

/**
 * Characters of a text that is read without a watch, which is a thread of its own for each. None of the expressions nests one repetition in another, so that the
 * worst of this length takes a tenth of a second (its time grows with the fourth power).
 */
const SHORT = 400

export type Cut = { readonly text: BodyText; readonly remark: string | undefined }

/** In doubt nothing is cut: what the sender wrote below or between quotes stays. */
export async function cutBody(whole: string, subject: string): Promise<Cut> {
  const text = mended(whole.replace(/\r\n?/g, '\n'))
  if (text.trim() === '') return { text: { whole, cut: '', forwarded: false }, remark: undefined }
  const history = historyIn(text)
  const forwarded = isForwardSubject(subject) || isForwardText(text, history)
  const kept = await withoutQuotes(history === undefined ? text : text.slice(0, history))
  if (kept === undefined) return { text: { whole, cut: whole, forwarded }, remark: UNCUT }
  return { text: { whole, cut: kept.trim(), forwarded }, remark: undefined }
}

/** A line that was folded before its last `>`, and the mark of a reader's add-on (U+1427), which nobody wrote. */
const mended = (text: string): string =>
  text.replace(/(<[^\s<>]{1,254}@[^\s<>]{1,254})\n>:/g, '$1>:').replace(/^ᐧ$/gmu, '')

const UNCUT = 'quoted history could not be told apart in time: the text was kept whole'

/** The outermost prefix decides: `Re: Fwd:` is a reply. A ticket number or a list's tag may stand before it. */
function isForwardSubject(subject: string): boolean {
  const prefix =
    /(?:^|[\s\]})|])((?:re|aw|sv|antw|rif|odp|ref|r[eé]f|fwd?|fw|tr|wg|i|rv|enc|vs|vb|pd|doorst|转发)) ?[:：]/iu.exec(
      subject,
    )
  const word = prefix?.[1]?.toLowerCase() ?? ''
  return /^(?:fwd?|tr|wg|rv|enc|vb|pd|doorst|转发)$/u.test(word) || (word === 'i' && prefix?.index === 0)
}

/** A line that only a forward has, above any quoted history; or a history with nothing above it. */
function isForwardText(text: string, history: number | undefined): boolean {
  const above = text.slice(0, history ?? text.length)
  if (history !== undefined && above.trim() === '') return true
  const marker = FORWARD.exec(above)
  if (marker === null) return false
  return !REPLIED.test(above.slice(0, marker.index))
}

const FORWARD = new RegExp(
  `^(?:-{2,20} ?(?:${[
    'Forwarded [Mm]essage',
    'Message transf[ée]r[ée]',
    'Weitergeleitete Nachricht',
    'Mensaje reenviado',
    'Messaggio inoltrato',
    'Mensagem encaminhada',
    'Doorgestuurd bericht',
  ].join(
    '|',
  )})|Begin forwarded message:|Début du message (?:réexpédié|transféré) ?:|Anfang der weitergeleiteten Nachricht:|` +
    'Inicio del mensaje reenviado:|Inizio messaggio inoltrato:|Begin doorgestuurd bericht:)',
  'm',
)
const REPLIED = /^.{0,200}(?:wrote|écrit|schrieb|escribió|scritto|schreef|escreveu) ?:$/m

type Fragment = {
  readonly isQuoted: () => boolean
  readonly isSignature: () => boolean
  readonly isHidden: () => boolean
  readonly getContent: () => string
}

// Loaded at the first need, and kept: `import` looks for a package anew each time.
let EmailReplyParser: typeof Parser | undefined

async function withoutQuotes(text: string): Promise<string | undefined> {
  EmailReplyParser ??= (await import('email-reply-parser')).default
  const parser = new EmailReplyParser()
  const searched = text.slice(0, SEARCHED)
  const read = (): readonly Fragment[] => parser.read(searched).getFragments()
  const fragments = searched.length <= SHORT ? unlessThrown(read) : timed(TIME, read)
  if (fragments === undefined) return undefined
  const kept = fragments.filter((one, at) => {
    if (!one.isHidden()) return true
    return one.isSignature() && (isTyped(one, fragments[at - 1]) || !isShortSignature(one.getContent()))
  })
  const texts = kept.map(one => {
    const below = fragments[fragments.indexOf(one) + 1]
    return below?.isQuoted() ? withoutAttribution(one.getContent()) : one.getContent()
  })
  return texts.join('\n') + text.slice(SEARCHED)
}

/** The line or two above a quote that tell whose it is, in whatever language: they end in a colon and have an address or a time in them. */
function withoutAttribution(content: string): string {
  const lines = content.trimEnd().split('\n')
  const start = Math.max(lines.findLastIndex(line => line.trim() === '') + 1, lines.length - 3)
  const last = lines.slice(start)
  const from = last.findIndex(line => /\d/.test(line) || line.includes('@') || line.includes('<'))
  const attribution = from === -1 ? '' : last.slice(from).join(' ')
  const tells =
    /[:：]\s*$/.test(attribution) &&
    (/\S@\S/.test(attribution) || /\b\d{1,2}[:.h]\d{2}\b/.test(attribution) || WROTE.test(attribution))
  return tells && attribution.length <= 300 ? lines.slice(0, start + from).join('\n') : content
}

/** A day without a time, in the languages that end with the verb: `6 октября 2014 г. … написал:`. */
const WROTE =
  /(?:19|20)\d{2}.{0,200}(?:wrote|écrit|escribió|scritto|escreveu|skrev|написала?|пише|пишет|napisał\(?a?\)?|napsala?) ?:\s*$/u

/** A greeting with the name at most below it, right below the sender's text, was typed; with more lines it is the company's. */
function isTyped(signature: Fragment, above: Fragment | undefined): boolean {
  const lines = signature
    .getContent()
    .split('\n')
    .filter(line => line.trim() !== '')
  return lines.length <= 2 && above !== undefined && !above.isHidden() && GREETING.test(lines[0]?.trim() ?? '')
}

const GREETING = /(?:regards|cheers|best wishes|cordialement|bien . vous|bonne (?:journ.e|soir.e))[,!！]*$/i

/** Long text below `Best regards` or a row of dashes is no signature; nor is a postscript. */
function isShortSignature(content: string): boolean {
  const lines = content.split('\n').filter(line => line.trim() !== '')
  const opener = lines[0]?.trim() ?? ''
  if (/^(?:-{3,4}|_{2,4}|\+{2,4}|={2,4})$/.test(opener)) return false
  return lines.length <= 15 && content.length <= 1200 && !/^\s*P\.? ?S\b/im.test(content)
}
