/** Plain renderings that say nothing: `To view this message, use a modern mail program.` */
import { seenOf } from './visible.ts'

/** Characters of a plain text that may be a stub, and of the HTML it is compared with. */
const STUB = 400
const COMPARED = 200_000

/**
 * How many times as long the HTML is when a plain text of few characters has other words and no
 * known phrase in it.
 */
const FAR_MORE = 5
const FEW = 120

/**
 * Whether a short plain text does not render what the HTML says, whose words `wordsOfHtml` gives:
 * it has mostly other words, and either speaks of HTML, of a browser or of a mail program, or is
 * very short beside long HTML. A text whose words are in the HTML is no stub, unless it has a link
 * and the HTML is far longer.
 */
export function isStub(plain: string, wordsOfHtml: () => string): boolean {
  if (plain.length > 10 * STUB) return false
  const seen = seenOf(plain)
  if (seen.length >= STUB) return false
  const other = wordsOfHtml().slice(0, COMPARED)
  const seenOther = seenOf(other)
  const speaks = speaksOfReading(plain)
  const isFarMore = seenOther.length >= FAR_MORE * seen.length
  // A newsletter has its link to the browser in both renderings, and the news in one.
  if (isRenderedIn(plain, seen, other, seenOther)) return speaks && isFarMore && plain.includes('http')
  return (seen.length < FEW && isFarMore) || (speaks && seenOther.length * 1.25 >= seen.length)
}

/**
 * At least half of the words are in the HTML, or the text begins the same where words are not
 * separated by blanks.
 */
function isRenderedIn(plain: string, seen: string, html: string, seenHtml: string): boolean {
  if (seen !== '' && seenHtml.toLowerCase().includes(seen.slice(0, 40).toLowerCase())) return /[\p{L}\p{N}]/u.test(seen)
  const words = wordsOf(plain.replace(/https?:\S{1,2000}/g, ''))
  const known = new Set(wordsOf(html))
  const found = words.filter(word => known.has(word)).length
  return words.length > 0 && found * 2 >= words.length
}

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]{2,50}/gu) ?? []

function speaksOfReading(plain: string): boolean {
  const text = plain.toLowerCase()
  if (/\b(?:html|mime)\b/.test(text)) return true
  return READERS.some(word => text.includes(word)) && READING.some(word => text.includes(word))
}

/** What mail is read with; parts of words, in en fr de es it nl pt pl cs sv ru ja zh. */
const READERS = [
  ...['browser', 'online', 'mail program', 'mail client', 'mail reader', 'mail app', 'email program', 'email client'],
  ...['navigateur', 'en ligne', 'messagerie', 'navegador', 'en línea', 'en linea', 'cliente de correo'],
  ...['programa de correo', 'lector de correo', 'client di posta', 'programma di posta', 'mailprogram', 'mail-program'],
  ...['mailclient', 'mail-client', 'cliente de e-mail', 'cliente de email', 'programa de e-mail', 'leitor de e-mail'],
  ...['przegląda', 'program poczt', 'klient poczt', 'klienta poczt', 'prohlížeč', 'webbläsare', 'браузер'],
  ...['ブラウザ', '浏览器', '瀏覽器'],
]

const READING = [
  ...['view', 'see', 'display', 'show', 'read', 'open', 'click', 'use', 'support'],
  ...['visuali', 'voir', 'affich', 'lire', 'lisez', 'consult', 'ouvr', 'utilis', 'cliqu'],
  ...[
    'anzeig',
    'angezeigt',
    'anseh',
    'anschau',
    'betracht',
    'lesen',
    'öffnen',
    'darstell',
    'dargestellt',
    'klick',
    'verwend',
  ],
  ...['ver ', 'verlo', 'leer', 'abr', 'mostrar', 'muestr', 'clic', 'utiliza', 'vedere', 'legg', 'apri', 'mostra'],
  ...['bekijk', 'bekeken', 'weergave', 'weergegeven', 'weer te geven', 'lezen', 'klik', 'gebruik', 'veja', 'ler '],
  ...['wyświetl', 'zobac', 'otw', 'odczyta', 'użyj', 'zobraz', 'visa', 'откр', 'просм', '表示', '查看', '打开', '打開'],
]
