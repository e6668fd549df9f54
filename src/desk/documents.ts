/** The list of a ticket's documents as the desk writes it: every build a little differently. */
import type { Listed } from '../gateway/ports.ts'
import { asObject, type Fields, fieldOf, names, objectIn, wordIn } from './json.ts'

/**
 * The documents in an answer, names in NFC; `foreign` when it is no list of this ticket, `unreadable` when an item cannot be told apart.
 * An item is never left out: a document that is not seen would be sent again.
 */
export function documentsIn(text: string | undefined, ticket: string): readonly Listed[] | 'foreign' | 'unreadable' {
  const answer = objectIn(text)
  const documents = fieldOf(answer, 'documents')
  if (documents === undefined || documents === null || documents === '') return saysNone(answer, ticket)
  if (!Array.isArray(documents)) return 'foreign'
  const listed: Listed[] = []
  for (const item of documents) {
    const document = documentIn(asObject(item))
    if (document === undefined) return 'unreadable'
    listed.push(document)
  }
  return listed
}

/** Without a list only an answer that speaks of this ticket may say that there is nothing. */
const saysNone = (answer: Fields | undefined, ticket: string): readonly Listed[] | 'foreign' =>
  names(fieldOf(answer, 'HREF'), ticket, '/documents') || names(fieldOf(answer, 'PARENT_HREF'), ticket) ? [] : 'foreign'

function documentIn(item: Fields | undefined): Listed | undefined {
  const href = wordIn(item, 'HREF')
  const path = docpath(href)
  const id = wordIn(item, 'DOCUMENT_ID') ?? path?.id ?? lastOf(wordIn(item, 'DDL_HREF')) ?? href
  if (id === undefined) return undefined
  return { id, name: (wordIn(item, 'DOCUMENT') ?? path?.name)?.normalize('NFC') }
}

/** Builds before 2020.2 give no name but in the link: `docpath={account}/Documents/{id}|{name}`, percent-encoded. */
function docpath(href: string | undefined): { readonly id: string; readonly name: string | undefined } | undefined {
  const path = decoded(/[?&]docpath=([^&]*)/i.exec(href ?? '')?.[1])
  if (path === undefined) return undefined
  const bar = path.indexOf('|')
  const id = lastOf(bar < 0 ? path : path.slice(0, bar))
  return id === undefined ? undefined : { id, name: bar < 0 ? undefined : path.slice(bar + 1) || undefined }
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return text
  }
}

const lastOf = (path: string | undefined): string | undefined => path?.split('/').findLast(Boolean)
