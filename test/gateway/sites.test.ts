/** Sites that must rest, on a real ledger: who may ask, who waits, and for how long. */
import { expect, test } from 'vitest'
import type { Event } from '../../src/gateway/events.ts'
import type { Site } from '../../src/gateway/ports.ts'
import { type Proof, Resting, Sites } from '../../src/gateway/sites.ts'
import { Fault } from '../../src/mail/fault.ts'
import { desktop } from '../ledger/desktop.ts'
import type { Desktop } from '../ledger/exercise.ts'

const DESK: Site = 'desk https://desk.example/api/v1/50004'
const SECOND = 1_000
const MINUTE = 60 * SECOND

const down = new Fault('4.4.1', 'no connection to the desk', { scope: 'desk' })
const refused = new Fault('4.7.8', 'the desk does not accept our credentials', { scope: 'desk' })
const failed = new Fault('4.4.2', 'the desk failed (HTTP 500)', { applied: 'maybe' })
const slower = (retryAfter: number): Fault =>
  new Fault('4.4.5', 'the desk asks us to slow down', { scope: 'desk', retryAfter })

type Bundle = Desktop & {
  readonly sites: Sites
  readonly events: readonly Event[]
  /** The same site after a restart, with these credentials. */
  again(credentials?: string): Sites
  /** Asks; answers 'answered', 'rests' or the fault's status. */
  ask(work?: () => Promise<unknown>, proof?: Proof): Promise<string>
  /** Milliseconds from now; undefined when it does not rest. */
  rests(): Promise<number | undefined>
}

async function setup(): Promise<Bundle> {
  const desk = await desktop()
  const events: Event[] = []
  const again = (credentials = 'ours'): Sites =>
    new Sites({
      ledger: desk.ledger,
      clock: desk,
      random: () => 0.5,
      observe: event => events.push(event),
      backoff: { first: MINUTE, max: 60 * MINUTE, factor: 2 },
      credentials: new Map([[DESK, credentials]]),
    })
  const sites = again()
  return {
    ...desk,
    sites,
    events,
    again,
    ask: (work = async () => undefined, proof = 'works') => asked(sites, work, proof),
    rests: async () => {
      const until = (await sites.suspended(DESK))?.until
      return until === undefined ? undefined : until.getTime() - desk.now().getTime()
    },
  }
}

const asked = (sites: Sites, work: () => Promise<unknown>, proof: Proof = 'works'): Promise<string> =>
  sites.ask(DESK, work, proof).then(
    () => 'answered',
    (error: unknown) => {
      if (error instanceof Resting) return 'rests'
      if (error instanceof Fault) return error.status
      throw error
    },
  )

const fail = (fault: Fault) => (): Promise<never> => Promise.reject(fault)

/** Counts how many are inside at once. */
function crowd() {
  const seen = { inside: 0, most: 0, times: 0 }
  const work = async (): Promise<void> => {
    seen.times += 1
    seen.inside += 1
    seen.most = Math.max(seen.most, seen.inside)
    await new Promise(resolve => setTimeout(resolve, 5))
    seen.inside -= 1
  }
  return { seen, work }
}

const many = <T>(make: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 12 }, make))

test('a site that has not answered yet is asked by one at a time, and then by all at once', async () => {
  const { ask } = await setup()
  const { seen, work } = crowd()
  const beside: number[] = []
  const answers = await many(() =>
    ask(async () => {
      await work()
      beside.push(seen.times)
    }),
  )
  expect(answers).toEqual(Array.from({ length: 12 }, () => 'answered'))
  expect([beside[0], seen.most > 1]).toEqual([1, true])
})

test.each([
  ['refuses us', refused],
  ['cannot be reached', down],
  ['asks us to slow down', slower(7 * SECOND)],
])('a site that %s is asked once, however many want to', async (_, fault) => {
  const { ask, events } = await setup()
  let times = 0
  const answers = await many(() =>
    ask(() => {
      times += 1
      return Promise.reject(fault)
    }),
  )
  expect(times).toBe(1)
  expect(answers.filter(answer => answer === 'rests')).toHaveLength(11)
  expect(events.filter(({ kind }) => kind === 'suspended')).toHaveLength(1)
})

test('from the moment a site has failed nobody asks it any more, however long the ledger takes to write that down', async () => {
  const { ask } = await setup()
  await ask()
  const failing = ask(fail(down))
  await new Promise(resolve => process.nextTick(resolve))
  let asks = 0
  const others = await many(() =>
    ask(async () => {
      asks += 1
    }),
  )
  expect([await failing, asks]).toEqual(['4.4.1', 0])
  expect(new Set(others)).toEqual(new Set(['rests']))
})

test('those that were under way when it failed do not lengthen its rest', async () => {
  const { ask, rests, events } = await setup()
  await ask()
  const answers = await many(() => ask(fail(down)))
  expect(new Set(answers)).toEqual(new Set(['4.4.1']))
  expect(await rests()).toBe(33 * SECOND)
  expect(events.filter(({ kind }) => kind === 'suspended')).toHaveLength(1)
})

