/** What a ledger does not know when work begins: a new one everything, a restored one what happened since. */
import type { Observe } from '../gateway/events.ts'
import { rememberRestored } from '../gateway/reconcile.ts'
import type { SqlLedger } from '../ledger/ledger.ts'

const WHAT = 'what lies there already is compared with its ticket before it is sent'

/** Asked by the worker, before it does anything. */
export async function lookBack(ledger: SqlLedger, now: Date, observe: Observe): Promise<void> {
  const copied = await ledger.copiedAt()
  if (copied !== undefined) {
    await restored(ledger, now)
    observe({
      kind: 'reconciling',
      reason: `the ledger was restored from a backup of ${copied.toISOString()}: ${WHAT}`,
    })
  } else if (ledger.created) observe({ kind: 'reconciling', reason: `the ledger is new: ${WHAT}` })
}

/** The mark goes last: an end in between does all of it again. */
export async function restored(ledger: SqlLedger, now: Date): Promise<void> {
  await rememberRestored(ledger, now)
  await ledger.takeOver()
}
