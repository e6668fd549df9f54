/** What a mail server can do wrong: nothing is uploaded twice, nothing half, and nothing is taken for no mail. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter, octets, sha256 } from '../support/letters.ts'
import { atMailbox, untilDone } from '../support/passing.ts'
import { type Proxy as Line, type Plan, proxy } from '../support/proxy.ts'
import { posts, setup, type WholeRoad } from '../support/road.ts'

const TICKET = 'I161026_000005'
const MINUTE = 60_000

/** A road whose server is reached through a line that can be cut; `settings` lead through it. */
async function byLine<Road extends WholeRoad>(road: Road): Promise<Road & { readonly line: Line }> {
  const line = await proxy({ host: road.imap.host, port: road.imap.port })
  onTestFinished(() => line.close())
  const settings = atMailbox(road.settings, { port: line.port })
  return Object.assign(Object.create(road), { line, settings, sweep: (other = settings) => road.sweep(other) })
}

/** The first connection ends at this command; the next ones take their time, for Dovecot looks for new passwords once a second. */
const cutOnce =
  (at: string) =>
  (connection: number): Plan =>
    connection === 1 ? { toServer: { what: 'end', at } } : { toServer: { what: 'slow', delay: 700 } }

/** Commands of a kind that were sent over the line. */
const said = ({ line }: { readonly line: Line }, command: RegExp): number =>
  [
    ...line
      .sent()
      .toString('latin1')
      .matchAll(new RegExp(`^\\w+ ${command.source}`, 'gm')),
  ].length

describeWithDovecot('a mail whose download is cut', () => {
  const FILE = octets(1_000_000)

  /** From the first octets of the mail to the last. */
  const OFFSETS = Array.from({ length: 20 }, (_, n) => 9_000 + n * 68_000)

  test.each(OFFSETS)('after %i octets is uploaded whole, once', async after => {
    const road = await byLine(await setup())
    await road.post(letter({ attachments: { 'a.bin': FILE, 'b.txt': 'second' } }))
    road.line.script(connection => (connection === 1 ? { toClient: { what: 'reset', after } } : {}))
    expect(await road.sweep()).toBe(75)
    expect(road.desk.received).toEqual([])
    await untilDone(road)
    expect(road.desk.received.map(({ sha256: hash }) => hash)).toEqual([sha256(FILE), sha256('second')])
    expect(await road.mails()).toMatchObject([{ state: 'delivered', attempts: 2 }])
  })

  test('on every connection is held after its tries, and keeps no other mail waiting', async () => {
    const road = await byLine(await setup())
    await road.post(letter({ attachments: { 'a.bin': FILE } }))
    await road.post(letter({ attachments: { 'b.txt': 'second' } }))
    road.line.script({ toClient: { what: 'end', after: 300_000 } })
    await untilDone(road, { step: 61 * MINUTE })
    expect((await road.mails()).map(({ state, code }) => [state, code])).toEqual([
      ['held', 'tries'],
      ['delivered', 'delivered'],
    ])
  })
})

describeWithDovecot('a mail that somebody removes', () => {
  test('between its sight and its download is gone, and nobody is told', async () => {
    const road = await byLine(await setup())
    road.line.script({ toServer: { what: 'end', at: 'BODY.PEEK[]' } })
    const uid = await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(75)
    road.line.script({})
    await road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', 'INBOX', 'uid', String(uid))
    await untilDone(road)
    expect(await road.mails()).toMatchObject([{ state: 'discarded', code: 'gone', status: '5.2.0' }])
    expect([posts(road), road.sent.length]).toEqual([0, 0])
  })

  test('after its upload was delivered all the same', async () => {
    const road = await setup()
    const uid = await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    road.desk.will({ status: 201, delay: 300 })
    const sweeping = road.sweep()
    await road.desk.until(() => road.desk.received.length === 1)
    await road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', 'INBOX', 'uid', String(uid))
    expect(await sweeping).toBe(0)
    expect(await road.mails()).toMatchObject([{ state: 'delivered' }])
    expect((await road.mails())[0]?.settledAt).not.toBeNull()
    expect(await road.sweep()).toBe(0)
    expect(posts(road)).toBe(1)
  })

  test('between two tries is finished from the spool', async () => {
    const road = await setup()
    const uid = await road.post(letter({ attachments: { 'a.txt': 'first', 'b.txt': 'second' } }))
    road.desk.will(201, 403)
    expect(await road.sweep()).toBe(75)
    await road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', 'INBOX', 'uid', String(uid))
    await untilDone(road)
    expect(road.desk.documents(TICKET).map(({ name }) => name)).toEqual(['a.txt', 'b.txt'])
  })

  test('between two tries, with the spool lost too, is held once something was sent', async () => {
    const road = await setup()
    const uid = await road.post(letter({ attachments: { 'a.txt': 'first', 'b.txt': 'second' } }))
    road.desk.will(201, 403)
    expect(await road.sweep()).toBe(75)
    await road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', 'INBOX', 'uid', String(uid))
    await rm(join(road.folder, 'spool'), { recursive: true })
    await untilDone(road)
    const [mail] = await road.mails()
    expect(mail).toMatchObject({ state: 'held', code: 'gone' })
    expect(mail?.attachments.map(({ state }) => state)).toEqual(['delivered', 'pending'])
    expect(posts(road)).toBe(2)
  })

  test('between two tries, with the spool lost too, is discarded when nothing was sent', async () => {
    const road = await setup()
    const uid = await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    road.desk.will(429)
    expect(await road.sweep()).toBe(69)
    await road.imap.doveadm('expunge', '-u', road.imap.user, 'mailbox', 'INBOX', 'uid', String(uid))
    await rm(join(road.folder, 'spool'), { recursive: true })
    await untilDone(road)
    expect(await road.mails()).toMatchObject([{ state: 'discarded', code: 'gone' }])
    expect(road.sent).toEqual([])
  })
})

