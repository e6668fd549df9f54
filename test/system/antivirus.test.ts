/** Files pass the virus scanner before they go anywhere, on the whole road with a real clamd. */
import { expect, test } from 'vitest'
import { clamd, describeWithClamd, EICAR, STREAM } from '../support/clamd.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { setup } from '../support/road.ts'
import { zip } from '../support/zip.ts'

const nested = (depth: number): Buffer => (depth === 0 ? Buffer.from(EICAR) : zip('inner.zip', nested(depth - 1)))

describeWithDovecot('with a virus scanner', () => {
  describeWithClamd('that is real', () => {
    test('no form of a virus reaches its ticket, and what stands beside it does', async () => {
      const scanner = await clamd()
      const road = await setup({ settings: { attachments: { antivirus: `unix:${scanner.unix.path}` } } })
      const forms: Readonly<Record<string, Buffer>> = {
        'plain.txt': Buffer.from(EICAR),
        'packed.zip': zip('e.txt', EICAR),
        'nested.zip': nested(12),
        'locked.zip': zip('e.txt', EICAR, 'secret'),
        'large.bin': Buffer.concat([Buffer.alloc(2 * STREAM), Buffer.from(EICAR)]),
      }
      for (const [name, content] of Object.entries(forms))
        await road.post(
          letter({ subject: `I161026_000005 ${name}`, attachments: { 'good.txt': name, [name]: content } }),
        )
      expect(await road.sweep()).toBe(75)
      expect((await road.mails()).map(({ subject, state, code }) => [subject?.slice(15), state, code])).toEqual([
        ['plain.txt', 'bounced', 'partial'],
        ['packed.zip', 'bounced', 'partial'],
        ['nested.zip', 'bounced', 'partial'],
        ['locked.zip', 'bounced', 'partial'],
        ['large.bin', 'deferred', expect.stringMatching(/^deferred-4/)],
      ])
      expect(road.desk.received.map(({ name }) => name)).toEqual(Array.from({ length: 5 }, () => 'good.txt'))
      expect(road.sent).toHaveLength(4)
      expect(road.sent[0]?.raw.replace(/=\r\n/g, '')).toContain('our virus scanner takes it for harmful')

      scanner.pause()
      await road.post(letter({ subject: 'I161026_000006', attachments: { 'plain.txt': EICAR } }))
      expect(await road.sweep()).toBe(69)
      await scanner.stop()
      road.pass(3_600_000)
      expect(await road.sweep()).toBe(69)
      expect((await road.mails()).at(-1)).toMatchObject({ state: 'queued', attempts: 0 })
      expect(road.events.filter(({ kind }) => kind === 'suspended')).toMatchObject(
        Array.from({ length: 2 }, () => ({ site: `antivirus unix:${scanner.unix.path}`, status: '4.4.1' })),
      )
      expect(road.desk.received).toHaveLength(5)
    })

    test('a mail of nothing but a virus is sent back with 5.7.0, to a person alone', async () => {
      const scanner = await clamd()
      const { host, port } = scanner.tcp
      const road = await setup({ settings: { attachments: { antivirus: `tcp://${host}:${port}` } } })
      await road.post(letter({ attachments: { 'a.txt': EICAR } }))
      await road.post(letter({ attachments: { 'a.txt': EICAR }, headers: { 'Auto-Submitted': 'auto-generated' } }))
      expect(await road.sweep()).toBe(0)
      expect((await road.mails()).map(({ state, code, status }) => [state, code, status])).toEqual([
        ['bounced', 'virus', '5.7.0'],
        ['held', 'virus', '5.7.0'],
      ])
      expect([road.desk.received.length, road.sent.length]).toEqual([0, 1])
    })
  })
})
