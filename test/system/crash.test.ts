/** docs/states.md, row by row: the process is killed there and started again, and nothing is lost, doubled, held or told twice. */
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { env } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type DeskFault, seeded } from '../../src/simulator/desk/faults.ts'
import { startDeskSimulator } from '../../src/simulator/desk/start.ts'
import { describeWithDovecot } from '../support/dovecot.ts'
import { type Letter, letter, octets, sha256 } from '../support/letters.ts'
import { eventually, type Mortal, mortal } from '../support/mortal.ts'
import { untilDone } from '../support/passing.ts'
import { type Ended, rows } from '../support/process.ts'
import { setup } from '../support/road.ts'
import { scriptedRelay } from '../support/smtp.ts'

type Place = {
  readonly letters?: readonly Letter[]
  /** Resolves when the process is at the place to be killed; called before it starts. */
  readonly reached: (road: Mortal) => Promise<unknown>
  /** What the ledger must know, read after the kill. */
  readonly left: object
}

const TICKET = 'I161026_000005'
/** `npm run prove:poison`: among a hundred. */
const POISON_MAILS = Number(env['POISON_MAILS'] ?? 4)
const ONE: Letter = { attachments: { 'a.txt': 'first', 'b.bin': octets(60_000) } }
const LONG: Letter = { attachments: { 'a.bin': octets(1_000_000), 'b.txt': 'second' } }
const LARGE: Letter = { attachments: { 'a.bin': octets(5_000_000), 'b.txt': 'second' } }
const MANY = Array.from({ length: 52 }, (_, n): Letter => ({ attachments: { [`${n}.txt`]: `number ${n}` } }))

const at = (path: 'toServer' | 'toClient', text: string) => (road: Mortal) => {
  road.line.script({ [path]: { what: 'stall', at: text } })
  return road.line.struck()
}

const PLACES: Readonly<Record<string, Place>> = {
  'before it is recorded': { reached: at('toServer', 'BODY.PEEK[HEADER]'), left: [] },
  'when it is recorded and not yet claimed': {
    letters: MANY,
    reached: at('toServer', 'UID FETCH 11,'),
    // The first batch; of the first of it nobody knows whether they were claimed by then.
    left: Array.from({ length: 10 }, (_, n) => (n < 5 ? {} : { state: 'queued', attempts: 0 })),
  },
  'at its download': {
    letters: [LONG],
    reached: ({ line }) => {
      line.script({ toClient: { what: 'stall', after: 400_000 } })
      return line.struck()
    },
    left: [{ state: 'active', attempts: 1, attachments: [] }],
  },
  'while it is parsed': {
    letters: [LARGE],
    reached: ({ folder }) => eventually(() => isParsing(join(folder, 'spool'))),
    left: [{ state: 'active', attempts: 1, attachments: [] }],
  },
  'while the desk is asked for its list': {
    reached: ({ desk }) => {
      desk.willSay('list', 'silent')
      return desk.until(() => desk.requests.length === 1)
    },
    left: [{ state: 'active' }],
  },
  'when the desk has the head of the upload': {
    reached: ({ desk }) => {
      desk.will({ status: 201, hold: 60_000 })
      return desk.until(() => desk.requests.some(({ method }) => method === 'POST'))
    },
    left: [{ state: 'active', attachments: [{ state: 'begun' }, { state: 'pending' }] }],
  },
  'when the desk has the whole upload and has not kept it': {
    reached: ({ desk }) => {
      desk.will('silent')
      return desk.until(() => desk.received.length === 1)
    },
    left: [{ state: 'active', attachments: [{ state: 'begun' }, { state: 'pending' }] }],
  },
  'when the desk has kept the upload and has not said so': {
    reached: ({ desk }) => {
      desk.will(201, 'keep and be silent')
      return desk.until(() => desk.documents(TICKET).length === 2)
    },
    left: [{ state: 'active', attachments: [{ state: 'begun' }, { state: 'begun' }] }],
  },
  'after the last 201 and before the look that proves it': {
    reached: ({ desk }) => {
      desk.willSay('list', 200, 'silent')
      return desk.until(() => desk.requests.filter(({ method }) => method === 'GET').length === 2)
    },
    left: [{ state: 'active', attachments: [{ state: 'begun' }, { state: 'begun' }] }],
  },
  'when it is concluded and not yet filed': {
    reached: at('toServer', 'UID MOVE'),
    left: [{ state: 'delivered', settledAt: null }],
  },
  'when it is filed and the ledger does not know': {
    reached: at('toClient', 'COPYUID'),
    left: [{ state: 'delivered', settledAt: null }],
  },
}

