/** An orderly stop: the first signal begins nothing more, what is under way has `drain` to end, the second signal ends at once. */
import type { Ending } from '../daemon/daemon.ts'
import type { World } from './world.ts'

/** @param drain milliseconds until a longer upload is cut (it becomes uncertain and is looked for later) */
export function stopSignals({ onStop, abandon }: Pick<World, 'onStop' | 'abandon'>, drain: number): Ending {
  const stop = new AbortController()
  const cut = new AbortController()
  const end = (): void => {
    if (stop.signal.aborted) return
    stop.abort(new Error('an orderly stop'))
    setTimeout(() => cut.abort(new Error('the time to drain is over')), drain).unref()
  }
  let isTold = false
  onStop(() => {
    if (isTold) return abandon(0)
    isTold = true
    end()
  })
  return { stop: stop.signal, cut: cut.signal, end }
}
