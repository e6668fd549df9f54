/**
 * Mails under new numbers: under a new UIDVALIDITY, and from a server that has lost its list of UIDs and numbers the mails anew under the one it had
 * (a restored or repaired maildir).
 */
import { readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { atMailbox, untilDone } from '../support/passing.ts'
import { configured, mailclip, start } from '../support/process.ts'
import { rewriting } from '../support/rewriting.ts'
import { type OwnRoad, setup, type WholeRoad } from '../support/road.ts'

const numbered = (n: number): string => `I161026_00000${n}`

const send = (road: WholeRoad, n: number): Promise<number> =>
  road.post(letter({ subject: numbered(n), attachments: { [`${n}.txt`]: `file ${n}` } }))

/** Everything is there still, and INBOX is numbered from 1, under the UIDVALIDITY it had. */
async function renumber({ imap }: OwnRoad): Promise<void> {
  const before = await imap.uidValidity('INBOX')
  await imap.stop()
  for (const file of await imap.ownFiles()) await rm(file)
  await imap.start()
  await imap.doveadm('mailbox', 'update', '--uid-validity', before, '-u', imap.user, 'INBOX')
  expect(await imap.uidValidity('INBOX')).toBe(before)
}

/** The same for a folder that mails are filed in. */
async function renumberFiled({ imap }: OwnRoad, folder: string): Promise<void> {
  const before = await imap.uidValidity(folder)
  const [own = ''] = await imap.ownFiles()
  const at = join(dirname(own), `.${folder}`)
  await imap.stop()
  for (const name of await readdir(at)) if (name.startsWith('dovecot')) await rm(join(at, name))
  await imap.start()
  await imap.doveadm('mailbox', 'update', '--uid-validity', before, '-u', imap.user, folder)
  expect(await imap.uidValidity(folder)).toBe(before)
}

/** Three mails come and one of them waits; then the folder is numbered anew, and a fourth comes. */
async function renumberedBetween(road: OwnRoad): Promise<void> {
  for (const n of [1, 2, 3]) await send(road, n)
  road.desk.will(201, 201, 403)
  expect(await road.sweep()).toBe(75)
  await renumber(road)
  await send(road, 4)
  await untilDone(road)
}

async function anotherUidValidity({ imap }: WholeRoad): Promise<void> {
  const before = Number(await imap.uidValidity('INBOX'))
  await imap.doveadm('mailbox', 'update', '--uid-validity', `${before + 1}`, '-u', imap.user, 'INBOX')
}

describeWithDovecot('a mailbox that gets another UIDVALIDITY', () => {
  test('while more mails wait than one batch of headers takes has all of them delivered by a daemon that sights and tries at once', async () => {
    const road = await setup({ dovecot: {} })
    const numbers = Array.from({ length: 120 }, (_, n) => `I161026_${String(n).padStart(6, '0')}`)
    await road.imap.deliverMany(
      numbers.map(subject => letter({ subject, attachments: { [`${subject}.txt`]: 'content' } })),
    )
    road.desk.willSay('list', 503)
    expect(await road.sweep()).toBe(69)
    await anotherUidValidity(road)
    // By its clock the suspension has been over for days.
    const daemon = start(['run', '--config', await configured(road.folder, road.written)])
    const waiting = async () => (await road.mails()).filter(({ settledAt }) => settledAt === null).length
    while ((await waiting()) > 0) await pause(200)
    daemon.child.kill('SIGTERM')
    await daemon.ended
    expect(new Set((await road.mails()).map(({ state }) => state))).toEqual(new Set(['delivered']))
    expect(road.desk.received.map(({ ticket }) => ticket).toSorted()).toEqual(numbers)
    expect(await road.imap.folder('INBOX')).toEqual([])
  })

  test('during an upload has the mail filed when it has been found under its new number', async () => {
    const road = await setup({ dovecot: {} })
    await send(road, 1)
    road.desk.will({ status: 201, delay: 1_000 })
    const sweeping = road.sweep()
    await road.desk.until(() => road.desk.requests.some(({ method }) => method === 'POST'))
    await anotherUidValidity(road)
    await sweeping
    await untilDone(road)
    expect(road.desk.documents(numbered(1))).toHaveLength(1)
    expect(await road.imap.folder('INBOX')).toEqual([])
    expect(await road.imap.folder('Mailclip.Delivered')).toHaveLength(1)
  })

  test('and then the one it had before has all of them delivered', async () => {
    const road = await setup({ dovecot: {} })
    const before = await road.imap.uidValidity('INBOX')
    for (const n of [1, 2, 3]) await send(road, n)
    road.desk.willSay('list', 503)
    expect(await road.sweep()).toBe(69)
    await anotherUidValidity(road)
    expect(await road.sweep()).toBe(69)
    await road.imap.doveadm('mailbox', 'update', '--uid-validity', before, '-u', road.imap.user, 'INBOX')
    await rm(join(road.folder, 'spool'), { recursive: true, force: true })
    await untilDone(road)
    for (const n of [1, 2, 3]) expect(road.desk.documents(numbered(n))).toHaveLength(1)
  })

  test('has what is not there any more discarded, and does not look for it for ever', async () => {
    const road = await setup({ dovecot: {}, meddling: true })
    for (const n of [1, 2]) await send(road, n)
    road.desk.willSay('list', 503)
    expect(await road.sweep()).toBe(69)
    await road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', 'INBOX', 'uid', '1')
    await anotherUidValidity(road)
    await rm(join(road.folder, 'spool'), { recursive: true })
    await untilDone(road)
    expect((await road.mails()).map(({ state, code }) => [state, code])).toEqual([
      ['discarded', 'gone'],
      ['delivered', 'delivered'],
    ])
  })
})

describeWithDovecot('a mailbox whose mails are numbered anew under the same UIDVALIDITY', () => {
  test('has those that wait and those that come delivered once', async () => {
    const road = await setup({ dovecot: {} })
    await renumberedBetween(road)
    for (const n of [1, 2, 3, 4]) expect(road.desk.documents(numbered(n))).toHaveLength(1)
    expect((await road.mails()).map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => 'delivered'))
  })

  test('is no new one: what comes meanwhile is no backlog that nobody wants', async () => {
    const road = await setup({ dovecot: {}, mailbox: { backlog: 'none' } })
    await road.sweep()
    await renumberedBetween(road)
    expect((await road.mails()).map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => 'delivered'))
  })

  test('has every file on its own ticket when so many have come meanwhile that UIDNEXT does not tell', async () => {
    const road = await setup({ dovecot: {}, meddling: true })
    for (const n of [1, 2, 3]) await send(road, n)
    road.desk.willSay('list', 503)
    expect(await road.sweep()).toBe(69)
    await rm(join(road.folder, 'spool'), { recursive: true })
    await road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', 'INBOX', 'uid', '1')
    await renumber(road)
    for (const n of [4, 5]) await send(road, n)
    await untilDone(road)
    for (const n of [2, 3, 4, 5]) expect(road.desk.documents(numbered(n)).map(({ name }) => name)).toEqual([`${n}.txt`])
    expect(road.desk.documents(numbered(1))).toEqual([])
    expect(await road.imap.folder('INBOX')).toEqual([])
  })

  test('does not have an answer taken for the mail that it answers', async () => {
    const road = await setup({ dovecot: {}, meddling: true })
    await send(road, 1)
    road.desk.willSay('list', 503)
    expect(await road.sweep()).toBe(69)
    await road.post(letter({ subject: numbered(2), messageId: '<2@example.org>', attachments: { '2.txt': 'file 2' } }))
    expect(await road.sweep()).toBe(69)
    await rm(join(road.folder, 'spool'), { recursive: true })
    await road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', 'INBOX', 'uid', '1')
    await renumber(road)
    expect((await road.imap.folder('INBOX')).map(({ uid }) => uid)).toEqual([1])
    const answer = { subject: numbered(3), inReplyTo: '<2@example.org>', attachments: { '3.txt': 'file 3' } }
    expect(await road.post(letter(answer))).toBe(2)
    await untilDone(road)
    for (const n of [2, 3]) expect(road.desk.documents(numbered(n)).map(({ name }) => name)).toEqual([`${n}.txt`])
  })

  test('has nothing sent again of what is left where it lies, and nothing passed over', async () => {
    const road = await setup({ dovecot: {}, mailbox: { file: { delivered: null } }, meddling: true })
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

describeWithDovecot('a folder of filed mails that are numbered anew under the same UIDVALIDITY', () => {
  test.each([
    ['with', undefined],
    ['without', ''],
  ])('has no file of another mail put on a ticket, %s Message-IDs', async (_, messageId) => {
    const road = await setup({ dovecot: {}, meddling: true })
    for (const n of [1, 2, 3]) {
      const written = letter({ subject: `nothing ${n}`, attachments: { [`${n}.txt`]: `file ${n}` } }).toString('latin1')
      const raw = messageId === undefined ? written : written.replace(/^Message-ID:.*\r\n/im, '')
      await road.post(Buffer.from(raw, 'latin1'))
    }
    expect(await road.sweep()).toBe(0)
    await road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', 'Mailclip.Bounced', 'uid', '1')
    await renumberFiled(road, 'Mailclip.Bounced')
    const file = await configured(road.folder, road.written)
    const id = (await road.mails())[1]?.id ?? ''
    await mailclip(['retry', id, '--ticket', numbered(2), '--config', file])
    road.pass(Date.now() - road.now().getTime() + 1_000)
    expect(await road.sweep()).toBe(0)
    expect(road.desk.received).toEqual([])
    expect((await road.mails())[1]).toMatchObject({ state: 'held', code: 'gone' })
    await road.imap.doveadm(
      'move',
      '-u',
      road.imap.user,
      'INBOX',
      'mailbox',
      'Mailclip.Bounced',
      'subject',
      'nothing 2',
    )
    await untilDone(road)
    expect(road.desk.documents(numbered(2)).map(({ name }) => name)).toEqual(['2.txt'])
  })
})

describeWithDovecot('a mail that lies in the spool and is not the one that was sighted', () => {
  test('is not taken for it: the right one is fetched', async () => {
    const road = await setup()
    await send(road, 1)
    road.desk.will(403)
    expect(await road.sweep()).toBe(75)
    const [mail] = await road.mails()
    const raw = join(road.folder, 'spool', `${mail?.id}`, 'raw.eml')
    await writeFile(raw, letter({ subject: numbered(1), attachments: { '2.txt': 'file 2' } }))
    await untilDone(road)
    expect(road.desk.documents(numbered(1)).map(({ name }) => name)).toEqual(['1.txt'])
  })
})

describeWithDovecot('a server that says any number for UIDNEXT', () => {
  test('is not taken for one that numbers anew', async () => {
    const road = await setup({ mailbox: { file: { delivered: null } } })
    const port = await rewriting(road.imap.port, text => text.replaceAll(/UIDNEXT \d/g, 'UIDNEXT 1'))
    const settings = atMailbox(road.settings, { port })
    for (const n of [1, 2, 3]) await send(road, n)
    expect(await road.sweep(settings)).toBe(0)
    await send(road, 4)
    expect(await road.sweep(settings)).toBe(0)
    expect(road.events.filter(({ kind }) => kind === 'trouble')).toEqual([])
    expect(road.events.filter(({ kind }) => kind === 'sighted')).toHaveLength(4)
    for (const n of [1, 2, 3, 4]) expect(road.desk.documents(numbered(n))).toHaveLength(1)
  })
})
