/** Content that stands in a header block, because the empty line between the two was forgotten. */
import { firstStrayLine } from './folding.ts'

/** Fields that begin a mail, and that the header of a part around it has not got. */
const MAIL_FIELD =
  /^(?:received|return-path|delivered-to|from|to|cc|subject|date|message-id|reply-to|mime-version)[ \t]*:/i

const PART_FIELD = /^content-[a-z-]+[ \t]*:/i

/** A field, its fold, the `From ` of a mailbox file, or a parameter whose fold lost its indent. */
const HEADER_LINE = /^(?:[!-9;-~]+[ \t]*:|>?From |[ \t\r\n]|\??[\w*-]{1,40}[ \t]*=[ \t]*[^=\s])/

/**
 * The bytes from the first line on that belongs to no header; in front of a mail within the mail
 * (`isMail`) from its first field on. Empty where there are none, and where a field of MIME
 * follows: then the line is a field that was folded wrongly. The line ends at the end are left out.
 */
export function contentInHeader(header: Buffer, isMail: boolean): Buffer {
  const lines = header.toString('latin1').split(/(?<=\n)/)
  const start = isMail
    ? lines.findIndex(line => MAIL_FIELD.test(line))
    : firstStrayLine(lines, line => HEADER_LINE.test(line))
  if (start === -1 || (!isMail && lines.slice(start).some(line => PART_FIELD.test(line)))) return header.subarray(0, 0)
  let end = header.length
  while (header[end - 1] === 0x0d || header[end - 1] === 0x0a) end -= 1
  return header.subarray(lines.slice(0, start).join('').length, end)
}

/** The line end of a header block. */
export const lineEndOf = (header: Buffer): Buffer => Buffer.from(header.includes('\r\n') ? '\r\n' : '\n')

/** Whether the bytes begin with a header field. */
export const beginsWithField = (bytes: Buffer): boolean =>
  /^[!-9;-~]{1,80}[ \t]*:/.test(bytes.toString('latin1', 0, 100))
