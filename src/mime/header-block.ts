/**
 * Header lines (From, Sent, To, Subject) that mail programs put above the mail that is answered.
 * 1. A line is read by the word before its colon, in the languages of Outlook and Notes.
 * 2. Lines of four kinds that follow one another are a block.
 * 3. A block counts only when a program wrote it: see `isWritten`. People fill in forms with
 *    `From:`, `To:` and `Date:` as well.
 */
import { hasAddress, hasDate, hasTime, isRule, lastAbove } from './lines.ts'

export type HeaderBlock = {
  /** The first line, a rule above it included. */
  readonly start: number
  /** The value of the line that names the sender. */
  readonly sender: string
}

type Kind = 'from' | 'sent' | 'date' | 'to' | 'subject' | 'other' | 'transport'

const WORDS: Readonly<Record<Kind, string>> = {
  from: `from|de|von|da|van|från|fra|lähettäjä|od|от|від|发件人|發件人|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람|kimden|
    gönderen|feladó|από|de la|expeditor|šalje|pošiljatelj|saatja|kellelt|من|المرسل|מאת|từ|người gửi|remitente|
    remetente|expéditeur|absender|mittente|afzender|avsändare|avsender|afsender|nadawca|odesílatel|odosielateľ|
    отправитель|відправник|подател|nuo|siuntėjas|no|sūtītājs|dari|daripada|จาก|frá|
    од|nga|nork|प्रेषक|از|فرستنده|кімнен`,
  sent: `sent|envoyé|envoyé le|envoyée|date d'envoi|message du|gesendet|gesendet am|sendedatum|enviado|enviado el|
    enviado em|enviada em|enviada|fecha de envío|data de envio|inviato|inviato il|data invio|data di invio|
    verzonden|verzonden op|skickat|sendt|lähetetty|wysłano|wysłane|data wysłania|odesláno|odoslané|отправлено|
    дата отправки|надіслано|відправлено|发送时间|發送時間|发送日期|已发送|寄件日期|傳送時間|已傳送|送信日時|送信日|보낸 날짜|보낸날짜|
    gönderildi|gönderme tarihi|gönderilme tarihi|gönderim tarihi|elküldve|küldve|στάλθηκε|ημερομηνία αποστολής|
    απεστάλη|trimis|trimis la|data trimiterii|poslano|poslato|изпратено|saadetud|تاريخ الإرسال|تم الإرسال|أرسلت|
    أُرسلت|נשלח|đã gửi|ngày gửi|išsiųsta|nosūtīts|nosūtīšanas datums|enviat|enviat el|
    data d'enviament|dikirim|terkirim|dihantar|ส่งเมื่อ|ส่ง|послато|испратено|dërguar|bidalia|भेजा गया|ارسال شده|жіберілді|απεσταλμένα`,
  date: `date|datum|data|fecha|dato|дата|日期|日付|日時|날짜|tarih|dátum|ημερομηνία|päivämäärä|päiväys|kuupäev|التاريخ|
    תאריך|ngày`,
  to: `to|à|a|an|para|aan|till|til|vastaanottaja|do|komu|кому|до|收件人|收件者|宛先|받는 사람|받는사람|kime|alıcı|címzett|
    προς|către|catre|za|prima|primatelj|adressaat|saaja|kellele|إلى|الى|אל|đến|tới|người nhận|kam|destinataire|
    destinatario|destinatário|empfänger|ontvanger|mottagare|mottaker|modtager|kepada|ke|
    ถึง|per a|коме|për|nori|प्रति|به|گیرنده|кімге`,
  subject: `subject|objet|sujet|betreff|asunto|oggetto|onderwerp|assunto|ämne|emne|aihe|temat|předmět|тема|主题|主題|
    主旨|件名|제목|konu|tárgy|θέμα|subiect|predmet|zadeva|относно|teema|الموضوع|נושא|chủ đề|tiêu đề|tema|assumpte|
    tēma|perihal|subjek|เรื่อง|efni|предмет|subjekti|gaia|विषय|موضوع|тақырып`,
  other: `cc|cci|bcc|copie|copie à|copia|kopie|kopia|kopi|抄送|副本|참조|bilgi|κοιν|másolat|másolatot kap|复制|نسخة|עותק|
    копия|копія|reply-to`,
  transport: `received|return-path|delivered-to|message-id|mime-version|content-type|content-transfer-encoding|
    dkim-signature|authentication-results|received-spf|x-mailer|user-agent|thread-index|references|in-reply-to`,
}

const KINDS: ReadonlyMap<string, Kind> = new Map(
  (Object.keys(WORDS) as Kind[]).flatMap(kind => WORDS[kind].split(/\s*\|\s*/).map(word => [word, kind] as const)),
)

/** Characters of the longest word above, with the stars of bold text. */
const WORD = 34

/** Fields that may be empty. */
const EMPTY: ReadonlySet<Kind> = new Set(['subject', 'other', 'transport'])

type Line = { readonly kind: Kind; readonly value: string }

