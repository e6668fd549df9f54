/** A guess at the charset of octets that say nothing about it, for writing that is not Latin: Cyrillic, Greek, Hebrew, Arabic, Thai, Chinese, Japanese, Korean. */
import { createRequire } from 'node:module'

/** Octets that are judged: enough to be sure, and a few milliseconds. */
const SAMPLE = 4096

/** Fewer octets above ASCII than this say too little; below this share of a word's letters, the word is Latin with accents. */
const FEWEST = 4
const SHARE = 0.6
const CONFIDENT = 0.15

/**
 * A charset name that decoders know, or undefined in doubt: then Western writing is the likelier. Only words with octets above ASCII are looked at,
 * so that a foreign subject keeps its guess beside a ticket number.
 */
export function guessedCharset(octets: Uint8Array): string | undefined {
  const words = foreignWords(octets)
  const high = words.replace(/[\x00-\x7F]/g, '').length
  const letters = words.replace(/[^A-Za-z\x80-\xFF]/g, '').length
  if (high < FEWEST || high < letters * SHARE) return undefined
  const { encoding, confidence } = detect(Buffer.from(words, 'latin1'))
  const charset = encoding?.toLowerCase() ?? ''
  return confidence >= CONFIDENT && FOREIGN.has(charset) ? charset : undefined
}

const FOREIGN = new Set(
  'koi8-r koi8-u windows-1251 iso-8859-5 windows-1253 iso-8859-7 windows-1255 iso-8859-8 windows-1256 iso-8859-6 tis-620 windows-874 cp932 shift_jis euc-jp gb18030 gb2312 big5 cp949 euc-kr'.split(
    ' ',
  ),
)

const foreignWords = (octets: Uint8Array): string =>
  Buffer.from(octets.subarray(0, 16 * SAMPLE))
    .toString('latin1')
    .split(/[\x00-\x2F\x3A-\x3F]+/)
    .filter(word => /[\x80-\xFF]/.test(word))
    .join(' ')
    .slice(0, SAMPLE)

type Detector = { detect(octets: Buffer): { readonly encoding: string | null; readonly confidence: number } }

let detector: Detector | undefined

/** Loaded at the first need: its tables cost more than all else that reading a header takes, and few headers need them. */
function detect(octets: Buffer): ReturnType<Detector['detect']> {
  detector ??= createRequire(import.meta.url)('jschardet') as Detector // as its own types have it; a lazy `import` would not be synchronous
  return detector.detect(octets)
}
