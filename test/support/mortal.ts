/**
 * The whole road with mailclip as a process of its own, to be killed anywhere; the server is reached through a proxy. What comes after the last
 * kill is a sweep like any other and is done in this process, which has its code compiled.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { configured, type Started, start } from './process.ts'
import { type Proxy as Line, proxy } from './proxy.ts'
import { type Overrides, setup, type WholeRoad } from './road.ts'

/** Milliseconds: the longest wait for a mail or a site. */
const LONGEST = 200

/** Times down to milliseconds, so that what takes minutes in life takes a sweep or two here. */
const SHORT = {
  desk: { quiet: '300ms', recheck: '50ms', timeout: '5s' },
  settings: { retry: { first: '50ms', max: `${LONGEST}ms` } },
}

export type Mortal = WholeRoad & {
  /** Between mailclip and the server. */
  readonly line: Line
  readonly file: string
  start(command?: 'sweep' | 'run'): Started
  /** SIGKILL; resolves when it is gone, and at once when it has ended by itself. */
  kill(started: Started): Promise<void>
  /** Sweeps by the wall's clock, as the processes did, until every mail is final and settled. Fails after `most` sweeps. */
  finish(most?: number): Promise<void>
}

export async function mortal(overrides: Overrides = {}): Promise<Mortal> {
  const road = await setup({
    ...overrides,
    desk: { ...SHORT.desk, ...overrides.desk },
    settings: { ...SHORT.settings, ...overrides.settings },
  })
  const line = await proxy({ host: road.imap.host, port: road.imap.port })
  onTestFinished(() => line.close())
  const [box] = road.settings.mailboxes
  const mailboxes = [{ ...mailboxIn(road.written), name: box?.name, port: line.port }]
  const file = await configured(road.folder, { ...road.written, mailboxes })
  return {
    ...road,
    get sent() {
      return road.sent
    },
    line,
    file,
    start: (name = 'sweep') => start([name, '--config', file]),
    kill: async ({ child, ended }) => {
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
      child.kill('SIGKILL')
      await gone
      child.stdout?.destroy()
      child.stderr?.destroy()
      await ended
    },
    finish: async (most = 20) => {
      for (let n = 0; n < most; n += 1) {
        road.pass(Date.now() - road.now().getTime())
        const code = await road.sweep()
        expect([0, 69, 75]).toContain(code)
        if (code === 0 && (await road.mails()).every(({ settledAt }) => settledAt !== null)) return
        await sleep(LONGEST)
      }
      expect(await road.mails(), `not final after ${most} sweeps`).toEqual([])
    },
  }
}

/** What `setup` wrote for its one mailbox. */
const mailboxIn = (written: object): object => {
  const { mailboxes = [] } = written as { readonly mailboxes?: readonly object[] }
  return mailboxes[0] ?? {}
}

/** For what nobody tells of: a file that appears, a counter elsewhere. Looks every few milliseconds for at most a minute. */
export async function eventually(so: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await so())) {
    if (Date.now() > deadline) throw new Error('it never came to that')
    await sleep(3)
  }
}
