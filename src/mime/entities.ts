/** Character references of HTML that stand in the addresses of images: numbers, and the few names that are in use there. */

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
  colon: ':',
  semi: ';',
  comma: ',',
  tab: '\t',
  newline: '\n',
}

/** The text with its references resolved; one that is not known stays as it is. Linear time. */
export const unescaped = (text: string): string =>
  text.includes('&')
    ? text.replace(
        /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi,
        (all, decimal?: string, hex?: string, name?: string) => {
          if (name !== undefined) return NAMED[name.toLowerCase()] ?? all
          const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(decimal, 10)
          return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all
        },
      )
    : text
