/**
 * Why a file may be in a mail that was not taken out of it: what the parser, the mail server and
 * another parser say.
 */
import type { Envelope, OutlinePart } from './envelope.ts'
import { containerOf, type ParsedMail, type Part } from './part.ts'
import { plain } from './plain.ts'

/**
 * An attachment that another MIME parser finds in the same mail. `hashes`: SHA-256 (hex) of its
 * decoded bytes, and of the same with another line end behind them: parsers disagree about the last
 * one.
 */
export type OtherFile = {
  readonly name: string | undefined
  readonly type: string
  /** Bytes. */
  readonly size: number
  readonly hashes: readonly string[]
}

/** `failed`: the other parser has no answer; that says nothing about the mail. */
export type SecondOpinion =
  | { readonly kind: 'read'; readonly files: readonly OtherFile[] }
  | { readonly kind: 'failed'; readonly reason: string }

const NAME_LENGTH = 100

/** One sentence for each doubt; empty where every byte of the mail is accounted for. */
export const doubtsOf = (
  envelope: Pick<Envelope, 'outline'>,
  mail: Pick<ParsedMail, 'parts' | 'doubts'>,
  opinion: SecondOpinion | undefined,
): readonly string[] => [
  ...mail.doubts,
  ...missingParts(envelope.outline ?? [], mail.parts).map(
    ({ part, name = '' }) => `the mail server names part ${part} ${plain(name, NAME_LENGTH)}, which was not found`,
  ),
  ...unknownFiles(opinion?.kind === 'read' ? opinion.files : [], mail.parts).map(
    ({ name, type, size }) =>
      `another parser finds ${plain(name ?? 'a file', NAME_LENGTH)} (${type}, ${size} bytes) in it`,
  ),
]

/**
 * Parts with a file name in BODYSTRUCTURE that no part of ours accounts for: neither by its section
 * number nor, where the two number differently, by its name. Parts taken out of a container are no
 * parts of the server's.
 */
function missingParts(outline: readonly OutlinePart[], parts: readonly Part[]): readonly OutlinePart[] {
  const own = parts.filter(part => containerOf(part) === undefined)
  const names = new Set(parts.map(({ originalName }) => originalName))
  return outline.filter(({ part, name }) => {
    if (name === undefined || name.trim() === '' || names.has(name)) return false
    const same = own.find(one => one.part === part)
    return same === undefined || (same.file === undefined && same.originalName === undefined)
  })
}

/** All leaves count, also those that are skipped, bodies, other renderings and containers. */
function unknownFiles(otherFiles: readonly OtherFile[], parts: readonly Part[]): readonly OtherFile[] {
  const known = new Set(parts.map(({ sha256 }) => sha256))
  return otherFiles.filter(({ size, hashes }) => size > 0 && !hashes.some(hash => known.has(hash)))
}
