/** A mail's lasting name. */

/** The mails of a folder as they are numbered under one UIDVALIDITY: there a UID is one mail for good (RFC 9051 §2.3.1.1). */
export type Numbering = {
  /** The configured name. */
  readonly mailbox: string
  /** The server's name. */
  readonly folder: string
  /** An unsigned 32-bit number (imapflow: bigint), kept as decimal digits. */
  readonly uidValidity: string
}

export type Ref = Numbering & { readonly uid: number }

/** As RFC 5092 §3 writes it: `INBOX;UIDVALIDITY=17/;UID=4`. */
export const printRef = (ref: Ref): string => `${ref.folder};UIDVALIDITY=${ref.uidValidity}/;UID=${ref.uid}`
