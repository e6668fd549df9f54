/** What a reader sees of a text. */

/**
 * White space, controls, format characters (zero-width ones, soft hyphen, direction marks), letters
 * without a shape (Unicode: default ignorable code points), the blank Braille pattern and the place
 * of an object.
 */
const UNSEEN = /[\s\p{Cc}\p{Cf}\p{DI}\u2800\uFFFC]/gu
const SEEN = /[^\s\p{Cc}\p{Cf}\p{DI}\u2800\uFFFC]/u

export const isVisible = (text: string): boolean => SEEN.test(text)

/** The characters that are seen, without white space. */
export const seenOf = (text: string): string => text.replace(UNSEEN, '')
