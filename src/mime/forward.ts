/** Whether the sender forwards a mail, of which nothing is cut. */

/**
 * The outermost prefix decides: `Re: Fwd:` is a reply. A ticket number or the tag of a list may
 * stand before it.
 */
const PREFIX =
  /(?:^|[\s\]})|])((?:re|aw|sv|antw|rif|odp|ref|r[eé]f|fwd?|fw|tr|wg|i|rv|enc|res|ynt|ilt|vl|vs|vb|pd|doorst|回复|答复|回覆|转发|轉寄)) ?[:：]/iu

const FORWARDS = /^(?:fwd?|tr|wg|rv|enc|ilt|vl|vb|pd|doorst|转发|轉寄)$/u

export type SubjectKind = 'forward' | 'reply' | undefined

export function kindOfSubject(subject: string): SubjectKind {
  const prefix = PREFIX.exec(subject)
  if (prefix === null) return undefined
  const word = prefix[1]?.toLowerCase() ?? ''
  if (FORWARDS.test(word) || (word === 'i' && prefix.index === 0)) return 'forward'
  return word === 'i' ? undefined : 'reply'
}

/** A line that only a forward has above the mail that is forwarded. */
export function isForwardMarker(plain: string): boolean {
  const line = plain.slice(0, 120).replace(/[*>]/g, '').trim().replaceAll('\u2019', "'").toLowerCase()
  const dashed = /^-{2,20} ?/.exec(line)?.[0].length ?? 0
  const words = line.slice(dashed)
  return dashed > 0 ? DASHED.some(marker => words.startsWith(marker)) : APPLE.some(marker => words.startsWith(marker))
}

/** Gmail, Thunderbird, Yahoo, Eudora and Notes write these behind dashes. */
const DASHED: readonly string[] = `forwarded message|forwarded by|begin forwarded|message transféré|message transfere|
  mail transféré|transféré par|réexpédié par|weitergeleitete nachricht|weitergeleitete mail|weitergeleitet von|
  mensaje reenviado|reenviado por|messaggio inoltrato|inoltrato da|mensagem encaminhada|mensagem reencaminhada|
  encaminhado por|doorgestuurd bericht|doorgestuurd door|vidarebefordrat meddelande|videresendt|välitetty viesti|
  edelleenlähetetty viesti|wiadomość przekazana|przekazana wiadomość|treść przekazanej wiadomości|přeposlaná zpráva|
  preposlaná správa|пересылаемое сообщение|пересланное сообщение|переслане повідомлення|перенаправлене повідомлення|
  转发的邮件|转发邮件|已转发的邮件|轉寄郵件|转发信息|転送メッセージ|転送されたメッセージ|전달된 메시지|yönlendirilmiş ileti|yönlendirilen ileti|
  iletilen ileti|iletilmiş mesaj|továbbított üzenet|továbbított levél|προωθημένο μήνυμα|mesaj redirecționat|
  mesaj redirectionat|posredovano sporočilo|proslijeđena poruka|препратено съобщение|edastatud kiri|edasi saadetud|
  رسالة معاد توجيهها|الرسالة المعاد توجيهها|הודעה שהועברה|thư đã chuyển tiếp|missatge reenviat|pesan terusan`.split(
  /\s*\|\s*/,
)

/** Apple Mail writes these, without dashes. */
const APPLE: readonly string[] = `begin forwarded message:|début du message réexpédié|début du message transféré|
  anfang der weitergeleiteten nachricht|inicio del mensaje reenviado|inizio messaggio inoltrato|
  begin doorgestuurd bericht|início da mensagem reencaminhada|início da mensagem encaminhada|
  vidarebefordrat brev|start på videresendt besked|videresendt melding|välitetty viesti alkaa|
  początek przekazywanej wiadomości|přeposílaná zpráva|начало переадресованного сообщения|
  початок листа, що пересилається|下面是被转发的邮件|以下是轉寄的郵件|転送されたメッセージ|전달된 메시지|iletilen mesajın başlangıcı`.split(
  /\s*\|\s*/,
)
