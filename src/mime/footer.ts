/**
 * Lines that mail programs of telephones add: `Sent from my iPhone`, `Obtenir Outlook pour iOS`.
 * A line is one when all its words are of these kinds: a word for sending or getting, a device or
 * program, and small words between them. One word more and it is a sentence of the sender's.
 */
import { plainLine } from './lines.ts'

/** Lines at the end that are looked at. */
const LINES = 60

/** Without the footers at the end, which may be several, one below the other. */
export function withoutFooters(lines: readonly string[]): readonly string[] {
  let first = lines.length
  let sure = false
  for (let at = lines.length - 1; at >= 0 && at > lines.length - LINES; at -= 1) {
    const line = plainLine(lines[at] ?? '')
    const kind = line === '' ? 'weak' : footerKind(line)
    if (kind === undefined) break
    if (line !== '') first = at
    sure ||= kind === 'sure'
  }
  return sure ? lines.slice(0, first) : lines
}

/** `weak`: a footer only beside one that is sure. */
function footerKind(plain: string): 'sure' | 'weak' | undefined {
  const line = withoutExcuse(plain.replace(LINK, ' ').replace(/[®™]/g, '')).trim().toLowerCase()
  if (line.length > 100) return undefined
  if (GETS.test(line)) return 'sure'
  if (/^\S{1,20} from mobile$/.test(line)) return 'weak'
  let [sent, devices, last] = [false, 0, '']
  for (const word of wordsOf(line)) {
    const kind = wordKind(word, last)
    if (kind === undefined) return undefined
    sent ||= kind === 'sent'
    devices += kind === 'device' ? 2 : kind === 'app' ? 1 : 0
    last = kind
  }
  if (!sent || devices === 0) return undefined
  if (devices >= 2) return 'sure'
  return /^(?:sent from|sent via|sent with|from my)\b/.test(line) ? 'weak' : undefined
}

/** Links and their brackets. */
const LINK = /[<([]{0,2}https?:\/\/[^\s<>()[\]]{1,500}[>)\]]{0,2}/g

/** `…, please excuse any typos.` */
function withoutExcuse(line: string): string {
  const found = /[,.] {1,2}(?:please )?(?:excuse|pardon|forgive|sorry|apologies|ignore)\b/i.exec(line)
  if (found === null) return line
  const rest = line.slice(found.index)
  return rest.length <= 60 && /typo|brief|brev|spell|autoc|terse|mistake/i.test(rest)
    ? line.slice(0, found.index)
    : line
}

const SYSTEM = '(?:ios|android|windows|mac|macos|mobile|iphone|ipad)'
const GET =
  'get|download|holen sie sich|laden sie|obtenir|obtenez|télécharger|téléchargez|obtener|obtén|descargar|ottieni|scarica|obter|obtenha|baixar|baixe|hämta|hent|få|skaff deg|hanki|pobierz|pobierz aplikację|pobierz program|získat|získať|stáhnout|скачать|скачайте|получить|получите|загрузить|загрузите|завантажити|отримати|获取|取得|下载|下載|获得|preuzmi|preuzmite|prenesi|prenesite|nabavi|nabavite|hanki|aconsegueix|baixa|dapatkan|unduh|obțineți|obțineţi|descărcați|изтегляне на|λήψη του|λήψη|获取适用于|tải|tải về|hangi|הורד את|קבל את|الحصول على'

/** Outlook asks to get it. German, Dutch, Turkish and others have the verb at the end. */
const GETS = new RegExp(
  `^[[(<]?(?:(?:${GET}) (?:o |le |la |el |het |l')?)?[[(<]?(?:az )?outlook['\u2019]?\\p{L}{0,6}[\\])>]? ?(?:for|pour|für|para|per|voor|til|till|dla(?: systemu)?|pro|pre|za|для|за|για|pentru|dành cho|cho|untuk|per a|för|na|на|ל-|עבור|لـ|ل) ${SYSTEM}[\\])>]? ?(?:beziehen|herunterladen|abrufen|holen|downloaden|ophalen|beszerzése|を入手|を入手する|をダウンロード|다운로드|받기)?$|` +
    `^(?:(?:hangi|hanki) )?outlook(?: beszerzése| letöltése)? ${SYSTEM}(?::lle|-lle|-i jaoks|-re|-hez)$|^az ${SYSTEM}(?:-hez készült)? outlook (?:beszerzése|letöltése)$|` +
    `^(?:获取|取得|下载|下載)(?:适用于)? ?${SYSTEM} ?(?:的|版|版的)? ?outlook$|^${SYSTEM} ?(?:용|için|向けの|向け|版の|版|用の|用) ?outlook['\u2019]?\\p{L}{0,3} ?(?:edinin|indirin|다운로드|받기|を入手|をダウンロード)$`,
  'u',
)