/** `undefined` for any other line. A word in small letters begins a sentence that goes on. */
function headerLine(plain: string): Line | undefined {
  const colon = plain.slice(0, WORD).search(/[:：]/)
  if (colon < 1) return undefined
  const word = plain
    .slice(0, colon)
    .replace(/[*_|\u2019]/g, mark => (mark === '\u2019' ? "'" : ''))
    .trim()
  const value = plain.slice(colon + 1).replace(/^[*|\s]+|[*\s]+$/g, '')
  // Latvian for `From` is English for `Number` as well.
  const isNumber = word.toLowerCase() === 'no' && /^[\d#]/.test(value)
  const kind = isNumber || /^\p{Ll}/u.test(word) ? undefined : KINDS.get(word.toLowerCase())
  if (kind !== undefined) return EMPTY.has(kind) || value !== '' ? { kind, value } : undefined
  return /^\p{Lu}[\p{L} -]{1,20}$/u.test(word) && value !== '' ? { kind: 'other', value } : undefined
}

/** Lines of one field that go on below it, as a long list of recipients does. */
const FOLDED = 20

/** The first block that a program wrote. Linear time. */
export function findHeaderBlock(plain: readonly string[]): HeaderBlock | undefined {
  for (let at = 0; at < plain.length; at += 1) {
    const kind = headerLine(plain[at] ?? '')?.kind
    if (kind === 'transport') at = pastedEnd(plain, at) - 1
    if (kind === undefined || kind === 'other' || kind === 'transport') continue
    const { end, found } = readBlock(plain, at)
    const ruled = ruleAbove(plain, at)
    const top = lastAbove(plain, at) === -1
    if (isWritten(found, top ? 'top' : ruled === undefined ? undefined : 'rule'))
      return { start: noteAbove(plain, ruled ?? at), sender: found.get('from') ?? '' }
    at = end - 1
  }
  return undefined
}

/** The line behind a header that begins with the transport: one block, folded lines included. */
function pastedEnd(plain: readonly string[], start: number): number {
  let at = start + 1
  while (at < plain.length && plain[at] !== '') at += 1
  return at
}

type Fields = ReadonlyMap<Kind, string>

/** The first value of each kind, in the order of the lines, and the line behind the block. */
function readBlock(plain: readonly string[], start: number): { readonly end: number; readonly found: Fields } {
  const found = new Map<Kind, string>()
  let [at, folded] = [start, 0]
  for (; at < plain.length; at += 1) {
    const line = headerLine(plain[at] ?? '')
    if (line !== undefined) found.set(line.kind, found.get(line.kind) ?? line.value)
    else if (!goesOn(plain, at) || ++folded > FOLDED) break
  }
  return { end: Math.max(at, start + 1), found }
}

/** A line between two fields, empty as HTML leaves it, and the rest of a list of recipients. */
function goesOn(plain: readonly string[], at: number): boolean {
  const line = plain[at] ?? ''
  const next = headerLine(plain[at + 1] ?? '')
  const between = next !== undefined && next.kind !== 'other' && plain[at - 1] !== ''
  return between || (line !== '' && (hasAddress(line) || line.endsWith(';')))
}

/**
 * A sender, a date and a third field, and a sign that a program wrote them: an address beside a
 * date in figures, a rule above a subject, or all four fields with a date and a time of day. At
 * the top of the text less is enough: the mail is a forward then, and nothing of it is cut.
 * French Outlook writes names without addresses. Fields of the transport (`Received:`) are never
 * shown in history: people paste them, and bounces have them.
 */
function isWritten(found: Fields, above: 'top' | 'rule' | undefined): boolean {
  const from = found.get('from')
  const when = found.get('sent') ?? found.get('date')
  const subject = found.has('subject')
  if (from === undefined || when === undefined || !(subject || found.has('to')) || found.has('transport')) return false
  if (subject && (above === 'top' || (above === 'rule' && (found.has('sent') || hasTime(when))))) return true
  if (hasAddress(`${from} ${found.get('to') ?? ''}`)) return /\d/.test(when)
  const whole = subject && found.has('to') && [...found.keys()][0] === 'from'
  return whole && hasDate(when) && hasTime(when)
}

/** Dashes with or without words between them, or a drawn line, over two empty lines at most. */
function ruleAbove(plain: readonly string[], start: number): number | undefined {
  const above = lastAbove(plain, start)
  if (above < start - 3 || above === -1) return undefined
  const line = plain[above] ?? ''
  return isRule(line) || /^\*?-{2,40} ?[^-]{1,60}-{2,40}\*?$/.test(line) ? above : undefined
}

/** Notes repeats the first words of the mail above it: `Jo Doe ---02.11.2026 10:00---Hello`. */
function noteAbove(plain: readonly string[], start: number): number {
  const above = lastAbove(plain, start)
  return above >= start - 3 && /^[^-]{1,60}---\d[\d./: APM]{5,24}---/.test(plain[above] ?? '') ? above : start
}
