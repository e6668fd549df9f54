/** Elements of an HTML mail that its reader does not see: mostly preview texts of newsletters. */
import type { DomNode } from 'html-to-text'

/** Characters of a style attribute that are read. */
const STYLE = 4000

/**
 * Whether the element's own `style` or `hidden` hides it with its content: `display:none`,
 * `visibility:hidden`, `opacity:0`, no height or width with `overflow:hidden`, `mso-hide:all` and a
 * font size of 0 that nothing inside changes.
 */
export function isHidden(element: DomNode): boolean {
  const attributes: Readonly<Record<string, string>> = element.attribs ?? {}
  if (attributes['hidden'] !== undefined) return true
  const style = declarationsOf(attributes['style'] ?? '')
  if (style.size === 0) return false
  if (/^(?:hidden|collapse)$/.test(style.get('visibility') ?? '') || style.get('display') === 'none') return true
  if (isZero(style.get('opacity')) || isClipped(style)) return true
  // A link is the visible twin of a button that is drawn for Outlook alone.
  if (style.get('mso-hide') === 'all' && element.name !== 'a') return true
  return isZero(style.get('font-size')) && !hasFontSize(element)
}

function isClipped(style: ReadonlyMap<string, string>): boolean {
  const sizes = ['height', 'max-height', 'width', 'max-width'].map(name => style.get(name))
  return style.get('overflow') === 'hidden' && sizes.some(isZero)
}

/** Property names and values in lower case, without `!important`. */
function declarationsOf(style: string): ReadonlyMap<string, string> {
  const declarations = style.slice(0, STYLE).toLowerCase().split(';')
  return new Map(
    declarations.flatMap(declaration => {
      const colon = declaration.indexOf(':')
      const value = declaration.slice(colon + 1).replace('!important', '')
      return colon === -1 ? [] : [[declaration.slice(0, colon).trim(), value.trim()] as const]
    }),
  )
}

const isZero = (value: string | undefined): boolean =>
  value !== undefined && /^0(?:\.0{1,6})?(?:[a-z]{1,4}|%)?$/.test(value)

/** Layout tables set a size of 0 against gaps between blocks that set their own. */
const hasFontSize = ({ children }: DomNode): boolean =>
  (children ?? []).some(child => {
    const { style = '' }: Readonly<Record<string, string>> = child.attribs ?? {}
    const size = declarationsOf(style).get('font-size')
    const own =
      child.name === 'font' ||
      (size !== undefined && !isZero(size)) ||
      /(?:^|[;\s])font\s{0,8}:/i.test(style.slice(0, STYLE))
    return own || hasFontSize(child)
  })
