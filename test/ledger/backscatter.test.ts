/** Whoever forges a thousand senders must not make us write to a thousand strangers (proof: Postfix BACKSCATTER_README). */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SqlLedger } from '../../src/ledger/ledger.ts'
import { openSqlite } from '../../src/ledger/sqlite.ts'
import { folder } from './desktop.ts'
import { cursor, final, MINUTE, notice, START, sighted } from './samples.ts'

/** Bounces to these, settled one after the other within ten minutes; how many notices the ledger let go. */
async function sentTo(recipients: readonly string[]): Promise<number> {
  let time = START.getTime()
  const now = () => new Date(time)
  const ledger = new SqlLedger(await openSqlite(join(folder(), 'ledger.db'), { create: true }), {
    clock: { now },
    boot: randomUUID(),
    token: randomUUID,
    lease: MINUTE,
    horizon: 60 * MINUTE,
    caps: { perSenderPerDay: 5, perHour: 50 },
    suspects: { after: 2, calmIn: () => 0 },
    machine: () => undefined,
  })
  onTestFinished(() => ledger[Symbol.asyncDispose]())
  const decided = recipients.map((to, n) => {
    const conclusion = final('bounced', { notice: notice('bounced', to, n), filing: undefined })
    return sighted(n + 1, { decided: conclusion })
  })
  await ledger.record(decided, cursor(recipients.length))
  let sent = 0
  for (const { notice: due } of await ledger.unsettled('support', recipients.length)) {
    time += (10 * MINUTE) / recipients.length
    if (due === undefined || !(await ledger.beginNotice(due.row, now()))) continue
    await ledger.endNotice(due.row, 'sent', undefined, undefined)
    sent += 1
  }
  return sent
}

test('a thousand forged senders in ten minutes get fifty notices in all', async () => {
  expect(await sentTo(Array.from({ length: 1_000 }, (_, n) => `victim-${n}@example.org`))).toBe(50)
})

test('one sender who writes a hundred times gets five notices', async () => {
  expect(await sentTo(Array.from({ length: 100 }, () => 'ada@example.org'))).toBe(5)
})
