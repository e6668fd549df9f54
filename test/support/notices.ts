/** Notices for tests of what carries them. */
import type { Notice } from '../../src/mail/notice.ts'

export const noticeOf = (change: Partial<Notice> = {}): Notice => ({
  kind: 'bounced',
  to: 'anna@customer.example',
  messageId: '<mailclip.0123456789abcdef0123456789abcdef@example.com>',
  subject: 'Re: I161026_000005 l’imprimante',
  text: 'Bonjour,\n\nVotre fichier « été.pdf » n’a pas été joint.\n',
  html: undefined,
  inReplyTo: '<1@customer.example>',
  references: ['<0@customer.example>', '<1@customer.example>'],
  ...change,
})