test('a rest grows with every failure in a row, and an answer ends the row', async () => {
  const { ask, rests, pass, events } = await setup()
  const seen: (number | undefined)[] = []
  for (let times = 0; times < 8; times += 1) {
    await ask(fail(down))
    seen.push(await rests())
    pass((await rests()) ?? 0)
  }
  expect(seen.map(ms => Math.round((ms ?? 0) / SECOND))).toEqual([33, 66, 132, 264, 528, 1056, 1980, 1980])
  expect(await ask()).toBe('answered')
  expect(events.at(-1)).toEqual({ kind: 'resumed', site: DESK })
  await ask(fail(down))
  expect(await rests()).toBe(33 * SECOND)
})

test.each([
  ['seven seconds', 7 * SECOND, 7 * SECOND],
  ['an hour', 60 * MINUTE, 60 * MINUTE],
  ['nothing at all', 0, 33 * SECOND],
])('a site that says %s is left alone for just that long', async (_, said, expected) => {
  const { ask, rests } = await setup()
  await ask(fail(slower(said)))
  expect(await rests()).toBe(expected)
})

test('a site that says a longer time to one that was under way is heeded', async () => {
  const { ask, sites, rests } = await setup()
  await ask(fail(down))
  await sites.suspend(DESK, slower(5 * MINUTE))
  expect(await rests()).toBe(5 * MINUTE)
  await sites.suspend(DESK, slower(SECOND))
  expect(await rests()).toBe(5 * MINUTE)
})

test('a rest outlives the process', async () => {
  const { ask, again, pass } = await setup()
  await ask(fail(down))
  expect(await asked(again(), async () => undefined)).toBe('rests')
  pass(34 * SECOND)
  expect(await asked(again(), async () => undefined)).toBe('answered')
})

test('other credentials may try at once, the refused ones may not', async () => {
  const { ask, again } = await setup()
  await ask(fail(refused))
  expect(await asked(again('ours'), async () => undefined)).toBe('rests')
  expect(await asked(again('new'), async () => undefined)).toBe('answered')
  expect(await asked(again('ours'), async () => undefined)).toBe('answered')
})

test('other credentials end no rest that is not about credentials', async () => {
  const { ask, again } = await setup()
  await ask(fail(down))
  expect(await asked(again('new'), async () => undefined)).toBe('rests')
})

test('a failure that may be the mail’s own counts only when the next mail meets it too', async () => {
  const { sites, rests } = await setup()
  await sites.trouble(DESK, 'one', failed)
  await sites.trouble(DESK, 'one', failed)
  expect(await rests()).toBeUndefined()
  await sites.trouble(DESK, 'two', failed)
  expect(await rests()).toBe(33 * SECOND)
})

test('a mail that goes well in between is no second in a row, but an answer to a mere question is none of that', async () => {
  const { ask, sites, rests } = await setup()
  await sites.trouble(DESK, 'one', failed)
  await ask()
  await sites.trouble(DESK, 'two', failed)
  expect(await rests()).toBeUndefined()
  await ask(undefined, 'is there')
  await sites.trouble(DESK, 'three', failed)
  expect(await rests()).toBe(33 * SECOND)
})

test('a desk that fails at uploads alone goes on being tried ever less often, though it answers questions', async () => {
  const { ask, sites, pass, rests, events } = await setup()
  const seen: (number | undefined)[] = []
  for (const mail of ['one', 'two', 'three', 'four']) {
    expect(await ask(undefined, 'is there')).toBe('answered')
    await sites.trouble(DESK, `${mail} a`, failed)
    await sites.trouble(DESK, `${mail} b`, failed)
    seen.push(await rests())
    pass((await rests()) ?? 0)
  }
  expect(seen.map(ms => (ms ?? 0) / SECOND)).toEqual([33, 66, 132, 264])
  expect(await ask(undefined, 'is there')).toBe('answered')
  const { seen: uploads, work } = crowd()
  await ask(fail(failed))
  expect(await many(() => ask(work, 'is there'))).toHaveLength(12)
  expect(uploads.most).toBeGreaterThan(1)
  expect(events.filter(({ kind }) => kind === 'resumed')).toEqual([])
  expect(await ask()).toBe('answered')
  expect(events.filter(({ kind }) => kind === 'resumed')).toHaveLength(1)
})

test('a desk on trial takes uploads one at a time until it has taken one', async () => {
  const { ask, sites, pass } = await setup()
  await sites.suspend(DESK, failed)
  pass(MINUTE)
  await ask(undefined, 'is there')
  let inside = 0
  const alone: boolean[] = []
  const answers = await many(() =>
    ask(async () => {
      inside += 1
      alone.push(inside === 1)
      await new Promise(resolve => setTimeout(resolve, 5))
      inside -= 1
      if (alone.length < 3) throw failed
    }),
  )
  expect(alone.slice(0, 3)).toEqual([true, true, true])
  expect(answers.filter(answer => answer === 'answered')).toHaveLength(10)
  expect(alone.slice(3)).toContain(false)
})

test('a rest that began under a clock that was ahead keeps nobody waiting, and the next one begins now', async () => {
  const { sites, rests, pass } = await setup()
  await sites.suspend(DESK, down)
  pass(-3 * 24 * 60 * MINUTE)
  expect(await rests()).toBeUndefined()
  await sites.suspend(DESK, down)
  expect(await rests()).toBeGreaterThan(0)
  expect(await rests()).toBeLessThanOrEqual(MINUTE)
})
