/** A header block, read: who wrote, to what it answers, and every field. */

export type Address = { readonly name: string; readonly address: string }

/** A header block as read by `mime/header.ts`: decoded where RFC 2047 allows, never longer than its limits. */
export type Header = {
  /** Decoded and unfolded; `''` when absent. Capped at 2,000 characters. */
  readonly subject: string
  /**
   * Other readings of the Subject field, and further Subject fields; a ticket number is looked for
   * in them where `subject` has none.
   */
  readonly otherSubjects?: readonly string[]
  /** The first mailbox of the first From field; undefined when there is none with an addr-spec. */
  readonly from: Address | undefined
  /** Mailboxes in all From fields together; a person's mail has one. */
  readonly authors: number
  /** With its angle brackets. */
  readonly messageId: string | undefined
  readonly inReplyTo: readonly string[]
  /** Oldest first, at most the last 50. */
  readonly references: readonly string[]
  /** The addr-spec of the top-most Return-Path, `''` for `<>`, undefined when no server wrote one. */
  readonly returnPath: string | undefined
  readonly date: Date | undefined
  /** Every field by lower-case name, values unfolded but not decoded, in order of appearance (RFC 5322 §3.6). */
  readonly fields: ReadonlyMap<string, readonly string[]>
}

/**
 * Why we believe that no person wrote a mail. `report`: delivery and read reports, feedback reports, our own notices: always discarded.
 * `automatic`: auto-replies, lists, bulk: delivered if they can be, never answered.
 */
export type Machine = { readonly kind: 'report' | 'automatic'; readonly why: string }

/** Octets of a header block that are read; the server is not even asked for more. */
export const LONGEST_HEADER = 2 ** 20

/** The header block with the blank line that ends it; all of it where there is none. */
export function headerOf(octets: Buffer): Buffer {
  const end = octets.indexOf(BLANK)
  return octets.subarray(0, Math.min(end < 0 ? octets.length : end + BLANK.length, LONGEST_HEADER))
}

const BLANK = '\r\n\r\n'
