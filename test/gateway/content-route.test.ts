import { describe, expect, test } from 'vitest'
import { routeContent } from '../../src/gateway/content-route.ts'
import type { SecondOpinion } from '../../src/mail/doubts.ts'
import type { Envelope } from '../../src/mail/envelope.ts'
import type { ParsedMail, Part } from '../../src/mail/part.ts'
import type { Rules } from '../../src/mail/route.ts'
import { type TicketNumber, ticketPattern } from '../../src/mail/subject.ts'

const RULES: Rules = {
  ticket: { pattern: ticketPattern('I\\d+'), several: 'first', fromThread: false, closed: 'attach' },
  senders: { allow: ['*'], authentication: 'off', authservIds: [], requester: 'off' },
  machines: 'deliver',
  nothingAttached: 'bounce',
  attachments: {
    maxSize: 1e6,
    refuse: [],
    inlineImages: 'smart',
    unpack: ['tnef'],
    original: 'never',
    maxMailSize: 1e9,
  },
  description: { quoted: 'cut', maxLength: 4000 },
}
const TICKET = 'I1' as TicketNumber

const part = (number: string, role: Part['role']): Part => ({
  part: number,
  type: 'application/pdf',
  role,
  disposition: undefined,
  contentId: undefined,
  originalName: undefined,
  size: 3,
  sha256: `hash of ${number}`,
  file: role === 'body' ? undefined : `/spool/${number}`,
  sniffed: undefined,
  executable: false,
  image: undefined,
  cited: false,
})

const mailOf = (parts: readonly Part[], doubts: readonly string[] = []): ParsedMail => ({
  parts,
  original: part('mail', 'message'),
  text: { whole: 'Hello', cut: 'Hello', forwarded: false },
  remarks: [],
  doubts,
})

const envelopeOf = (more: Partial<Envelope> = {}): Envelope =>
  ({ outline: undefined, inReplyTo: [], references: [], machine: undefined, ...more }) as Partial<Envelope> as Envelope // all that the rules ask

const found = (...hashes: readonly string[]): SecondOpinion => ({
  kind: 'read',
  files: hashes.map(hash => ({ name: 'a.pdf', type: 'application/pdf', size: 3, hashes: [hash] })),
})

async function routed(mail: ParsedMail, opinion: SecondOpinion, envelope = envelopeOf(), tickets = [TICKET]) {
  let asked = 0
  const context = { allParts: false, recurring: new Set<string>() }
  const route = await routeContent(envelope, tickets, mail, RULES, context, async () => {
    asked += 1
    return opinion
  })
  return { ...route, asked, end: route.outcome === undefined ? 'goes' : `${route.outcome.kind} ${route.outcome.code}` }
}

describe('another parser is asked', () => {
  test.each<[string, Partial<Envelope>]>([
    ['a new mail', {}],
    ['a reply', { inReplyTo: ['<a@b>'] }],
    ['a mail that a program wrote', { machine: { kind: 'automatic', why: 'x' } }],
  ])('before %s ends with nothing attached: a file that only the other one finds holds it', async (_what, more) => {
    const { end, asked, trace } = await routed(mailOf([part('1', 'body')]), found('x'), envelopeOf(more))
    expect([end, asked]).toEqual(['held unparsable', 1])
    expect(trace).toContain('doubt: another parser finds a.pdf (application/pdf, 3 bytes) in it')
  })

  test('and a file that is a body, a signature or skipped here holds nothing', async () => {
    const mail = mailOf([part('1', 'body'), part('2', 'signature')])
    expect((await routed(mail, found('hash of 1', 'hash of 2'))).end).toBe('bounced nothing-attached')
  })

  test('about a mail with a doubt, whose trace has the answer', async () => {
    const { end, asked, trace } = await routed(mailOf([part('1', 'file')], ['part 1: it is odd']), found('hash of 1'))
    expect([end, asked]).toEqual(['held unparsable', 1])
    expect(trace).toContain('second opinion: another parser was asked and finds 1 attachment')
    expect(trace).toContain('doubt: part 1: it is odd')
  })

  test('and a piece of a mail that was sent in several is held where it would be discarded', async () => {
    const piece = { ...part('1', 'reference'), type: 'message/partial' }
    const ends = [{}, { inReplyTo: ['<a@b>'] }, { machine: { kind: 'automatic', why: 'x' } as const }].map(
      async more => (await routed(mailOf([piece]), found(), envelopeOf(more))).end,
    )
    expect(await Promise.all(ends)).toEqual(['bounced nothing-attached', 'held unparsable', 'held unparsable'])
  })

  test('and its failure is a remark, no reason to hold', async () => {
    const { end, trace } = await routed(mailOf([part('1', 'body')]), { kind: 'failed', reason: 'out of memory' })
    expect(end).toBe('bounced nothing-attached')
    expect(trace).toContain('second opinion: another parser was asked and gave no answer (out of memory)')
  })

  test('neither where files go, nor about a mail without a ticket number', async () => {
    expect(await routed(mailOf([part('1', 'file')]), found('x'))).toMatchObject({ asked: 0, end: 'goes' })
    expect((await routed(mailOf([part('1', 'body')]), found('x'), envelopeOf(), [])).asked).toBe(0)
  })
})