describeWithDovecot('a mail that cannot be filed', () => {
  const QUOTA = `mail_plugins = quota
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=30k
  quota_rule2 = INBOX:ignore
}
`

  test('because the mailbox is full is uploaded once, however often its filing is tried', async () => {
    const road = await setup({ dovecot: { without: ['MOVE'], config: QUOTA } })
    const attachments = { 'a.bin': octets(60_000) }
    await road.post(letter({ attachments }))
    for (let sweeps = 0; sweeps < 20; sweeps += 1) {
      expect(await road.sweep()).toBe(0)
      road.pass(MINUTE)
    }
    expect([posts(road), road.desk.documents(TICKET).length]).toEqual([1, 1])
    expect(await road.mails()).toMatchObject([{ state: 'delivered', settledAt: null }])
    expect(road.events.filter(({ kind }) => kind === 'trouble').length).toBeGreaterThanOrEqual(20)
    expect(await road.accounts()).toMatchObject([{ seen: 1, delivered: 1 }])
  })

  test('because the folder may not be written is uploaded once, answered once, and keeps no other mail waiting', async () => {
    const acl = await mkdtemp(join(tmpdir(), 'mailclip-acl-'))
    onTestFinished(() => rm(acl, { recursive: true, force: true }))
    await chmod(acl, 0o755)
    await writeFile(join(acl, 'rules'), 'Mailclip.Bounced owner lr\n')
    const plugin = `mail_plugins = acl\nplugin {\n  acl = vfile:${acl}/rules\n}\n`
    const road = await setup({ dovecot: { config: `protocol imap {\n  mail_plugins = acl\n}\n${plugin}` } })
    await road.post(letter({ subject: 'no number', attachments: { 'a.txt': 'first' } }))
    await road.post(letter({ attachments: { 'b.txt': 'second' } }))
    for (const _ of [1, 2, 3]) expect(await road.sweep()).toBe(0)
    expect([posts(road), road.sent.length]).toEqual([1, 1])
    expect((await road.mails()).map(({ state, settledAt }) => [state, settledAt !== null])).toEqual([
      ['bounced', false],
      ['delivered', true],
    ])
    await writeFile(join(acl, 'rules'), '')
    expect(await road.sweep()).toBe(0)
    expect((await road.mails())[0]?.settledAt).not.toBeNull()
    expect(road.sent).toHaveLength(1)
  })
})

