/** A folder with more mails than one batch of headers: the first are tried and filed while the others are still being sighted. */
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter, scans, sha256 } from '../support/letters.ts'
import { untilDone } from '../support/passing.ts'
import { setup } from '../support/road.ts'

const TICKET = 'I161026_000005'
/** A batch takes fifty, the first one ten. */
const MAILS = 120

describeWithDovecot('more mails than one batch of headers', () => {
  test('that a scanner has given the same header are all delivered, each with its own file', async () => {
    const road = await setup()
    const pages = Array.from({ length: MAILS }, (_, n) => `page ${n}`)
    await road.imap.deliverMany(scans(pages, { subject: TICKET, messageId: '<scan@example.org>' }))
    await untilDone(road)
    expect(road.desk.received.map(({ sha256: hash }) => hash).toSorted()).toEqual(pages.map(sha256).toSorted())
    expect(await road.imap.folder('INBOX')).toEqual([])
    expect(await road.imap.folder('Mailclip.Delivered')).toHaveLength(MAILS)
  })

  test('are fetched between two batches, and not only when all of them have been sighted', async () => {
    const road = await setup()
    await road.imap.deliverMany(
      Array.from({ length: MAILS }, (_, n) => letter({ subject: TICKET, attachments: { 'a.txt': `page ${n}` } })),
    )
    expect(await road.sweep()).toBe(0)
    const verbs = road.events.flatMap(event => (event.kind === 'asked' ? [event.verb] : []))
    expect(verbs.indexOf('fetch')).toBeLessThan(verbs.lastIndexOf('sight'))
  })

  test('that wait for the desk are none of them lost when the folder gets another UIDVALIDITY meanwhile', async () => {
    const road = await setup({ dovecot: {} })
    const letters = Array.from({ length: MAILS }, (_, n) =>
      letter({ subject: TICKET, attachments: { [`${n}.txt`]: `file ${n}` } }),
    )
    await road.imap.deliverMany(letters)
    road.desk.willSay('list', 503)
    expect(await road.sweep()).toBe(69)
    const before = Number(await road.imap.uidValidity('INBOX'))
    await road.imap.doveadm('mailbox', 'update', '--uid-validity', `${before + 1}`, '-u', road.imap.user, 'INBOX')
    await untilDone(road)
    const mails = await road.mails()
    expect(mails.map(({ state }) => state)).toEqual(letters.map(() => 'delivered'))
    expect(road.desk.documents(TICKET)).toHaveLength(MAILS)
    expect(await road.imap.folder('INBOX')).toEqual([])
  })
})
