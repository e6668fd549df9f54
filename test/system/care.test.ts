/** Care of the ledger on the command line, beside a daemon that works, and corrections beside it. */
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { configured, mailclip, rows, start } from '../support/process.ts'
import { setup } from '../support/road.ts'

describeWithDovecot('beside a running daemon', () => {
  test('mails are corrected, backed up and forgotten, and it goes on', { timeout: 300_000 }, async () => {
    const road = await setup({ settings: { schedule: '* * * * * *' } })
    const file = await configured(road.folder, road.written)
    const command = (...words: readonly string[]) => mailclip([...words, '--config', file])
    const daemon = start(['run', '--config', file])
    await road.post(letter({ subject: 'no number', attachments: { 'a.txt': 'first' } }))
    await daemon.says(/"settled"/)
    const id = (await road.mails())[0]?.id ?? ''
    expect(await command('retry', id, '--ticket', 'I161026_000005')).toMatchObject({ code: 0, err: '' })
    await road.desk.until(() => road.desk.received.length === 1)
    await daemon.says(/"settled"[\s\S]*"settled"/)
    expect(await road.trace(id)).toContain('an operator asked to try again, for ticket I161026_000005')
    const copy = join(road.folder, 'copy.db')
    expect(await command('ledger', 'backup', copy)).toMatchObject({ code: 0, err: '' })
    expect(await command('ledger', 'backup', copy)).toMatchObject({ code: 66, out: '' })
    const forgotten = await command('forget', 'ADA@example.org', '--json')
    expect([forgotten.code, rows(forgotten.out)]).toMatchObject([0, [{ erased: [id], left: [] }]])
    expect(await command('forget', 'ada@example.org')).toMatchObject({ code: 66 })
    expect(await command('forget', 'nobody')).toMatchObject({ code: 64 })
    expect(rows((await command('ledger', 'erasures', '--json')).out)).toMatchObject([{ mails: 1 }])
    await road.post(letter({ attachments: { 'b.txt': 'second' } }))
    await road.desk.until(() => road.desk.received.length === 2)
    daemon.child.kill('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0 })
  })

  test('a mail is held, released and discarded, each with a line in its trace', { timeout: 300_000 }, async () => {
    const road = await setup({ settings: { schedule: '* * * * * *', retry: { first: '1h', max: '1h' } } })
    const file = await configured(road.folder, road.written)
    const command = (...words: readonly string[]) => mailclip([...words, '--config', file])
    road.desk.willSay('list', 503)
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    const daemon = start(['run', '--config', file])
    await daemon.says(/"suspended"/)
    const id = (await road.mails())[0]?.id ?? ''
    for (const correction of ['hold', 'release', 'hold', 'discard'])
      expect(await command(correction, id)).toMatchObject({ code: 0, err: '' })
    await daemon.says(/"settled"/)
    const trace = await road.trace(id)
    expect(trace.filter(line => line.startsWith('an operator'))).toEqual([
      'an operator set it aside',
      'an operator released it',
      'an operator set it aside',
      'an operator discarded it',
    ])
    daemon.child.kill('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0 })
    expect(await road.mails()).toMatchObject([{ state: 'discarded', code: 'operator' }])
  })
})

describeWithDovecot('a ledger restored from a backup', () => {
  test('has nothing sent again that was sent since', { timeout: 300_000 }, async () => {
    // Left in place, so that nothing in the mailbox tells what has been done.
    const road = await setup({ mailbox: { file: { delivered: null } } })
    const file = await configured(road.folder, road.written)
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await road.sweep()
    const copy = join(road.folder, 'copy.db')
    expect((await mailclip(['ledger', 'backup', copy, '--config', file])).code).toBe(0)
    await road.post(letter({ attachments: { 'b.txt': 'second' } }))
    await road.sweep()
    expect(road.desk.received).toHaveLength(2)
    for (const end of ['', '-wal', '-shm']) await rm(`${road.settings.ledger.file}${end}`, { force: true })
    await rename(copy, road.settings.ledger.file)
    await road.post(letter({ attachments: { 'c.txt': 'third' } }))
    road.pass(Date.now() - road.now().getTime())
    expect(await road.sweep()).toBe(0)
    expect(road.desk.received.map(({ name }) => name)).toEqual(['a.txt', 'b.txt', 'c.txt'])
    expect(road.events.filter(({ kind }) => kind === 'reconciling').at(-1)).toMatchObject({
      reason: expect.stringMatching(/^the ledger was restored from a backup of 20/),
    })
    expect((await road.mails()).map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered'])
  })
})
