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

/** What the server does with the mail that has UID 2. */
type Way = 'as it should' | 'forgets' | 'hides' | 'withholds'

const REWRITES: Readonly<Record<Way, (text: string) => string>> = {
  'as it should': text => text,
  // It is left out of what a search finds.
  forgets: text => text.replaceAll(/^(\* SEARCH(?: \d+)*?) 2\b/gm, '$1'),
  // Nothing readable is said of it.
  hides: text => text.replaceAll('FETCH (UID 2 ', 'FETCH ) (UID 2 '),
  // That it is there is shown, and nothing else of it.
  withholds: text => text.replaceAll(/FETCH \(UID 2 (?=[^\r\n]*(?:RFC822|BODY))/g, 'FETCH ) (UID 2 '),
}

/** A road on which some mails have been delivered, and INBOX was gone through; it keeps what it delivers. */
async function settled(...mails: readonly number[]) {
  const road = await setup({ mailbox: { file: { delivered: null } } })
  const server: { does: Way } = { does: 'as it should' }
  const port = await rewriting(road.imap.port, text => REWRITES[server.does](text))
  const settings = atMailbox(road.settings, { port })
  const sweep = async (): Promise<void> => expect(await road.sweep(settings)).toBe(0)
  for (const n of mails) await send(road, n)
  for (let sweeps = 0; sweeps < 2; sweeps += 1) await sweep()
  return {
    road,
    server,
    sweep,
    /** Once a day for each of these mails. */
    sweepDaily: async (...next: readonly number[]): Promise<void> => {
      for (const n of next) {
        await send(road, n)
        road.pass(DAY)
        await sweep()
      }
    },
    files: () => road.desk.received.map(({ name }) => name),
    troubles: () => road.events.flatMap(event => (event.kind === 'trouble' ? [event.reason] : [])),
  }
}

describeWithDovecot('a mail that the server leaves out of its answer', () => {
  test('is found a day later at the latest, and told of', async () => {
    const { road, server, sweep, sweepDaily, files, troubles } = await settled(1)
    server.does = 'forgets'
    for (const n of [2, 3]) await send(road, n)
    await sweep()
    server.does = 'as it should'
    await sweep()
    expect(files()).toEqual(['1.txt', '3.txt'])
    await sweepDaily(4)
    expect(files().slice(2).toSorted()).toEqual(['2.txt', '4.txt'])
    expect(troubles()).toEqual([expect.stringMatching(/in INBOX were not shown .*: UID 2$/)])
    await sweepDaily(5)
    expect(files()).toHaveLength(5)
    expect(troubles()).toHaveLength(1)
  })

  test('and does not show when it is asked for, is found by the next sweep', async () => {
    const { road, server, sweep, files, troubles } = await settled(1)
    server.does = 'hides'
    await send(road, 2)
    await sweep()
    server.does = 'as it should'
    await sweep()
    expect(files()).toEqual(['1.txt', '2.txt'])
    expect(troubles()).toHaveLength(1)
  })

  test('and refuses to hand out later, rests the mailbox not even once', async () => {
    const { road, server, sweep, sweepDaily, files } = await settled(1)
    server.does = 'forgets'
    for (const n of [2, 3]) await send(road, n)
    await sweep()
    server.does = 'withholds'
    await sweepDaily(4, 5)
    expect(files()).toEqual(['1.txt', '3.txt', '4.txt', '5.txt'])
    server.does = 'as it should'
    await sweepDaily(6)
    expect(files().slice(4).toSorted()).toEqual(['2.txt', '6.txt'])
  })

  test('and never shows, keeps none of the others back, and is told of every day', async () => {
    const { road, server, sweep, sweepDaily, files, troubles } = await settled(1)
    server.does = 'hides'
    for (const n of [2, 3]) await send(road, n)
    await sweep()
    await sweepDaily(4, 5)
    expect(files()).toEqual(['1.txt', '3.txt', '4.txt', '5.txt'])
    expect(troubles()).toEqual(Array(2).fill(expect.stringMatching(/not shown .*: UID 2$/)))
    server.does = 'as it should'
    await sweepDaily(6)
    expect(files().slice(4).toSorted()).toEqual(['2.txt', '6.txt'])
  })

  test('for good costs the others nothing, and is told of every day', async () => {
    const { server, sweepDaily, files, troubles } = await settled(1, 2)
    server.does = 'forgets'
    await sweepDaily(3, 4)
    expect(files()).toEqual(['1.txt', '2.txt', '3.txt', '4.txt'])
    expect(troubles()).toEqual([
      expect.stringMatching(/could not be looked at .*has 3 mails in the folder and names 2/),
      expect.stringMatching(/could not be looked at .*has 4 mails in the folder and names 3/),
    ])
  })
})
