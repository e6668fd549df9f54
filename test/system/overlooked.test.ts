/** Mails that a server does not show when it is their turn: behind one with a higher number nobody would look for them again. */
import { expect, test } from 'vitest'
import { describeWithDovecot } from '../support/dovecot.ts'
import { letter } from '../support/letters.ts'
import { atMailbox } from '../support/passing.ts'
import { rewriting } from '../support/rewriting.ts'
import { setup, type WholeRoad } from '../support/road.ts'

const DAY = 86_400_000

const numbered = (n: number): string => `I161026_00000${n}`

const send = (road: WholeRoad, n: number): Promise<number> =>
  road.post(letter({ subject: numbered(n), attachments: { [`${n}.txt`]: `file ${n}` } }))

/** A road whose server can leave the mail with UID 2 out of what a search finds, or say nothing readable of it. */
async function forgetful() {
  const road = await setup({ mailbox: { file: { delivered: null } } })
  const server = { forgets: false, hides: false, withholds: false }
  const port = await rewriting(road.imap.port, text => {
    if (server.forgets) return text.replaceAll(/^(\* SEARCH(?: \d+)*?) 2\b/gm, '$1')
    // That it is there is shown, and nothing else of it.
    if (server.withholds) return text.replaceAll(/FETCH \(UID 2 (?=[^\r\n]*(?:RFC822|BODY))/g, 'FETCH ) (UID 2 ')
    return server.hides ? text.replaceAll('FETCH (UID 2 ', 'FETCH ) (UID 2 ') : text
  })
  const settings = atMailbox(road.settings, { port })
  const troubles = () => road.events.flatMap(event => (event.kind === 'trouble' ? [event.reason] : []))
  return { road, server, troubles, sweep: () => road.sweep(settings) }
}

describeWithDovecot('a mail that the server leaves out of its answer', () => {
  test('is found a day later at the latest, and told of', async () => {
    const { road, server, troubles, sweep } = await forgetful()
    await send(road, 1)
    for (let sweeps = 0; sweeps < 2; sweeps += 1) expect(await sweep()).toBe(0)
    server.forgets = true
    for (const n of [2, 3]) await send(road, n)
    expect(await sweep()).toBe(0)
    server.forgets = false
    expect(await sweep()).toBe(0)
    expect(road.desk.received.map(({ name }) => name)).toEqual(['1.txt', '3.txt'])
    road.pass(DAY)
    expect(await sweep()).toBe(0)
    expect(road.desk.received.map(({ name }) => name)).toEqual(['1.txt', '3.txt', '2.txt'])
    expect(troubles()).toEqual([expect.stringMatching(/in INBOX were not shown .*: UID 2$/)])
    road.pass(DAY)
    expect(await sweep()).toBe(0)
    expect(road.desk.received).toHaveLength(3)
    expect(troubles()).toHaveLength(1)
  })

  test('and does not show when it is asked for, is found by the next sweep', async () => {
    const { road, server, troubles, sweep } = await forgetful()
    await send(road, 1)
    for (let sweeps = 0; sweeps < 2; sweeps += 1) expect(await sweep()).toBe(0)
    server.hides = true
    await send(road, 2)
    expect(await sweep()).toBe(0)
    server.hides = false
    expect(await sweep()).toBe(0)
    expect(road.desk.received.map(({ name }) => name)).toEqual(['1.txt', '2.txt'])
    expect(troubles()).toHaveLength(1)
  })

  test('and refuses to hand out later, rests the mailbox not even once', async () => {
    const { road, server, sweep } = await forgetful()
    await send(road, 1)
    for (let sweeps = 0; sweeps < 2; sweeps += 1) expect(await sweep()).toBe(0)
    server.forgets = true
    for (const n of [2, 3]) await send(road, n)
    expect(await sweep()).toBe(0)
    server.forgets = false
    server.withholds = true
    for (const n of [4, 5]) {
      await send(road, n)
      road.pass(DAY)
      expect(await sweep()).toBe(0)
    }
    expect(road.desk.received.map(({ name }) => name)).toEqual(['1.txt', '3.txt', '4.txt', '5.txt'])
    server.withholds = false
    road.pass(DAY)
    expect(await sweep()).toBe(0)
    expect(road.desk.received.at(-1)?.name).toBe('2.txt')
  })

  test('and never shows, keeps none of the others back, and is told of every day', async () => {
    const { road, server, troubles, sweep } = await forgetful()
    await send(road, 1)
    for (let sweeps = 0; sweeps < 2; sweeps += 1) expect(await sweep()).toBe(0)
    server.hides = true
    for (const n of [2, 3]) await send(road, n)
    for (const n of [4, 5]) {
      expect(await sweep()).toBe(0)
      await send(road, n)
      road.pass(DAY)
    }
    expect(await sweep()).toBe(0)
    expect(road.desk.received.map(({ name }) => name)).toEqual(['1.txt', '3.txt', '4.txt', '5.txt'])
    expect(troubles()).toEqual(Array(2).fill(expect.stringMatching(/not shown .*: UID 2$/)))
    server.hides = false
    road.pass(DAY)
    expect(await sweep()).toBe(0)
    expect(road.desk.received.at(-1)?.name).toBe('2.txt')
  })

  test('for good costs the others nothing, and is told of every day', async () => {
    const { road, server, troubles, sweep } = await forgetful()
    for (const n of [1, 2]) await send(road, n)
    for (let sweeps = 0; sweeps < 2; sweeps += 1) expect(await sweep()).toBe(0)
    server.forgets = true
    for (const n of [3, 4]) {
      await send(road, n)
      road.pass(DAY)
      expect(await sweep()).toBe(0)
    }
    expect(road.desk.received.map(({ name }) => name)).toEqual(['1.txt', '2.txt', '3.txt', '4.txt'])
    expect(troubles()).toEqual([
      expect.stringMatching(/could not be looked at .*has 3 mails in the folder and names 2/),
      expect.stringMatching(/could not be looked at .*has 4 mails in the folder and names 3/),
    ])
  })
})
