/** Mails that wait for the mailbox at the same time are filed together, and each has its own answer. */
import { expect, onTestFinished, test } from 'vitest'
import { Fault } from '../../src/mail/fault.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { type Script, scripted } from './scripted.ts'
import { letter, mailboxAt, setup, signal } from './setup.ts'

const HELD = { folder: 'Held', flag: '$Held' }

describeWithDovecot('several mails that are filed at once', () => {
  test('each lie where their answer says, flagged, and one that somebody has moved is gone', async () => {
    const { server, mailbox, ref } = await setup()
    const uids = await server.deliverMany(['a', 'b', 'c', 'd', 'e'].map(name => letter(name)))
    await mailbox.ensureFolders(['Elsewhere', 'Held'])
    await server.doveadm('move', '-u', server.user, 'Elsewhere', 'mailbox', 'INBOX', 'uid', '3')
    const refs = await Promise.all(uids.map(ref))
    const filed = await Promise.all(refs.map(one => mailbox.file(one, HELD, signal)))
    expect(filed[2]).toBe('gone')
    const there = await server.folder('Held')
    for (const [n, name] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      const answer = filed[n]
      if (answer === undefined || answer === 'gone') continue
      const lying = there.find(({ uid }) => uid === answer.uid)
      expect(lying?.raw.toString()).toBe(letter(name))
      expect(lying?.flags).toEqual(['$Held'])
    }
    expect(there).toHaveLength(4)
    expect(await server.folder('INBOX')).toEqual([])
    expect(await Promise.all(refs.map(one => mailbox.file(one, HELD, signal)))).toEqual(refs.map(() => 'gone'))
  })

  test('and go different ways, go their own', async () => {
    const { server, mailbox, ref } = await setup()
    const uids = await server.deliverMany(['a', 'b', 'c', 'd'].map(name => letter(name)))
    const refs = await Promise.all(uids.map(ref))
    const ways = ['Held', 'Bounced', 'Held', undefined]
    await Promise.all(refs.map((one, n) => mailbox.file(one, { folder: ways[n], flag: undefined }, signal)))
    const lying = async (folder: string) => (await server.folder(folder)).map(({ raw }) => raw.toString())
    expect(await lying('Held')).toEqual([letter('a'), letter('c')])
    expect(await lying('Bounced')).toEqual([letter('b')])
    expect(await lying('INBOX')).toEqual([letter('d')])
  })

  test('leave alone the one whose filing was called off', async () => {
    const { server, mailbox, ref } = await setup()
    const uids = await server.deliverMany(['a', 'b', 'c'].map(name => letter(name)))
    const refs = await Promise.all(uids.map(ref))
    const stop = new AbortController()
    const reading = mailbox.uids(0, signal)
    const filings = refs.map((one, n) => mailbox.file(one, HELD, n === 1 ? stop.signal : signal))
    stop.abort(new Error('called off'))
    const [first, second, third] = await Promise.allSettled(filings)
    await reading
    expect(second).toMatchObject({ status: 'rejected', reason: { message: 'called off' } })
    expect([first?.status, third?.status]).toEqual(['fulfilled', 'fulfilled'])
    expect((await server.folder('INBOX')).map(({ raw }) => raw.toString())).toEqual([letter('b')])
  })
})

const LYING = [1, 2, 3].map(uid => `* ${uid} FETCH (UID ${uid} FLAGS () BODY[HEADER.FIELDS (MESSAGE-ID)] {21}`)
const LOOK = LYING.flatMap((line, n) => [`${line}\r\nMessage-ID: <${n + 1}@x>\r\n\r\n)`])

async function against(script: Script) {
  const server = await scripted({
    LIST: command =>
      command.endsWith('""')
        ? ['* LIST (\\Noselect) "/" ""', 'OK done']
        : ['* LIST () "/" INBOX', '* LIST () "/" Held', 'OK done'],
    LSUB: ['* LSUB () "/" INBOX', '* LSUB () "/" Held', 'OK done'],
    'UID FETCH': command => [...LOOK.filter((_, n) => new RegExp(`[ ,]${n + 1}[ ,]`).test(command)), 'OK done'],
    ...script,
  })
  onTestFinished(() => server.close())
  const mailbox = mailboxAt(server)
  const place = { mailbox: 'support', folder: 'INBOX', uidValidity: '7' }
  const file = () =>
    Promise.all(
      [1, 2, 3].map(uid =>
        mailbox.file({ ...place, uid }, { folder: 'Held', flag: undefined }, signal).catch((error: unknown) => error),
      ),
    )
  return { heard: server.heard, file }
}

const filedAs = (uid: number) => ({ folder: 'Held', uidValidity: '9', uid })

test('several mails take one MOVE', async () => {
  const { heard, file } = await against({ 'UID MOVE': ['* OK [COPYUID 9 1:3 11:13] moved', 'OK done'] })
  expect(await file()).toEqual([filedAs(11), filedAs(12), filedAs(13)])
  expect(heard.filter(line => line.startsWith('UID MOVE'))).toHaveLength(1)
})

test('where a server refuses several, each is asked for alone, and only the one that is refused has a fault', async () => {
  const { file } = await against({
    'UID MOVE': command => {
      const uid = /^UID MOVE (\d+) /.exec(command)?.[1]
      if (uid === undefined) return 'NO [LIMIT] too many'
      return uid === '2' ? 'NO not this one' : [`* OK [COPYUID 9 ${uid} 1${uid}] moved`, 'OK done']
    },
  })
  const [first, second, third] = await file()
  expect([first, third]).toEqual([filedAs(11), filedAs(13)])
  expect(second).toBeInstanceOf(Fault)
  expect(second).toMatchObject({ status: '4.2.0', scope: 'mailbox' })
})

test('one that a MOVE of several did not account for is moved by itself', async () => {
  const { file } = await against({
    'UID MOVE': command => {
      const alone = /^UID MOVE 3 /.test(command)
      return alone ? ['* OK [COPYUID 9 3 33] moved', 'OK done'] : ['* OK [COPYUID 9 1:2 11:12] moved', 'OK done']
    },
  })
  expect(await file()).toEqual([filedAs(11), filedAs(12), filedAs(33)])
})

test('a connection that breaks in the midst of it is everybody’s fault, and nobody’s answer', async () => {
  const { file } = await against({ 'UID MOVE': 'hang up' })
  for (const one of await file()) expect(one).toMatchObject({ status: '4.4.2', scope: 'mailbox' })
})