describeWithDovecot('a mail whose process is killed', () => {
  test.each(Object.entries(PLACES))('%s is on its ticket once', async (_, { letters = [ONE], reached, left }) => {
    const road = await mortal()
    for (const one of letters) await road.post(letter(one))
    const there = reached(road)
    const process = road.start()
    await there
    await road.kill(process)
    expect(await road.mails()).toMatchObject(left)
    road.line.script({})
    await road.finish()
    await assertOnce(road, letters)
    expect(road.sent).toEqual([])
  })

  test.each([
    ['when the relay has the notice and has not said so', { dot: 'hang' }, 1],
    ['while the notice is handed over', { data: 'hang' }, 0],
  ] as const)('%s is answered once at the most', async (_, script, copies) => {
    const relay = await scriptedRelay(script)
    const road = await mortal({
      notices: { smtp: { host: '127.0.0.1', port: relay.port, security: 'plain' } },
    })
    await road.post(letter({ subject: 'no number', attachments: { 'a.txt': 'first' } }))
    const process = road.start()
    await relay.heard('DATA')
    await eventually(() => relay.contents.length === copies)
    await road.kill(process)
    relay.goOn({})
    await road.finish()
    expect(relay.contents).toHaveLength(copies)
    expect(await road.mails()).toMatchObject([{ state: 'bounced', notice: { state: 'unknown' } }])
    expect(await road.imap.folder('Mailclip.Bounced')).toHaveLength(1)
  })
})

describeWithDovecot('a mail that ends the process whenever it is parsed', () => {
  test('is parsed three times in all, the third time in peace, and then held, and the mails beside it are delivered', async () => {
    const road = await mortal()
    const letters = Array.from({ length: POISON_MAILS }, (_, n) => (n === 1 ? LARGE : ONE))
    for (const one of letters) await road.post(letter(one))
    const begun = (): number => parsesOf(join(road.folder, 'spool', '2'))
    const killAtParse = async (): Promise<Ended> => {
      const before = begun()
      const process = road.start()
      await eventually(() => process.child.exitCode !== null || begun() > before)
      await road.kill(process)
      return process.ended
    }
    await killAtParse()
    await killAtParse()
    const told = rows((await killAtParse()).out).map(({ event, id }) => `${event} ${id}`)
    expect(begun()).toBe(3)
    expect(told.filter(one => one.startsWith('returned'))).toEqual(['returned 2'])
    await road.finish()
    const codes = (await road.mails()).map(({ code }) => code)
    expect(codes).toEqual(letters.map((_, n) => (n === 1 ? 'poison' : 'delivered')))
    expect(road.desk.documents(TICKET)).toHaveLength(2 * (letters.length - 1))
    expect(await road.imap.folder('Mailclip.Held')).toHaveLength(1)
  }, 240_000)
})

describeWithDovecot('a mail in whose parse the process was killed twice', () => {
  test('by no doing of its own is parsed once more in peace, and delivered', async () => {
    const road = await setup()
    await road.post(letter(ONE))
    road.desk.willSay('list', 503)
    expect(await road.sweep()).toBe(69)
    await mkdir(join(road.folder, 'spool', '1'), { recursive: true, mode: 0o700 })
    for (const n of [1, 2]) await writeFile(join(road.folder, 'spool', '1', `parse-${n}`), '')
    await untilDone(road)
    expect(await road.mails()).toMatchObject([{ state: 'delivered', attempts: 1 }])
  })
})

