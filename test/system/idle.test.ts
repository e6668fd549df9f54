/** A start that finds nothing to do. `npm run prove:idle` starts twenty times. */
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { type Mortal, mortal } from '../support/mortal.ts'

const STARTS = Number(env['IDLE_STARTS'] ?? 2)

/** Whatever changes something: RFC 9051 §6, and the RFCs of MOVE and UIDPLUS. */
const WRITES =
  /^\S+ (?:UID )?(?:APPEND|COPY|CREATE|DELETE|EXPUNGE|CLOSE|MOVE|RENAME|STORE|SUBSCRIBE|UNSUBSCRIBE|SETMETADATA)\b/gim

describeWithDovecot('a daemon that starts when everything is done', () => {
  test('asks the desk nothing, writes to nobody and changes nothing in the mailbox', async () => {
    const road = await mortal({ settings: { schedule: '0 0 1 1 *', idle: false } })
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    await road.post(letter({ subject: 'no number', attachments: { 'a.txt': 'first' } }))
    await startAndStop(road)
    expect((await road.mails()).map(({ state }) => state)).toEqual(['delivered', 'bounced'])
    expect(road.line.sent().toString('latin1')).toMatch(WRITES)
    const before = { requests: road.desk.requests.length, sent: road.sent.length, said: road.line.sent().length }
    for (let n = 0; n < STARTS; n += 1) await startAndStop(road)
    const said = road.line.sent().subarray(before.said).toString('latin1')
    expect(said.match(/^\S+ SELECT /gim) ?? []).toHaveLength(STARTS)
    expect(said.match(WRITES)).toBeNull()
    expect([road.desk.requests.length, road.sent.length]).toEqual([before.requests, before.sent])
  }, 240_000)
})

async function startAndStop(road: Mortal): Promise<void> {
  const daemon = road.start('run')
  await daemon.says(/"swept"/)
  daemon.child.kill('SIGTERM')
  expect((await daemon.ended).code).toBe(0)
}
