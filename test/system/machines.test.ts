/** Machines are never answered, and no loop is fed: on the whole road, with a relay that counts. */
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { type Letter, letter } from '../support/letters.ts'
import { setup } from '../support/road.ts'

const SILENT: readonly (readonly [what: string, mail: Letter])[] = [
  ['a bounce', { from: 'MAILER-DAEMON@mx.example.org', subject: 'Undelivered Mail', headers: { 'Return-Path': '<>' } }],
  ['a bounce of Exim', { headers: { 'X-Failed-Recipients': 'support@example.com' } }],
  ['a report', { headers: { 'Return-Path': '<>', 'Auto-Submitted': 'auto-replied' }, subject: 'failure notice' }],
  ['a notice of ours', { headers: { 'X-Mailclip-Loop': 'yes' } }],
  ['a notice of ours without its field', { messageId: `<mailclip.${'0'.repeat(32)}@example.com>` }],
  ['an out-of-office reply', { subject: 'Automatic reply: files', headers: { 'X-Auto-Response-Suppress': 'All' } }],
  ['a vacation reply', { headers: { 'Auto-Submitted': 'auto-replied (vacation)' } }],
  ['a monitoring alert', { headers: { 'Auto-Submitted': 'auto-generated' } }],
  ['a scanner with an empty return path', { headers: { 'Return-Path': '<>' } }],
  ['a bulk mail', { headers: { Precedence: 'bulk' } }],
  ['a mail over a list', { headers: { 'List-Id': '<users.lists.example.org>' } }],
  ['a newsletter', { headers: { 'List-Unsubscribe': '<https://shop.example/u>' } }],
  ['no-reply', { from: 'no-reply@shop.example' }],
  ['the owner of a list', { from: 'owner-users@lists.example.org' }],
  ['our own address', { from: 'support@example.com' }],
  ['a mail that has been here', { headers: { 'X-Loop': 'support@example.com' } }],
]

describeWithDovecot('a machine', () => {
  test('of sixteen kinds is not answered, whatever is wrong with its mail', async () => {
    const road = await setup()
    for (const [, mail] of SILENT) {
      await road.post(letter({ subject: 'no number', ...mail, attachments: { 'a.txt': 'x' } }))
      const subject = `I161026_000005 ${mail.subject ?? ''}`
      await road.post(letter({ ...mail, subject, attachments: { 'setup.exe': 'MZ' } }))
      await road.post(letter({ ...mail, subject, text: 'no file' }))
    }
    road.desk.tickets = new Set()
    expect(await road.sweep()).toBe(0)
    expect(road.sent).toEqual([])
    expect((await road.mails()).filter(({ state }) => state === 'delivered' || state === 'deferred')).toEqual([])
  })

  test.each<[string, Partial<Letter>]>([
    ['says so', { headers: { 'Auto-Submitted': 'auto-replied' } }],
    ['does not say so', {}],
  ])('that answers every notice, and %s, gets one notice in a hundred rounds', async (_, more) => {
    const road = await setup()
    await road.post(letter({ subject: 'no number', attachments: { 'a.txt': 'x' } }))
    await road.sweep()
    const [notice] = road.sent
    const messageId = /^Message-ID: (<.+>)/m.exec(notice?.raw ?? '')?.[1] ?? ''
    expect(messageId).toMatch(/^<mailclip\./)
    for (let round = 0; round < 100; round += 1)
      await road.post(letter({ subject: 'Re: no number', text: 'I am away.', inReplyTo: messageId, ...more }))
    expect(await road.sweep()).toBe(0)
    expect(road.sent).toHaveLength(1)
  })

  test('that answers everything and gives no sign of it runs into the cap of its day', async () => {
    const road = await setup({ notices: { perSenderPerDay: 3 } })
    for (let round = 0; round < 30; round += 1)
      await road.post(letter({ subject: 'no number', text: 'Thank you for your mail!', attachments: { 'a.txt': 'x' } }))
    expect(await road.sweep()).toBe(0)
    expect(road.sent).toHaveLength(3)
    const held = (await road.mails()).filter(({ notice }) => notice?.state === 'suppressed')
    expect(held).toHaveLength(27)
  })
})
