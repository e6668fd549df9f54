/** A stranger's header, from the octets to the notice: no line of it becomes a line of ours, and nobody else is written to. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mailable } from '../../src/mail/address.ts'
import { distil } from '../../src/mail/envelope.ts'
import { compose, noticeWanted } from '../../src/mail/notice.ts'
import { because } from '../../src/mail/status.ts'
import { parseTemplates, type Template } from '../../src/mail/template.ts'
import { readHeader } from '../../src/mime/header.ts'

const english = templateOf(readFileSync(join(import.meta.dirname, '../../config/notices/en.txt'), 'utf8'))

function templateOf(text: string): Template {
  const parsed = parseTemplates(text, 'en.txt', 'en')
  if ('mistakes' in parsed) throw new Error(parsed.mistakes.join('\n'))
  return parsed.template
}

const OPTIONS = {
  secret: 'a secret',
  from: { name: 'Support', address: 'support@example.com' },
  example: 'I161026_000005',
  timeZone: 'UTC',
  maxFile: 25_000_000,
  maxMail: 50_000_000,
}

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\r\n ',
        '\0',
        '\x1b[31m',
        '\u2028',
        '\u0085',
        '=?utf-8?q?=0D=0ABcc:_e@evil.example?=',
        '=?utf-8?b?DQpCY2M6IGU=?=',
      ),
      fc.constantFrom(
        '{{files}}',
        '{{subject}}',
        ['$', '{process.env}'].join(''),
        '<%= 1 %>',
        'Bcc: eve@evil.example',
        ', <eve@evil.example>',
        '"a@evil x"@y',
        '(',
        '"',
        '<',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    { maxLength: 8 },
  )
  .map(pieces => pieces.join(''))

const ref = { mailbox: 'support', folder: 'INBOX', uidValidity: '1', uid: 1 }
const outcome = { kind: 'bounced', ...because('no-ticket', 'a reason') } as const
const CONTROL = /[\p{Cc}\u2028\u2029]/u

function noticeTo(header: string, fileName: string) {
  const rawHeader = Buffer.from(header)
  const facts = {
    ref,
    rawHeader,
    size: 1,
    arrivedAt: new Date('2026-11-20T09:30:00Z'),
    seen: false,
    outline: undefined,
  }
  const envelope = distil(readHeader(rawHeader), facts, ['support@example.com'])
  if (noticeWanted(outcome, envelope, { on: ['bounced'] }) !== 'send') return { envelope, notice: undefined }
  const file = { name: fileName, size: 1, state: 'skipped', reason: undefined, ticket: undefined } as const
  return { envelope, notice: compose({ envelope, outcome, tickets: [fileName], files: [file] }, english, OPTIONS) }
}

test('whatever stands in a subject, a name or a thread', () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (subject, name, id) => {
      const header = `From: Ada <ada@example.org>\r\nSubject: ${subject}\r\nMessage-ID: <${id}>\r\nReferences: ${id} <${name}>\r\n\r\n`
      const { envelope, notice } = noticeTo(header, name)
      expect(envelope.subject).not.toMatch(CONTROL)
      if (notice === undefined) return
      expect(notice.to).toBe('ada@example.org')
      for (const line of [notice.subject, notice.messageId, notice.inReplyTo ?? '', ...notice.references])
        expect(line).not.toMatch(CONTROL)
      expect(notice.text.match(/^- /gm)).toHaveLength(1)
      expect(notice.text.replaceAll('\n', '')).not.toMatch(CONTROL)
      // What is put in is literal: it is never read as a text again.
      if (name.includes('{{files}}') && !CONTROL.test(name) && name.trim() === name && name.length < 40)
        expect(notice.text.replace(/\s+/g, ' ')).toContain('{{files}}')
    }),
    { numRuns: 500 },
  )
})

test('whatever stands in From: at most one recipient, and one that can be written to', () => {
  fc.assert(
    fc.property(hostile, hostile, (before, after) => {
      const { notice } = noticeTo(`From: ${before} <ada@example.org> ${after}\r\n\r\n`, 'a.txt')
      if (notice === undefined) return
      expect(mailable(notice.to)).toBe(notice.to)
      expect(notice.to).not.toMatch(/[\s,;<>"()]/)
    }),
    { numRuns: 500 },
  )
})
