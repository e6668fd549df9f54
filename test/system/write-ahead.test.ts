/** The desk kills the process as soon as it has the head of an upload: the ledger knows of it. `npm run prove:write-ahead` does so fifty times. */
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { mortal } from '../support/mortal.ts'

const TIMES = Number(env['WRITE_AHEAD'] ?? 3)

describeWithDovecot('an upload of which the desk has seen no more than the head', () => {
  test('is begun in the ledger, and on its ticket once in the end', { timeout: 60_000 + TIMES * 30_000 }, async () => {
    const road = await mortal()
    const tickets = Array.from({ length: TIMES }, (_, n) => `I161026_0001${String(n).padStart(2, '0')}`)
    for (const [n, subject] of tickets.entries()) {
      await road.post(letter({ subject, attachments: { 'a.txt': `number ${n}` } }))
      road.desk.will({ status: 201, hold: 60_000 })
      const before = road.desk.requests.length
      const process = road.start()
      await road.desk.until(() => road.desk.requests.slice(before).some(({ method }) => method === 'POST'))
      await road.kill(process)
      const mail = (await road.mails()).find(({ ticket }) => ticket === subject)
      expect(mail).toMatchObject({ state: 'active', attachments: [{ state: 'begun' }] })
      await road.finish(20)
    }
    for (const ticket of tickets) expect(road.desk.documents(ticket)).toHaveLength(1)
    expect((await road.mails()).filter(({ state }) => state !== 'delivered')).toEqual([])
  })
})
