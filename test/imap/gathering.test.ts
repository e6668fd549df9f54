/** Mails that wait for the mailbox at the same time are filed together, and fetched together, and each has its own answer. */
import { expect, onTestFinished, test } from 'vitest'
import { Fault } from '../../src/mail/fault.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { type Script, scripted } from './scripted.ts'
import { fetchedOf, letter, mailboxAt, Sink, setup, signal } from './setup.ts'

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
      if (answer === undefined || typeof answer === 'string') continue
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

const NAMES = ['a', 'b', 'c', 'd', 'e']
const small = (name: string): string => letter(name, 5_000)
const SIZE = small('a').length

describeWithDovecot('several small mails that are fetched at once', () => {
  const stored = async () => {
    const bundle = await setup()
    const uids = await bundle.server.deliverMany(NAMES.map(small))
    const refs = await Promise.all(uids.map(bundle.ref))
    const sinks = NAMES.map(() => new Sink())
    const fetch = (n: number, over = signal) => {
      const [ref, sink] = [refs[n], sinks[n]]
      if (ref === undefined || sink === undefined) throw new Error(`no mail ${n}`)
      return bundle.mailbox.fetch(ref, sink, over, SIZE)
    }
    return { ...bundle, sinks, fetch }
  }

  test('come octet for octet, each into its own place, and one that somebody has removed is gone', async () => {
    const { server, sinks, fetch } = await stored()
    await server.doveadm('expunge', '-u', server.user, 'mailbox', 'INBOX', 'uid', '3')
    const fetched = await Promise.all(NAMES.map((_, n) => fetch(n)))
    expect(fetched).toEqual(NAMES.map((name, n) => (n === 2 ? 'gone' : fetchedOf(small(name)))))
    const octets = sinks.map(sink => sink.octets.toString())
    expect(octets).toEqual(NAMES.map((name, n) => (n === 2 ? '' : small(name))))
    expect(sinks.map(sink => sink.writableFinished)).toEqual(NAMES.map((_, n) => n !== 2))
    expect(sinks[2]?.destroyed).toBe(true)
  })

  test('leave alone the one that was called off', async () => {
    const { sinks, fetch } = await stored()
    const stop = new AbortController()
    const fetching = NAMES.map((_, n) => fetch(n, n === 1 ? stop.signal : signal))
    stop.abort(new Error('called off'))
    const ended = await Promise.allSettled(fetching)
    expect(ended[1]).toMatchObject({ status: 'rejected', reason: { message: 'called off' } })
    expect(sinks.map(sink => sink.writableFinished)).toEqual([true, false, true, true, true])
  })

  test('do not suffer from a disk that takes one of them no more', async () => {
    const { sinks, fetch } = await stored()
    sinks[3]?.on('error', () => undefined).destroy(new Error('full'))
    const ended = await Promise.allSettled(NAMES.map((_, n) => fetch(n)))
    expect(ended.map(({ status }) => status)).toEqual(NAMES.map((_, n) => (n === 3 ? 'rejected' : 'fulfilled')))
    expect(sinks[4]?.octets.toString()).toBe(small('e'))
  })
})

const text = (uid: number): string => `Subject: ${uid}\r\n\r\nHello.\r\n`
const whole = (uid: number, said = text(uid).length): string =>
  `* ${uid} FETCH (UID ${uid} RFC822.SIZE ${said} BODY[]<0> {${text(uid).length}}\r\n${text(uid)})`
const namedBy = (command: string): readonly number[] => (/FETCH (\S+)/.exec(command)?.[1] ?? '').split(',').map(Number)

async function fetchedFrom(fetch: Script[string], script: Script = {}, many = 3) {
  const server = await scripted({ ...script, 'UID FETCH': fetch })
  onTestFinished(() => server.close())
  const mailbox = mailboxAt(server)
  const place = { mailbox: 'support', folder: 'INBOX', uidValidity: '7' }
  const sinks = Array.from({ length: many }, () => new Sink())
  const ended = await Promise.allSettled(
    sinks.map((sink, n) => mailbox.fetch({ ...place, uid: n + 1 }, sink, signal, text(1).length)),
  )
  const asked = server.heard.filter(line => line.startsWith('UID FETCH')).map(namedBy)
  const logins = server.heard.filter(line => /^(?:LOGIN|AUTHENTICATE)/.test(line)).length
  return {
    ended,
    asked,
    logins,
    texts: sinks.map(sink => (sink.writableFinished ? sink.octets.toString() : undefined)),
  }
}

test('several small mails take one FETCH', async () => {
  const { asked, texts } = await fetchedFrom(command => [...namedBy(command).map(uid => whole(uid)), 'OK done'])
  expect(texts).toEqual([1, 2, 3].map(text))
  expect(asked).toEqual([[1, 2, 3]])
})

test('where a server does not hand out several together, each is fetched alone, and only the one that is refused has a fault', async () => {
  const { asked, ended, texts } = await fetchedFrom(command => {
    const [uid = 0, ...others] = namedBy(command)
    return others.length > 0 || uid === 2 ? 'NO [SERVERBUG] oops' : [whole(uid), 'OK done']
  })
  expect(texts).toEqual([text(1), undefined, text(3)])
  expect(asked.slice(0, 2)).toEqual([[1, 2, 3], [1]])
  expect(ended[1]).toMatchObject({ status: 'rejected', reason: { status: '4.2.0' } })
})

test('one that did not come whole with the others is asked for alone', async () => {
  const { asked, texts } = await fetchedFrom(command => {
    const uids = namedBy(command)
    return [...uids.map(uid => whole(uid, uids.length > 1 && uid === 2 ? 900 : undefined)), 'OK done']
  })
  expect(texts).toEqual([1, 2, 3].map(text))
  expect(asked.slice(0, 2)).toEqual([[1, 2, 3], [2]])
})

test('a server that refuses our credentials is not asked a second time for each mail that waited', async () => {
  const { ended, logins } = await fetchedFrom('OK done', {
    LOGIN: 'NO [AUTHENTICATIONFAILED] no',
    AUTHENTICATE: 'NO no',
  })
  for (const one of ended) expect(one).toMatchObject({ status: 'rejected', reason: { status: '4.7.8' } })
  expect(logins).toBe(1)
})

test('a connection that breaks in the midst of one mail is not tried again with it at once', async () => {
  const { ended, asked } = await fetchedFrom('hang up', {}, 1)
  expect(ended[0]).toMatchObject({ status: 'rejected', reason: { status: '4.4.2', scope: 'mail' } })
  expect(asked).toEqual([[1]])
})

test('a connection that breaks in the midst of several is the fault of the one with which it breaks alone, too', async () => {
  const { ended, texts } = await fetchedFrom(command => {
    const uids = namedBy(command)
    return uids.includes(2) ? 'hang up' : [...uids.map(uid => whole(uid)), 'OK done']
  })
  expect(ended[1]).toMatchObject({ status: 'rejected', reason: { status: '4.4.2', scope: 'mail' } })
  expect(texts).toEqual([text(1), undefined, text(3)])
})
