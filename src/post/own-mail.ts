/** Mails of our own that answer nobody: test mails and summaries. */
import type { SendMailOptions } from 'nodemailer'

export type OwnMail = {
  /** One addr-spec. */
  readonly to: string
  /** With angle brackets. */
  readonly messageId: string
  readonly subject: string
  readonly text: string
  /** The same words for programs that show HTML. */
  readonly html?: string | undefined
  /** Further header fields. */
  readonly fields: Readonly<Record<string, string>>
  readonly file?: { readonly name: string; readonly content: string } | undefined
}

/** As nodemailer wants it, without its author. */
export const ownLetter = (
  { to, messageId, subject, text, html, fields, file }: OwnMail,
  date: Date,
): SendMailOptions & { baseBoundary?: string } => ({
  to: { name: '', address: to },
  messageId,
  subject,
  text,
  ...(html === undefined ? {} : { html, baseBoundary: boundaryOf(messageId) }),
  textEncoding: 'quoted-printable',
  date,
  // Exchange heeds it: no out-of-office may answer.
  headers: { 'X-Auto-Response-Suppress': 'All', ...fields },
  attachments: file === undefined ? [] : [{ filename: file.name, content: file.content, contentType: 'text/plain' }],
  xMailer: false,
})

/** Made of the Message-ID: nobody can guess it beforehand, and a repeat is the same octets. */
export const boundaryOf = (messageId: string): string => messageId.replace(/@.*/, '').replace(/[^\w.]/g, '')

/** Its octets, with CRLF, for whoever puts it into a folder. */
export async function rawOf(own: OwnMail, from: string, date: Date): Promise<Buffer> {
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  const { message } = await transport.sendMail({ ...ownLetter(own, date), from: { name: 'mailclip', address: from } })
  if (!Buffer.isBuffer(message)) throw new TypeError('the mail was not built in memory')
  return message
}
