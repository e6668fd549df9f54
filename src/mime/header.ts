/** Reads a header block into what the gateway needs of it; never throws, whatever the octets. */
import type { ReadHeader } from '../gateway/ports.ts'
import type { Address, Header } from '../mail/envelope.ts'
import { addrSpec, countMailboxes, firstMailbox } from './addresses.ts'
import { decoded, type Fields, fieldsOf, first } from './fields.ts'

/** Characters of a subject, Subject fields, and Message-IDs of a thread, that are kept. */
const SUBJECT_LENGTH = 2000
const SUBJECTS = 4
const REFERENCES = 50

/**
 * Of fields that may stand only once the first is taken (RFC 5322 §3.6), but of subjects the first
 * that is not empty. Limits: 256 KiB and 1,000 fields are read, a subject is cut at 2,000
 * characters, a thread at its last 50 references. Linear time.
 */
export const readHeader: ReadHeader = raw => {
  const fields = fieldsOf(raw)
  return {
    ...subjectsOf(fields),
    from: fromOf(fields),
    authors: (fields.get('from') ?? []).reduce((sum, value) => sum + countMailboxes(value), 0),
    messageId: idsOf(first(fields, 'message-id'))[0] ?? bareId(first(fields, 'message-id')),
    inReplyTo: idsOf(first(fields, 'in-reply-to')),
    references: idsOf(first(fields, 'references')),
    returnPath: returnPathOf(first(fields, 'return-path')),
    date: dateOf(first(fields, 'date')),
    fields,
  } satisfies Header
}

/**
 * A second reading of each field leaves the underscores of its Q words alone, which some programs
 * do not encode.
 */
function subjectsOf(fields: Fields): Pick<Header, 'subject' | 'otherSubjects'> {
  const written = (fields.get('subject') ?? []).slice(0, SUBJECTS)
  const meant = written.map(value => shortened(decoded(value)))
  const subject = meant.find(text => text !== '') ?? ''
  const others = new Set([...written.map(value => shortened(decoded(value, '_'))), ...meant])
  others.delete(subject)
  others.delete('')
  return { subject, otherSubjects: [...others] }
}

function shortened(text: string): string {
  const subject = text.toWellFormed()
  return subject.length <= SUBJECT_LENGTH ? subject : subject.slice(0, SUBJECT_LENGTH).replace(/[\uD800-\uDBFF]$/, '')
}

const fromOf = (fields: Fields): Address | undefined => {
  const value = first(fields, 'from')
  return value === undefined ? undefined : firstMailbox(value)
}

/** Message-IDs with their angle brackets, the last fifty; a longer id than a line may hold is none (RFC 5322 §2.1.1). */
const idsOf = (value: string | undefined): readonly string[] =>
  (value?.match(/<[^<>\s]+>/g) ?? []).filter(id => id.length <= 998).slice(-REFERENCES)

const bareId = (value: string | undefined): string | undefined => {
  const token = value?.trim()
  return token !== undefined && /^[^\s<>]{1,996}$/.test(token) ? `<${token}>` : undefined
}

function returnPathOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const path = /^<([^<>]*)>/.exec(value)?.[1] ?? value
  return path.trim() === '' ? '' : addrSpec(path)
}

function dateOf(value: string | undefined): Date | undefined {
  const time = Date.parse((value ?? '').slice(0, 200).replace(/\([^()]*\)/g, ' '))
  return Number.isNaN(time) ? undefined : new Date(time)
}
