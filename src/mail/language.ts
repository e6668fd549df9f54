/** Which language to answer in, when the configuration leaves it to the mail. */

export type LanguageEvidence = {
  /** A language the mail claims for itself, `fr` or `fr-CA`. */
  readonly claimed?: string | undefined
  /** What the sender wrote: the subject, and the body where it is at hand. */
  readonly text: string
}

/** The tag as BCP 47 writes it, `pt-BR`; undefined for what is none. */
export function languageTag(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text)[0]
  } catch {
    return undefined // the platform's reading is the only one, and this is how it says no
  }
}

/** The sender's own words decide, then the mail's claim (the setting of a program), then `fallback`; always one that is `available`. */
export function languageOf(evidence: LanguageEvidence, available: readonly string[], fallback: string): string {
  const written = guess(evidence.text)
  const claimed = evidence.claimed?.toLowerCase()
  const wanted = [written, claimed, claimed?.split('-')[0], fallback.toLowerCase()]
  // Tags are the same in any case (RFC 5646 §2.1.1), names of files are not.
  const found = wanted.map(language => available.find(one => one.toLowerCase() === language))
  return found.find(one => one !== undefined) ?? available[0] ?? fallback
}

/** Words that are frequent in one of these languages and, as far as that goes, in no other. Ticket subjects are short: two are proof, one is not. */
const WORDS: Readonly<Record<string, string>> = {
  en: 'the and is are was of to for with from my your please not this that have hello thanks regards does after',
  fr: 'le les des du et est une pour avec dans mon ma mes votre vos je vous nous pas ne sur bonjour merci ci-joint suite cordialement depuis chez',
  de: 'der die das und ist nicht mit für von dem den ein eine mein meine ihre ich wir sie hallo danke anbei bitte nach beim grüße',
  es: 'el los las y es para con mi su por del una no hola gracias adjunto desde saludos muy está',
  it: 'il lo gli di e è per con mio mia del della una non sono ciao grazie allegato buongiorno saluti dal alla',
  nl: 'het een en van voor met mijn uw niet ik wij is naar hallo bedankt bijlage groeten deze geen bij',
  pt: 'o os as um uma e é para com meu minha do da não olá obrigado anexo segue desde cumprimentos está',
}

function guess(text: string): string | undefined {
  const written = text
    .slice(0, 2_000)
    .toLowerCase()
    .normalize('NFC')
    .split(/[^\p{L}\p{M}-]+/u)
  const scores = Object.entries(WORDS).map(([language, words]) => {
    const known = new Set(words.split(' '))
    return { language, hits: new Set(written.filter(word => known.has(word))).size }
  })
  const [best, next] = scores.sort((a, b) => b.hits - a.hits)
  return best === undefined || best.hits < 2 || best.hits === next?.hits ? undefined : best.language
}
