/** Two mailboxes on two servers, one of which is ill. */
import { expect, onTestFinished, test } from 'vitest'
import { describeWithDovecot, dovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { eventually } from '../support/mortal.ts'
import { configured, start } from '../support/process.ts'
import { type Plan, proxy } from '../support/proxy.ts'
import { setup } from '../support/road.ts'

const numbered = (n: number): string => `I161026_00000${n}`
const file = (n: number) => ({ subject: numbered(n), attachments: { [`${n}.txt`]: `file ${n}` } })

describeWithDovecot('two mailboxes on two servers', () => {
  test.each<[string, Plan]>([
    ['answers nothing any more', { toClient: { what: 'stall' } }],
    ['cuts every connection', { toClient: { what: 'reset' } }],
    ['takes a second for every word', { toClient: { what: 'slow', delay: 1_000 } }],
  ])('of which one %s: the mails of the other are delivered and filed', async (_, plan) => {
    const road = await setup({ settings: { schedule: '* * * * * *' }, meddling: true })
    const other = await dovecot({ user: 'other' })
    onTestFinished(() => other.close())
    const line = await proxy({ host: other.host, port: other.port })
    onTestFinished(() => line.close())
    const { mailboxes } = road.written as { readonly mailboxes: readonly object[] }
    const both = [{ ...mailboxes[0], name: 'ill', user: other.user, port: line.port }, ...mailboxes]
    const daemon = start(['run', '--config', await configured(road.folder, { ...road.written, mailboxes: both })])
    await other.deliver(letter(file(1)))
    await road.desk.until(() => road.desk.documents(numbered(1)).length === 1)
    line.script(plan)
    line.drop()
    await other.deliver(letter(file(2)))
    for (const n of [3, 4, 5]) {
      await road.post(letter(file(n)))
      await road.desk.until(() => road.desk.documents(numbered(n)).length === 1)
    }
    await eventually(async () => (await road.imap.folder('Mailclip.Delivered')).length === 3)
    expect(await road.imap.folder('INBOX')).toEqual([])
    daemon.child.kill('SIGKILL')
    await daemon.ended
  })
})
