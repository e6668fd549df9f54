/** The name of an author in an attribution, told from a thing or a person without a name. */

/** Words without addresses, figures of dates, and words that help the verb. */
export const wordsOf = (text: string): readonly string[] =>
  text
    .split(/[\s\u0001]+/)
    .map(word => word.replace(/^["'“”«»„(<,;]+|["'“”«»„)>,;:]+$/g, ''))
    .filter(word => /[\p{L}\p{N}]/u.test(word) && !HELPING.has(word.toLowerCase()))

const HELPING: ReadonlySet<string> = new Set(
  `am pm a.m p.m a.m. p.m. am. pm. uhr utc gmt cet cest mez mesz bst wet eet eest msk brt est edt pst pdt hat folgendes г г. р р. h klo kl kl. vorm vorm. nachm nachm. o godz godz.
   heures a ha je heeft het volgende ezt a(z) az şunu şunları đã user użytkownik uživatel používateľ пользователь
   користувач потребител odesílatel χρήστης ο oseba 님이 มี om um от від from às à las alle ore`.split(/\s+/),
)

/**
 * One word in small letters is a name where `sure`, beside a date or an address, and where it is
 * a nickname that has figures in it.
 */
export function isName(words: readonly string[], sure: boolean): boolean {
  const [first = ''] = words
  if (words.length === 0 || words.length > 6 || NO_NAME.has(first.toLowerCase())) return false
  if (words.length === 1 && (sure || /[\d_]/.test(first))) return true
  return /^(?:\p{Lu}|\p{Lt}|\p{Lo}|\d)/u.test(first) && words.every(isOfName)
}

const isOfName = (word: string): boolean =>
  /^(?:\p{Lu}|\p{Lo}|\d|\()/u.test(word) || /[\d_@/]/.test(word) || PARTICLES.has(word.toLowerCase())

const PARTICLES: ReadonlySet<string> = new Set(
  'von van de der den del della di da du dos das la le bin al el ten ter te zu zum via at of and y e et und i'.split(
    ' ',
  ),
)

/** Words before a thing, or before a person without a name: no name begins with them. */
const NO_NAME: ReadonlySet<string> = new Set(
  `the a an my our your his her their this that it he she we they i you somebody someone one everybody
   le la les l' un une mon ma notre votre ce cette il elle on nous quelqu'un der die das ein eine mein meine unser
   unsere dieser diese dieses er sie es wir ich jemand man el los las una mi nuestro este esta alguien yo
   lo gli uno mio nostro questo qualcuno het een mijn onze deze dit hij ze wij iemand o os as um uma meu nosso alguém
   ten ta to moj mój pan pani он она оно мы они кто-то`.split(/\s+/),
)