describeWithDovecot('a server', () => {
  test('that is down is not an empty mailbox, and is asked again when it is up', async () => {
    const road = await setup({ dovecot: {} })
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await road.imap.stop()
    expect(await road.sweep()).toBe(69)
    await road.imap.start()
    await untilDone(road)
    expect(road.desk.documents(TICKET)).toHaveLength(1)
  })

  /** Breaks off at this command, sweep after sweep: nothing it has said before was a good answer. */
  const isNeverWell = async (road: Awaited<ReturnType<typeof byLine>>, command: string): Promise<void> => {
    road.line.script({ toServer: { what: 'end', at: command } })
    for (const _ of [1, 2, 3, 4]) {
      expect(await road.sweep()).toBe(69)
      road.pass(61 * MINUTE)
    }
    expect(road.events.filter(({ kind }) => kind === 'resumed')).toEqual([])
    road.line.script({})
    await untilDone(road)
  }

  test('that opens its folder and hands out no header has not answered well', async () => {
    const road = await byLine(await setup())
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await isNeverWell(road, 'BODY.PEEK[HEADER]')
    expect(posts(road)).toBe(1)
  })

  test('that breaks off at one header has answered well only as long as others come before it', async () => {
    const road = await byLine(await setup())
    for (const n of Array.from({ length: 11 }, (_, at) => at + 1))
      await road.post(letter({ subject: `I161026_${String(n).padStart(6, '0')}`, attachments: { 'a.txt': 'first' } }))
    await isNeverWell(road, 'FETCH 11')
    expect(posts(road)).toBe(11)
  })

  test('that breaks off at one header has the mails behind it delivered, and tells of the one', async () => {
    const road = await byLine(await setup({ meddling: true }))
    for (const n of [1, 2, 3])
      await road.post(letter({ subject: `I161026_00000${n}`, attachments: { 'a.txt': 'first' } }))
    const breaking = (command: string): boolean => /FETCH (?:1[,:][23]\S*|2) .*BODY\.PEEK\[HEADER\]/.test(command)
    road.line.script({ toServer: { what: 'end', at: breaking } })
    await road.sweep()
    expect((await road.mails()).map(({ subject, state }) => [subject, state])).toEqual([
      ['I161026_000001', 'delivered'],
      ['I161026_000003', 'delivered'],
    ])
    road.pass(MINUTE)
    await road.sweep()
    const told = road.events.flatMap(event => (event.kind === 'trouble' ? [event.reason] : []))
    expect(told.join('\n')).toContain('UID 2')
    road.line.script({})
    road.pass(25 * 60 * MINUTE)
    await untilDone(road)
    expect(posts(road)).toBe(3)
  })

  test('that is slow has every mail filed by one task alone', async () => {
    const road = await byLine(await setup())
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const written = n < 4 ? { subject: 'no number' } : { subject: `I161026_00000${n}` }
      await road.post(letter({ ...written, from: `${n}@example.org`, attachments: { 'a.txt': 'first' } }))
    }
    road.line.script({ toServer: { what: 'slow', delay: 30 } })
    expect(await road.sweep()).toBe(0)
    const filed = road.events.flatMap(event => (event.kind === 'settled' ? [event.id] : []))
    expect(filed.toSorted()).toEqual((await road.mails()).map(({ id }) => id).toSorted())
    expect(road.sent).toHaveLength(3)
  })

  test('that goes down in the midst of a sweep costs no mail its try, and is asked once more at the most', async () => {
    const road = await byLine(await setup())
    road.line.script({ toServer: { what: 'end', at: 'BODY.PEEK[]' } })
    for (const n of [1, 2, 3, 4, 5, 6])
      await road.post(letter({ subject: `I161026_00000${n}`, attachments: { 'a.txt': 'first' } }))
    expect([69, 75]).toContain(await road.sweep())
    expect(posts(road)).toBe(0)
    road.line.script({})
    await untilDone(road)
    expect(posts(road)).toBe(6)
  })

  test('whose password is changed in the midst of a sweep is not asked by every mail', async () => {
    const road = await byLine(await setup({ dovecot: {} }))
    for (const n of [1, 2, 3, 4, 5, 6])
      await road.post(letter({ subject: `I161026_00000${n}`, attachments: { 'a.txt': 'first' } }))
    road.line.script(cutOnce('BODY.PEEK[]'))
    const sweeping = road.sweep()
    await road.line.struck()
    await road.imap.setPassword('another-password')
    expect(await sweeping).toBe(77)
    expect(said(road, /AUTHENTICATE/)).toBeLessThanOrEqual(3)
    expect(await road.sweep()).toBe(77)
    expect(said(road, /AUTHENTICATE/)).toBeLessThanOrEqual(3)
    await road.imap.setPassword('correct-horse')
    road.line.script({})
    await untilDone(road)
    expect(posts(road)).toBe(6)
  })

  test('whose password is changed before the filing is not asked by every mail', async () => {
    const road = await byLine(await setup({ dovecot: {} }))
    for (const n of [1, 2, 3, 4, 5, 6]) await road.post(letter({ subject: `no number`, from: `${n}@example.org` }))
    road.line.script(cutOnce('UID STORE'))
    const sweeping = road.sweep()
    await road.line.struck()
    await road.imap.setPassword('another-password')
    await sweeping
    expect(said(road, /AUTHENTICATE/)).toBeLessThanOrEqual(3)
    expect(road.sent).toHaveLength(6)
    await road.imap.setPassword('correct-horse')
    road.line.script({})
    road.pass(5 * MINUTE)
    expect(await road.sweep()).toBe(0)
    expect(await road.imap.folder('Mailclip.Bounced')).toHaveLength(6)
    expect(road.sent).toHaveLength(6)
  })
})
