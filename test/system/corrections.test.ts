import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { atMailbox, untilDone } from '../support/passing.ts'
import { configured, mailclip } from '../support/process.ts'
import { proxy } from '../support/proxy.ts'
import { posts, setup } from '../support/road.ts'

describeWithDovecot('an operator', () => {
  test('has a mail without a number tried again for a ticket', async () => {
    const road = await setup()
    const file = await configured(road.folder, road.written)
    await road.post(letter({ subject: 'no number', attachments: { 'a.txt': 'first' } }))
    await road.sweep()
    const [mail] = await road.mails()
    expect(mail).toMatchObject({ state: 'bounced', code: 'no-ticket' })
    const id = mail?.id ?? ''
    expect((await mailclip(['retry', id, '--ticket', 'nonsense', '--config', file])).code).toBe(64)
    expect((await mailclip(['retry', id, '--ticket', 'i161026_000005', '--config', file])).code).toBe(0)
    road.pass(Date.now() - road.now().getTime() + 1_000)
    expect(await road.sweep()).toBe(0)
    expect(road.desk.received.map(({ ticket, name }) => [ticket, name])).toEqual([['I161026_000005', 'a.txt']])
    expect((await road.mails())[0]).toMatchObject({ state: 'delivered', ticket: 'I161026_000005' })
    expect((await road.trace(id)).join('\n')).toContain('an operator asked to try again, for ticket I161026_000005')
    expect(await road.imap.folder('Mailclip.Delivered')).toHaveLength(1)
  })

  test('who retries a mail without a number and names none has it bounced again, without a second notice', async () => {
    const road = await setup()
    await road.post(letter({ subject: 'no number', attachments: { 'a.txt': 'first' } }))
    await road.sweep()
    const file = await configured(road.folder, road.written)
    await mailclip(['retry', (await road.mails())[0]?.id ?? '', '--config', file])
    road.pass(Date.now() - road.now().getTime() + 1_000)
    expect(await road.sweep()).toBe(0)
    expect((await road.mails())[0]).toMatchObject({ state: 'bounced', code: 'no-ticket' })
    expect([road.desk.received.length, road.sent.length]).toEqual([0, 1])
  })

  test('holds a mail that waits, releases it, and it goes', async () => {
    const road = await setup()
    road.desk.willSay('list', 503)
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep()).toBe(69)
    const file = await configured(road.folder, road.written)
    const id = (await road.mails())[0]?.id ?? ''
    expect((await mailclip(['hold', id, '--config', file])).code).toBe(0)
    road.pass(Date.now() - road.now().getTime() + 600_000)
    expect(await road.sweep()).toBe(0)
    expect((await road.mails())[0]).toMatchObject({ state: 'held', code: 'operator' })
    expect(await road.imap.folder('Mailclip.Held')).toHaveLength(1)
    expect((await mailclip(['release', id, '--config', file])).code).toBe(0)
    expect(await road.sweep()).toBe(0)
    expect((await road.mails())[0]).toMatchObject({ state: 'delivered' })
    expect(await road.imap.folder('Mailclip.Delivered')).toHaveLength(1)
  })

  test('has a mail tried again whose filing was cut before it was known where it went', async () => {
    const road = await setup()
    await using line = await proxy(road.imap, { toClient: { at: 'COPYUID', what: 'reset' } })
    await road.post(letter({ subject: 'no number', attachments: { 'a.txt': 'first' } }))
    expect(await road.sweep(atMailbox(road.settings, { port: line.port }))).toBe(69)
    expect(await road.imap.folder('Mailclip.Bounced')).toHaveLength(1)
    const file = await configured(road.folder, road.written)
    road.pass(Date.now() - road.now().getTime())
    expect(await road.sweep()).toBe(0)
    await mailclip(['retry', (await road.mails())[0]?.id ?? '', '--ticket', 'I161026_000005', '--config', file])
    road.pass(60_000)
    expect(await road.sweep()).toBe(0)
    expect((await road.mails())[0]).toMatchObject({ state: 'delivered' })
    expect(await road.imap.folder('Mailclip.Delivered')).toHaveLength(1)
    expect(await road.imap.folder('Mailclip.Bounced')).toEqual([])
  })

  test('who names another ticket while an upload is in doubt has it sent there, and to the first one no more', async () => {
    const road = await setup()
    const file = await configured(road.folder, road.written)
    road.desk.will('hang up')
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await road.sweep()
    const [mail] = await road.mails()
    expect(mail).toMatchObject({ state: 'deferred' })
    const right = 'I161026_000006'
    expect((await mailclip(['retry', mail?.id ?? '', '--ticket', right, '--config', file])).code).toBe(0)
    road.pass(Date.now() - road.now().getTime() + 1_000)
    await untilDone(road)
    expect(road.desk.received.map(({ ticket }) => ticket)).toEqual(['I161026_000005', right])
    expect((await road.mails())[0]).toMatchObject({
      state: 'delivered',
      attachments: [
        { ticket: 'I161026_000005', state: 'skipped' },
        { ticket: right, state: 'delivered' },
      ],
    })
  })

  test.each(['retry', 'release'])(
    'who has looked at the ticket has a file sent that nobody can look for: %s',
    async correction => {
      const road = await setup()
      const file = await configured(road.folder, road.written)
      road.desk.willSay('list', ...Array.from({ length: 20 }, () => 403))
      road.desk.will('hang up')
      await road.post(letter({ attachments: { 'a.txt': 'first' } }))
      await road.sweep()
      const [mail] = await road.mails()
      expect(mail).toMatchObject({ state: 'held', code: 'uncertain' })
      expect((await mailclip([correction, mail?.id ?? '', '--config', file])).code).toBe(0)
      road.pass(Date.now() - road.now().getTime() + 1_000)
      // What is in doubt after that is for the operator to look at once more.
      road.desk.will('hang up')
      await road.sweep()
      expect((await road.mails())[0]).toMatchObject({ state: 'held', code: 'uncertain' })
      expect(posts(road)).toBe(2)
      road.pass(60 * 60_000)
      await road.sweep()
      expect(posts(road)).toBe(2)
      expect((await mailclip([correction, mail?.id ?? '', '--config', file])).code).toBe(0)
      expect(await road.sweep()).toBe(0)
      expect((await road.mails())[0]).toMatchObject({ state: 'delivered' })
      expect(road.desk.documents('I161026_000005')).toHaveLength(1)
    },
  )

  test('has the logo sent after all', async () => {
    const road = await setup()
    const logo = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    )
    await road.post(
      letter({ html: '<p>See</p><img src="cid:logo">', inline: { logo }, attachments: { 'a.txt': 'first' } }),
    )
    await road.sweep()
    expect(road.desk.received.map(({ name }) => name)).toEqual(['a.txt'])
    const file = await configured(road.folder, road.written)
    await mailclip(['retry', (await road.mails())[0]?.id ?? '', '--all-parts', '--config', file])
    road.pass(Date.now() - road.now().getTime() + 1_000)
    expect(await road.sweep()).toBe(0)
    expect(road.desk.received.map(({ size }) => size)).toEqual([5, logo.length])
  })

  test('is told which mails cannot be corrected, and the others are', async () => {
    const road = await setup()
    await road.post(letter({ subject: 'no number', attachments: { 'a.txt': 'first' } }))
    await road.sweep()
    const file = await configured(road.folder, road.written)
    const id = (await road.mails())[0]?.id ?? ''
    const released = await mailclip(['release', id, '4711', '--config', file])
    expect(released.code).toBe(66)
    expect(released.err).toContain('4711')
  })
})
