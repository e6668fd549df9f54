/** The test server itself. */
import { expect, onTestFinished, test } from 'vitest'
import { describeWithDovecot, dovecot } from './dovecot.ts'

describeWithDovecot('the Dovecot of the tests', () => {
  test('takes two hundred mails in a few seconds and hands them out as they came', async () => {
    const began = performance.now()
    const server = await dovecot()
    onTestFinished(() => server.close())
    const up = performance.now()
    const raws = Array.from({ length: 200 }, (_, n) => `Subject: mail ${n}\r\n\r\nThe ${n}th.\r\n`)
    const uids = await server.deliverMany(raws)
    const delivered = performance.now()
    expect(uids).toEqual(raws.map((_, n) => n + 1))
    const lying = await server.folder('INBOX')
    expect(lying.map(({ raw }) => raw.toString())).toEqual(raws)
    await server.deliver('Subject: x\r\n\r\n', 'Else.Where', ['\\Seen', 'keyword'])
    expect((await server.folder('Else.Where')).map(({ flags }) => flags)).toEqual([['\\Seen', 'keyword']])
    expect(await server.folders()).toEqual(['Else', 'Else.Where', 'INBOX'])
    expect(up - began).toBeLessThan(60_000)
    expect(delivered - up).toBeLessThan(60_000)
    await server.stop()
    await server.start()
    await server.deliver('Subject: y\r\n\r\n', 'INBOX')
    await server.doveadm('mailbox', 'update', '--uid-validity', '4711', '-u', server.user, 'INBOX')
    expect(await server.uidValidity('INBOX')).toBe('4711')
    expect(await server.folder('INBOX')).toHaveLength(201)
  })
})
