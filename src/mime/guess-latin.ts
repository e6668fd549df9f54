/**
 * A guess between charsets of Latin writing: Western (windows-1252) is the rule, and Central
 * European, Turkish and Baltic are told by frequent words. Each of these has a letter that Western
 * charsets lack, so that its bytes spell no word there (`siê`, `b³±d`, `deðil`).
 */

/** Bytes that are judged. */
const SAMPLE = 16_384

/**
 * Frequent words and words of support mails, in lower case; each has a letter that windows-1252
 * lacks.
 */
const WORDS: Readonly<Record<string, string>> = {
  pl: 'się że proszę dziękuję będzie został została więc już można także błąd błędu wciąż być są sprawdzić drukarkę załączeniu załącznik załączniku przesyłam wiadomość użytkownik hasło zgłoszenie jeśli możliwość które trochę źle dzień działa właśnie',
  cs: 'při děkuji můžete může tiskárně přílohou řešení potřebuji něco ještě dobrý počítač kůň před předem zařízení měl dveře člověk přístup uživatel prosím úpěl žluťoučký některé neděle téměř',
  sk: 'ďakujem prečo keď tlačiareň počítač ešte veľmi ďalej používateľ chceľ účet číslo pripája môžeš deň',
  hu: 'működik előre később következő megfelelő időpont először őket erről ebből gépről gyűjtő tűnik hűtő lehetőség idő időben előző felől belőle ről ből től kérdőív nyomtatóról',
  ro: 'dacă după această mulţumesc ataşat funcţionează imprimantă fără încă parolă şi',
  sl: 'več račun sporočilo naročilo priključiti računalnik računalniku začetek način',
  hr: 'računalo pisač poruči ćemo neće također riješiti račun još može priključiti način',
  tr: 'çalışmıyor değil değişti teşekkürler teşekkür yazıcı şifre şey hatası arıza ekranı kullanıcı saygılarımla çalışmalar nasıl başka olduğu dosyayı yardımcı açılmıyor bağlantı şekilde aşağıdaki sayın',
  lt: 'ačiū dėl prašau slaptažodį spausdintuvą galėtumėte šį',
  lv: 'lūdzu kļūda kļūdu pielikumā sūtu vairāk drukātājs nedarbojās',
}

/** Words by the charsets in which mail of these languages is sent without saying so. */
const CHARSETS: Readonly<Record<string, readonly string[]>> = {
  'windows-1250': ['pl', 'cs', 'sk', 'hu', 'ro', 'sl', 'hr'],
  'iso-8859-2': ['pl', 'cs', 'sk', 'hu', 'ro', 'sl', 'hr'],
  'windows-1254': ['tr'],
  'windows-1257': ['lt', 'lv'],
}

/**
 * Letters of different known words, and once more the letters that Western charsets lack, below
 * which the text is taken for Western.
 */
const SURE = 5

/**
 * The name of a charset that TextDecoder knows, or undefined where the bytes may well be Western.
 */
export function guessedLatin(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, SAMPLE)
  let best: { readonly charset: string; readonly score: number } | undefined
  for (const [charset, languages] of Object.entries(CHARSETS)) {
    const score = scoreOf(wordsIn(sample, charset), languages)
    if (score >= SURE && score > (best?.score ?? 0)) best = { charset, score }
  }
  return best?.charset
}

const wordsIn = (bytes: Uint8Array, charset: string): ReadonlySet<string> =>
  new Set(
    new TextDecoder(charset)
      .decode(bytes)
      .toLowerCase()
      .match(/\p{L}{2,30}/gu) ?? [],
  )

function scoreOf(words: ReadonlySet<string>, languages: readonly string[]): number {
  const scores = languages.map(language => {
    const known = (KNOWN.get(language) ?? []).filter(([word]) => words.has(word))
    return known.reduce((sum, [, score]) => sum + score, 0)
  })
  return Math.max(0, ...scores)
}

/** Letters that windows-1252 lacks. */
const NOT_WESTERN = /[^\x00-\x7F\u00C0-\u00FFŠšŽžŒœŸƒ]/g

/** Words with their scores; those that windows-1252 can write as well say nothing. */
const KNOWN: ReadonlyMap<string, readonly (readonly [word: string, score: number])[]> = new Map(
  Object.entries(WORDS).map(([language, words]) => [
    language,
    words.split(' ').flatMap(word => {
      const letters = word.match(NOT_WESTERN)?.length ?? 0
      return letters === 0 ? [] : [[word, word.length + letters] as const]
    }),
  ]),
)