describeWithDovecot('twenty mails whose process is killed again and again', () => {
  test('are on their tickets once, whatever the desk does meanwhile', async () => {
    await using desk = await startDeskSimulator({ tickets: 'any', latency: 5, seed: SEED, faults: FAULTS })
    const road = await mortal({ desk: { url: desk.url, user: 'mailclip', password: 'mailclip' } })
    const letters = Array.from({ length: 20 }, (_, n): Letter => letterOf(n))
    for (const one of letters) await road.post(letter(one))
    const random = seeded(SEED)
    for (let kill = 0; kill < KILLS; kill += 1) {
      const process = road.start()
      // A sweep spends most of its time in starting; two kills of three fall into its work all the same.
      const working = process.says(/"claimed"/).catch(() => undefined)
      if (random() < 1 / 3) await sleep(random() * 900)
      else await working.then(() => sleep(random() * 250))
      await road.kill(process)
    }
    desk.faults([])
    await road.finish(40)
    expect((await road.mails()).filter(({ code }) => code !== 'delivered')).toEqual([])
    const wanted = letters.map(({ subject, attachments = {} }) =>
      Object.entries(attachments).map(([name, content]) => `${subject} ${name} ${sha256(content)}`),
    )
    const tickets = new Set(letters.map(({ subject = '' }) => subject))
    const kept = [...tickets].flatMap(ticket =>
      desk.documents(ticket).map(one => `${ticket} ${one.name} ${one.sha256}`),
    )
    expect(kept.toSorted()).toEqual(wanted.flat().toSorted())
    expect(road.sent).toEqual([])
  }, 240_000)
})

const SEED = Number(env['CRASH_SEED'] ?? 7)
const KILLS = Number(env['CRASH_KILLS'] ?? 8)

/** Each upload meets one of them at times: an answer lost, an answer that proves nothing, no answer at all. */
const FAULTS: readonly DeskFault[] = [
  { route: 'POST /requests/:rfc/documents', probability: 0.08, when: 'after', cut: true },
  { route: 'POST /requests/:rfc/documents', probability: 0.05, when: 'after', status: 500 },
  { route: 'POST /requests/:rfc/documents', probability: 0.05, keepAfter: 150, cut: 'reset' },
  { route: 'POST /requests/:rfc/documents', probability: 0.03, status: 503 },
]

/** Five tickets, one to three files each; some names and some contents repeat. */
function letterOf(n: number): Letter {
  const files = Array.from({ length: 1 + (n % 3) }, (_, file) => [
    `${file === 0 ? 'scan' : n}-${file}.bin`,
    octets(100 + n * 997, `${n % 10} ${file}`),
  ])
  return { subject: `I161026_00000${n % 5}`, attachments: Object.fromEntries(files) }
}

/** A parse has begun, and not ended. */
async function isParsing(spool: string): Promise<boolean> {
  const berths = await readdir(spool, { withFileTypes: true }).catch(() => [])
  return berths.some(berth => berth.isDirectory() && parsesOf(join(spool, berth.name)) > 0)
}

/** Begun and not ended. */
const parsesOf = (berth: string): number =>
  existsSync(berth) ? readdirSync(berth).filter(name => name.startsWith('parse-')).length : 0

/** Every file of every letter is on its ticket once and whole, and every mail is where it belongs. */
async function assertOnce(road: Mortal, letters: readonly Letter[]): Promise<void> {
  const wanted = letters.flatMap(({ attachments = {} }) =>
    Object.entries(attachments).map(([name, content]) => `${name} ${sha256(content)}`),
  )
  const kept = road.desk.documents(TICKET).map(({ name, bytes }) => `${name} ${sha256(bytes)}`)
  expect(kept.toSorted()).toEqual(wanted.toSorted())
  const mails = await road.mails()
  expect(mails.map(({ state }) => state)).toEqual(letters.map(() => 'delivered'))
  for (const { attachments } of mails)
    for (const { state, documentId } of attachments) expect([state, documentId !== null]).toEqual(['delivered', true])
  expect(await road.imap.folder('INBOX')).toEqual([])
  expect(await road.imap.folder('Mailclip.Delivered')).toHaveLength(letters.length)
  expect((await readdir(join(road.folder, 'spool'))).length).toBe(0)
}
