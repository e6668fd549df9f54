/** The files of a mail that was decided before it was parsed: what the server's outline names, so that notice and listing can. */
import type { Envelope, OutlinePart } from '../mail/envelope.ts'
import type { FileFate } from './policy.ts'

export const namedParts = ({ outline = [] }: Envelope): readonly OutlinePart[] =>
  outline.filter(({ name }) => name !== undefined)

/** The size is the encoded one, about a third more than the file's. */
export const outlined = (envelope: Envelope, reason: string): readonly FileFate[] =>
  namedParts(envelope).map(({ name = '' }) => ({ name, size: undefined, state: 'skipped', reason, ticket: undefined }))
