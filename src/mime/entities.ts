/**
 * Character references of HTML, for texts that no HTML parser reads: the addresses of images, and
 * HTML whose words are kept without layout. Numbers, and the names that are common in mails.
 */

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  commat: '@',
  period: '.',
  lowbar: '_',
  hyphen: '-',
  lpar: '(',
  rpar: ')',
  num: '#',
  dollar: '$',
  percnt: '%',
  plus: '+',
  sol: '/',
  equals: '=',
  euro: '€',
  colon: ':',
  semi: ';',
  comma: ',',
  tab: '\t',
  newline: '\n',
}

/**
 * The text with its references resolved. An unknown name stays as it is; a number that is no
 * character goes. Linear time.
 */
export const unescaped = (text: string): string =>
  text.includes('&')
    ? text.replace(
        /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi,
        (all, decimal?: string, hex?: string, name?: string) => {
          if (name !== undefined) return NAMED[name.toLowerCase()] ?? all
          const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(decimal, 10)
          const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
          return isCharacter ? String.fromCodePoint(code) : ''
        },
      )
    : text
