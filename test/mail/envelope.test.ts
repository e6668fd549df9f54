import { expect, test } from 'vitest'
import { distil, fingerprint } from '../../src/mail/envelope.ts'
import { headerOf } from '../support/header.ts'

const raw = Buffer.from('From: a@b.example\r\nSubject: I161026_000005\r\n\r\n')
const facts = {
  ref: { mailbox: 'support', folder: 'INBOX', uidValidity: '17', uid: 4 },
  rawHeader: raw,
  size: 4_711,
  arrivedAt: new Date('2026-10-16T08:00:00Z'),
  seen: false,
  outline: undefined,
}

test('an envelope holds what the header says, and not the header itself', () => {
  const header = headerOf(['From: Anna <a@b.example>', 'Subject: I161026_000005', 'Message-ID: <1@b.example>'])
  expect(distil(header, facts, [])).toEqual({
    ref: facts.ref,
    fingerprint: fingerprint('support', raw),
    size: 4_711,
    arrivedAt: facts.arrivedAt,
    seen: false,
    subject: 'I161026_000005',
    from: { name: 'Anna', address: 'a@b.example' },
    messageId: '<1@b.example>',
    inReplyTo: [],
    references: [],
    machine: undefined,
    silent: undefined,
    outline: undefined,
    language: undefined,
  })
})

test('the other readings of a subject are kept where there are any', () => {
  const header = headerOf(['From: a@b.example', 'Subject: ', 'Subject: Fwd', 'Subject: I161026_000005'])
  expect(distil(header, facts, [])).toMatchObject({ subject: 'Fwd', otherSubjects: ['I161026_000005'] })
  expect(distil(headerOf(['From: a@b.example', 'Subject: Fwd']), facts, [])).not.toHaveProperty('otherSubjects')
})

test('what a machine wrote says so, and is silent for the same reason', () => {
  const header = headerOf(['From: a@b.example', 'Precedence: bulk'])
  expect(distil(header, facts, [])).toMatchObject({ machine: { kind: 'automatic' }, silent: 'Precedence: bulk' })
})

test.each([
  ['Content-Language: fr-FR', 'fr'],
  ['Accept-Language: nl-BE, en-US', 'nl'],
  ['Content-Language: DE', 'de'],
  ['Content-Language: ../../etc', undefined],
])('a mail with %s claims %s', (field, language) => {
  expect(distil(headerOf(['From: a@b.example', field]), facts, []).language).toBe(language)
})

test('the same header in another mailbox has another fingerprint', () => {
  expect(fingerprint('support', raw)).toMatch(/^[\da-f]{64}$/)
  expect(fingerprint('support', raw)).toBe(fingerprint('support', Buffer.from(raw)))
  expect(fingerprint('sales', raw)).not.toBe(fingerprint('support', raw))
})

test('no mailbox name can be continued by a header', () => {
  expect(fingerprint('a', Buffer.from('b'))).not.toBe(fingerprint('ab', Buffer.from('')))
})
