/** The wall's clock is set by days while mailclip works, and stays so when it starts again. */
import { expect, test } from 'vitest'
import { describeWithFaketime, wall } from '../support/faketime.ts'
import { letter } from '../support/letters.ts'
import { eventually, mortal } from '../support/mortal.ts'
import { start } from '../support/process.ts'

const LOST = 'I161026_000001'
const LATER = 'I161026_000002'
const AFTER = 'I161026_000003'

describeWithFaketime('a clock that is set in the midst of it', () => {
  test.each(['-3d', '+40d'])(
    'by %s ends no quiet time, keeps no mail waiting and doubles nothing, after a restart too',
    async ahead => {
      const road = await mortal({
        // No machine that runs this test is so slow that an hour goes by.
        desk: { quiet: '1h', recheck: '100ms' },
        settings: { schedule: '* * * * * *', idle: false, retry: { first: '100ms', max: '1s', tries: 400 } },
        notices: null,
      })
      const { desk } = road
      const clock = await wall(road.folder)
      const run = () => start(['run', '--config', road.file], clock.environment)
      const posts = (ticket: string): number =>
        desk.requests.filter(({ method, path }) => method === 'POST' && path.includes(ticket)).length
      const looks = (): number =>
        desk.requests.filter(({ method, path }) => method === 'GET' && path.includes(LOST)).length
      /** Each look is a try of its own, so that it comes at all says that no try waits for the days the clock was set by. */
      const looked = async (more: number): Promise<void> => {
        const before = looks()
        await desk.until(() => posts(LOST) > 1 || looks() >= before + more)
        expect(posts(LOST)).toBe(1)
      }
      desk.will('hang up')
      await road.post(letter({ subject: LOST, attachments: { 'a.txt': 'first' } }))
      const first = run()
      await looked(3)
      await clock.set(ahead)
      await looked(4)
      await road.post(letter({ subject: LATER, attachments: { 'b.txt': 'second' } }))
      await desk.until(() => desk.documents(LATER).length === 1)
      await road.kill(first)
      const second = run()
      await looked(5)
      await road.post(letter({ subject: AFTER, attachments: { 'c.txt': 'third' } }))
      await desk.until(() => desk.documents(AFTER).length === 1)
      // The desk keeps it very late: whoever had called it absent would have doubled it.
      desk.put(LOST, 'a.txt', Buffer.from('first'))
      await eventually(async () => (await road.mails()).every(({ settledAt }) => settledAt !== null))
      second.child.kill('SIGTERM')
      expect((await second.ended).code).toBe(0)
      expect((await road.mails()).map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered'])
      for (const ticket of [LOST, LATER, AFTER]) expect([posts(ticket), desk.documents(ticket).length]).toEqual([1, 1])
    },
    240_000,
  )
})
