import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { openForWork } from '../../src/cli/open-ledger.ts'
import { programOf } from '../../src/cli/program.ts'
import { parseSettings } from '../../src/config/parse.ts'
import { cursor, final, sighted } from '../ledger/samples.ts'
import { configured, rows } from '../support/process.ts'
import { worldOf } from '../support/road.ts'

const DAY = 86_400_000

/** A ledger of so many held mails and one that waits; the command line beside it. */
async function kept(held: number) {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-corrections-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const written = {
    mailboxes: [{ name: 'support', host: '127.0.0.1', security: 'plain', user: 'u', password: 'p' }],
    desk: { url: 'http://127.0.0.1:1/api/v1/1', user: 'u', password: 'p' },
    notices: null,
    ledger: { url: `sqlite:${join(folder, 'mailclip.db')}` },
  }
  const file = await configured(folder, written)
  const clock = { now: Date.parse('2026-11-20T10:00:00Z') }
  await using stack = new AsyncDisposableStack()
  const ledger = await openForWork(parseSettings(written), worldOf(clock), stack)
  const mails = Array.from({ length: held }, (_, n) => sighted(n + 1, { decided: final('held') }))
  await ledger.record([...mails, sighted(held + 1)], cursor(held + 1))
  clock.now += 3 * DAY
  await ledger.record([sighted(held + 2, { decided: final('held') })], cursor(held + 2))
  const mailclip = async (line: string, isTTY = false) => {
    const [out, err] = [new PassThrough(), new PassThrough()]
    const codes: number[] = []
    const world = {
      ...worldOf(clock),
      out: out as unknown as NodeJS.WriteStream,
      err: Object.assign(err, { isTTY }) as unknown as NodeJS.WriteStream,
      exit: (code: number) => void codes.push(code),
    }
    await programOf(world, '0').parseAsync([...line.split(' '), '--config', file], { from: 'user' })
    return { code: codes[0], out: String(out.read() ?? ''), err: String(err.read() ?? '') }
  }
  return { mailclip }
}

test('all held mails are tried again at once, those that wait with them, and each is told', async () => {
  const { mailclip } = await kept(2)
  const { code, out } = await mailclip('retry --all --json')
  expect([code, rows(out).map(({ id, done }) => [id, done])]).toEqual([
    0,
    [
      ['1', true],
      ['2', true],
      ['4', true],
    ],
  ])
  expect(rows((await mailclip('list --state queued --json')).out)).toHaveLength(4)
})

test('filters leave what is older, in another state or for another ticket alone; a dry run leaves everything', async () => {
  const { mailclip } = await kept(2)
  expect((await mailclip('discard --all --state held --since 1d --dry-run')).out).toBe('mail 4 would be meant\n')
  expect((await mailclip('discard --all --state held --of-ticket I000000_000000')).err).toContain('no mail is meant')
  expect(rows((await mailclip('list --state held --json')).out)).toHaveLength(3)
  expect((await mailclip('discard --all --state held --since 1d')).out).toBe('mail 4 is discarded\n')
  expect((await mailclip('hold --all')).out).toBe('mail 3 is held\n')
  expect((await mailclip('release --all')).out).toBe('mail 1 is released\nmail 2 is released\nmail 3 is released\n')
})

test('how far it is, is told on a terminal alone, and wiped away at the end', async () => {
  const { mailclip } = await kept(250)
  expect((await mailclip('retry --all --dry-run')).err).toBe('')
  const { err, out } = await mailclip('retry --all', true)
  expect(err).toBe('\r\u001b[K100 of 251 mails\r\u001b[K200 of 251 mails\r\u001b[K')
  expect(out.split('\n')).toHaveLength(252)
})

test('one that cannot be corrected is told, the others are done', async () => {
  const { mailclip } = await kept(1)
  const { code, out, err } = await mailclip('release 1 2 99')
  expect([code, out]).toEqual([66, 'mail 1 is released\n'])
  expect(err).toBe('mailclip: mail 2: it is queued\nmailclip: mail 99: no mail has this id\n')
})
