/** A server that has lost its list of UIDs and numbers the mails anew, under the UIDVALIDITY it had (a restored or repaired maildir). */
import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { untilDone } from '../support/passing.ts'
import { setup, type WholeRoad } from '../support/road.ts'

const numbered = (n: number): string => `I161026_00000${n}`

const send = (road: WholeRoad, n: number): Promise<number> =>
  road.post(letter({ subject: numbered(n), attachments: { [`${n}.txt`]: `file ${n}` } }))

/** Everything is there still, and INBOX is numbered from 1, under the UIDVALIDITY it had. */
async function renumber({ imap }: WholeRoad): Promise<void> {
  const before = await imap.uidValidity('INBOX')
  await imap.stop()
  for (const file of await imap.ownFiles()) await rm(file)
  await imap.start()
  await imap.doveadm('mailbox', 'update', '--uid-validity', before, '-u', imap.user, 'INBOX')
  expect(await imap.uidValidity('INBOX')).toBe(before)
}

describeWithDovecot('a mailbox whose mails are numbered anew under the same UIDVALIDITY', () => {
  test('has those that wait and those that come delivered once', async () => {
    const road = await setup()
    for (const n of [1, 2, 3]) await send(road, n)
    road.desk.will(201, 201, 403)
    expect(await road.sweep()).toBe(75)
    await renumber(road)
    await send(road, 4)
    await untilDone(road)
    for (const n of [1, 2, 3, 4]) expect(road.desk.documents(numbered(n))).toHaveLength(1)
    expect((await road.mails()).map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => 'delivered'))
  })

  test('has nothing sent again of what is left where it lies, and nothing passed over', async () => {
    const road = await setup({ mailbox: { file: { delivered: null } }, meddling: true })
    for (const n of [1, 2, 3]) await send(road, n)
    expect(await road.sweep()).toBe(0)
    await road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', 'INBOX', 'uid', '2')
    await renumber(road)
    expect(await road.sweep()).toBe(0)
    await send(road, 4)
    await untilDone(road)
    expect(road.desk.received.map(({ name }) => name).toSorted()).toEqual(['1.txt', '2.txt', '3.txt', '4.txt'])
  })
})