/** Chinese, Japanese and Korean have no blanks between words. */
const wordsOf = (line: string): readonly string[] =>
  line
    .replace(
      /(?:送信|传送|傳送|发送|發送|寄出|发自|發自|来自|來自|보냄|보낸|보냈습니다|手机|手機|华为|小米|三星|荣耀)/g,
      ' $& ',
    )
    .replace(/[从從]?我的|から|より|에서|(?<=^| )(?:나의|내)(?= )|메일|で|[从從]|了?$/g, ' ')
    .split(/[\s,!()<>[\]"*_|/:]+/)
    .map(word => word.replace(/^['\u2019\u2018-]+|['\u2019\u2018.-]+$/g, ''))
    .filter(word => word !== '')

type Word = 'sent' | 'device' | 'app' | 'small'

function wordKind(word: string, last: string): Word | undefined {
  const bare = word.replaceAll('\u2019', "'").replace(/^(?:d|l|de l|מה|ה|ל|מ|ال|الـ)['-]/u, '')
  if (SENT.has(bare)) return 'sent'
  if (DEVICES.has(bare) || DEVICE.test(bare)) return 'device'
  if (APPS.has(bare)) return 'app'
  if (SMALL.has(bare)) return 'small'
  // A model: `TI-85`, `Flash2`, `S21`, `8`.
  if (/^\d{1,2}$/.test(bare)) return last === 'device' || last === 'app' ? 'small' : undefined
  if (/^(?=[^\d]*\d)[a-z\d-]{2,10}$/.test(bare) && /[a-z]/.test(bare)) return 'app'
  return undefined
}

const set = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/))

const SENT = set(`
  sent envoyé envoyée envoye expédié expédiée gesendet geschickt enviado enviada inviato inviata spedito verzonden verstuurd
  gestuurd skickat sänt sendt lähetetty wysłane wysłano wysłana odesláno odoslané отправлено отослано послано надіслано відправлено
  발송 보냄 보낸 보냈습니다 送信 传送 傳送 发送 發送 寄出 发自 發自 来自 來自 gönderildi gönderilmiştir küldve elküldve trimis expediat στάλθηκε
  απεστάλη poslano poslato изпратено saadetud مرسل مُرسل مرسلة أرسلت أُرسلت נשלח gửi enviat dikirim ส่งจาก provenance from
`)

const DEVICES = set(`
  ios galaxy samsung huawei xiaomi redmi oppo oneplus nokia lumia xperia htc motorola moto blackberry fairphone alcatel
  smartphone tablet tablette phone cell cellphone mobile mobil handy téléphone telephone telefono teléfono telefone móvil celular
  cellulare mobiltelefon mobilgerät mobiltelefoon matkapuhelimesta puhelimesta telefoon yahoo gmx proton protonmail k-9
  airmail thunderbird aquamail bluemail spark outlook.com web.de t-online mail.ru 手机 手機 华为 小米 三星 荣耀 スマートフォン octacore t-mobile
`)

/** With the endings of Finnish, Turkish, Hungarian, Czech and their like. */
const DEVICE =
  /^(?:i-?phon|i-?pad|i-?pod|android|outlook|galaxy|samsung|huawei|blackberry|telefon|телефон|смартфон|мобильн|яндекс|айфон|smartfon|smartphone)['.\p{L}-]{0,14}$/u

/** A program or device that other things are called as well: two of them make a footer. */
const APPS = set(`
  mail mailbox app application applicazione aplicación aplicativo anwendung windows pc mac macbook watch google pixel sony lg honor
  device appareil dispositivo gerät toestel apparaat enhed enhet zařízení zariadenia urządzenia cihazımdan készülékemről устройства пристрою
  inbox orange sfr free bouygues vodafone telekom posta pošty poczty почты пошти work messagerie correo e-mail email mymail
  alto polymail courrier libero laposte la-poste secure polymail surface chromebook inky edison nine touchdown lte
`)

const SMALL = set(`
  from via with using by my a an for on and of de du mon ma mes depuis à partir un une avec par pour sur mit von vom über meinem meiner
  diese dieser nachricht wurde für aus der auf desde mi un una con para en da dal dalla dallo mio mia tramite per su con
  vanaf vanuit vanaf mijn een met via voor från min mitt med på för fra på til minun z ze za mojego mojej dla systemu
  aplikace aplikácie mého môjho pro pre s mog mojega moje мой моего моей с со из приложения для на мобильной мого з із
  del do meu minha o pelo pela através sur cu de pe din meu mea ul από το μου για moje minu от моя моето моят minult
  cihazımdan benim iz mojega programu az egy saját ról ből من جهازي جهاز الـ تطبيق שלי מ מה את של từ tôi của đã meva meu des dari saya ของฉัน
  this message was email des securely sicher sécurisée la l' edition alle alla
`)
