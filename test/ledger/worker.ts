/** A worker process for tests that kill it: says on standard output what the ledger has answered to, line by line. */
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { SqlLedger } from '../../src/ledger/ledger.ts'
import { holdLedger } from '../../src/ledger/lock.ts'
import { openSqlite } from '../../src/ledger/sqlite.ts'
import { cursor, dispatchOf, final, item, sighted } from './samples.ts'

const [file = '', task = '', from = '1'] = process.argv.slice(2)
const say = (line: string): void => {
  writeSync(1, `${line}\n`)
}

if (task === 'hold') {
  const lock = await holdLedger(file, { pid: process.pid, host: 'test.example', since: new Date() })
  say('held')
  setInterval(() => void lock, 60_000)
} else {
  const clock = { now: () => new Date() }
  const caps = { perSenderPerDay: 5, perHour: 50 }
  const suspects = { after: 2, calmIn: () => 10_000 }
  const waits = { lease: 60_000, horizon: 7_200_000 }
  const machine = () => undefined
  const options = { clock, boot: randomUUID(), token: randomUUID, ...waits, caps, suspects, machine }
  const ledger = new SqlLedger(await openSqlite(file, { create: true }), options)
  await Promise.all([0, 1, 2, 3].map(hand => work(ledger, Number(from) + hand * 1000)))
}

async function work(ledger: SqlLedger, first: number): Promise<void> {
  for (let uid = first; ; uid += 1) {
    const [id] = await ledger.record([sighted(uid)], cursor(uid))
    say(`recorded ${id}`)
    const claim = await ledger.claim('support', new Date())
    if (claim === undefined) continue
    say(`active ${claim.id}`)
    const rows = claim.items.length > 0 ? claim.items : await ledger.dispatch(claim, dispatchOf(item(`${uid}.pdf`)), [])
    const [row] = rows
    if (row?.state === 'pending') {
      await ledger.begin(claim, row.item, [], new Date())
      say(`begun ${claim.id}`)
    }
    if (row !== undefined && row.state !== 'delivered')
      await ledger.deliver(claim, row.item, `${claim.id}-${row.item}`, new Date())
    say(`item ${claim.id}`)
    await ledger.conclude(claim, final('delivered'), [])
    say(`delivered ${claim.id}`)
  }
}
