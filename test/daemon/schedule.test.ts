/** How long a silence may be, by schedules that are not even. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { describeWithFaketime, wall } from '../support/faketime.ts'

const MODULE = fileURLToPath(new URL('../../src/daemon/schedule.ts', import.meta.url))
const MINUTE = 60_000
const DAY = 24 * 60

/** Minutes until three intervals have gone by, asked at this time of the wall in Paris. */
async function allowed(schedule: string, at: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'mailclip-schedule-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const { environment, set } = await wall(folder)
  await set(`@${at}`)
  const script = `const { threeIntervals } = await import(${JSON.stringify(MODULE)})
    process.stdout.write(String(threeIntervals(${JSON.stringify(schedule)}, 'Europe/Paris')()))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...environment, TZ: 'Europe/Paris' },
    encoding: 'utf8',
  })
  return Math.round(Number(stdout) / MINUTE)
}

describeWithFaketime('a schedule for office hours', () => {
  test.each([
    ['at noon on a Friday', '2026-11-27 12:00:30', 19],
    ['shortly before its last look of the week', '2026-11-27 17:52:30', 2 * DAY + 14 * 60 + 17],
    ['in the night', '2026-11-27 02:00:00', 6 * 60 + 15],
  ])('%s lets three whole intervals go by, not three times the one that is next', async (_, at, minutes) => {
    expect([minutes, minutes + 1]).toContain(await allowed('*/5 8-17 * * 1-5', at))
  })
})
