import { imageSize } from 'image-size'
import { simpleParser } from 'mailparser'
import { expect, test } from 'vitest'
import { distil } from '../../src/mail/envelope.ts'
import type { Rules } from '../../src/mail/route.ts'
import { routeByContent, routeByHeader } from '../../src/mail/route.ts'
import { ticketPattern } from '../../src/mail/subject.ts'
import { readHeader } from '../../src/mime/header.ts'
import { SAMPLE_LIMIT, SAMPLE_MAILBOX } from '../../src/simulator/samples/sample.ts'
import { samples, ticketsOf } from '../../src/simulator/samples/samples.ts'
import { setup } from '../mime/parsing.ts'
import { sha256 } from '../support/letters.ts'

/** The defaults of the product, but for the size. */
const RULES: Rules = {
  ticket: { pattern: ticketPattern('[A-Z]\\d{6}_\\d{6}'), several: 'first', fromThread: true, closed: 'attach' },
  senders: { allow: ['*'], authentication: 'off', authservIds: [], requester: 'off' },
  machines: 'deliver',
  nothingAttached: 'bounce',
  attachments: {
    maxSize: SAMPLE_LIMIT,
    maxMailSize: 50_000_000,
    refuse: ['.exe'],
    inlineImages: 'smart',
    unpack: ['tnef'],
    original: 'never',
  },
  description: { quoted: 'cut', maxLength: 4000 },
}

const ALL = samples()

test.each(ALL)('$name: $about', async ({ raw, expect: expected }) => {
  const octets = raw()
  const { parse } = await setup()
  const header = octets.subarray(0, octets.indexOf('\r\n\r\n') + 2)
  const ref = { mailbox: 'support', folder: 'INBOX', uidValidity: '1', uid: 1 }
  const facts = {
    ref,
    rawHeader: header,
    size: octets.length,
    arrivedAt: new Date(0),
    seen: false,
    outline: undefined,
  }
  const envelope = distil(readHeader(header), facts, [SAMPLE_MAILBOX])
  const byHeader = routeByHeader(envelope, RULES, undefined)
  const context = { allParts: false, recurring: new Set<string>() }
  const { chosen, outcome } = routeByContent(envelope, byHeader.tickets, await parse(octets), RULES, context)
  const files = chosen.filter(({ name }) => name !== 'winmail.dat')
  for (const { name, fate } of chosen) if (name === 'winmail.dat') expect(fate.kind).toBe('skip')
  const fates = { send: ['delivered', 'unsent'], skip: ['skipped'], refuse: ['refused'] }
  expect(files.map(({ name, sha256 }) => ({ name, sha256 }))).toEqual(
    expected.files.map(({ name, sha256 }) => ({ name, sha256 })),
  )
  for (const [n, { fate }] of files.entries()) expect(fates[fate.kind]).toContain(expected.files[n]?.fate)
  expect(byHeader.tickets[0]).toBe(expected.ticket)
  const decided = byHeader.outcome ?? outcome
  if (decided !== undefined) expect([decided.kind, decided.code]).toEqual([expected.outcome, expected.code])
})

test.each(ALL)('$name is the same octets every time, in lines that any server takes', ({ name, raw }) => {
  const octets = raw()
  expect(sha256(octets)).toBe(
    sha256(
      samples()
        .find(one => one.name === name)
        ?.raw() ?? '',
    ),
  )
  const lines = octets.toString('latin1').split('\r\n')
  expect(lines.some(line => /[\r\n]/.test(line) || line.length > 998)).toBe(false)
})

test('the pictures of the samples are real ones', async () => {
  const pictures: (readonly [string, string | undefined, number, number])[] = []
  for (const { raw } of ALL)
    for (const { filename, content, contentType } of (await simpleParser(raw())).attachments)
      if (contentType.startsWith('image/')) {
        const { type, width, height } = imageSize(content)
        pictures.push([filename ?? '', type, width, height])
      }
  expect(pictures).toEqual([
    ['image001.png', 'png', 1200, 700],
    ['image002.png', 'png', 120, 40],
    ['Capture d’écran à 09.30.png', 'png', 640, 400],
    ['IMG_0421.jpeg', 'jpg', 1024, 768],
    ['broken.jpg', 'jpg', 320, 240],
  ])
})

test('no two samples share a name or a Message-ID, and the desk of the demo knows all tickets but one', () => {
  const ids = ALL.map(({ raw }) => /^Message-ID: (.*)$/m.exec(raw().toString('latin1'))?.[1])
  expect(new Set(ids).size).toBe(ALL.length)
  expect(new Set(ALL.map(({ name }) => name)).size).toBe(ALL.length)
  const named = new Set(ALL.flatMap(one => one.expect.ticket ?? []))
  expect(named.size - ticketsOf(ALL).length).toBe(1)
})
