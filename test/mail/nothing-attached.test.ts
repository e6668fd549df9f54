import { expect, test } from 'vitest'
import type { Envelope } from '../../src/mail/envelope.ts'
import type { ParsedMail } from '../../src/mail/part.ts'
import { type Rules, routeByContent } from '../../src/mail/route.ts'

const RULES = {
  nothingAttached: 'bounce',
  attachments: { maxSize: 1, maxMailSize: 1, refuse: [], inlineImages: 'smart', unpack: [], original: 'never' },
} as unknown as Rules

function outcomeOf(cut: string, change: Partial<Envelope> = {}, rules = RULES) {
  const envelope = {
    inReplyTo: [],
    references: [],
    machine: undefined,
    outline: undefined,
    ...change,
  } as unknown as Envelope
  const text = { whole: `${cut}\n> https://we.tl/t-quoted`, cut, forwarded: false }
  const mail = { parts: [], original: undefined, text, remarks: [], doubts: [] } as unknown as ParsedMail
  return routeByContent(envelope, [], mail, rules, { allParts: false, recurring: new Set() }).outcome
}

const LINK = 'Here it is: https://1drv.ms/u/s!AbC'
const REPLY = { inReplyTo: ['<1@example.com>'] }

test('a mail with a link in place of a file is bounced with words of its own, an answer as well', () => {
  const told = {
    kind: 'bounced',
    code: 'nothing-attached',
    section: 'nothing-attached-link',
    reason: 'no file is attached, but a link to OneDrive',
  }
  expect(outcomeOf(LINK)).toMatchObject(told)
  expect(outcomeOf(LINK, REPLY)).toMatchObject(told)
})

test('a link in the quoted history is no link of the sender', () => {
  expect(outcomeOf('Thank you')).toMatchObject({ kind: 'bounced', reason: 'nothing is attached' })
  expect(outcomeOf('Thank you', REPLY)).toMatchObject({ kind: 'discarded' })
})

test('automatic mail with a link, and any where the operator wants none bounced, is discarded', () => {
  expect(outcomeOf(LINK, { machine: { kind: 'automatic', why: 'x' } })).toMatchObject({ kind: 'discarded' })
  expect(outcomeOf(LINK, {}, { ...RULES, nothingAttached: 'discard' })).toMatchObject({ kind: 'discarded' })
})

test('a mail whose file is still being checked says so', () => {
  expect(outcomeOf('ATP Scan In Progress')).toMatchObject({ kind: 'bounced', section: 'nothing-attached-scan' })
})
