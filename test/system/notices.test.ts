/** Notices that the default configuration does not send, on the whole road. */
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { configured, mailclip, rows } from '../support/process.ts'
import { setup } from '../support/road.ts'

const HOUR = 3_600_000

describeWithDovecot('the sender', () => {
  test('is told once that it takes long and once that all is there; a machine is told of neither; show tells both', async () => {
    const road = await setup({ notices: { on: ['delivered', 'delayed'] } })
    const told = () => road.sent.map(({ to, raw }) => [to[0], /^Auto-Submitted: (.*)\r$/m.exec(raw)?.[1]])
    /** The answer to its upload is lost, nobody can look for it for six hours, then all is well. */
    const late = async (raw: Buffer): Promise<void> => {
      await road.post(raw)
      road.desk.will('hang up')
      await road.sweep()
      for (let hour = 0; hour < 6; hour += 1) {
        road.pass(HOUR)
        road.desk.willSay('list', 500)
        await road.sweep()
      }
    }
    const goesOn = async (): Promise<void> => {
      for (let n = 0; n < 4; n += 1) {
        road.pass(2 * HOUR)
        await road.sweep()
      }
    }
    await late(letter({ attachments: { 'a.txt': 'first' } }))
    expect(told()).toEqual([['ada@example.org', 'auto-replied']])
    await goesOn()
    expect(told()).toHaveLength(2)
    await late(letter({ attachments: { 'b.txt': 'second' }, headers: { 'Auto-Submitted': 'auto-generated' } }))
    await goesOn()
    expect(told()).toHaveLength(2)
    expect((await road.mails()).map(({ state }) => state)).toEqual(['delivered', 'delivered'])
    const file = await configured(road.folder, road.written)
    const [shown] = rows((await mailclip(['show', '1', '--json', '--config', file])).out)
    expect(shown?.['notices']).toMatchObject([
      { kind: 'delayed', state: 'sent', to: 'ada@example.org' },
      { kind: 'delivered', state: 'sent', to: 'ada@example.org' },
    ])
    const spoken = (await mailclip(['show', '1', '--config', file])).out
    expect(spoken).toMatch(/notice +delayed to ada@example\.org: sent\n +notice +delivered to ada@example\.org: sent/)
  })
})
