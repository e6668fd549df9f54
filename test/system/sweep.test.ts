import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseSettings } from '../../src/config/parse.ts'
import { png } from '../../src/simulator/samples/pictures.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter, octets, scans, sha256 } from '../support/letters.ts'
import { parsers } from '../support/parsers.ts'
import { untilDone } from '../support/passing.ts'
import { configured, mailclip } from '../support/process.ts'
import { setup } from '../support/road.ts'

const MINUTE = 60_000

describeWithDovecot('a mail with a ticket number and files', () => {
  test.each(['multipart', 'json'])('has each of them on its ticket, byte for byte, as %s', async encoding => {
    const { post, sweep, desk, imap, mails } = await setup({ desk: { encoding } })
    const files = { 'a.txt': 'first', 'Übersicht „Q3“.pdf': octets(300_000, 'pdf'), 'empty.csv': '' }
    await post(letter({ subject: 'RE: [i161026_000005] printer', attachments: files, text: 'See the files.' }))
    expect(await sweep()).toBe(0)
    expect(
      desk.received.map(({ ticket, name, sha256: hash, description }) => [ticket, name, hash, description]),
    ).toEqual(
      Object.entries(files).map(([name, content]) => ['I161026_000005', name, sha256(content), 'See the files.']),
    )
    expect(await imap.folder('INBOX')).toEqual([])
    expect(await imap.folder('Mailclip.Delivered')).toHaveLength(1)
    const [mail] = await mails()
    expect(mail).toMatchObject({
      state: 'delivered',
      status: '2.0.0',
      code: 'delivered',
      ticket: 'I161026_000005',
      attempts: 1,
    })
    expect(mail?.attachments.map(({ state, documentId }) => [state, documentId !== null])).toEqual(
      Array.from({ length: 3 }, () => ['delivered', true]),
    )
    expect(mail?.settledAt).not.toBeNull()
  })

  test('goes there once, however often it is swept', async () => {
    const { post, sweep, desk } = await setup()
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    for (const _ of [1, 2, 3]) expect(await sweep()).toBe(0)
    expect(desk.received).toHaveLength(1)
  })

  test('is not sent again where it is left in the folder', async () => {
    const { post, sweep, desk, imap } = await setup({ mailbox: { file: { delivered: null } } })
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    for (const _ of [1, 2]) expect(await sweep()).toBe(0)
    expect(desk.received).toHaveLength(1)
    expect(await imap.folder('INBOX')).toHaveLength(1)
  })

  test('that a person dragged back has only what is missing sent', async () => {
    const { post, sweep, desk, imap } = await setup()
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await sweep()
    await imap.doveadm('move', '-u', imap.user, 'INBOX', 'mailbox', 'Mailclip.Delivered', 'all')
    expect(await sweep()).toBe(0)
    expect(desk.received).toHaveLength(1)
    expect(await imap.folder('INBOX')).toEqual([])
  })

  test('that a person took out of the folder before its turn, and put back, is tried then', async () => {
    const { post, sweep, desk, imap, pass, folder, mails } = await setup({ meddling: true })
    await imap.doveadm('mailbox', 'create', '-u', imap.user, 'Elsewhere')
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    desk.willSay('list', 503)
    expect(await sweep()).toBe(69)
    await imap.doveadm('move', '-u', imap.user, 'Elsewhere', 'mailbox', 'INBOX', 'all')
    await rm(join(folder, 'spool'), { recursive: true })
    pass(61 * MINUTE)
    expect(await sweep()).toBe(0)
    expect(await mails()).toMatchObject([{ state: 'discarded', code: 'gone' }])
    await imap.doveadm('move', '-u', imap.user, 'INBOX', 'mailbox', 'Elsewhere', 'all')
    expect(await sweep()).toBe(0)
    expect(desk.received).toHaveLength(1)
    expect(await mails()).toMatchObject([{ state: 'delivered' }])
    expect(await imap.folder('INBOX')).toEqual([])
  })

  test('that a person dragged back is not taken for one with the same header that was gone before its turn', async () => {
    const { imap, sweep, desk, pass, folder, mails } = await setup({ meddling: true })
    await imap.doveadm('mailbox', 'create', '-u', imap.user, 'Elsewhere')
    await sweep()
    // By a Message-ID a copy would be known.
    await imap.deliverMany(scans(['page 1', 'page 2'], {}, true))
    desk.willSay('list', 503)
    expect(await sweep()).toBe(69)
    await imap.doveadm('move', '-u', imap.user, 'Elsewhere', 'mailbox', 'INBOX', 'uid', '1')
    await rm(join(folder, 'spool'), { recursive: true })
    pass(61 * MINUTE)
    expect(await sweep()).toBe(0)
    expect((await mails()).map(({ state }) => state)).toEqual(['discarded', 'delivered'])
    await imap.doveadm('move', '-u', imap.user, 'INBOX', 'mailbox', 'Mailclip.Delivered', 'all')
    expect(await sweep()).toBe(0)
    expect(desk.received.map(({ sha256: hash }) => hash)).toEqual([sha256('page 2')])
  })

  test('whose copy comes by another alias is on its ticket once', async () => {
    const { post, sweep, desk, mails } = await setup()
    const copy = (via: string): Buffer =>
      letter({ messageId: '<one@example.org>', attachments: { 'a.txt': 'first' }, headers: { Received: `by ${via}` } })
    await post(copy('mx1'))
    await post(copy('mx2'))
    expect(await sweep()).toBe(0)
    expect(desk.received).toHaveLength(1)
    expect((await mails()).map(({ state }) => state).sort()).toEqual(['delivered', 'discarded'])
  })

  test.each([
    ['has arrived after all', true],
    ['has not arrived', false],
  ])('whose copy is in doubt waits, and is on its ticket once, when that one %s', async (_, arrives) => {
    const road = await setup()
    const copy = (via: string): Buffer =>
      letter({ messageId: '<one@example.org>', attachments: { 'a.txt': 'first' }, headers: { Received: `by ${via}` } })
    road.desk.will(504)
    await road.post(copy('mx1'))
    await road.post(copy('mx2'))
    expect(await road.sweep()).toBe(75)
    expect(road.desk.received).toHaveLength(1)
    if (arrives) road.desk.put('I161026_000005', 'a.txt', Buffer.from('first'))
    await untilDone(road)
    expect(road.desk.documents('I161026_000005')).toHaveLength(1)
    expect((await road.mails()).map(({ state }) => state).sort()).toEqual(['delivered', 'discarded'])
  })

  test('whose copy comes by another alias is on its ticket twice where that is wanted', async () => {
    const { post, sweep, desk } = await setup({ settings: { attachments: { duplicates: 'attach' } } })
    for (const via of ['mx1', 'mx2'])
      await post(letter({ messageId: '<one@example.org>', attachments: { 'a.txt': 'x' }, headers: { Received: via } }))
    await sweep()
    expect(desk.received).toHaveLength(2)
  })

  test('has a logo left out that lies on three other tickets already, however large it is', async () => {
    const { post, sweep, desk } = await setup()
    const logo = png(300, 300, (x, y) => (x * 7 + y * 13) % 3)
    for (const n of [1, 2, 3, 4]) {
      const html = '<p>Hello</p><img src="cid:logo">'
      await post(letter({ subject: `I161026_00000${n}`, html, inline: { logo }, attachments: { 'a.txt': `${n}` } }))
      await sweep()
    }
    expect(desk.received.filter(({ sha256: hash }) => hash === sha256(logo)).map(({ ticket }) => ticket)).toEqual(
      [1, 2, 3].map(n => `I161026_00000${n}`),
    )
  })

  test.each([
    ['left in the folder', { file: { delivered: null } }],
    ['filed, and dragged back', {}],
  ])('is not sent again after the ledger was lost: one %s', async (_, mailbox) => {
    const { post, sweep, desk, imap, mails, folder } = await setup({ mailbox })
    await post(letter({ attachments: { 'a.txt': 'first', 'b.txt': 'second' } }))
    await sweep()
    if (!('file' in mailbox))
      await imap.doveadm('move', '-u', imap.user, 'INBOX', 'mailbox', 'Mailclip.Delivered', 'all')
    for (const end of ['', '-wal', '-shm']) await rm(join(folder, `mailclip.db${end}`), { force: true })
    expect(await sweep()).toBe(0)
    expect(desk.received).toHaveLength(2)
    expect((await mails())[0]).toMatchObject({ state: 'delivered' })
  })

  test.each([
    ['dragged back after the first sweep of the next one', false],
    ['held by the next one, and released', true],
  ])('is not sent again after the ledger was lost: one %s', async (_, isHeld) => {
    const road = await setup({ meddling: true })
    const { post, sweep, desk, imap } = road
    const file = await configured(road.folder, road.written)
    const dragBack = () => imap.doveadm('move', '-u', imap.user, 'INBOX', 'mailbox', 'Mailclip.Delivered', 'all')
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await sweep()
    for (const end of ['', '-wal', '-shm']) await rm(join(road.folder, `mailclip.db${end}`), { force: true })
    road.pass(Date.now() - road.now().getTime() + 1_000)
    if (isHeld) await dragBack()
    desk.records.set('I161026_000005', { END_DATE_UT: '2026-11-01T00:00:00Z' })
    expect(await sweep(parseSettings({ ...road.written, ticket: { closed: 'hold' } }))).toBe(0)
    if (isHeld) {
      const [mail] = await road.mails()
      expect(mail).toMatchObject({ state: 'held', code: 'closed' })
      expect((await mailclip(['release', mail?.id ?? '', '--config', file])).code).toBe(0)
      road.pass(Date.now() - road.now().getTime() + 1_000)
    } else await dragBack()
    expect(await sweep()).toBe(0)
    expect(desk.received).toHaveLength(1)
    expect((await road.mails())[0]).toMatchObject({ state: 'delivered' })
  })

  test('that an earlier ledger may have sent, as only a name could tell, is sent where doubles are less to be feared', async () => {
    const { post, sweep, desk, mails } = await setup({ desk: { uncertain: 'repost' } })
    desk.willSay('download', ...Array.from({ length: 20 }, () => 403))
    desk.put('I161026_000005', 'scan.pdf', Buffer.from('of somebody else'))
    await post(letter({ attachments: { 'scan.pdf': 'ours' } }))
    expect(await sweep()).toBe(0)
    expect((await mails())[0]).toMatchObject({ state: 'delivered' })
    expect(desk.received.map(({ name }) => name)).toEqual(['scan.pdf'])
  })

  test('that an earlier ledger may have sent is left to a person where only a name could tell', async () => {
    const road = await setup()
    const { post, sweep, desk, mails } = road
    const file = await configured(road.folder, road.written)
    desk.willSay('download', ...Array.from({ length: 20 }, () => 403))
    desk.put('I161026_000005', 'scan.pdf', Buffer.from('of somebody else'))
    await post(letter({ attachments: { 'scan.pdf': 'ours', 'b.txt': 'second' } }))
    expect(await sweep()).toBe(0)
    const [mail] = await mails()
    expect(mail).toMatchObject({
      state: 'held',
      code: 'uncertain',
      attachments: [{ name: 'scan.pdf', state: 'uncertain' }, { state: 'delivered' }],
    })
    expect((await mailclip(['retry', mail?.id ?? '', '--config', file])).code).toBe(0)
    road.pass(Date.now() - road.now().getTime() + 1_000)
    expect(await sweep()).toBe(0)
    expect((await mails())[0]).toMatchObject({ state: 'delivered' })
    expect(desk.received.map(({ name }) => name)).toEqual(['b.txt', 'scan.pdf'])
  })

  test('goes to every ticket of its subject when that is configured', async () => {
    const { post, sweep, desk } = await setup({ settings: { ticket: { several: 'all' } } })
    await post(letter({ subject: 'I161026_000005 and S161123_000034', attachments: { 'a.txt': 'first' } }))
    await sweep()
    expect(desk.received.map(({ ticket }) => ticket)).toEqual(['I161026_000005', 'S161123_000034'])
  })

  test('goes to the first ticket of its subject, and the trace names the other', async () => {
    const { post, sweep, desk, mails, trace } = await setup()
    await post(letter({ subject: 'I161026_000005 and S161123_000034', attachments: { 'a.txt': 'first' } }))
    await sweep()
    expect(desk.received.map(({ ticket }) => ticket)).toEqual(['I161026_000005'])
    expect((await trace((await mails())[0]?.id ?? '')).join('\n')).toContain('not used: S161123_000034')
  })

  test('whose answer lost the number finds its ticket by the thread', async () => {
    const { post, sweep, desk } = await setup()
    await post(letter({ messageId: '<one@example.org>', attachments: { 'a.txt': 'first' } }))
    await sweep()
    await post(letter({ subject: 'one more', inReplyTo: '<one@example.org>', attachments: { 'b.txt': 'second' } }))
    await sweep()
    expect(desk.received.map(({ ticket, name }) => [ticket, name])).toEqual([
      ['I161026_000005', 'a.txt'],
      ['I161026_000005', 'b.txt'],
    ])
  })

  test.runIf(process.platform === 'linux')('is parsed in a child that ends with its sweep', async () => {
    const before = new Set(parsers())
    const own = (): readonly string[] => parsers().filter(pid => !before.has(pid))
    const { post, sweep, desk } = await setup({ settings: { parser: {} } })
    await post(letter({ attachments: { 'a.pdf': octets(1_000) } }))
    const swept = sweep()
    await desk.until(() => desk.received.length === 1)
    expect(own()).toHaveLength(1)
    expect(await swept).toBe(0)
    expect(own()).toEqual([])
  })

  test('has a parser started for it before it is written down, and one that comes alone and is decided by its header has none', async () => {
    const { post, sweep, events, desk } = await setup({ settings: { parser: {} } })
    const started: number[] = []
    const note = (): void => void started.push(events.filter(({ kind }) => kind === 'sighted').length)
    subscribe('child_process', note)
    onTestFinished(() => void unsubscribe('child_process', note))
    await post(letter({ subject: 'no number' }))
    await sweep()
    expect(started).toEqual([])
    await post(letter({ attachments: { 'a.pdf': 'content' } }))
    await sweep()
    expect(started).toEqual([1])
    // A desk that rests has no use for a parser.
    desk.willSay('list', 503)
    await post(letter({ attachments: { 'b.pdf': 'content' } }))
    await sweep()
    await post(letter({ attachments: { 'c.pdf': 'content' } }))
    const before = started.length
    await sweep()
    expect(started).toHaveLength(before)
  })

  test('has a parser started for it before its header is read when it has not come alone', async () => {
    const { post, sweep, events } = await setup({ settings: { parser: {} } })
    const looks: number[] = []
    const note = (): void =>
      void looks.push(events.filter(event => event.kind === 'asked' && event.verb === 'sight').length)
    await post(letter({ attachments: { 'a.pdf': 'first' } }))
    await post(letter({ attachments: { 'b.pdf': 'second' } }))
    subscribe('child_process', note)
    onTestFinished(() => void unsubscribe('child_process', note))
    await sweep()
    expect(looks[0]).toBe(0)
  })
})

