/** A parsed mail: every MIME leaf accounted for, contents in files. */

/**
 * What a leaf is for. `body`: the text shown; `alternative`: another rendering of the body that is not shown;
 * `file`: everything a person attached (calendar files included, and a winmail.dat that could not be emptied); `inline-image`: an image shown in the HTML or disposed inline;
 * `message`: a forwarded mail (message/rfc822); `tnef`: winmail.dat, with the files inside it as parts of their own, or unopened where there are none; `signature`: S/MIME or PGP detached signature;
 * `encrypted`: PGP or S/MIME enveloped data, and S/MIME signed data with what was signed as parts of their own; `report`: machine-readable parts of multipart/report; `reference`: message/external-body, message/partial.
 */
export type PartRole =
  | 'body'
  | 'alternative'
  | 'file'
  | 'inline-image'
  | 'message'
  | 'tnef'
  | 'signature'
  | 'encrypted'
  | 'report'
  | 'reference'

/** The type of octets that begin with `#!` and the path of an interpreter. */
export const SCRIPT = 'text/x-script'

export type Part = {
  /** IMAP section number; parts taken out of a container, or out of a text, continue it: `2/1`. */
  readonly part: string
  /** Declared type, lower case; `application/octet-stream` when undeclared or nonsense. */
  readonly type: string
  readonly role: PartRole
  readonly disposition: 'attachment' | 'inline' | undefined
  /** Content-ID without angle brackets. */
  readonly contentId: string | undefined
  /** The sender's name for it, decoded (RFC 2047, 2231, raw 8 bit), not yet made safe. */
  readonly originalName: string | undefined
  /** Decoded octets. */
  readonly size: number
  /** Hex, of the decoded octets. */
  readonly sha256: string
  /** Where the decoded octets lie; undefined for bodies. */
  readonly file: string | undefined
  /** What the first octets say it is, `image/png`; undefined when they say nothing. */
  readonly sniffed: string | undefined
  /** Its first octets are those of a program (PE, ELF, Mach-O, script with #!, …). */
  readonly executable: boolean
  /** Pixels, for images whose header could be read. */
  readonly image: { readonly width: number; readonly height: number } | undefined
  /** The HTML body refers to it by cid: or Content-Location. */
  readonly cited: boolean
}

/** The part that this one was taken out of; undefined for a leaf of the mail itself. */
export const containerOf = ({ part }: Pick<Part, 'part'>): string | undefined =>
  part.includes('/') ? part.slice(0, part.lastIndexOf('/')) : undefined

export type BodyText = {
  /** The whole text, HTML turned into text when there was no plain part; `''` when there is none. */
  readonly whole: string
  /** Without quoted history and signature; `''` when cutting leaves nothing. */
  readonly cut: string
  /** The sender forwarded this: nothing is cut then. */
  readonly forwarded: boolean
}

export type ParsedMail = {
  /** In the order of the mail, bodies included. */
  readonly parts: readonly Part[]
  /** The mail itself as it was fetched, for whoever wants it whole; its part is called `mail`. */
  readonly original: Part
  readonly text: BodyText
  /** What the parser wants remembered in the trace: repaired structure, undecodable charset, … one sentence each. */
  readonly remarks: readonly string[]
  /** Where a file may be in the mail that could not be taken out, one sentence each: such a mail is held. */
  readonly doubts: readonly string[]
}
