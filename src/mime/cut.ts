/** The body without quoted history and signature, and whether it is a forward, of which nothing is cut. */
import type { BodyText } from '../mail/part.ts'
import { timed } from './timed.ts'

/** Characters of a body that are searched for quotes, and milliseconds it may take: the expressions in use can backtrack. */
const SEARCHED = 200_000
const TIME = 2000

export type Cut = { readonly text: BodyText; readonly remark: string | undefined }

/** In doubt nothing is cut: what the sender wrote below or between quotes stays. */
export async function cutBody(whole: string, subject: string): Promise<Cut> {
  const text = whole.replace(/\r\n?/g, '\n')
  if (text.trim() === '') return { text: { whole, cut: '', forwarded: false }, remark: undefined }
  const history = headerBlock(text)
  const forwarded = isForwardSubject(subject) || isForwardText(text, history)
  const kept = await withoutQuotes(history === undefined ? text : text.slice(0, history))
  if (kept === undefined) return { text: { whole, cut: whole, forwarded }, remark: UNCUT }
  return { text: { whole, cut: kept.trim(), forwarded }, remark: undefined }
}

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

/**
 * Where Outlook's history begins: a rule or `Original Message`, or else a block of at least three header lines of which one tells the sender
 * and one the time or the recipient. Languages of the product.
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

const KINDS: Readonly<Record<string, RegExp>> = {
  from: /^\*?(?:From|De|Von|Da|Van) ?:\*? ?\S/,
  sent: /^\*?(?:Sent|Date|Envoyé(?: le)?|Gesendet|Datum|Enviado(?: el| em)?|Fecha|Inviato|Data|Verzonden) ?:\*? ?\S/,
  to: /^\*?(?:To|À|A|An|Para|Aan) ?:\*? ?\S/,
  subject: /^\*?(?:Subject|Objet|Betreff|Asunto|Oggetto|Onderwerp|Assunto) ?:\*?/,
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

type Fragment = {
  readonly isQuoted: () => boolean
  readonly isSignature: () => boolean
  readonly isHidden: () => boolean
  readonly getContent: () => string
}

async function withoutQuotes(text: string): Promise<string | undefined> {
  const { default: EmailReplyParser } = await import('email-reply-parser')
  const searched = text.slice(0, SEARCHED)
  const fragments: readonly Fragment[] | undefined = timed(TIME, () =>
    new EmailReplyParser().read(searched).getFragments(),
  )
  if (fragments === undefined) return undefined
  const kept = fragments.filter(one => !one.isHidden() || (one.isSignature() && !isShortSignature(one.getContent())))
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
    /[:：]\s*$/.test(attribution) && (/\S@\S/.test(attribution) || /\b\d{1,2}[:.h]\d{2}\b/.test(attribution))
  return tells && attribution.length <= 300 ? lines.slice(0, start + from).join('\n') : content
}

/** Long text below `Best regards` or a row of dashes is no signature; nor is a postscript. */
function isShortSignature(content: string): boolean {
  const lines = content.split('\n').filter(line => line.trim() !== '')
  const opener = lines[0]?.trim() ?? ''
  if (/^(?:-{3,4}|_{2,4}|\+{2,4}|={2,4})$/.test(opener)) return false
  return lines.length <= 15 && content.length <= 1200 && !/^\s*P\.? ?S\b/im.test(content)
}
