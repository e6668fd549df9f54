/** The name that a sender gave a file, wherever in the part's header it stands. */
import { extensionOf, isDocumentName } from '../mail/extensions.ts'
import { decoded, type Fields, first } from './fields.ts'
import { percentDecoded, structured } from './parameters.ts'

/** Fields of one name that are looked at. */
const FIELDS = 5

/**
 * The decoded name, not yet made safe; undefined when there is none. The last three parameters
 * stand in no standard, and are written all the same.
 * @param declared the type of the part; one that is the text of a mail is not named by its
 * Content-ID or Content-Location
 */
export function nameIn(fields: Fields, declared: string | undefined): string | undefined {
  const read = (field: string) => (fields.get(field) ?? []).slice(0, FIELDS).map(value => structured(value))
  const dispositions = read('content-disposition')
  const types = read('content-type')
  const from = (all: typeof types, name: string): string | undefined =>
    all.map(one => unquoted(one.parameter(name) ?? '')).find(one => one.trim() !== '')
  return (
    from(dispositions, 'filename') ??
    from(types, 'name') ??
    from(dispositions, 'name') ??
    from(types, 'filename') ??
    from(types, 'file') ??
    elsewhere(fields, declared)
  )
}

/** Some programs put a name in quotes twice: the second pair would be letters of its extension. */
const unquoted = (name: string): string =>
  /^\s*["'\u201C\u201E]([^"'\u201C-\u201E]+)["'\u201C\u201D]\s*$/.exec(name)?.[1] ?? name

/** Types that are bodies, containers or signatures, whose role hangs on having no name. */
const NAMELESS =
  /^(?:text\/(?:plain|html|enriched|richtext|calendar|x-amp-html|watch-html)|(?:multipart|message)\/.*|application\/.*(?:pkcs7|pgp).*)$/

/**
 * Programs without a place for names write them into other fields; what is found there must look
 * like the name of a document.
 */
function elsewhere(fields: Fields, declared: string | undefined): string | undefined {
  if (declared === undefined || NAMELESS.test(declared)) return undefined
  const location = percentDecoded(
    decoded(first(fields, 'content-location') ?? '')
      .replace(/[?#].*$/s, '')
      .replace(/^.*[/\\]/s, ''),
  )
  const id = (first(fields, 'content-id') ?? '').replace(/^[\s<]+/, '').replace(/[>@].*$/s, '')
  const description = decoded(first(fields, 'content-description') ?? '')
  return [location, id, description].map(text => text.replace(/^["\s]+|["\s]+$/g, '')).find(looksLikeName)
}

const looksLikeName = (text: string): boolean =>
  /^[^\\/:*?"<>|]{1,150}$/.test(text) && !text.startsWith('.') && isDocumentName(extensionOf(text))
