/**
 * The process ends, or the disk fails, at a chosen write to the ledger: whatever was durable then, every file is on its ticket once in the end.
 * `npm run prove:syscalls` kills at each of the first 120 writes.
 */

import { join } from 'node:path'
import { env } from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { letter } from '../support/letters.ts'
import { type Mortal, mortal } from '../support/mortal.ts'
import { type Ended, rows, start } from '../support/process.ts'
import { describeWithStrace, underStrace } from '../support/strace.ts'

const TICKET = 'I161026_000005'
const FILES = { 'a.txt': 'first', 'b.txt': 'second' }
const MINUTES = 240_000

/** In the suite: within the making of the ledger, at the record, at the claim, around the uploads, at the conclusion. */
const POINTS =
  env['SYSCALLS'] === undefined ? [20, 70, 90] : Array.from({ length: Number(env['SYSCALLS']) }, (_, n) => n + 1)

describeWithStrace('a mail whose process', () => {
  test.each(POINTS)(
    'is killed at write %i to the ledger is on its ticket once',
    async point => {
      const { road } = await struck(`signal=KILL:when=${point}`)
      await assertOnce(road)
    },
    MINUTES,
  )

  test.each(['fsync:error=EIO:when=12', 'pwrite64:error=EIO:when=70'])(
    'meets a disk that fails once (%s) is on its ticket once, and nothing was sent that the ledger did not know of',
    async inject => {
      const { road, ended } = await struck(inject)
      expect([0, 74, 75]).toContain(ended.code)
      expect(rows(ended.out).filter(({ event }) => event === 'bug')).toEqual([])
      await assertOnce(road)
    },
    MINUTES,
  )
})

/** One sweep of one mail with a new ledger, under strace. */
async function struck(inject: string): Promise<{ readonly road: Mortal; readonly ended: Ended }> {
  const road = await mortal()
  await road.post(letter({ attachments: FILES }))
  const ledger = join(road.folder, 'mailclip.db')
  const ended = await start(['sweep', '--config', road.file], {}, underStrace(ledger, inject)).ended
  const known = await road.mails().catch(() => [])
  const begun = known.flatMap(({ attachments }) => attachments).filter(({ state }) => state !== 'pending').length
  // Write-ahead: whatever the desk was sent, the ledger knows of.
  expect(begun).toBeGreaterThanOrEqual(road.desk.requests.filter(({ method }) => method === 'POST').length)
  return { road, ended }
}

async function assertOnce(road: Mortal): Promise<void> {
  await road.finish(20)
  expect(
    road.desk
      .documents(TICKET)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(['a.txt', 'b.txt'])
  expect((await road.mails()).map(({ state }) => state)).toEqual(['delivered'])
  expect(road.sent).toEqual([])
  using ledger = new DatabaseSync(join(road.folder, 'mailclip.db'), { readOnly: true })
  expect(ledger.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
}
