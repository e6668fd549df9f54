/** A mail's lasting name. */

/** Mailbox (the configured name), folder (the server's name), UIDVALIDITY and UID (RFC 9051 §2.3.1.1). */
export type Ref = {
  readonly mailbox: string
  readonly folder: string
  /** An unsigned 32-bit number (imapflow: bigint), kept as decimal digits. */
  readonly uidValidity: string
  readonly uid: number
}

/** As RFC 5092 §3 writes it: `INBOX;UIDVALIDITY=17/;UID=4`. */
export const printRef = (ref: Ref): string => `${ref.folder};UIDVALIDITY=${ref.uidValidity}/;UID=${ref.uid}`
