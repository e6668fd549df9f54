/** A process that slept longer than its leases last: what it still wants to write is refused, and the next try finds what it did. */
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { posts, setup } from '../support/road.ts'

describeWithDovecot('a try that slept longer than its lease', () => {
  test('has what it sent found by the next one, and sends nothing more', async () => {
    const road = await setup()
    const tickets = ['I161026_000001', 'I161026_000002']
    road.desk.will({ status: 201, delay: 1_200 }, { status: 201, delay: 400 })
    for (const subject of tickets) await road.post(letter({ subject, attachments: { 'a.txt': 'first' } }))
    const sweeping = road.sweep()
    await road.desk.until(() => road.desk.received.length === 2)
    // One upload is still under way when the end of the other one lets another hand look for what is due. Two hands upload at
    // once, so whose upload the desk meets first is nobody's to say.
    road.pass(10 * 60_000)
    expect(await sweeping).toBe(0)
    expect(road.events.filter(({ kind }) => kind === 'trouble')).toMatchObject([
      { status: '4.3.0', reason: 'the lease has passed to another try' },
    ])
    const attached = road.events.filter(event => event.kind === 'attached')
    expect(attached.map(({ ticket }) => ticket).toSorted()).toEqual(tickets)
    expect(attached.map(({ found }) => found).toSorted()).toEqual([false, true])
    expect(road.desk.received).toHaveLength(2)
    for (const ticket of tickets) expect(road.desk.documents(ticket)).toHaveLength(1)
    const mails = await road.mails()
    expect(mails.map(({ state }) => state)).toEqual(['delivered', 'delivered'])
    expect(mails.map(({ attempts }) => attempts).toSorted()).toEqual([1, 2])
  })

  test('sends no octet more once its lease is another’s, for that one counts on it', async () => {
    const road = await setup()
    const brief = { ...road.settings, ledger: { ...road.settings.ledger, lease: 600 } }
    const never = new Promise<void>(() => undefined)
    road.desk.will({ status: 201, when: never })
    await road.post(letter({ attachments: { 'a.txt': 'first' } }))
    const sweeping = road.sweep(brief)
    await road.desk.until(() => posts(road) === 1)
    {
      using ledger = new DatabaseSync(road.settings.ledger.file)
      ledger.exec("update entry set lease = 'of another'")
    }
    await sweeping
    expect(road.events.flatMap(event => (event.kind === 'trouble' ? [event.what] : []))).toEqual([
      'the lease of 1',
      'the try of 1',
    ])
    expect(posts(road)).toBe(1)
  })
})
