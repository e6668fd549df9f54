import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter, octets } from '../support/letters.ts'
import { configured, start } from '../support/process.ts'
import { setup } from '../support/road.ts'

describeWithDovecot('the daemon', () => {
  test('tells at once of a spool without room for a mail, and goes on with the mails there is room for', async () => {
    const road = await setup({
      settings: {
        schedule: '* * * * * *',
        attachments: { maxMailSize: '1MB', maxSize: '1MB' },
        retry: { first: '1h', max: '1h' },
      },
    })
    const settings = { ...road.written, spool: { folder: `${road.folder}/spool`, maxBytes: '3MB' } }
    const daemon = start(['run', '--config', await configured(road.folder, settings)])
    await daemon.says(/"swept"/)
    road.desk.will(403)
    await road.post(letter({ attachments: { 'waits.bin': octets(600_000, 'first') } }))
    await daemon.says(/"deferred"/)
    await road.post(letter({ subject: 'I161026_000006', attachments: { 'large.bin': octets(600_000, 'second') } }))
    const told = daemon.says(/the spool is full/).then(() => true)
    const late = new Promise(resolve => setTimeout(() => resolve(false), 6_000))
    expect(await Promise.race([told, late])).toBe(true)
    await road.post(letter({ subject: 'I161026_000007', attachments: { 'small.txt': 'small' } }))
    await road.desk.until(() => road.desk.documents('I161026_000007').length === 1)
    daemon.child.kill('SIGTERM')
    expect((await daemon.ended).code).toBe(0)
    const [waits, large, small] = await road.mails()
    expect([waits?.state, small?.state]).toEqual(['deferred', 'delivered'])
    expect(large).toMatchObject({ state: 'queued', attempts: 0 })
  })

  test('asks a mailbox again that was away for a moment, and is woken by it as before, however seldom its schedule strikes', async () => {
    const { imap, written, folder, post, desk } = await setup({
      dovecot: {},
      settings: { schedule: '0 0 1 1 *', retry: { first: '1s', max: '2s' } },
    })
    const daemon = start(['run', '--config', await configured(folder, written)])
    await daemon.says(/"swept"/)
    await imap.stop()
    await daemon.says(/"suspended"/)
    await imap.start()
    await daemon.says(/"resumed"/)
    await post(letter({ attachments: { 'a.txt': 'first' } }))
    await desk.until(() => desk.received.length === 1)
    daemon.child.kill('SIGTERM')
    expect((await daemon.ended).code).toBe(0)
  })
})