describeWithDovecot('a mail that cannot be delivered', () => {
  test.each([
    ['no number in the subject', { subject: 'printer on fire' }, 'no-ticket', '5.1.3'],
    ['a number the desk does not know', { subject: 'I999999_999999' }, 'unknown-ticket', '5.1.1'],
    ['nothing attached', { subject: 'I161026_000005', attachments: {} }, 'nothing-attached', '5.6.0'],
    ['a program attached', { attachments: { 'setup.exe': 'MZ' } }, 'refused-type', '5.6.1'],
  ])('is bounced, flagged and answered: %s', async (_, written, code, status) => {
    const { post, sweep, desk, imap, mails } = await setup()
    desk.tickets = new Set(['I161026_000005'])
    await post(letter({ attachments: { 'a.txt': 'first' }, ...written }))
    expect(await sweep()).toBe(0)
    expect((await mails())[0]).toMatchObject({
      state: 'bounced',
      code,
      status,
      notice: { state: 'sent', kind: 'bounced' },
    })
    expect(desk.received).toEqual([])
    expect((await imap.folder('Mailclip.Bounced'))[0]?.flags).toContain('\\Flagged')
  })

  test.each([
    ['a reply without a file', { inReplyTo: '<x@example.org>', attachments: {} }, 'discarded', 'nothing-attached'],
    [
      'a machine without a file',
      { headers: { 'Auto-Submitted': 'auto-generated' }, attachments: {} },
      'discarded',
      'machine',
    ],
    ['a person without a file', { attachments: {} }, 'bounced', 'nothing-attached'],
    ['a program', { attachments: { 'setup.exe': 'MZ' } }, 'bounced', 'refused-type'],
    ['a machine with a file', { headers: { 'Auto-Submitted': 'auto-generated' } }, 'held', 'unknown-ticket'],
    ['a person with a file', {}, 'bounced', 'unknown-ticket'],
  ])('is judged by its content before the desk is asked about its ticket: %s', async (_, written, state, code) => {
    const { post, sweep, desk, mails } = await setup()
    desk.tickets = new Set()
    await post(letter({ attachments: { 'a.txt': 'first' }, ...written }))
    expect(await sweep()).toBe(0)
    expect((await mails())[0]).toMatchObject({ state, code })
  })

  test.each([
    ['without a number', {}, { subject: 'no number' }, 'no-ticket'],
    ['from somebody who may not write', { senders: { allow: ['*@example.com'] } }, {}, 'not-allowed'],
  ])('meets the same rules when a person drags it back: one %s', async (_, settings, written, code) => {
    const { post, sweep, desk, imap, mails } = await setup({ settings })
    await post(letter({ attachments: { 'a.txt': 'first' }, ...written }))
    await sweep()
    await imap.doveadm('move', '-u', imap.user, 'INBOX', 'mailbox', 'Mailclip.Bounced', 'all')
    expect(await sweep()).toBe(0)
    expect((await mails()).map(mail => [mail.state, mail.code])).toEqual([['bounced', code]])
    expect(desk.received).toEqual([])
    expect(await imap.folder('Mailclip.Bounced')).toHaveLength(1)
  })

  test('is answered in the sender language, once, without a return path', async () => {
    const road = await setup({ notices: { language: 'auto' } })
    await road.post(
      letter({
        subject: "Bonjour, voici la capture d'écran pour vous",
        from: 'Zoé <zoe@example.org>',
        attachments: { 'a.txt': 'x' },
      }),
    )
    await road.sweep()
    await road.sweep()
    expect(road.sent).toHaveLength(1)
    expect(road.sent[0]).toMatchObject({ from: '', to: ['zoe@example.org'] })
    expect(road.sent[0]?.raw).toMatch(/^Auto-Submitted: auto-replied/im)
    expect(road.sent[0]?.raw).toMatch(/Bonjour/)
  })

  test('is only flagged where notices are off', async () => {
    const road = await setup({ notices: null })
    await road.post(letter({ subject: 'no number', attachments: { 'a.txt': 'x' } }))
    await road.sweep()
    expect(road.sent).toEqual([])
    expect((await road.imap.folder('Mailclip.Bounced'))[0]?.flags).toContain('\\Flagged')
  })

  test('is not answered when a machine wrote it', async () => {
    const road = await setup()
    await road.post(letter({ subject: 'Out of office', headers: { 'Auto-Submitted': 'auto-replied' } }))
    await road.sweep()
    expect((await road.mails())[0]).toMatchObject({ state: 'discarded', code: 'machine' })
    expect(road.sent).toEqual([])
  })

  test('with one file refused has the others on the ticket, and the notice tells file by file', async () => {
    const road = await setup()
    road.desk.will(201, 413, 201)
    await road.post(letter({ attachments: { 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' } }))
    await road.sweep()
    expect(road.desk.documents('I161026_000005').map(({ name }) => name)).toEqual(['a.txt', 'c.txt'])
    expect((await road.mails())[0]).toMatchObject({ state: 'bounced', code: 'partial', status: '5.6.5' })
    expect(road.sent).toHaveLength(1)
    expect(road.sent[0]?.raw).toContain('b.txt')
  })

  test('that cannot be parsed is held, and the others go on', async () => {
    const road = await setup()
    const deep = Array.from(
      { length: 300 },
      (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
    ).join('')
    const head = 'From: ada@example.org\r\nSubject: I161026_000005\r\nMIME-Version: 1.0\r\n'
    await road.post(Buffer.from(`${head}${deep}\r\n`))
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(0)
    expect((await road.mails()).map(({ state }) => state)).toEqual(['held', 'delivered'])
    expect(await road.imap.folder('Mailclip.Held')).toHaveLength(1)
  })
})

describeWithDovecot('a desk that fails', () => {
  test('once gets the mail again later, and each attachment once', async () => {
    const { post, sweep, pass, desk } = await setup()
    desk.will(201, 500)
    await post(letter({ attachments: { 'a.txt': 'first', 'b.txt': 'second' } }))
    expect(await sweep()).toBe(75)
    for (let n = 0; n < 12; n += 1) {
      pass(MINUTE)
      await sweep()
    }
    expect(desk.documents('I161026_000005').map(({ name }) => name)).toEqual(['a.txt', 'b.txt'])
  })

  test.each(['keep and hang up', { status: 500, keep: true }, { status: 590, keep: true }, 'truncate'] as const)(
    'to say so but keeps the attachment has it once in the end: %j',
    async act => {
      const { post, sweep, desk, mails } = await setup()
      desk.will(act)
      await post(letter({ attachments: { 'a.txt': 'first' } }))
      expect(await sweep()).toBe(0)
      expect(desk.documents('I161026_000005')).toHaveLength(1)
      expect((await mails())[0]).toMatchObject({ state: 'delivered' })
    },
  )

  test('with a lost answer is not asked again before the quiet time is over', async () => {
    const { post, sweep, pass, desk, now } = await setup({ desk: { quiet: '300s', recheck: '30s' } })
    desk.will('hang up')
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    const started = now().getTime()
    while (desk.received.length < 2 && now().getTime() - started < 60 * MINUTE) {
      await sweep()
      pass(10_000)
    }
    expect(now().getTime() - started).toBeGreaterThan(330_000)
    expect(desk.documents('I161026_000005')).toHaveLength(1)
  })

  test('and gives no list has the mail held for a person', async () => {
    const { post, sweep, desk, mails } = await setup()
    desk.willSay('list', 403, 403, 403, 403)
    desk.will('hang up')
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await sweep()).toBe(0)
    expect((await mails())[0]).toMatchObject({ state: 'held', code: 'uncertain' })
    expect(desk.received.length).toBeLessThanOrEqual(1)
  })

  test('and refuses our credentials is asked once, and every mail waits', async () => {
    const { post, sweep, desk, mails, settings } = await setup()
    for (const n of [1, 2, 3]) await post(letter({ subject: `I161026_00000${n}`, attachments: { 'a.txt': 'x' } }))
    const [box] = settings.mailboxes
    if (box === undefined) throw new Error('no mailbox')
    const wrong = { ...settings, mailboxes: [{ ...box, desk: { ...box.desk, password: 'wrong' } }] }
    expect(await sweep(wrong)).toBe(77)
    expect(desk.requests).toHaveLength(1)
    expect((await mails()).map(({ state }) => state)).toEqual(['queued', 'queued', 'queued'])
    expect(await sweep(wrong)).toBe(77)
    expect(desk.requests).toHaveLength(1)
    expect(await sweep()).toBe(0)
    expect((await mails()).map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered'])
  })

  test('altogether costs no mail a try', async () => {
    const { post, sweep, pass, desk, mails } = await setup()
    desk.willSay('list', 503)
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await sweep()).toBe(69)
    expect((await mails())[0]).toMatchObject({ state: 'queued', attempts: 0 })
    pass(2 * MINUTE)
    expect(await sweep()).toBe(0)
    expect(desk.received).toHaveLength(1)
  })

  test('to list what it said it took is asked again, and the mail is not called delivered', async () => {
    const { post, sweep, desk, mails } = await setup()
    desk.will('swallow')
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await sweep()).toBe(75)
    expect((await mails())[0]).toMatchObject({ state: 'deferred', code: 'deferred-uncertain' })
  })

  test('to list one of the files it said it took keeps the others from being in doubt', async () => {
    const { post, sweep, desk, mails } = await setup()
    desk.will(201, 'swallow', 201, 201)
    await post(letter({ attachments: { 'a.txt': 'first', 'b.txt': 'second', 'c.txt': 'third', 'd.txt': 'fourth' } }))
    expect(await sweep()).toBe(75)
    const states = (await mails())[0]?.attachments.map(({ name, state }) => `${name} ${state}`)
    expect(states).toEqual(['a.txt delivered', 'b.txt uncertain', 'c.txt delivered', 'd.txt delivered'])
  })
})

describeWithDovecot('a mailbox', () => {
  test('whose password is refused ends with 77 and is not tried again', async () => {
    const { sweep, settings, imap } = await setup({ dovecot: {}, meddling: true })
    const [box] = settings.mailboxes
    if (box === undefined) throw new Error('no mailbox')
    const wrong = { ...settings, mailboxes: [{ ...box, password: 'wrong' }] }
    expect(await sweep(wrong)).toBe(77)
    await imap.stop()
    expect(await sweep(wrong)).toBe(77)
  })

  test('that lacks the watched folder ends with 69 and says which folders there are', async () => {
    const { sweep, events } = await setup({ mailbox: { folder: 'Nowhere' }, meddling: true })
    expect(await sweep()).toBe(69)
    expect(events.find(({ kind }) => kind === 'suspended')).toMatchObject({
      status: '4.2.0',
      reason: expect.stringContaining('INBOX'),
    })
  })

  test('has old mail recorded and left alone where the backlog is not wanted', async () => {
    const { post, sweep, desk, mails } = await setup({ mailbox: { backlog: 'none' } })
    await post(letter({ attachments: { 'old.txt': 'old' } }))
    await sweep()
    await post(letter({ attachments: { 'new.txt': 'new' } }))
    await sweep()
    expect(desk.received.map(({ name }) => name)).toEqual(['new.txt'])
    expect((await mails()).map(({ state }) => state)).toEqual(['ignored', 'delivered'])
  })

  test('with a new UIDVALIDITY has nothing sent again', async () => {
    const { post, sweep, desk, imap } = await setup({ mailbox: { file: { delivered: null } } })
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await sweep()
    await imap.doveadm('mailbox', 'update', '--uid-validity', '4711', '-u', imap.user, 'INBOX')
    await post(letter({ attachments: { 'b.txt': 'second' } }))
    expect(await sweep()).toBe(0)
    expect(desk.received.map(({ name }) => name)).toEqual(['a.txt', 'b.txt'])
  })
})
