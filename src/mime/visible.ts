/** What a reader sees of a text. */

/**
 * White space, controls, format characters (zero-width ones, soft hyphen, direction marks) and letters without a shape: combining grapheme joiner,
 * Hangul fillers, blank Braille pattern, variation selectors.
 */
const UNSEEN = /[\s\p{Cc}\p{Cf}\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u2800\u3164\uFE00-\uFE0F\uFFA0]/gu
const SEEN = /[^\s\p{Cc}\p{Cf}\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u2800\u3164\uFE00-\uFE0F\uFFA0]/u

export const isVisible = (text: string): boolean => SEEN.test(text)

/** The characters that are seen, without white space. */
export const seenOf = (text: string): string => text.replace(UNSEEN, '')
