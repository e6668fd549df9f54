/** What a relay can do wrong: a notice goes once at the most, and nothing of it touches an upload. */
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { untilDone } from '../support/passing.ts'
import { setup, type WholeRoad } from '../support/road.ts'
import { type Script, type ScriptedRelay, scriptedRelay } from '../support/smtp.ts'

const MINUTE = 60_000

/** One goes to the ticket, the other one is what the sender is told about. */
const FILES = { 'a.txt': 'first', 'setup.exe': 'MZ' }

async function withRelay(script: Script, smtp: object = {}): Promise<WholeRoad & { readonly relay: ScriptedRelay }> {
  const relay = await scriptedRelay(script)
  const road = await setup({
    notices: {
      smtp: { host: '127.0.0.1', port: relay.port, security: 'plain', ...smtp },
    },
  })
  return Object.assign(Object.create(road), { relay })
}

describeWithDovecot('a mail, delivered in part, whose notice', () => {
  test.each<[string, Script, 'sent' | 'failed' | 'unknown', number]>([
    ['is put off at the sender', { mail: '451 4.3.0 later' }, 'sent', 1],
    ['is put off at the recipient', { rcpt: '450 4.2.0 greylisted' }, 'sent', 1],
    ['is put off after its content', { dot: '452 4.3.1 no room' }, 'sent', 2],
    ['is refused at the recipient', { rcpt: '550 5.1.1 nobody of that name' }, 'failed', 0],
    ['is refused after its content', { dot: '554 5.7.1 spam' }, 'failed', 1],
    ['is met with the end of the service', { greeting: '421 4.3.2 closing' }, 'sent', 1],
    ['is cut before its content', { data: 'cut' }, 'sent', 1],
    ['is cut after its content', { dot: 'cut' }, 'unknown', 1],
    ['is met with silence at the greeting', { greeting: 'cut' }, 'sent', 1],
  ])('%s is on its ticket once all the same, and has one answer at the most', async (_, script, state, contents) => {
    const road = await withRelay(script)
    await road.post(letter({ attachments: FILES }))
    expect([0, 69]).toContain(await road.sweep())
    expect(await road.mails()).toMatchObject([{ state: 'bounced', code: 'partial' }])
    road.relay.goOn({})
    for (let sweeps = 0; sweeps < 3; sweeps += 1) {
      road.pass(61 * MINUTE)
      expect(await road.sweep()).toBe(0)
    }
    expect(await road.mails()).toMatchObject([{ state: 'bounced', notice: { state } }])
    expect((await road.mails())[0]?.settledAt).not.toBeNull()
    expect(road.relay.contents).toHaveLength(contents)
    const ids = road.relay.contents.map(content => /^Message-ID: (.*)$/im.exec(content)?.[1])
    expect(new Set(ids).size).toBeLessThanOrEqual(1)
    expect(road.desk.received).toHaveLength(1)
    expect(await road.imap.folder('Mailclip.Bounced')).toHaveLength(1)
  })
})

describeWithDovecot('a notice', () => {
  test("that its recipient's server puts off for days is tried ever less often, and then given up", async () => {
    const road = await withRelay({ rcpt: '450 4.1.2 no such domain' })
    await road.post(letter({ subject: 'no number', attachments: { 'a.txt': 'first' } }))
    for (let sweeps = 0; sweeps < 80; sweeps += 1) {
      await road.sweep()
      road.pass(5 * MINUTE)
    }
    const tries = () => road.relay.commands.filter(command => command.startsWith('RCPT')).length
    expect(tries()).toBeLessThan(20)
    road.pass(5 * 24 * 60 * MINUTE)
    expect(await road.sweep()).toBe(0)
    expect(await road.mails()).toMatchObject([{ state: 'bounced', notice: { state: 'failed' } }])
    expect((await road.mails())[0]?.settledAt).not.toBeNull()
  })
})

describeWithDovecot('a notice', () => {
  test.each(['cut', '421 4.7.0 not for this one'])(
    'at which the relay breaks off (%s) keeps no other waiting',
    async broken => {
      const road = await withRelay({ rcpt: command => (command.includes('poison') ? broken : '250 2.1.5 fine') })
      const write = (from: string) =>
        road.post(letter({ from, subject: 'no number', attachments: { 'a.txt': 'first' } }))
      await write('poison@example.org')
      await road.sweep()
      await write('ada@example.org')
      for (let sweeps = 0; sweeps < 5; sweeps += 1) {
        await road.sweep()
        road.pass(61 * MINUTE)
      }
      expect((await road.mails()).map(({ notice }) => notice?.state)).toEqual(['queued', 'sent'])
    },
  )
})

describeWithDovecot('a relay', () => {
  test('that is down for half a day delays notices and nothing else', async () => {
    const road = await withRelay({ greeting: 'cut' })
    for (const n of [1, 2, 3]) await road.post(letter({ subject: `I161026_00000${n}`, attachments: FILES }))
    for (let hour = 0; hour < 24; hour += 1) {
      await road.sweep()
      road.pass(30 * MINUTE)
    }
    expect((await road.mails()).map(({ state }) => state)).toEqual(['bounced', 'bounced', 'bounced'])
    expect(await road.imap.folder('Mailclip.Bounced')).toHaveLength(3)
    road.relay.goOn({})
    road.pass(61 * MINUTE)
    await untilDone(road)
    expect(road.relay.contents).toHaveLength(3)
  })

  test('that refuses our password is asked once, and not by every notice', async () => {
    const ehlo = '250-relay.example\r\n250 AUTH PLAIN'
    const road = await withRelay({ ehlo, auth: '535 5.7.8 no' }, { user: 'mailclip', password: 'wrong' })
    for (const n of [1, 2, 3, 4]) await road.post(letter({ subject: `I161026_00000${n}`, attachments: FILES }))
    expect(await road.sweep()).toBe(77)
    expect(road.relay.commands.filter(command => command.startsWith('AUTH'))).toHaveLength(1)
    expect(await road.sweep()).toBe(77)
    expect(road.relay.commands.filter(command => command.startsWith('AUTH'))).toHaveLength(1)
    expect((await road.mails()).map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => 'bounced'))
    road.relay.goOn({ ehlo })
    road.pass(5 * MINUTE)
    expect(await road.sweep()).toBe(0)
    expect(road.relay.contents).toHaveLength(4)
  })
})
