/** What a daemon does beside the mail: old traces and personal data leave the ledger (`ledger.keep`). */
import type { Settings } from '../config/schema.ts'
import type { Observe } from '../gateway/events.ts'
import type { SqlLedger } from '../ledger/ledger.ts'
import type { World } from './world.ts'

const EVERY = 6 * 3_600_000

/** Trims now and every six hours until it is disposed of. A ledger that cannot be written now is trimmed the next time. */
export function keepHouse(
  ledger: SqlLedger,
  { ledger: { keep } }: Settings,
  world: World,
  observe: Observe,
): Disposable {
  const trim = (): void => {
    ledger.trim(world.now(), keep).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      observe({ kind: 'trouble', what: 'trimming the ledger', status: '4.3.1', reason })
    })
  }
  trim()
  const timer = setInterval(trim, EVERY)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
